"""An edit of the hours, from a form to the file that servers follow.

    preview    what callers will hear differently, and what is wrong with it; nothing is written
    save       the same checks, then hours.yaml is replaced, or, where PHONETREE_SOURCE is the store, a revision is
               published; the servers take it up like any edit

Both begin with the revision that the form showed. If the files are others by now, nothing is written, and the editor
is told what became different.

An edit is refused for the promises that it breaks and the files kept before it. One that the files break already stays
broken if the line cannot be closed for a day, so it is a warning. Servers judge in the same way, by what callers hear
(`Sites.reload`); where that is an earlier revision that keeps the promise, they take up no files that break it, and the
preview says that callers will not hear the edit until somebody has put that right.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from phonetree.config.advice import advice
from phonetree.config.editing import Add, Change, Edit, Join, Part, Remove, closed_anyway, described, edited, in_words
from phonetree.config.numbers import NumberRules
from phonetree.config.promises import SHOWN, newly_broken
from phonetree.config.site import HOURS, Contents, Loaded, made_of, overridden
from phonetree.config.writing import alone, replace, unwritable, why
from phonetree.console.simulated import Heard, greetings
from phonetree.core.schedule import DatedHours, Override, midnight
from phonetree.core.tree import Site
from phonetree.diff.changes import changes
from phonetree.errors import ConfigError, EditError, PhonetreeError, Problem, PublishedError, StoreError
from phonetree.runtime.source import FolderSource, StoreSource
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.revisions import LONGEST_NOTE, Revisions
from phonetree.store.servers import met

Proof = Callable[[Site, Contents], tuple[Problem, ...]]
"""Which promises a site breaks, and the files that it is made of. Raises ConfigError when there is no proof."""


class OutdatedError(PhonetreeError):
    """The files are not those any more that the form began from. `changes` says in sentences what became different, as
    far as that is known; `revision` is what to begin from now."""

    def __init__(self, revision: str, found: tuple[str, ...]) -> None:
        super().__init__("the hours were changed meanwhile")
        self.revision = revision
        self.changes = found


@dataclass(frozen=True, slots=True)
class Preview:
    """What an edit does: `changes` in sentences; `problems` that forbid it; `advice` that does not. `broken` are the
    promises that the files break without it too; `withheld` says that servers take up no edit for that reason. `heard`
    is what callers hear first at moments of that day, once for the open part of it and once for the closed one; `idle`
    says that it closes only days that are closed anyway. `revision` names the files with it, `before` those without."""

    before: str
    revision: str
    changes: tuple[str, ...]
    problems: tuple[str, ...]
    advice: tuple[str, ...]
    broken: tuple[str, ...] = ()
    withheld: bool = False
    idle: bool = False
    heard: tuple[tuple[datetime, tuple[Heard, ...]], ...] = ()


class HoursEditor:
    """Edits the hours of a folder."""

    def __init__(
        self,
        folder: Path,
        rules: Callable[[], NumberRules],
        store: Store,
        proof: Proof,
        now: Callable[[], datetime],
        heard: Callable[[], Loaded],
        published: Revisions | None = None,
    ) -> None:
        """`heard` is what callers hear, without overrides. Edits are `published` there; None: written to the folder."""
        self._folder, self._rules, self._store, self._proof, self._now = folder, rules, store, proof, now
        self._heard = heard
        self._published, self._revisions = published, published or Revisions(store)
        self._source = StoreSource(folder, published) if published else FolderSource(folder)
        self._read: tuple[tuple[str, Mapping[str, str] | None], Loaded] | None = None

    def unwritable(self) -> str | None:
        """Why nothing can be saved here; None if it can. To be said before anybody fills in a form."""
        reason = None if self._published else unwritable(self._folder / HOURS)
        return f"{HOURS} cannot be written: {reason}. Have the operator change that" if reason else None

    def files(self) -> Loaded:
        """The files as they are. Raises ConfigError when these have problems: then they are edited by hand first."""
        rules, read = self._rules(), self._read
        seen = self._source.look(), rules.phones
        if read is None or read[0] != seen:
            read = self._read = seen, self._source.load(rules)
        return read[1]

    def preview(self, began: str, edit: Edit) -> Preview:
        """What an edit would do. Raises EditError, OutdatedError, ConfigError and StoreError."""
        before = self._from(began)
        return self._previewed(before, self._edited(before, edit), edit)

    def save(self, began: str, edit: Edit, by: str) -> Preview:
        """Makes an edit in the name of somebody, if it has no problems. Raises what `preview` does."""
        return self._save(began, lambda before: self._edited(before, edit), by, told(edit), edit)

    def undo(self, revision: str, earlier: str, by: str, what: str) -> Preview:
        """Brings back the hours of an earlier revision, if nobody changed them since an edit made `revision` of it.
        Raises what `preview` does."""
        found = self._revisions.published(earlier)
        if found is None:
            raise EditError({"": "This cannot be undone any more; change the entry instead"})

        def brought_back(before: Loaded) -> Loaded:
            try:
                return made_of({**before.contents, HOURS: found[HOURS]}, self._folder, self._rules())
            except ConfigError as error:
                raise EditError({"": f"This cannot be undone: {error}"}) from error

        return self._save(revision, brought_back, by, f"undone: {what}")

    def _save(
        self, began: str, make: Callable[[Loaded], Loaded], by: str, what: str, edit: Edit | None = None
    ) -> Preview:
        before = self._from(began)
        after = make(before)
        preview = self._previewed(before, after, edit)
        if preview.problems:
            return preview
        if self._published:
            return self._publish(self._published, preview, after, by, what)
        noted = False
        try:
            with alone(self._folder):
                if self._stand(before):
                    # first, and committed: if it fails, even at its end, the file is as it was
                    self._note(by, what)
                    noted = True
                    if replace(self._folder / HOURS, after.contents[HOURS], lambda: self._stand(before)):
                        return preview
        except OSError as error:
            if noted:
                self._note_unsaved(by, what)
            raise EditError({"": f"{HOURS} cannot be written: {why(error)}. Nothing was changed"}) from error
        if noted:
            self._note_unsaved(by, what)
        raise self._outrun(began)

    def _publish(self, published: Revisions, preview: Preview, after: Loaded, by: str, what: str) -> Preview:
        """The same, as a new revision of the store, with what the edit was as its note."""
        over = preview.before if published.newest() else None  # of a store that is empty, the folder has the files
        now, note = int(self._now().timestamp()), what[:LONGEST_NOTE]
        try:
            published.publish(preview.revision, after.contents, over, by, note, now, what=what)
        except PublishedError:
            raise self._outrun(preview.before) from None
        return preview

    def _outrun(self, began: str) -> EditError:
        """That somebody else was faster. Raises OutdatedError, which says with what, if that can be told."""
        self._from(began)
        return EditError({"": "The files were being changed at the same moment, so nothing was saved; try again"})

    def _stand(self, before: Loaded) -> bool:
        """Whether the files are still those. Raises OSError."""
        return all((self._folder / name).read_bytes() == data for name, data in before.contents.items())

    def _note_unsaved(self, by: str, what: str) -> None:
        with suppress(StoreError):  # then the list has one line too many
            self._note(by, f"could not be saved: {what}")

    def _note(self, by: str, what: str) -> None:
        with self._store.write() as connection:
            actions.note(connection, by, what, int(self._now().timestamp()))

    def _edited(self, before: Loaded, edit: Edit) -> Loaded:
        return edited(before, edit, self._folder, self._rules(), self._today(before))

    def _today(self, loaded: Loaded) -> date:
        return loaded.site.schedule.today(self._now())

    def _from(self, began: str) -> Loaded:
        """The files, if they are still those of the revision that a form began from. Raises OutdatedError."""
        current = self.files()
        if current.site.revision == began:
            return current
        found = self._revisions.published(began)
        try:
            was = made_of(found, self._folder, self._rules()) if found else None
        except ConfigError:
            was = None
        different = changes(was.site, current.site, self._today(current)) if was else ()
        raise OutdatedError(current.site.revision, different)

    def _previewed(self, before: Loaded, after: Loaded, edit: Edit | None) -> Preview:
        today = self._today(before)
        overrides = met(self._store, int(self._now().timestamp()))
        site = overridden(after.site, overrides)
        withheld = False
        try:
            broken = self._broken(after, overrides)
            problems = newly_broken(broken, self._broken(before, overrides)) if broken else ()
            already = tuple(problem for problem in broken if problem not in problems)
            if already:
                withheld = bool(newly_broken(already, self._broken(self._heard(), overrides)))
        except ConfigError as error:
            problems, already = error.problems, ()
        moments = _moments(site, max(day_of(edit), today)) if edit else ()
        return Preview(
            before.site.revision,
            after.site.revision,
            changes(before.site, after.site, today),
            _texts(problems),
            self._new_advice(before, after, today),
            _texts(already),
            withheld,
            isinstance(edit, Add) and not edit.entry.spans and closed_anyway(before.site.schedule, edit.entry),
            tuple((at, tuple(greetings(site, at))) for at in moments),
        )

    def _broken(self, loaded: Loaded, overrides: tuple[Override, ...]) -> tuple[Problem, ...]:
        return self._proof(overridden(loaded.site, overrides), loaded.contents)

    def _new_advice(self, before: Loaded, after: Loaded, today: date) -> tuple[str, ...]:
        """Warnings that the files did not have before."""
        was, now = (
            [warning.text for warning in (*each.warnings, *advice(each.site, self._folder, today))]
            for each in (before, after)
        )
        return tuple(text for text in dict.fromkeys(now) if text not in was)


def _texts(problems: tuple[Problem, ...]) -> tuple[str, ...]:
    return tuple(problem.text.removesuffix(SHOWN) for problem in problems)


def day_of(edit: Edit) -> date:
    """The first day that an edit is about."""
    match edit:
        case Add(entry) | Change(_, entry) | Remove(entry) | Join(entry, _):
            return entry.first
        case Part(_, day, _):
            return day


def _moments(site: Site, day: date) -> tuple[datetime, ...]:
    """When somebody may call on a day: at the beginning of its hours and after them, or at noon."""
    schedule = site.schedule
    hours = tuple(schedule.boundaries(schedule.day(day)))
    if not hours:
        return (midnight(schedule.zone, day) + timedelta(hours=12),)
    return hours[0], *(each for each in hours[-1:] if each.date() == day and not schedule.is_open(each))


def told(edit: Edit) -> str:
    """An edit as the list of what staff did has it: "closed day added: Friday 4 December 2026 (snow)"."""
    match edit:
        case Add(entry):
            return f"{kind(entry)} added: {described(entry)}"
        case Change(before, after):
            return f"{kind(before)} changed: {described(before)} is now {described(after)}"
        case Remove(entry):
            return f"{kind(entry)} removed: {described(entry)}"
        case Part(entry, day, after):
            now = described(after) if after else f"{in_words(day)} is as usual"
            return f"only this day changed: {now}; the rest of {described(entry)} stays"
        case Join(entry, whole):
            return f"closed again: {described(entry)} is part of {described(whole)}"


def kind(entry: DatedHours) -> str:
    """What an entry is called."""
    if entry.spans:
        return "special hours"
    return "closed day" if entry.first == entry.last else "closed days"
