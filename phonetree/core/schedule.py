"""When the helpline is open.

Pure: the moment is a parameter, and holidays are a function of the date. The rules:

- A day's hours are the spans that *begin* on it; a span may run over midnight into the next day.
- A span includes its start and excludes its end.
- An entry for a date (a closure, a half day, an extra opening) replaces that day's hours, holiday or not.
- An override takes precedence over all of these while it lasts; of several, the newest.
- A cover changes nobody's hours but those of members (`core/covers.py`).
- A holiday has no hours. A moment that is not open is `holiday` on a holiday or on a day closed by an
  entry, and `closed` otherwise.
- When a clock change repeats a wall time, a span starts at the first and ends at the second; when it skips one, the
  time that it would have been without the change applies.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import pairwise

import pytz
from pytz.tzinfo import BaseTzInfo

MINUTES_OF_A_DAY = 24 * 60

HORIZON_DAYS = 400
"""How far ahead to look for the next change: one year and the holidays around its end."""

COVER_LEAD_SECONDS = 10
"""A cover begins, and is ended, at least so much later than staff say so: every server knows it by then. A ringing goes
round the members who were on shift when it began, so all servers have to agree on these."""

Names = Mapping[str, str]
"""What a day is called, by language."""


def first_name(names: Names) -> str:
    """A name in the helpline's first language; "" when there is none."""
    return next(iter(names.values()), "")


class Kind(StrEnum):
    """What a moment is to a caller."""

    OPEN = "open"
    CLOSED = "closed"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to before `end`, in minutes after midnight; `end` may be on the next day."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < MINUTES_OF_A_DAY:
            raise ValueError("a span starts within its day")
        if not self.start < self.end <= self.start + MINUTES_OF_A_DAY:
            raise ValueError("a span ends after its start, within 24 hours")

    @property
    def over_midnight(self) -> bool:
        """Whether it ends after midnight, not at midnight."""
        return self.end > MINUTES_OF_A_DAY

    @property
    def words(self) -> str:
        """The span as staff read it: "9:00-17:00", "18:00 until 2:00 the next day"."""
        if self.over_midnight:
            return f"{_clock(self.start)} until {_clock(self.end)} the next day"
        return str(self)

    def __str__(self) -> str:
        """The span as written in hours.yaml."""
        return f"{_clock(self.start)}-{_clock(self.end)}{' next day' if self.over_midnight else ''}"


def _clock(minutes: int) -> str:
    within = minutes if minutes == MINUTES_OF_A_DAY else minutes % MINUTES_OF_A_DAY
    return f"{within // 60}:{within % 60:02}"


@dataclass(frozen=True, slots=True)
class Week:
    """The spans of each weekday, Monday first."""

    days: tuple[tuple[Span, ...], ...]

    def __post_init__(self) -> None:
        if len(self.days) != 7:
            raise ValueError("a week has seven days")

    def on(self, day: date) -> tuple[Span, ...]:
        """The spans that begin on this date."""
        return self.days[day.weekday()]


@dataclass(frozen=True, slots=True)
class DatedHours:
    """Hours for a range of dates: closed (no spans), or open at other hours than usual.

    `place` is its line and column in the file, for messages; zeros if it is not from a file.
    """

    first: date
    last: date
    spans: tuple[Span, ...]
    names: Names
    place: tuple[int, int] = field(default=(0, 0), compare=False)

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("the last day is before the first")


@dataclass(frozen=True, slots=True)
class Cover:
    """The member named `by` takes the place of the one named `away`; "": nobody does."""

    away: str
    by: str = ""

    def __post_init__(self) -> None:
        if not self.away or self.away == self.by:
            raise ValueError("a cover is for a member, by another one or nobody")


@dataclass(frozen=True, slots=True)
class Accepted:
    """Staff know that nobody in a team can be rung from `begins` to before `ends` (aware), while the line is open, and
    accept that callers come to `node` then. The team is "" in what an earlier version kept: any."""

    team: str
    begins: datetime
    ends: datetime
    node: str

    def at(self, moment: datetime) -> bool:
        """Whether it is about a moment."""
        return self.begins <= moment < self.ends

    def holds(self, other: "Accepted") -> bool:
        """Whether whoever accepts this accepts the other as well."""
        same = self.node == other.node and self.team in ("", other.team)
        return same and self.begins <= other.begins and other.ends <= self.ends


@dataclass(frozen=True, eq=False, slots=True)
class Override:
    """A change by staff at short notice, from `begins` to before `ends` (aware).

    `kind` is open or closed, whatever the hours say; None leaves the hours as they are. `words` by language are said
    before the menu, and may be empty. A `cover` stands alone. `accepted` is what staff accepted when they made it, and
    counts while it is in force.
    """

    begins: datetime
    ends: datetime
    kind: Kind | None
    words: Names
    cover: Cover | None = None
    accepted: tuple[Accepted, ...] = ()

    def __post_init__(self) -> None:
        if self.ends <= self.begins:
            raise ValueError("an override ends after it begins")
        if self.kind is Kind.HOLIDAY:
            raise ValueError("an override is open or closed; holidays are days")
        if self.kind is None and not self.words and not self.cover:
            raise ValueError("an override has to change or say something")
        if self.cover and (self.kind or self.words):
            raise ValueError("a cover neither opens nor closes the line, and says nothing")

    @property
    def what(self) -> str:
        """What it does, as staff read it: "closed", "Bo takes the place of Ada"."""
        if cover := self.cover:
            return f"{cover.by} takes the place of {cover.away}" if cover.by else f"{cover.away} is away"
        return self.kind or "as usual"

    def at(self, moment: datetime) -> bool:
        """Whether it is in force at a moment."""
        return self.begins <= moment < self.ends


@dataclass(frozen=True, slots=True)
class Status:
    """What a moment is, why, and what comes next.

    `until` is when the status changes, `next_opening` when the line opens next; both are aware, in the
    schedule's zone, and None when that does not happen within `HORIZON_DAYS`.
    """

    kind: Kind
    names: Names
    until: datetime | None
    next_opening: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the calendar: its spans, and its name if it is a special one."""

    date: date
    spans: tuple[Span, ...]
    names: Names
    special: bool


@dataclass(frozen=True, eq=False)
class Schedule:
    """The helpline's opening hours.

    The entries of `dated` are in order, and do not overlap. `holidays` returns a holiday's names by language for its
    date, None for any other. The newest of the `overrides` comes first.
    """

    zone: BaseTzInfo
    week: Week
    dated: tuple[DatedHours, ...]
    holidays: Callable[[date], Names | None]
    overrides: tuple[Override, ...] = ()

    def __post_init__(self) -> None:
        if any(later.first <= entry.last for entry, later in pairwise(self.dated)):
            raise ValueError("entries for dates have to be in order, without overlaps")

    @cached_property
    def _begin(self) -> tuple[date, ...]:
        """The first day of each of `dated`, for bisection: `status` may look up 400 days among many entries."""
        return tuple(entry.first for entry in self.dated)

    @cached_property
    def deciding(self) -> tuple[Override, ...]:
        """The overrides that open or close the line, apart from covers, of which there may be many."""
        return tuple(override for override in self.overrides if override.kind)

    @cached_property
    def _accepting(self) -> tuple[Override, ...]:
        """Those with which staff accepted something."""
        return tuple(override for override in self.overrides if override.accepted)

    def day(self, day: date) -> Day:
        """The calendar day of this date."""
        number = bisect_right(self._begin, day) - 1
        if number >= 0 and day <= self.dated[number].last:
            entry = self.dated[number]
            return Day(day, entry.spans, entry.names, special=True)
        names = self.holidays(day)
        if names is not None:
            return Day(day, (), names, special=True)
        return Day(day, self.week.on(day), {}, special=False)

    def days(self, first: date, count: int) -> Iterator[Day]:
        """`count` days from `first` on."""
        return (self.day(first + timedelta(days=n)) for n in range(count))

    def status(self, now: datetime) -> Status:
        """What `now` (an aware datetime) is to a caller. Changes fall on whole minutes."""
        return _status(self, now.astimezone(self.zone).replace(second=0, microsecond=0))

    def words(self, now: datetime) -> Names:
        """What staff want said before the menu at `now`, by language; usually empty."""
        return next((override.words for override in self.overrides if override.words and override.at(now)), {})

    def accepted(self, now: datetime) -> tuple[Accepted, ...]:
        """What staff accepted for `now`."""
        return tuple(
            each for override in self._accepting if override.at(now) for each in override.accepted if each.at(now)
        )

    def overridden(self) -> Iterator[datetime]:
        """The moments at which overrides begin and end: rounded up to whole minutes, as the hours change on these;
        those of covers, and of what was accepted, to the second."""
        for override in self.overrides:
            for moment in (override.begins, override.ends):
                local = moment.astimezone(self.zone)
                yield local if override.cover else _at_a_minute(local)
            for each in override.accepted:
                yield from (each.begins.astimezone(self.zone), each.ends.astimezone(self.zone))

    def boundaries(self, day: Day) -> Iterator[datetime]:
        """The moments at which the spans of a day start and end."""
        for pair in _instants(self.zone, day.date, day.spans):
            yield from pair

    def today(self, now: datetime) -> date:
        """The date at the helpline at `now`, wherever the server is."""
        return now.astimezone(self.zone).date()

    def kind(self, now: datetime) -> Kind:
        """What `now` is, without what comes next: cheaper than `status`."""
        return _at(self, now.astimezone(self.zone).replace(second=0, microsecond=0))[0]

    def names(self, now: datetime) -> Names:
        """The names of `now` by language, as in `status`; usually empty."""
        return _at(self, now.astimezone(self.zone).replace(second=0, microsecond=0))[1]

    def is_open(self, now: datetime) -> bool:
        """Whether the helpline is open at `now`."""
        return self.kind(now) is Kind.OPEN


def week_boundaries(week: Week, zone: BaseTzInfo, day: date) -> Iterator[datetime]:
    """The moments at which the spans that begin on this date start and end."""
    for pair in _instants(zone, day, week.on(day)):
        yield from pair


def dated(moment: datetime) -> str:
    """A moment as staff read it: "Mon 23 Nov 2026 9:02"; one that comes twice says which it is."""
    return f"{moment:%a} {moment.day} {moment:%b %Y} {moment.hour}:{moment:%M}{which_of_two(moment)}"


def which_of_two(moment: datetime) -> str:
    """Which of two a time of day is that comes twice; "" if it comes once."""
    zone = pytz.timezone(name) if (name := getattr(moment.tzinfo, "zone", None)) else None
    if zone is None:
        return ""
    first, second = (zone.localize(moment.replace(tzinfo=None), is_dst=summer) for summer in (True, False))
    if first >= second:
        return ""
    return f" ({'before' if moment < second else 'after'} the clocks go back)"


def midnight(zone: BaseTzInfo, day: date) -> datetime:
    """The moment at which this date begins."""
    return _instant(zone, day, 0, latest=False)


def week_is_open(week: Week, zone: BaseTzInfo, now: datetime) -> bool:
    """Whether `now` is in one of the week's spans, holiday or not (the hours of a resource, a member's shifts)."""
    local = now.astimezone(zone)
    return any(
        start <= local < end
        for day in (local.date() - timedelta(days=1), local.date())
        for start, end in _instants(zone, day, week.on(day))
    )


def _at_a_minute(moment: datetime) -> datetime:
    whole = moment.replace(second=0, microsecond=0)
    return whole if whole == moment else whole + timedelta(minutes=1)


@lru_cache(maxsize=4096)
def _status(schedule: Schedule, minute: datetime) -> Status:
    kind, names = _at(schedule, minute)
    until = opening = None
    before = kind
    for moment in _boundaries(schedule, minute):
        then = _at(schedule, moment)
        if until is None and then != (kind, names):
            until = moment
        if then[0] is Kind.OPEN and before is not Kind.OPEN:
            opening = moment
            break
        before = then[0]
    return Status(kind, names, until, opening)


@lru_cache(maxsize=4096)
def _at(schedule: Schedule, moment: datetime) -> tuple[Kind, Names]:
    for override in schedule.deciding:
        if override.kind and override.at(moment):
            return override.kind, {}
    today = schedule.day(moment.date())
    yesterday = schedule.day(moment.date() - timedelta(days=1))
    for day in (yesterday, today):
        for start, end in _instants(schedule.zone, day.date, day.spans):
            if start <= moment < end:
                return Kind.OPEN, day.names
    if today.special and not today.spans:
        return Kind.HOLIDAY, today.names
    return Kind.CLOSED, today.names


def _boundaries(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    """Every moment after `after` at which the status can change, in order."""
    first = after.date() - timedelta(days=1)
    edges = (moment for override in schedule.deciding for moment in (override.begins, override.ends))
    pending = {moment for edge in edges if (moment := _at_a_minute(edge.astimezone(schedule.zone))) > after}
    for day in schedule.days(first, HORIZON_DAYS):
        begins = midnight(schedule.zone, day.date)
        ready = sorted(moment for moment in pending if moment < begins)
        pending.difference_update(ready)
        yield from ready
        for moment in (begins, *(m for pair in _instants(schedule.zone, day.date, day.spans) for m in pair)):
            if moment > after:
                pending.add(moment)


def _instants(zone: BaseTzInfo, day: date, spans: tuple[Span, ...]) -> Iterator[tuple[datetime, datetime]]:
    for span in spans:
        yield _instant(zone, day, span.start, latest=False), _instant(zone, day, span.end, latest=True)


@lru_cache(maxsize=4096)
def _instant(zone: BaseTzInfo, day: date, minutes: int, *, latest: bool) -> datetime:
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    try:
        return zone.localize(wall, is_dst=None)
    except pytz.AmbiguousTimeError:
        return zone.localize(wall, is_dst=not latest)
    except pytz.NonExistentTimeError:
        return zone.normalize(zone.localize(wall, is_dst=False))
