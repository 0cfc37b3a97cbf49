"""Edits of hours.yaml that need no site: the weekly hours, the calendars of holidays, and what holidays are called.

`editing` edits closed days and extra openings of a site, which it judges by the hours around them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phonetree.config.document import Value
from phonetree.config.edit_prompts import Prompt, texts
from phonetree.config.steps import Put, Step, value_at
from phonetree.errors import EditError


@dataclass(frozen=True, slots=True)
class SetZone:
    """Another time zone."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SetWeek:
    """Other weekly hours: days and their spans."""

    before: Mapping[str, Value]
    after: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class SetCalendars:
    """Other calendars of public holidays; none: the line opens on all of them."""

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetHolidayName:
    """What a holiday is called here; as in the calendar if there is nothing after."""

    holiday: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class AddDay:
    """A new closed day, or a day with hours of its own, as the file says it: `date`, or `from` and `to`, and so on.
    `field` is what a form calls it, here and below."""

    entry: Mapping[str, Value]
    field: str = "days.new"


@dataclass(frozen=True, slots=True)
class RemoveDay:
    """One of them less, found by what it says."""

    before: Value
    field: str = "days"


@dataclass(frozen=True, slots=True)
class SetDayName:
    """Other words for one of them, which is found by what it says."""

    before: Value
    after: Prompt
    field: str = "days"


HoursEdit = SetZone | SetWeek | SetCalendars | SetHolidayName | AddDay | RemoveDay | SetDayName

DAY_FIELDS = ("date", "from", "to", "open", "name")
"""What a dated entry has, in that order."""

CLOSURES, OPENINGS = "closures", "openings"
LISTS = (CLOSURES, OPENINGS)

Lists = Mapping[str, tuple[Value, ...]]
"""The lists of dated entries that there are."""


def dated(said: Value) -> Lists:
    """Those of hours.yaml."""
    return {key: items for key in LISTS if isinstance(items := value_at(said, (key,)), tuple)}


def added_day(lists: Lists, key: str, value: Value, field: str = "") -> Put:
    """An entry behind the last one of its list that does not begin later."""
    if key not in lists:
        return Put((key,), None, (value,), levels=1, field=field, around=1)
    firsts = [first_day(item) for item in lists[key]]
    earlier = [number for number, each in enumerate(firsts) if each <= first_day(value)]
    number = 1 + max(earlier, key=lambda number: firsts[number], default=-1)
    return Put((key, number), None, value, field=field)


def first_day(item: Value) -> str:
    """The first day of an entry, as written: year-month-day, which sorts."""
    first = value_at(item, ("date",)) or value_at(item, ("from",))
    return first if isinstance(first, str) else ""


def of_hours(edit: HoursEdit, said: Value) -> Iterator[Step]:
    match edit:
        case SetZone(before, after):
            yield Put(("timezone",), before, after, field="timezone")
        case SetWeek(before, after):
            if after != before:
                _refuse_no_week(after)
            yield Put(("open",), before, after, field="open")
        case SetCalendars(before, after) if before != after:
            yield _calendars(before, after, said)
        case SetCalendars():
            pass
        case SetHolidayName(holiday, before, after):
            yield from texts(said, ("holidays", "names", holiday), before, after, (), f"names.{holiday}")
        case AddDay(entry, field):
            if not first_day(entry):
                raise EditError({f"{field}.date": "Write the first day"})
            yield added_day(dated(said), CLOSURES, entry, field)
        case RemoveDay(before, field):
            yield Put(_place(said, before, field), before, None, field=field)
        case SetDayName(before, after, field):
            path = (*_place(said, before, field), "name")
            yield from texts(said, path, value_at(before, ("name",)), after, DAY_FIELDS, f"{field}.name")


def _calendars(before: tuple[str, ...], after: tuple[str, ...], said: Value) -> Step:
    if before and after:
        return Put(("holidays", "calendars"), before, after, field="calendars")
    if not before:
        return Put(("holidays",), "none", {"calendars": after}, field="calendars")
    now = value_at(said, ("holidays",))
    if value_at(now or "", ("names",)):
        raise EditError({"calendars": _NAMES_LOST})
    as_before = value_at(now, ("calendars",)) == before
    return Put(("holidays",), now if as_before else {"calendars": before}, "none", field="calendars")


_NAMES_LOST = (
    "Without calendars the helpline is open on all holidays, and their names would be lost. If that is meant, empty "
    "the names of all holidays below first"
)


def _refuse_no_week(week: Mapping[str, Value]) -> None:
    """Raises EditError for the slips that are no table of days and hours."""
    if not week:
        raise EditError({"open": f"Write when the helpline is open, such as {_WEEK}"})
    for days, spans in week.items():
        if days in ("always", "24/7"):
            raise EditError({"open": "Write monday-sunday: 0:00-24:00 if it is always open"})
        if not days:
            raise EditError({"open": f"'{spans}' lacks its days; write them first, such as {_WEEK}"})
        if not spans:
            raise EditError({"open": f"'{days}' lacks its hours; write days and hours, such as {_WEEK}, or closed"})


_WEEK = "monday-friday: 9:00-17:00"


def _place(said: Value, entry: Value, field: str) -> tuple[str, int]:
    """Where a dated entry stands. Raises EditError if it is not there any more."""
    for key, items in dated(said).items():
        if entry in items:
            return key, items.index(entry)
    raise EditError({field: f"The entry of {first_day(entry)} is not there any more; see what is there now"})
