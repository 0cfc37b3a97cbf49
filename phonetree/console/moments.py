"""Moments to look at the helpline: now, when it is open, when it is closed, a closed day by name, any date and time."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from phonetree.console import times
from phonetree.core.schedule import HORIZON_DAYS, Day, Kind, Schedule, Status, dated, first_name
from phonetree.errors import OverrideError

NOW, OPEN, CLOSED = "now", "open", "closed"

NOON = time(12)

MOST_CHANGES = 2 * HORIZON_DAYS
"""Changes of the hours after which one of a kind is not looked for any more."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A moment that can be chosen: its name in an address, and in words."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The moment that is shown; `name` is that of the choice ("": a date and time). `problem` says why it is another
    one than was asked for."""

    name: str
    at: datetime
    problem: str = ""


def choices(schedule: Schedule, now: datetime) -> tuple[Choice, ...]:
    """All that can be chosen by name, closed days in order."""
    first = (Choice(NOW, "Now"), Choice(OPEN, "When the line is open"), Choice(CLOSED, "When the line is closed"))
    return (*first, *(Choice(f"{days[0].date}", _words(days)) for days in _special(schedule, now)))


def chosen(schedule: Schedule, asked: str, now: datetime) -> Chosen:
    """The moment that a name or a date and time means, now (in the helpline's time); now if they mean none."""
    match asked:
        case "" | "now":
            return Chosen(NOW, now)
        case "open" | "closed":
            kind = Kind.OPEN if asked == OPEN else Kind.CLOSED
            at = _first(schedule, kind, now)
            return Chosen(asked, at) if at else Chosen(NOW, now, f"The line is never {asked} in the coming year")
    if day := _a_day(asked):
        known = any(days[0].date == day for days in _special(schedule, now))
        return Chosen(asked if known else "", _within(schedule, schedule.day(day)))
    try:
        return Chosen("", times.typed(asked, schedule.zone, "Date and time"))
    except OverrideError as error:
        return Chosen(NOW, now, str(error))


def told(at: datetime, status: Status) -> str:
    """A moment in words, with what the line is then."""
    name = first_name(status.names)
    state = "open" if status.kind is Kind.OPEN else "closed"
    return f"{dated(at)}: {state}, {name}" if name else f"{dated(at)}: {state}"


def _a_day(text: str) -> date | None:
    with suppress(ValueError):
        day = date.fromisoformat(text)
        return day if day.year in times.YEARS else None
    return None


def _first(schedule: Schedule, kind: Kind, now: datetime) -> datetime | None:
    """The first moment of a kind, from now on."""
    at: datetime | None = now
    for _ in range(MOST_CHANGES):
        if at is None or at > now + timedelta(days=HORIZON_DAYS):
            return None
        if schedule.kind(at) is kind:
            return at
        at = schedule.status(at).until
    return None


def _special(schedule: Schedule, now: datetime) -> Iterator[list[Day]]:
    """The coming days with a name or hours of their own, those in a row together."""
    days = schedule.days(schedule.today(now), HORIZON_DAYS)
    for special, found in groupby(days, lambda day: (day.special, day.spans, tuple(day.names.items()))):
        if special[0]:
            yield list(found)


def _within(schedule: Schedule, day: Day) -> datetime:
    """Noon; on a day with hours of its own, when they begin."""
    if day.spans:
        return min(schedule.boundaries(day))
    return schedule.zone.normalize(schedule.zone.localize(datetime.combine(day.date, NOON)))


def _words(days: list[Day]) -> str:
    name = first_name(days[0].names)
    first, last = _date(days[0].date), _date(days[-1].date)
    words = first if first == last else f"{first} to {last}"
    return f"{name[:1].upper()}{name[1:]}, {words}" if name else words


def _date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
