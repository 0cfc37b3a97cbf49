"""The engine, memoised: one call for all turns in which it reads the same values.

It is called with recording proxies for the state, the key, the hours and the moment. The engine is pure: where it
reads the same, it answers the same. The recorded reads form a decision tree with the answers as its leaves. So most
keys need one call for all kinds of moment, and most answers are equal.
"""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any, cast

from phonetree.core.pronunciation import Pronunciation
from phonetree.core.schedule import Kind, Schedule
from phonetree.core.state import State
from phonetree.core.tree import Choice, Hours, OwnHours, Site
from phonetree.core.turn import Turn
from phonetree.proof.moments import Moment, Moments
from phonetree.proof.search import lowest
from phonetree.proof.situations import Situation, clock, pressed

Ask = Callable[[Site, datetime, Situation], Turn]

NO_KEY = "?"
"""A key that no phone has."""

EVERY = -1
"""Every moment, as a set."""

MOMENT, KIND, HOURS = range(3)
"""The facts of a moment: itself, its kind, and from `HOURS` on whether each of the site's hours are open."""


class MemoisedEngine:
    """Calls the engine for the turns of a site. Its `answers` are numbered in the order in which they were found, no
    two equal. The `time_dependent` ones may differ at other moments of the same kind."""

    def __init__(self, site: Site, moments: Moments, ask: Ask) -> None:
        self.answers: list[Turn] = []
        self.time_dependent: set[int] = set()
        self._numbers: dict[Turn, int] = {}
        self._site = _recording_site(site, moments)
        self._moments = moments
        self._facts = [(number, each.kind, *each.open) for number, each in enumerate(moments.kinds)]
        self._alike = _moments_alike(self._facts)
        self._ask = ask
        self._same = array("i")  # by situation, the answer that is given at every moment
        self._known: dict[int, list[tuple[int, int]]] = {}  # for any other one, the answers so far

    def parts(self, number: int, situation: Situation, moments: int) -> Iterable[tuple[int, int]]:
        """The answers in a situation at some moments: for each, its number with the moments at which it is given.
        `number` stands for the situation."""
        self._same.extend([-1] * (number + 1 - len(self._same)))
        if self._same[number] >= 0:
            return ((self._same[number], moments),)
        found: dict[int, int] = {}
        for answer, given in self._known.get(number, ()):
            if at := moments & given:
                found[answer] = found.get(answer, 0) | at
                moments &= ~given
        while moments:
            answer, given = self._call(situation, lowest(moments))
            if given == EVERY:
                self._same[number] = answer
            else:
                self._known.setdefault(number, []).append((answer, given))
            found[answer] = found.get(answer, 0) | moments & given
            moments &= ~given
        return found.items()

    def keys(self, state: State, moment: int) -> frozenset[str]:
        """The keys that make a difference in a state; no other does."""
        compared: set[str] = set()
        key = cast("str", _RecordingKey(NO_KEY, compared))
        self._turn((state, pressed(state, key), 0), moment, set())
        return frozenset(compared)

    def _call(self, situation: Situation, moment: int) -> tuple[int, int]:
        """The number of the answer in a situation at a moment, and the moments at which it is given."""
        reads: set[int] = set()
        turn = self._turn(situation, moment, reads)
        number = self._numbers.setdefault(turn, len(self.answers))
        if number == len(self.answers):
            self.answers.append(turn)
        if MOMENT in reads:
            self.time_dependent.add(number)
        given = EVERY
        for fact in reads:
            given &= self._alike[moment][fact]
        return number, given

    def _turn(self, situation: Situation, moment: int, reads: set[int]) -> Turn:
        now = _RecordingMoment(self._moments.kinds[moment], self._facts[moment], reads, clock(situation))
        return self._ask(self._site, cast("datetime", now), situation)


def _moments_alike(facts: list[tuple[object, ...]]) -> list[tuple[int, ...]]:
    """By moment and fact, the moments with the same."""
    return [
        tuple(
            sum(1 << number for number, other in enumerate(facts) if other[fact] == value)
            for fact, value in enumerate(values)
        )
        for values in facts
    ]


class _RecordingKey:
    """A key that records the keys that it is compared with. It supports nothing else."""

    def __init__(self, real: str, compared: set[str]) -> None:
        self._real, self._compared = real, compared

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, str)
        self._compared.add(other)
        return self._real == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise TypeError("a key can only be compared")


class _ComparedByKey(dict[str, Choice]):
    """Choices by key, found by comparing each key and not by its hash."""

    def __contains__(self, key: object) -> bool:
        return any(key == each for each in self)

    def __getitem__(self, key: str) -> Choice:
        return next(choice for each, choice in self.items() if key == each)


class _RecordingMoment:
    """A moment that records which of its facts are read. Reading anything else counts as reading the exact moment."""

    def __init__(self, moment: Moment, facts: tuple[object, ...], reads: set[int], clock: int | None) -> None:
        self._moment, self._facts, self._reads, self._clock = moment, facts, reads, clock

    def timestamp(self) -> float:
        """The seconds since 1970; by the clock of a ringing if there is one, which is no fact of the moment."""
        return self._itself().timestamp() if self._clock is None else self._clock

    def fact(self, number: int) -> object:
        """A fact of this kind of moment, by its number."""
        self._reads.add(number)
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


class _Remembering(Pronunciation):
    """A pronunciation that pronounces each text once."""

    @cached_property
    def _said(self) -> dict[str, str]:
        return {}

    def aloud(self, text: str) -> str:
        said = self._said.get(text)
        if said is None:
            said = self._said[text] = super().aloud(text)
        return said


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
    languages = {
        name: replace(info, pronunciation=_Remembering(info.pronunciation.spoken))
        for name, info in site.languages.items()
    }
    schedule = _RecordingSchedule(known.zone, known.week, known.dated, known.holidays, known.overrides)
    return replace(
        site,
        schedule=schedule,
        languages=languages,
        resources=lines,
        teams=teams,
        always=_ComparedByKey(site.always),
    )


def _recording_hours(hours: Hours, facts: dict[Hours, int]) -> Hours:
    if isinstance(hours, OwnHours) and hours in facts:
        return _RecordingHours(hours.week, hours.zone, facts[hours])
    return hours
