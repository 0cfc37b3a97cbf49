"""An edit of the hours, from a form to what servers follow, by the way of every change (`console/publishing.py`).

    preview    what callers will hear differently, and what is wrong with it; nothing is written
    save       the same checks, then it is published
    undo       the hours as they were before an edit, by the same way

All begin with the revision that the form showed.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta

from phonetree.config.editing import Add, Change, Edit, Join, Part, Remove, closed_anyway, described, edited, in_words
from phonetree.config.site import HOURS, Loaded, overridden
from phonetree.console.publishing import Base, Preview, Publishing
from phonetree.console.simulated import greetings
from phonetree.core.schedule import DatedHours, midnight
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, EditError


class HoursEditor:
    """Edits the hours."""

    def __init__(self, publishing: Publishing) -> None:
        self._publishing = publishing

    def unwritable(self) -> str | None:
        """Why nothing can be saved here; None if it can."""
        return self._publishing.unwritable(HOURS)

    def files(self) -> Loaded:
        """The files as they are. Raises ConfigError when these have problems: then they are edited as text first."""
        return self._publishing.files()

    def preview(self, began: str, edit: Edit) -> Preview:
        """What an edit would do. Raises EditError, OutdatedError, ConfigError and StoreError."""
        before = self._from(began)
        after = self._edited(before, edit)
        return self._told(self._publishing.preview(Base.of(before), after), before, after, edit)

    def save(self, began: str, edit: Edit, by: str) -> Preview:
        """Makes an edit in the name of somebody, if it has no problems. Raises what `preview` does."""
        before, what = self._from(began), told(edit)
        after = self._edited(before, edit)
        return self._told(self._publishing.publish(Base.of(before), after, by, what, what), before, after, edit)

    def undo(self, revision: str, earlier: str, by: str, what: str) -> Preview:
        """Brings back the hours of an earlier revision, if nobody changed them since an edit made `revision` of it.
        Raises what `preview` does."""
        found, before = self._publishing.revisions.published(earlier), self._from(revision)
        if found is None:
            raise EditError({"": "This cannot be undone any more; change the entry instead"})
        try:
            after = self._publishing.made({**before.contents, HOURS: found[HOURS]})
        except ConfigError as error:
            raise EditError({"": f"This cannot be undone: {error}"}) from error
        undone = f"undone: {what}"
        return self._publishing.publish(Base.of(before), after, by, undone, undone)

    def _edited(self, before: Loaded, edit: Edit) -> Loaded:
        return edited(
            before, edit, self._publishing.folder, self._publishing.rules(), self._publishing.today(before.site)
        )

    def _from(self, began: str) -> Loaded:
        """The files, if they are still those of the revision that a form began from. Raises OutdatedError."""
        current = self.files()
        if current.site.revision != began:
            raise self._publishing.since(began)
        return current

    def _told(self, preview: Preview, before: Loaded, after: Loaded, edit: Edit) -> Preview:
        """A preview with what callers hear first on that day."""
        site = overridden(after.site, self._publishing.overrides())
        moments = _moments(site, max(day_of(edit), self._publishing.today(before.site)))
        idle = isinstance(edit, Add) and not edit.entry.spans and closed_anyway(before.site.schedule, edit.entry)
        return replace(preview, idle=idle, heard=tuple((at, tuple(greetings(site, at))) for at in moments))


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
