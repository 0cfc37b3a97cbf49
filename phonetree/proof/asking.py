"""The engine, asked once for all turns in which it sees the same.

It is asked with stand-ins for the state and the moment, which note what is looked at. The engine is pure: where
the same is to be seen, it answers the same. So most keys are asked at one moment for all, and most answers are one.
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

Happening = tuple[State | None, Event, int]
"""A turn about to be taken, but for the moment: where the call is (None: it comes in), what happened, and for a team
that rings, how many seconds after it was rung."""

Take = Callable[[Site, datetime, Happening], Turn]

Question = str | int | tuple[str]
"""What can be looked at: a field of the state, by its name; of the moment, a number in its facts; or whether the key
that was pressed is this one."""

MOMENT, KIND, HOURS = range(3)
"""The facts of a moment: itself, its kind, and from here on whether each of its hours are open."""

Seen = dict[Question, object]
"""What was looked at in one turn, in this order, and what was seen."""


class _Branch:
    """What is looked at first, and for all that can be seen there the next thing looked at, or the answer's number."""

    __slots__ = ("question", "ways")

    def __init__(self, question: Question) -> None:
        self.question = question
        self.ways: dict[object, _Branch | int] = {}


class Asker:
    """Asks the engine for the turns of a site. Its `answers` are numbered in the order in which they were given, and
    no two are equal. Those `by_the_clock` may be others at other moments of the same kind."""

    def __init__(self, site: Site, moments: Moments, take: Take) -> None:
        self.answers: list[Turn] = []
        self.by_the_clock: set[int] = set()
        self._numbers: dict[Turn, int] = {}
        self._site = _watched(site, moments)
        self._moments = moments
        self._facts = [(number, each.kind, *each.open) for number, each in enumerate(moments.kinds)]
        self._take = take
        self._begin: dict[object, _Branch | int] = {}
        self._known: dict[int, _Branch | int] = {}

    def answer(self, number: int, happening: Happening, moment: int) -> int:
        """The number of the answer to a happening at a kind of moment. Happenings are handed in with their number."""
        known = found = self._known.get(number)
        if isinstance(found, int):
            return found
        state, event, later = happening
        facts = self._facts[moment]
        if found is None:
            found = self._begin.get((_but_for_keys(event), later, state is None))
        while isinstance(found, _Branch):
            question = found.question
            if isinstance(question, str):
                found = found.ways.get(getattr(state, question))
            elif isinstance(question, int):
                known = known or found
                found = found.ways.get(facts[question])
            else:
                assert isinstance(event, Pressed | LegPressed)
                found = found.ways.get(event.keys == question[0])
        if found is None:
            return self._ask(happening, moment)
        self._known[number] = found if known is None else known
        return found

    def _ask(self, happening: Happening, moment: int) -> int:
        state, event, later = happening
        seen: Seen = {}
        watched = _State(state, seen) if state else None
        now = cast("datetime", _Now(self._moments.kinds[moment], self._facts[moment], seen))
        turn = self._take(self._site, now, (watched, _watched_event(event, seen), later))
        number = self._numbers.setdefault(turn, len(self.answers))
        if number == len(self.answers):
            self.answers.append(turn)
        if MOMENT in seen:
            self.by_the_clock.add(number)
        holder: dict[object, _Branch | int] = self._begin
        way: object = (_but_for_keys(event), later, state is None)
        for question, value in seen.items():
            branch = holder.get(way)
            if branch is None:
                branch = holder[way] = _Branch(question)
            assert isinstance(branch, _Branch), "the engine is not pure"
            assert branch.question == question, "the engine is not pure"
            holder, way = branch.ways, value
        holder[way] = number
        return number


class _State(State):
    """A state that notes which of its fields are looked at. It has none until they are, but the revision, which is the
    same in all of a walk."""

    __slots__ = ("_real", "_seen")

    def __init__(self, real: State, seen: Seen) -> None:
        object.__setattr__(self, "_real", real)
        object.__setattr__(self, "_seen", seen)
        object.__setattr__(self, "revision", real.revision)

    def __getattr__(self, field: str) -> Any:
        value = self._seen[field] = getattr(self._real, field)
        object.__setattr__(self, field, value)
        return value

    def __eq__(self, other: object) -> bool:
        raise TypeError("a state is looked at by its fields")

    __hash__ = None  # type: ignore[assignment]


class _Key:
    """A key that notes which others it is compared with. That is all it can be asked."""

    def __init__(self, real: str, seen: Seen) -> None:
        self._real, self._seen = real, seen

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, str)
        value = self._seen[(other,)] = self._real == other
        return value

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise TypeError("a key is only compared")


class _ByKey(dict[str, Choice]):
    """Choices by their keys; a key that notes it is compared with each."""

    def __contains__(self, key: object) -> bool:
        return any(key == each for each in self)

    def __getitem__(self, key: str) -> Choice:
        return next(choice for each, choice in self.items() if key == each)


def _watched_event(event: Event, seen: Seen) -> Event:
    match event:
        case Pressed(keys):
            return Pressed(cast("str", _Key(keys, seen)))
        case LegPressed(keys, too_late):
            return LegPressed(cast("str", _Key(keys, seen)), too_late)
        case _:
            return event


def _but_for_keys(event: Event) -> object:
    match event:
        case Pressed():
            return Pressed
        case LegPressed(_, too_late):
            return LegPressed, too_late
        case _:
            return event


class _Now:
    """A moment that notes what is asked of it. Whatever is none of its known facts may be different at any other."""

    def __init__(self, moment: Moment, facts: tuple[object, ...], seen: Seen) -> None:
        self._moment, self._facts, self._seen = moment, facts, seen

    def fact(self, question: int) -> object:
        """One of the facts of this kind of moment."""
        value = self._seen[question] = self._facts[question]
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


class _Schedule(Schedule):
    """The helpline's hours, asked at a moment that notes it; or at one of the few at which teams are rung."""

    @cached_property
    def _known(self) -> dict[datetime, Kind]:
        return {}

    def kind(self, now: datetime) -> Kind:
        if isinstance(now, _Now):
            return cast("Kind", now.fact(KIND))
        if now not in self._known:
            self._known[now] = super().kind(now)
        return self._known[now]


@dataclass(frozen=True, slots=True)
class _Hours(OwnHours):
    """Hours of their own, asked at a moment that notes it; or at one of the few at which teams are rung."""

    question: int
    known: dict[datetime, bool] = field(default_factory=dict, compare=False)

    def is_open(self, schedule: Schedule, now: datetime) -> bool:
        if isinstance(now, _Now):
            return bool(now.fact(self.question))
        if now not in self.known:
            self.known[now] = OwnHours.is_open(self, schedule, now)
        return self.known[now]


def _watched(site: Site, moments: Moments) -> Site:
    """The site with hours that note when they are asked, and keys that can be compared with one that notes it."""
    hours = partial(_hours, questions={each: HOURS + number for number, each in enumerate(moments.hours)})
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
    schedule = _Schedule(known.zone, known.week, known.dated, known.holidays, known.overrides)
    return replace(site, schedule=schedule, resources=lines, teams=teams, always=_ByKey(site.always))


def _hours(hours: Hours, questions: dict[Hours, int]) -> Hours:
    if isinstance(hours, OwnHours) and hours in questions:
        return _Hours(hours.week, hours.zone, questions[hours])
    return hours
