"""The engine, memoised: one call for all turns in which it reads the same values.

It is called with recording proxies for the state, the key, the hours and the moment. The engine is pure: where it
reads the same, it answers the same. The recorded reads form a decision tree with the answers as its leaves. So most
keys need one call for all kinds of moment, and most answers are equal.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any, cast

from phonetree.core.events import Event, LegPressed, Pressed
from phonetree.core.schedule import Kind, Schedule
from phonetree.core.state import State
from phonetree.core.tree import Choice, Hours, OwnHours, Site
from phonetree.core.turn import Turn
from phonetree.proof.moments import Moment, Moments

Situation = tuple[State | None, Event, int]
"""Where a call is (None: it comes in), what happened, and for a team that rings, the seconds since it was rung: a turn
without its moment."""

Take = Callable[[Site, datetime, Situation], Turn]

Read = str | int | tuple[str]
"""What can be read: a field of the state, by its name; a fact of the moment, by its number; or whether the pressed key
is this one."""

MOMENT, KIND, HOURS = range(3)
"""The facts of a moment: itself, its kind, and from `HOURS` on whether each of the site's hours are open."""

Reads = dict[Read, object]
"""What one turn read, in this order, with the values."""


class _Decision:
    """A node of the decision tree: what is read next, and by its value the next decision or the answer's number."""

    __slots__ = ("branches", "read")

    def __init__(self, read: Read) -> None:
        self.read = read
        self.branches: dict[object, _Decision | int] = {}


class MemoisedEngine:
    """Calls the engine for the turns of a site. Its `answers` are numbered in the order in which they were found, no
    two equal. The `time_dependent` ones may differ at other moments of the same kind."""

    def __init__(self, site: Site, moments: Moments, take: Take) -> None:
        self.answers: list[Turn] = []
        self.time_dependent: set[int] = set()
        self._numbers: dict[Turn, int] = {}
        self._site = _recording_site(site, moments)
        self._moments = moments
        self._facts = [(number, each.kind, *each.open) for number, each in enumerate(moments.kinds)]
        self._take = take
        self._roots: dict[object, _Decision | int] = {}
        self._subtrees: dict[int, _Decision | int] = {}

    def answer(self, number: int, situation: Situation, moment: int) -> int:
        """The number of the answer in a situation at a kind of moment. `number` stands for the situation."""
        subtree = found = self._subtrees.get(number)
        if isinstance(found, int):
            return found
        state, event, elapsed = situation
        facts = self._facts[moment]
        if found is None:
            found = self._roots.get((_without_key(event), elapsed, state is None))
        while isinstance(found, _Decision):
            read = found.read
            if isinstance(read, str):
                found = found.branches.get(getattr(state, read))
            elif isinstance(read, int):
                subtree = subtree or found
                found = found.branches.get(facts[read])
            else:
                assert isinstance(event, Pressed | LegPressed)
                found = found.branches.get(event.keys == read[0])
        if found is None:
            return self._call(situation, moment)
        self._subtrees[number] = found if subtree is None else subtree
        return found

    def _call(self, situation: Situation, moment: int) -> int:
        """Calls the engine, and adds what it read and its answer to the tree. Returns the answer's number."""
        state, event, elapsed = situation
        reads: Reads = {}
        proxy = _RecordingState(state, reads) if state else None
        now = cast("datetime", _RecordingMoment(self._moments.kinds[moment], self._facts[moment], reads))
        turn = self._take(self._site, now, (proxy, _recording_event(event, reads), elapsed))
        number = self._numbers.setdefault(turn, len(self.answers))
        if number == len(self.answers):
            self.answers.append(turn)
        if MOMENT in reads:
            self.time_dependent.add(number)
        branches: dict[object, _Decision | int] = self._roots
        branch: object = (_without_key(event), elapsed, state is None)
        for read, value in reads.items():
            decision = branches.get(branch)
            if decision is None:
                decision = branches[branch] = _Decision(read)
            assert isinstance(decision, _Decision), "the engine is not pure"
            assert decision.read == read, "the engine is not pure"
            branches, branch = decision.branches, value
        branches[branch] = number
        return number


class _RecordingState(State):
    """A state that records which fields are read. They are unset until then, except the revision, which is the same
    throughout a walk."""

    __slots__ = ("_reads", "_real")

    def __init__(self, real: State, reads: Reads) -> None:
        object.__setattr__(self, "_real", real)
        object.__setattr__(self, "_reads", reads)
        object.__setattr__(self, "revision", real.revision)

    def __getattr__(self, field: str) -> Any:
        value = self._reads[field] = getattr(self._real, field)
        object.__setattr__(self, field, value)
        return value

    def __eq__(self, other: object) -> bool:
        raise TypeError("only the fields of a state can be read")

    __hash__ = None  # type: ignore[assignment]


class _RecordingKey:
    """A key that records the keys that it is compared with. It supports nothing else."""

    def __init__(self, real: str, reads: Reads) -> None:
        self._real, self._reads = real, reads

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, str)
        value = self._reads[(other,)] = self._real == other
        return value

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise TypeError("a key can only be compared")


class _ComparedByKey(dict[str, Choice]):
    """Choices by key, found by comparing each key and not by its hash."""

    def __contains__(self, key: object) -> bool:
        return any(key == each for each in self)

    def __getitem__(self, key: str) -> Choice:
        return next(choice for each, choice in self.items() if key == each)


def _recording_event(event: Event, reads: Reads) -> Event:
    match event:
        case Pressed(keys):
            return Pressed(cast("str", _RecordingKey(keys, reads)))
        case LegPressed(keys, too_late):
            return LegPressed(cast("str", _RecordingKey(keys, reads)), too_late)
        case _:
            return event


def _without_key(event: Event) -> object:
    match event:
        case Pressed():
            return Pressed
        case LegPressed(_, too_late):
            return LegPressed, too_late
        case _:
            return event


class _RecordingMoment:
    """A moment that records which of its facts are read. Reading anything else counts as reading the exact moment."""

    def __init__(self, moment: Moment, facts: tuple[object, ...], reads: Reads) -> None:
        self._moment, self._facts, self._reads = moment, facts, reads

    def fact(self, number: int) -> object:
        """A fact of this kind of moment, by its number."""
        value = self._reads[number] = self._facts[number]
        return value

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
        if isinstance(now, _RecordingMoment):
            return cast("Kind", now.fact(KIND))
        if now not in self._cache:
            self._cache[now] = super().kind(now)
        return self._cache[now]


@dataclass(frozen=True, slots=True)
class _RecordingHours(OwnHours):
    """Own hours, recorded and cached in the same way. `fact` is their number among a moment's facts."""

    fact: int
    cache: dict[datetime, bool] = field(default_factory=dict, compare=False)

    def is_open(self, schedule: Schedule, now: datetime) -> bool:
        if isinstance(now, _RecordingMoment):
            return bool(now.fact(self.fact))
        if now not in self.cache:
            self.cache[now] = OwnHours.is_open(self, schedule, now)
        return self.cache[now]


def _recording_site(site: Site, moments: Moments) -> Site:
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
    return replace(site, schedule=schedule, resources=lines, teams=teams, always=_ComparedByKey(site.always))


def _recording_hours(hours: Hours, facts: dict[Hours, int]) -> Hours:
    if isinstance(hours, OwnHours) and hours in facts:
        return _RecordingHours(hours.week, hours.zone, facts[hours])
    return hours
