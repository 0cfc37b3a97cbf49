"""The engine's inputs, recording what is read of them: the moment, the hours and the key.

A proxy supports what the engine does with it, and raises, or counts as read completely, upon anything else.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any, cast

from phonetree.core.schedule import Kind, Schedule, Status
from phonetree.core.tree import Always, Choice, During, Hours, OwnHours, Site
from phonetree.core.wording import say_in_advance
from phonetree.proof.moments import Moment, Moments
from phonetree.proof.situations import Situation, clock

MOMENT, KIND, HOURS = range(3)
"""The facts of a moment: itself, its kind, and from `HOURS` on whether each of the site's hours are open."""


class RecordingKey:
    """A key that no phone has. It records the keys that it is `compared` with, and supports nothing else."""

    def __init__(self) -> None:
        self.compared: set[str] = set()

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, str)
        self.compared.add(other)
        return False

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise TypeError("a key can only be compared")


class _ComparedByKey(dict[str, Choice]):
    """Choices by key, found by comparing each key and not by its hash."""

    def __contains__(self, key: object) -> bool:
        return any(key == each for each in self)

    def __getitem__(self, key: str) -> Choice:
        return next(choice for each, choice in self.items() if key == each)


class RecordingMoment:
    """A moment that records which of its facts are read. Reading anything else counts as reading the exact moment.
    With a `status`, that is what callers are told of the hours then, whatever the schedule says."""

    def __init__(
        self, moment: Moment, facts: tuple[object, ...], situation: Situation, status: Status | None = None
    ) -> None:
        self.reads = 0
        self.status = status
        self._moment, self._facts, self._clock = moment, facts, clock(situation)

    def timestamp(self) -> float:
        """The seconds since 1970; by the clock of a ringing if there is one, which is no fact of the moment."""
        return self._itself().timestamp() if self._clock is None else self._clock

    def fact(self, number: int) -> object:
        """A fact of this kind of moment, by its number."""
        self.reads |= 1 << number
        return self._facts[number]

    def _itself(self) -> datetime:
        self.fact(MOMENT)
        return self._moment.at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._itself(), name)

    def __ge__(self, other: datetime) -> bool:
        return self._itself() >= other

    def __lt__(self, other: datetime) -> bool:
        return self._itself() < other

    def __eq__(self, other: object) -> bool:
        return self._itself() == other

    def __hash__(self) -> int:
        return hash(self._itself())

    def __format__(self, form: str) -> str:
        return format(self._itself(), form)

    def __str__(self) -> str:
        return str(self._itself())


class _RecordingSchedule(Schedule):
    """The helpline's hours: a read at a recording moment is recorded; one at a real moment (there are few: those at
    which teams are rung) is cached."""

    @cached_property
    def _cache(self) -> dict[datetime, Kind]:
        return {}

    def kind(self, now: datetime) -> Kind:
        if isinstance(now, RecordingMoment):
            return cast("Kind", now.fact(KIND))
        if now not in self._cache:
            self._cache[now] = super().kind(now)
        return self._cache[now]

    def status(self, now: datetime) -> Status:
        told = now.status if isinstance(now, RecordingMoment) else None
        return told or super().status(now)


@dataclass(frozen=True, slots=True)
class _RecordingHours(Always):
    """Other hours, recorded and cached in the same way. `fact` is their number among a moment's facts."""

    of: OwnHours | During
    fact: int
    cache: dict[datetime, bool] = field(default_factory=dict, compare=False)

    def is_open(self, schedule: Schedule, now: datetime) -> bool:
        if isinstance(now, RecordingMoment):
            return bool(now.fact(self.fact))
        if now not in self.cache:
            self.cache[now] = self.of.is_open(schedule, now)
        return self.cache[now]


def recording_site(site: Site, moments: Moments) -> Site:
    """The site with hours that record when they are read, and keys that can be compared with a recording one."""
    hours = partial(_recording_hours, facts={each: HOURS + number for number, each in enumerate(moments.hours)})
    known = site.schedule
    lines = {name: replace(line, hours=hours(line.hours)) for name, line in site.resources.items()}
    teams = {
        name: replace(
            team,
            hours=hours(team.hours),
            members=tuple(replace(member, shifts=hours(member.shifts)) for member in team.members),
        )
        for name, team in site.teams.items()
    }
    schedule = _RecordingSchedule(known.zone, known.week, known.dated, known.holidays, known.overrides)
    recording = replace(
        site,
        schedule=schedule,
        resources=lines,
        teams=teams,
        always=_ComparedByKey(site.always),
    )
    return say_in_advance(recording)


def _recording_hours(hours: Hours, facts: dict[Hours, int]) -> Hours:
    if isinstance(hours, OwnHours | During) and hours in facts:
        return _RecordingHours(hours, facts[hours])
    return hours
