"""Calendars: what is unusual of the line, or a member's shifts, for the next months. Names only, no numbers.

Only closed days last all day; whatever has hours is at these hours. An event that changes keeps its id, so that
calendars update it in place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from icalendar import Calendar, Event

from phonetree.core.days import OpenHours, open_hours
from phonetree.core.rota import gaps
from phonetree.core.schedule import Day, Kind, first_name, midnight
from phonetree.core.shifts import shifts
from phonetree.core.tree import Site
from phonetree.store.feeds import LINE

DAYS = 180
"""How far a calendar looks ahead."""

PAST_DAYS = 7
"""And back, so that what is just over does not vanish."""

REFRESH = timedelta(hours=1)
"""How often calendars are asked to look again."""

MOST_IN_A_MINUTE = 120
"""Calendars that are made anew: each takes 50 ms, and they are asked for without signing in."""

MOST_KEPT = 300
"""Calendars in memory: more than a helpline has members."""

ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event. From a date to before another it lasts all day; between moments (aware) it is at these hours."""

    kind: str
    subject: str
    begins: date | datetime
    ends: date | datetime
    title: str


def calendar(site: Site, member: str, now: datetime) -> bytes:
    """The calendar of a member's shifts, or that of the line (`LINE`), at a moment (aware)."""
    name = f"{site.helpline.name}: {member or 'opening hours'}"
    made = Calendar.new(
        name=name,
        description=_description(site, member),
        prodid="-//phonetree//schedule//EN",
        refresh_interval=REFRESH,
        uid=_id(site, "calendar", member),
    )
    made.add("x-wr-timezone", str(site.schedule.zone))
    made.add("x-published-ttl", "PT1H")  # the same for older calendars
    stamp = midnight(site.schedule.zone, site.schedule.today(now)).astimezone(UTC)
    for uid, entry in _identified(site, entries(site, member, now)):
        event = Event.new(uid=uid, stamp=stamp, start=_utc(entry.begins), end=_utc(entry.ends), summary=entry.title)
        event.add("transp", "OPAQUE" if entry.kind == "shift" else "TRANSPARENT")
        made.add_component(event)
    return bytes(made.to_ical())


def entries(site: Site, member: str, now: datetime) -> tuple[Entry, ...]:
    """The events of a calendar, in order."""
    today = site.schedule.today(now)
    first, last = (
        midnight(site.schedule.zone, today - PAST_DAYS * ONE),
        midnight(site.schedule.zone, today + DAYS * ONE),
    )
    found = _of_a_member(site, member, first, last) if member != LINE else _of_the_line(site, first, last)
    return tuple(sorted(found, key=lambda entry: (f"{entry.begins:%Y-%m-%d %H:%M}", entry.kind, entry.subject)))


def _of_a_member(site: Site, member: str, first: datetime, last: datetime) -> Iterator[Entry]:
    for shift in shifts(site, first, last).get(member, ()):
        yield Entry("shift", member, shift.begins, shift.ends, f"On shift: {', '.join(shift.teams)}")


def _of_the_line(site: Site, first: datetime, last: datetime) -> Iterator[Entry]:
    schedule = site.schedule
    days = open_hours(schedule, first.date(), (last.date() - first.date()).days)
    yield from _special([hours for hours in days if hours.day.special])
    for override in schedule.overrides:
        begins, ends = (moment.astimezone(schedule.zone) for moment in (override.begins, override.ends))
        if ends <= first or begins >= last:
            continue
        if override.kind:
            yield Entry("override", "", begins, ends, f"{_state(override.kind)} at short notice")
        elif cover := override.cover:
            title = f"{cover.by} takes the place of {cover.away}" if cover.by else f"{cover.away} is away"
            yield Entry("cover", cover.away, begins, ends, title)
    for gap in gaps(site, first, last):
        yield Entry("gap", gap.team, gap.begins, gap.ends, f"Nobody on shift: {gap.team}")


def _special(days: list[OpenHours]) -> Iterator[Entry]:
    """Special days as callers meet them; consecutive closed days with the same name are one. What is closed or opened
    only at short notice has an event of its own."""
    closed = [hours.day for hours in days if not hours.met and not hours.usual]
    for run in _runs(closed):
        yield Entry("closed", "", run[0].date, run[-1].date + ONE, f"Closed: {first_name(run[0].names)}".rstrip(": "))
    for hours in filter(lambda each: each.usual, days):
        for begins, ends in hours.met:
            yield Entry("hours", "", begins, ends, f"Open: {first_name(hours.day.names)}".rstrip(": "))


def _runs(days: list[Day]) -> Iterator[list[Day]]:
    run: list[Day] = []
    for day in days:
        if run and (day.date != run[-1].date + ONE or day.names != run[-1].names):
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _state(kind: Kind) -> str:
    return "Open" if kind is Kind.OPEN else "Closed"


def _description(site: Site, member: str) -> str:
    zone = f"Times are those of {site.schedule.zone}."
    if member == LINE:
        return f"Days on which the hours are other than usual, covers, and hours in which nobody is on shift. {zone}"
    return f"The shifts of {member}, with the covers that {member} takes. {zone}"


def _identified(site: Site, found: tuple[Entry, ...]) -> Iterator[tuple[str, Entry]]:
    """Each event with an id: its kind, whom it is about, its day, and which of that day it is."""
    seen: dict[tuple[str, str, date], int] = {}
    for entry in found:
        day = entry.begins.date() if isinstance(entry.begins, datetime) else entry.begins
        key = entry.kind, entry.subject, day
        seen[key] = number = seen.get(key, 0) + 1
        yield _id(site, *map(str, key), str(number)), entry


def _id(site: Site, *parts: str) -> str:
    """An id that no other helpline has."""
    return f"{sha256(chr(10).join((site.helpline.number, *parts)).encode()).hexdigest()[:32]}@phonetree"


def _utc(moment: date | datetime) -> date | datetime:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


@dataclass(frozen=True, slots=True)
class _Made:
    key: tuple[object, ...]
    data: bytes


class Calendars:
    """Calendars of the live site; one that is asked for again is not made again, until something changes."""

    def __init__(self) -> None:
        self._made: dict[str, _Made] = {}
        self._minute = self._number = 0

    def of(self, site: Site, member: str, now: datetime) -> bytes | None:
        """The calendar; None when too many were made in this minute."""
        key = _identity(site, now)
        made = self._made.get(member)
        if made and made.key == key:
            return made.data
        minute = int(now.timestamp()) // 60
        if minute != self._minute:
            self._minute, self._number = minute, 0
        if self._number >= MOST_IN_A_MINUTE:
            return None
        self._number += 1
        if len(self._made) >= MOST_KEPT:
            self._made.clear()
        made = self._made[member] = _Made(key, calendar(site, member, now))
        return made.data


def _identity(site: Site, now: datetime) -> tuple[object, ...]:
    """All that a calendar depends on, besides whose it is."""
    overrides = tuple((each.begins, each.ends, each.kind, each.cover) for each in site.schedule.overrides)
    rung = tuple(bool(member.number) for member in site.members)
    return site.revision, overrides, rung, site.schedule.today(now)
