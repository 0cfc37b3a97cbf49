"""When the line is open on a day. Pure: a function of the schedule, with its overrides.

The hours of a date are the stretches that begin on it, as in the schedule; what only an override opens counts to the
date on which it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from phonetree.core.schedule import Day, Schedule, midnight

DAY = timedelta(days=1)

Hours = tuple[tuple[datetime, datetime], ...]
"""Stretches in order, each from its first moment to before its second (aware, in the schedule's zone)."""


@dataclass(frozen=True, slots=True)
class OpenHours:
    """A day of the calendar: when callers find the line open (`met`), and when they would without overrides."""

    day: Day
    met: Hours
    usual: Hours

    @property
    def words(self) -> str:
        """When callers find the line open: "9:00-12:00 and 13:00-17:00"; "" if they never do."""
        return _words(self.met)

    @property
    def instead_of(self) -> str:
        """What it would be without overrides, if it is something else: "usually 9:00-17:00", "usually closed"."""
        if self.met == self.usual:
            return ""
        return f"{'otherwise' if self.day.special else 'usually'} {_words(self.usual) or 'closed'}"


def open_hours(schedule: Schedule, first: date, count: int) -> Iterator[OpenHours]:
    """`count` days from a date on."""
    for day in schedule.days(first, count):
        usual = _joined(_pairs(schedule, day))
        yield OpenHours(day, _met(schedule, day, usual), usual)


def from_until(begins: datetime, ends: datetime) -> str:
    """A stretch by the clock: "9:00-17:00", "18:00 until 2:00 the next day"."""
    until = _clock(ends)
    if ends.date() == begins.date():
        return f"{_clock(begins)}-{until}"
    if until == "0:00":
        return f"{_clock(begins)}-24:00"
    return f"{_clock(begins)} until {until} the next day"


def _met(schedule: Schedule, day: Day, usual: Hours) -> Hours:
    begins, ends = midnight(schedule.zone, day.date), midnight(schedule.zone, day.date + DAY)
    last = max([ends, *(until for _, until in usual)])
    deciding = [each for each in schedule.overrides if each.kind and each.begins < last and begins < each.ends]
    if not deciding:
        return usual
    before = _pairs(schedule, schedule.day(day.date - DAY))
    edges = {begins, last, *schedule.overridden(), *(each for pair in (*usual, *before) for each in pair)}

    def is_open(moment: datetime) -> bool:
        if not schedule.is_open(moment):
            return False
        if _within(usual, moment):
            return True
        by_override = any(each.at(moment) for each in deciding)
        return by_override and moment < ends and not _within(before, moment)

    inside = sorted(each for each in edges if begins <= each <= last)
    return _joined((since, until) for since, until in pairwise(inside) if is_open(since))


def _pairs(schedule: Schedule, day: Day) -> Hours:
    moments = tuple(schedule.boundaries(day))
    return tuple(zip(moments[::2], moments[1::2], strict=True))


def _within(hours: Hours, moment: datetime) -> bool:
    return any(begins <= moment < ends for begins, ends in hours)


def _joined(hours: Iterable[tuple[datetime, datetime]]) -> Hours:
    """The same; stretches that touch are one."""
    found: list[tuple[datetime, datetime]] = []
    for begins, ends in hours:
        touching = bool(found) and found[-1][1] == begins
        found.append((found.pop()[0] if touching else begins, ends))
    return tuple(found)


def _words(hours: Hours) -> str:
    return " and ".join(from_until(begins, ends) for begins, ends in hours)


def _clock(moment: datetime) -> str:
    return f"{moment.hour}:{moment:%M}"
