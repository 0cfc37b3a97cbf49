"""A change of the files, from what somebody wants to what servers follow: those of the folder, or, where
PHONETREE_SOURCE is the store, its newest revision. Forms for the hours, drafts, and History use it.

    preview    what callers will hear differently, and what is wrong with it; nothing is written
    publish    the same checks, then the files are replaced, all or none, or a revision is published; the servers take
               it up like any edit

Both begin with the revision that a page showed. If the files are others by now, nothing is written, and the editor is
told what became different.

A change is refused for the promises that it breaks and the files kept before it. One that the files break already stays
broken if the line cannot be closed for a day, so it is a warning. Servers judge in the same way, by what callers hear
(`Sites.reload`); where that is an earlier revision that keeps the promise, they take up no files that break it. Every
page says so before such a change is made, and after: callers do not hear it until somebody has put that right.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from phonetree.config.advice import advice
from phonetree.config.edit_places import table
from phonetree.config.numbers import NumberRules
from phonetree.config.phrases import file_of
from phonetree.config.promises import newly_broken, told_once
from phonetree.config.site import (
    ROUTING,
    Contents,
    Loaded,
    contents_of,
    is_text,
    language_of,
    made_of,
    revision_of,
    unreadable,
    whole_contents_of,
)
from phonetree.config.steps import value_of
from phonetree.config.together import complete_alone, replace_together
from phonetree.config.writing import alone, place_of, unwritable, why
from phonetree.console.simulated import Heard
from phonetree.core.schedule import Override
from phonetree.core.tree import Site
from phonetree.errors import (
    ConfigError,
    EditError,
    MixedError,
    NotPutBackError,
    PhonetreeError,
    Problem,
    PublishedError,
    StoreError,
    Where,
)
from phonetree.runtime.comparing import Comparing, Sentences, Unsaid
from phonetree.runtime.publishing import Proof, broken, judged
from phonetree.runtime.source import FolderSource, StoreSource
from phonetree.store.database import Store
from phonetree.store.revisions import LONGEST_NOTE, Revisions
from phonetree.store.servers import met

WITHHELD = "Callers do not hear it yet: the servers wait until the broken promise is put right."


class OutdatedError(PhonetreeError):
    """The files are not those any more that a page began from. `changes` says in sentences what became different, as
    far as that is known; `revision` is what to begin from now."""

    def __init__(self, revision: str, found: tuple[str, ...]) -> None:
        super().__init__("the files were changed meanwhile")
        self.revision = revision
        self.changes = found


@dataclass(frozen=True, slots=True)
class Base:
    """The files that a publication replaces; `loaded` is their site, None if they have problems."""

    revision: str
    contents: Contents
    loaded: Loaded | None

    @classmethod
    def of(cls, loaded: Loaded) -> "Base":
        """Files that are a site."""
        return cls(loaded.site.revision, loaded.contents, loaded)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change does: `changes` in sentences, or why they cannot be said; `problems` that forbid it; `advice` that
    does not. `broken` are the promises that the files break without it too; `withheld` says that servers take up no
    edit for that reason. Of an edit of the hours, `heard` is what callers hear first at moments of that day, once for
    the open part of it and once for the closed one; `idle` says that it closes only days that are closed anyway.
    `revision` names the files with it, `before` those without."""

    before: str
    revision: str
    changes: Sentences
    problems: tuple[str, ...]
    advice: tuple[str, ...]
    broken: tuple[str, ...] = ()
    withheld: bool = False
    idle: bool = False
    heard: tuple[tuple[datetime, tuple[Heard, ...]], ...] = ()


class Publishing:
    """Changes the files of a helpline."""

    def __init__(
        self,
        folder: Path,
        rules: Callable[[], NumberRules],
        store: Store,
        proof: Proof,
        now: Callable[[], datetime],
        heard: Callable[[], Loaded],
        revisions: Revisions | None = None,
        *,
        stored: bool = False,
    ) -> None:
        """`heard` is what callers hear, without overrides. `stored` says that the store is the source."""
        self.folder, self.rules = folder, rules
        self.revisions = revisions or Revisions(store)
        self._store, self._proof, self._now, self._heard, self._stored = store, proof, now, heard, stored
        self._source = StoreSource(folder, self.revisions) if stored else FolderSource(folder)
        self._read: tuple[tuple[str, Mapping[str, str] | None], Loaded] | None = None
        self._comparing = Comparing()

    def unwritable(self, *names: str) -> str | None:
        """Why files cannot be replaced here, in a sentence; None if they can. To be said before anybody fills in a
        form."""
        for name in () if self._stored else names:
            if reason := unwritable(self.folder / name):
                return f"{name} cannot be written: {reason}. Have the operator change that"
        return None

    def files(self) -> Loaded:
        """The files as they are. Raises ConfigError when these have problems."""
        rules, read = self.rules(), self._read
        seen = self._source.look(), rules.phones
        if read is None or read[0] != seen:
            read = self._read = seen, self._source.load(rules)
        return read[1]

    def base(self) -> Base:
        """The same, also when they have problems, which another revision can put right: one that is not there counts as
        empty. Raises ConfigError when one is there and cannot be read."""
        try:
            loaded = self.files()
        except ConfigError:
            newest = self.revisions.newest() if self._stored else None
            contents = newest[1] if newest else contents_of(self.folder)
            if not newest and unreadable(self.folder):
                raise
            return Base(revision_of(contents), contents, None)
        return Base.of(loaded)

    def named(self, revision: str) -> tuple[str, Contents] | None:
        """A revision with its files, if it is the one that a publication replaces, or was published."""
        base = self.base()
        found = base.contents if base.revision == revision else self.revisions.published(revision)
        return (revision, found) if found else None

    def replaced(self, base: Base) -> Loaded:
        """What a change of the files is compared with: their site; if they are none, what callers hear."""
        return base.loaded or self._heard()

    def made(self, contents: Contents) -> Loaded:
        """The site of other files, `completed`. Raises ConfigError."""
        return made_of(self.completed(contents), self.folder, self.rules())

    def completed(self, contents: Contents, base: Base | None = None) -> Contents:
        """Files with those of phrases that they lack and that are published, unless both have the language: phrases of
        one that is taken out stay, and one that is new finds those that somebody translated meanwhile. `base` is what
        is published, if that was looked at already."""
        try:
            published = (base or self.base()).contents
        except ConfigError:
            return contents
        lacking = published.keys() - contents.keys()
        if not (contents and lacking):
            return contents
        both = languages_in(published) & languages_in(contents)
        found = {name: published[name] for name in lacking if language_of(name) and language_of(name) not in both}
        return {**contents, **found}

    def once(self, contents: Contents) -> Loaded | None:
        """The site of files that may be of an earlier version; None if this one cannot read them."""
        try:
            return made_of(contents, self.folder, self.rules(), patched=True) if contents else None
        except ConfigError:
            return None

    def changes(self, old: Site, new: Site) -> Sentences:
        """What callers will hear differently."""
        return self._comparing.changes(old, new, self.today(new))

    def overrides(self) -> tuple[Override, ...]:
        """Those that callers meet, now or later. Raises StoreError."""
        return met(self._store, self._seconds())

    def since(self, revision: str) -> OutdatedError:
        """What became different since a revision."""
        base, was = self.base(), self.once(self.revisions.published(revision) or {})
        different = self.changes(was.site, base.loaded.site) if was and base.loaded else ()
        return OutdatedError(base.revision, () if isinstance(different, Unsaid) else different)

    def preview(self, base: Base, after: Loaded) -> Preview:
        """What it would do to replace the files."""
        before = self.replaced(base)
        today, overrides = self.today(after.site), self.overrides()
        private = private_numbers(before.site, after.site)
        withheld = False
        try:
            problems, already = judged(after, before, overrides, self._proof)
            withheld = bool(self.withheld(already, overrides, self._proof))
        except ConfigError as error:
            problems, already = error.problems, ()
        return Preview(
            base.revision,
            after.site.revision,
            self.changes(before.site, after.site),
            told_once((*private, *problems)),
            self._new_advice(before, after, today),
            told_once(already),
            withheld,
        )

    def withheld(
        self, breaks: tuple[Problem, ...], overrides: tuple[Override, ...], proof: Proof
    ) -> tuple[Problem, ...]:
        """Those of the promises which files break that what callers hear keeps: for these no server takes the files up.
        Raises ConfigError when that cannot be proved."""
        return newly_broken(breaks, broken(self._heard(), overrides, proof)) if breaks else ()

    def unheard(self, base: Base, after: Loaded) -> tuple[str, ...]:
        """The same in sentences, of files that can take the place of others. Where callers hear these already, nothing
        has to be proved. Raises ConfigError."""
        if self._heard().site.revision == base.revision:
            return ()
        overrides = self.overrides()
        new, already = judged(after, self.replaced(base), overrides, self._proof)
        return () if new else told_once(self.withheld(already, overrides, self._proof))

    def publish(self, base: Base, after: Loaded, by: str, note: str, what: str) -> Preview:
        """Replaces the files, in the name of somebody, if nothing is wrong with that. `note` goes to History, `what` to
        the list of what staff did. Raises OutdatedError when somebody else was faster, EditError, and StoreError."""
        preview = self.preview(base, after)
        if preview.problems:
            return preview
        note = note[:LONGEST_NOTE]
        if self._stored:
            over = base.revision if self.revisions.newest() else None  # of a store that is empty, the folder has them
            try:
                self.revisions.publish(preview.revision, after.contents, over, by, note, self._seconds(), what=what)
            except PublishedError:
                raise self._outrun(base) from None
        elif not self._write(base, after, by, note, what):
            raise self._outrun(base)
        return preview

    def mend(self) -> None:
        """Completes what a console that was killed had begun to write to the folder, and finds out which publications
        of History were written. Where the store is the source by now, the folder is left as it is. Raises
        StoreError."""
        with suppress(OSError, MixedError), alone(self.folder):
            if not self._stored:
                complete_alone(self.folder)
            self._mend_history()

    def _mend_history(self) -> None:
        """The second for whoever has the folder alone, where what was under way is completed: one that was begun is
        done if the folder has its files. It is taken back if this is the folder that it was begun in, whose files are
        what they were, and nothing else was published since. Otherwise nobody can know, and it stays. So does every
        other where the store is the source: the folder may have got the files since, and one that is done goes live.
        Raises OSError, and StoreError."""
        begun = self.revisions.begun()
        there = whole_contents_of(self.folder) if begun else None
        if there is None:
            return
        revision, here = revision_of(there), place_of(self.folder)
        for each in begun:
            mine = each.place == here
            if mine and each.alone and each.before == revision:
                what = f"could not be saved: published {each.revision}, since the console was stopped"
                self.revisions.take_back(each.number, each.author, what, self._seconds())
            elif not self._stored and each.contents and each.contents.items() <= there.items():
                self.revisions.done(each.number)
            elif mine:
                self.revisions.unknown(each.number)

    def _write(self, base: Base, after: Loaded, by: str, note: str, what: str) -> bool:
        """Replaces the files of the folder, if they are those of the base; whether it did."""
        try:
            with alone(self.folder):
                complete_alone(self.folder)
                self._mend_history()
                self._refuse_unusable(after.contents.keys() - base.contents.keys())
                return self._stand(base, after) and self._begin(base, after, by, note, what)
        except OSError as error:
            names = " and ".join(sorted(after.contents))
            raise EditError({"": f"{names} cannot be written: {why(error)}. Nothing was changed"}) from error
        except (MixedError, NotPutBackError) as error:
            raise EditError({"": str(error)}) from error
        except PublishedError:
            return False

    def _begin(self, base: Base, after: Loaded, by: str, note: str, what: str) -> bool:
        """The same for whoever has the folder alone, whose files are those of the base. History has it first, as begun,
        and committed: if that fails, even at its end, the files are as they were. It stays there as begun when it is
        not known what became of it: the console was killed, or a file is of both revisions. Raises OSError, MixedError,
        NotPutBackError, PublishedError, and StoreError."""
        there = whole_contents_of(self.folder)
        number = self.revisions.begin(
            after.site.revision,
            after.contents,
            by,
            note,
            self._seconds(),
            what=what,
            before=revision_of(there) if there else "",
            place=place_of(self.folder),
        )
        gone = dict.fromkeys(base.contents.keys() - after.contents.keys())
        try:
            done = replace_together(self.folder, {**gone, **after.contents}, lambda: self._stand(base, after))
        except OSError:
            self._end(number, by, what, done=False)
            raise
        self._end(number, by, what, done=done)
        return done

    def _end(self, number: int, by: str, what: str, *, done: bool) -> None:
        with suppress(StoreError):  # then it is found out later
            if done:
                self.revisions.done(number)
            else:
                self.revisions.take_back(number, by, f"could not be saved: {what}", self._seconds())

    def _outrun(self, base: Base) -> PhonetreeError:
        """That somebody else was faster: with what, if that can be told."""
        since = self.since(base.revision)
        if since.revision != base.revision:
            return since
        return EditError({"": "The files were being changed at the same moment, so nothing was saved; try again"})

    def _refuse_unusable(self, added: Iterable[str]) -> None:
        """Raises EditError when something lies in the place of a file that is added, and is none that could be read."""
        readable = self._texts()
        for name in added:
            if os.path.lexists(self.folder / name) and name not in readable:
                told = f"{name} in the folder is empty, or no text; have the operator take it away"
                raise EditError({"": f"{told}. Nothing was changed"})

    def _stand(self, base: Base, after: Loaded) -> bool:
        """Whether the files are still those, and none of phrases was added. Raises OSError."""
        languages = {*after.site.languages, *(base.loaded.site.languages if base.loaded else ())}
        there = {name for name in map(file_of, languages) if os.path.lexists(self.folder / name)}
        if (there | self._texts()) - base.contents.keys():
            return False
        return all(self._there(name) == data for name, data in base.contents.items())

    def _texts(self) -> set[str]:
        """The files of the folder that can be kept."""
        return {name for name, data in contents_of(self.folder).items() if is_text(data)}

    def _there(self, name: str) -> bytes:
        """A file of the folder; empty if it is not there. Raises OSError."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return b""

    def _new_advice(self, before: Loaded, after: Loaded, today: date) -> tuple[str, ...]:
        """Warnings that the files did not have before."""
        was, now = (
            [warning.text for warning in (*each.warnings, *advice(each.site, self.folder, today))]
            for each in (before, after)
        )
        return tuple(text for text in dict.fromkeys(now) if text not in was)

    def today(self, site: Site) -> date:
        """The day, where a site's helpline is."""
        return site.schedule.today(self._now())

    def _seconds(self) -> int:
        return int(self._now().timestamp())


def languages_in(contents: Contents) -> frozenset[str]:
    """The languages that files have; none if they cannot be read."""
    try:
        return frozenset(table(value_of(contents.get(ROUTING, b""), ROUTING), "languages"))
    except EditError:
        return frozenset()


def private_numbers(before: Site, after: Site) -> tuple[Problem, ...]:
    """The members whose own numbers stand in files and did not before: a revision is read by every member of staff."""
    known = {member.number for team in before.teams_written.values() for member in team.members}
    return tuple(
        Problem(
            Where(ROUTING),
            f"team '{name}', member '{member.name}': a person's number does not stand in a file that all of staff can "
            "read; write the name of a phone, such as $ADVOCATE_3, and have an admin add the number under People",
        )
        for name, team in after.teams_written.items()
        for member in team.members
        if not member.phone and member.number not in known
    )
