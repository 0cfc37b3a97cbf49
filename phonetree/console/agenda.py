"""Days as the schedule shows them: hours, why, who is on shift, covers, and gaps. A function of the site."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from phonetree.console.times import DAY, clock
from phonetree.core.covers import rung_instead
from phonetree.core.days import OpenHours, from_until, open_hours
from phonetree.core.rota import gaps
from phonetree.core.schedule import DatedHours, Override, Schedule, first_name, midnight
from phonetree.core.shifts import Shift, shifts
from phonetree.core.tree import Site


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """Who is on shift together: when, in words and as moments (in the helpline's time); in which teams ("" if there is
    only one), and their names in order."""

    begins: datetime
    ends: datetime
    when: str
    teams: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgendaDay:
    """A day. `hours` are those that callers meet, in words, and whether there are any is `open`; `name` is what the day
    is called, if it is a special one; `entry` is what the files say about it, and `usually_open` whether it is open by
    the files. `notices` are changes at short notice, covers included."""

    date: date
    today: bool
    past: bool
    open: bool
    usually_open: bool
    hours: str
    name: str
    entry: DatedHours | None
    notices: tuple[str, ...]
    shifts: tuple[ShiftLine, ...]
    gaps: tuple[str, ...]


def agenda(site: Site, first: date, count: int, now: datetime) -> tuple[AgendaDay, ...]:
    """`count` days from a date on, at a moment (aware)."""
    schedule = site.schedule
    begins, ends = midnight(schedule.zone, first), midnight(schedule.zone, first + count * DAY)
    on_shift = _by_day(site, shifts(site, begins, ends))
    lacking: dict[date, list[str]] = {}
    for gap in gaps(site, begins, ends):
        team = f" in {gap.team}" if len(site.teams) > 1 else ""
        for day, when in _days(gap.begins, gap.ends):
            lacking.setdefault(day, []).append(f"{when}{team}")
    noticed: dict[date, list[str]] = {}
    for override in reversed(schedule.overrides):
        local = (max(override.begins, begins).astimezone(schedule.zone), min(override.ends, ends))
        for day, when in _days(local[0], local[1].astimezone(schedule.zone)):
            noticed.setdefault(day, []).append(f"{when}: {_notice(override)}")
        for held in rung_instead(override, schedule.overrides, begins):
            for day, when in _days(*(each.astimezone(schedule.zone) for each in (held.begins, min(held.ends, ends)))):
                noticed.setdefault(day, []).append(f"{when}: {held.words}")
    today = schedule.today(now)
    return tuple(
        AgendaDay(
            date=(day := hours.day.date),
            today=day == today,
            past=day < today,
            open=bool(hours.met),
            usually_open=bool(hours.usual),
            hours=_in_words(hours),
            name=first_name(hours.day.names),
            entry=entry_of(schedule, day),
            notices=tuple(noticed.get(day, ())),
            shifts=tuple(on_shift.get(day, ())),
            gaps=tuple(lacking.get(day, ())),
        )
        for hours in open_hours(schedule, first, count)
    )


def _in_words(hours: OpenHours) -> str:
    instead = f" ({hours.instead_of})" if hours.instead_of else ""
    return (f"Open {hours.words}" if hours.met else "Closed") + instead


def entry_of(schedule: Schedule, day: date) -> DatedHours | None:
    """What the files say about a date in particular."""
    return next((entry for entry in schedule.dated if entry.first <= day <= entry.last), None)


def _notice(override: Override) -> str:
    if override.cover:
        return override.what
    return f"{override.what} at short notice" if override.kind else "something is said first"


def _days(begins: datetime, ends: datetime) -> Iterator[tuple[date, str]]:
    """Each day of a stretch, with its hours on that day."""
    day = begins.date()
    while day < ends.date() or (day == ends.date() and ends.time() > time()):
        first = clock(begins) if day == begins.date() else "0:00"
        last = clock(ends) if day == ends.date() else "24:00"
        yield day, "all day" if (first, last) == ("0:00", "24:00") else f"{first}-{last}"
        day += DAY


def _by_day(site: Site, found: Mapping[str, Iterable[Shift]]) -> dict[date, list[ShiftLine]]:
    """The shifts by the day on which they begin: those that are together in one line, names in the order of teams."""
    together: dict[Shift, list[str]] = {}
    for name in _in_order(site, found):
        for shift in found[name]:
            together.setdefault(shift, []).append(name)
    lines: dict[date, list[ShiftLine]] = {}
    for shift, names in sorted(together.items(), key=lambda each: (each[0].begins, each[0].ends)):
        teams = " and ".join(shift.teams) if len(site.teams) > 1 else ""
        lines.setdefault(shift.begins.date(), []).append(
            ShiftLine(shift.begins, shift.ends, from_until(shift.begins, shift.ends), teams, tuple(names))
        )
    return lines


def _in_order(site: Site, names: Iterable[str]) -> list[str]:
    order = dict.fromkeys(member.name for team in site.teams.values() for member in team.members)
    return [name for name in order if name in set(names)]
