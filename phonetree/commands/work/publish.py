"""`publish`: has every server answer with a folder's files."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from phonetree import settings
from phonetree.commands.place import Which
from phonetree.commands.work.began import began_from, begin_from, told
from phonetree.commands.work.place import Place, opened
from phonetree.commands.work.reading import load_for_reading, reading_rules
from phonetree.config.site import Contents, Loaded, made_of
from phonetree.core.characters import refusal
from phonetree.core.numbers_in_texts import refusal_in_note
from phonetree.errors import ConfigError, PhonetreeError, PublishedError
from phonetree.runtime.comparing import Unsaid, compared
from phonetree.runtime.prover import prover_of
from phonetree.runtime.publishing import broken_before
from phonetree.store.revisions import LONGEST_AUTHOR, LONGEST_NOTE, Publication, Revisions

NOT_THE_SOURCE = (
    "{folder} is not published: PHONETREE_SOURCE is 'files' here, so callers hear the files of the servers' own "
    "folder. Change those; or set PHONETREE_SOURCE=store on every server, and here"
)


def publish(folder: Path, note: str, over: str | None, who: str) -> int:
    """Runs `publish`."""
    note, who = note.strip(), who.strip()
    for text, what, most in ((note, "--note", LONGEST_NOTE), (who, "--who", LONGEST_AUTHOR)):
        _refuse_unfit(text, what, most)
    mine = load_for_reading(folder, reading_rules())
    if settings.source() != settings.STORE:
        raise PhonetreeError(NOT_THE_SOURCE.format(folder=folder))
    with opened(Which(demo=False, port=None), folder) as place:
        return _Publishing(place, folder, mine).publish(note, over, who)


def _refuse_unfit(text: str, what: str, most: int) -> None:
    if not text:
        raise click.BadParameter("it is empty; History shows it, so write a few words", param_hint=what)
    if bad := refusal(text) or refusal_in_note(text):
        raise click.BadParameter(f"it {bad}", param_hint=what)
    if len(text) > most:
        raise click.BadParameter(f"it has {len(text)} characters; write {most} at most", param_hint=what)


class _Publishing:
    """One run of the command."""

    def __init__(self, place: Place, folder: Path, mine: Loaded) -> None:
        self._place, self._folder, self._mine = place, folder, mine
        self._revisions = Revisions(place.store, place.secrets, strict=True)
        self._now = datetime.now(UTC)

    def publish(self, note: str, over: str | None, who: str, *, again: bool = False) -> int:
        """Returns the exit status."""
        found = self._revisions.newest()
        newest, contents = found or (None, None)
        name = self._mine.site.revision
        if newest and newest.revision == name:
            begin_from(self._folder, name)
            click.echo(f"These files are the newest revision already: {self._about(newest)}. Nothing was done.")
            return 0
        began = began_from(self._folder)
        if newest and newest.revision != (over or began):
            for line in self._conflict(newest, began):
                click.echo(line)
            return 1
        heard = self._made(contents) if contents else None
        prover = prover_of(self._folder, self._place.rules(), lambda: self._now, self._place.store, self._place.secrets)
        try:
            already = broken_before(self._mine, heard, self._place.store, prover.broken, self._now)
        except ConfigError as error:
            click.echo(error)
            click.echo("Nothing was published; callers hear what they heard.")
            return 1
        before = newest.revision if newest else None
        try:
            self._revisions.publish(
                name,
                self._mine.contents,
                before,
                who,
                note,
                int(self._now.timestamp()),
                what=f"published {name}: {note}",
            )
        except PublishedError:
            if again:
                raise
            return self.publish(note, over, who, again=True)  # which says what somebody else was faster with
        begin_from(self._folder, name)
        for line in self._changes(heard):
            click.echo(line)
        for problem in already:
            click.echo(f"Broken before, and still: {problem}")
        click.echo(f"Published as revision {name}. Every server answers with it within seconds.")
        return 0

    def _conflict(self, newest: Publication, began: str | None) -> Iterator[str]:
        yield f"Nothing was published. The newest revision is {self._about(newest)}."
        theirs, base = self._read(newest.revision), self._read(began) if began else None
        if base:
            yield f"These files began from revision {began}. What changed there since:"
            yield from self._listed(base, theirs)
            yield "What changes here:"
            yield from self._listed(base, self._mine)
        else:
            known = f"revision {began}, which is gone" if began else "a revision that they do not name (export does)"
            yield f"These files began from {known}. What they would change:"
            yield from self._listed(theirs, self._mine)
        yield (
            "To keep both, export the newest into a new folder, and make your change there. To publish these files in "
            f"its place all the same, give the command again with: --over {newest.revision}"
        )

    def _listed(self, old: Loaded | None, new: Loaded | None) -> Iterator[str]:
        today = self._now.astimezone(self._place.zone).date()
        found = compared(old.site, new.site, today) if old and new else Unsaid.UNREADABLE
        lines = (f"This cannot be said: {found}.",) if isinstance(found, Unsaid) else found
        yield from (f"  {line}" for line in lines or ("Callers notice no difference.",))

    def _changes(self, heard: Loaded | None) -> Iterator[str]:
        if heard:
            yield "What callers hear differently:"
            yield from self._listed(heard, self._mine)

    def _read(self, name: str) -> Loaded | None:
        contents = self._revisions.published(name)
        return self._made(contents) if contents else None

    def _made(self, contents: Contents) -> Loaded | None:
        try:
            return made_of(contents, self._folder, self._place.rules(), patched=True)
        except ConfigError:
            return None

    def _about(self, publication: Publication) -> str:
        return told(publication, self._place.zone)
