"""Everything that can happen on a call: the engine is given every event at every kind of moment.

What is the same at several kinds of moment is walked once for all of them.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from phonetree.core.events import Event, LegPressed, Pressed
from phonetree.core.schedule import Status
from phonetree.core.state import State
from phonetree.core.tree import Site
from phonetree.core.turn import Turn
from phonetree.core.verbs import Dial, Redirect, Verb, Verbs
from phonetree.errors import ProofError
from phonetree.proof.memoised import MemoisedEngine
from phonetree.proof.moments import Moments
from phonetree.proof.search import Point, Search
from phonetree.proof.situations import (
    CALL_COMES_IN,
    KEYS,
    SILENT,
    Likeness,
    Situation,
    answer,
    following,
    pressed,
    waits,
)

MOST_TURNS = 2_500_000
"""A tree of 5,000 nodes has half as many at five kinds of moment."""


@dataclass(frozen=True, slots=True)
class Place:
    """A turn before it is taken: the kind of moment, where the call is (None: it comes in), what happened,
    and for a team that rings, the seconds since it was rung."""

    moment: int
    state: State | None = None
    event: Event = SILENT
    elapsed: int = 0


class Walk(Search):
    """Every turn that can happen.

    By situation: `waits`, whether the hours may change before it. By answer: `follows`, the situations that can follow.
    The `time_dependent` answers may differ at other moments of the same kind.
    """

    def __init__(self, site: Site, moments: Moments) -> None:
        super().__init__(moments)
        self.moments = moments
        self._likeness = Likeness(site, moments)
        self._engine = MemoisedEngine(site, moments, answer)
        self._refusable = site.helpline.caller_id if site.helpline.may_be_refused else None
        self.answers = self._engine.answers
        self.time_dependent = self._engine.time_dependent
        self.situations: list[Situation] = []
        self.waits: list[bool] = []
        self.follows: dict[int, tuple[int, ...]] = {}
        self._numbers: dict[Situation, int] = {}
        self._groups: dict[object, tuple[int, ...]] = {}
        self._keys: dict[State, frozenset[str]] = {}
        self._with_answer: dict[int, list[int]] = {}
        self.begin = self._number(CALL_COMES_IN)
        if not self.run(self.begin, self._parts, self._follows, self.waits.__getitem__, MOST_TURNS):
            raise ProofError(
                f"more than {MOST_TURNS:,} turns can happen, at {len(moments.kinds)} kinds of moment; that is too many "
                "to check: give members and lines the same hours, or make the tree smaller"
            )

    def __len__(self) -> int:
        """How many turns there are."""
        return self.turns

    # -- the search

    def _parts(self, situation: int, moments: int) -> Iterable[tuple[int, int]]:
        return self._engine.parts(situation, self.situations[situation], moments)

    def _follows(self, answer: int, moment: int) -> tuple[int, ...]:
        if answer not in self.follows:
            self.follows[answer] = tuple(self._following(self.answers[answer].verbs, moment))
        return self.follows[answer]

    def _following(self, verbs: Verbs, moment: int) -> Iterator[int]:
        pressable = partial(self._pressable, moment=moment)
        for cause, follows in following(verbs, pressable, self._likeness, self._refusable):
            if cause not in self._groups:
                self._groups[cause] = tuple(map(self._number, follows()))
            yield from self._groups[cause]

    def _number(self, situation: Situation) -> int:
        number = self._numbers.setdefault(situation, len(self.situations))
        if number == len(self.situations):
            self.situations.append(situation)
            self.waits.append(waits(situation))
            self.more_situations()
        return number

    def _pressable(self, state: State, moment: int) -> Iterator[Event]:
        """The events of keys in a state: those that make a difference, and the first of the others."""
        known = self.keys(state, moment)
        other = next((key for key in KEYS if key not in known), None)
        return (pressed(state, key) for key in KEYS if key in known or key == other)

    def keys(self, state: State, moment: int) -> frozenset[str]:
        """The keys that make a difference in a state; no other does."""
        if state not in self._keys:
            self._keys[state] = self._engine.keys(state, moment)
        return self._keys[state]

    # -- what was found

    def situation(self, point: Point) -> Situation:
        """The situation of a turn."""
        return self.situations[self.situation_of[point.case]]

    def place(self, point: Point) -> Place:
        """A turn before it is taken."""
        state, event, elapsed = self.situation(point)
        return Place(point.moment, state and self._likeness.at(state, point.moment), event, elapsed)

    def turn(self, point: Point) -> Turn:
        """A turn."""
        found = self.answers[self.answer_of[point.case]]
        state, *_ = self.situation(point)
        if state is None or state is self._likeness.at(state, point.moment):
            return found
        return found._replace(verbs=tuple(self._at(verb, point.moment) for verb in found.verbs))

    def _at(self, verb: Verb, moment: int) -> Verb:
        match verb:
            case Dial(then=State() as then) | Redirect(then=then):
                return verb._replace(then=self._likeness.at(then, moment))
            case _:
                return verb

    def verbs(self, point: Point) -> Verbs:
        """What the phone network is asked to do; a ringing may have begun at another moment with the same roster."""
        return self.answers[self.answer_of[point.case]].verbs

    def told(self, point: Point, now: datetime, status: Status) -> Verbs:
        """What it is asked to do in a turn as if it was `now`, and callers were told this of the hours."""
        return self._engine.told(self.situation(point), point.moment, now, status).verbs

    def find(self, place: Place) -> Point | None:
        """The turn at a place; None if no call gets there."""
        number = self.number((place.state and self._likeness.of(place.state), place.event, place.elapsed))
        return None if number is None else self.point(number, place.moment)

    def number(self, situation: Situation) -> int | None:
        """The number of a situation (with the state that stands for those alike); None if no call gets there."""
        state, event, elapsed = situation
        if state:
            situation = self._likeness.situation(state, self._alike(state, event), elapsed)
        return self._numbers.get(situation)

    def after(self, point: Point) -> Iterator[Point]:
        """The turns that can follow one."""
        found = (self.point(situation, point.moment) for situation in self.follows[self.answer_of[point.case]])
        return filter(None, found)

    def following(self, point: Point, event: Event) -> Point | None:
        """The turn that follows one upon an event; None if that is impossible."""
        number = self.situation_after(self.answer_of[point.case], event)
        return None if number is None else self.point(number, point.moment)

    def situation_after(self, answer: int, event: Event) -> int | None:
        """The situation that follows an answer upon an event; None if that is impossible."""
        for number in self.follows[answer]:
            state, upon, _ = self.situations[number]
            if upon == (self._alike(state, event) if state else event):
                return number
        return None

    def _alike(self, state: State, event: Event) -> Event:
        """The event that stands for those that make no difference in a state."""
        known = self._keys.get(state)
        if known is None or not isinstance(event, Pressed | LegPressed) or event.keys in known:
            return event
        return replace(event, keys=next(key for key in KEYS if key not in known))

    def first(self, answer: int, moments: int = -1) -> Point:
        """The first turn with an answer, at one of these moments."""
        if not self._with_answer:
            for case, found in enumerate(self.answer_of):
                self._with_answer.setdefault(found, []).append(case)
        points = (point for point in self.points(self._with_answer[answer]) if moments >> point.moment & 1)
        return min(points, key=self.rank)


def walk(site: Site, moments: Moments) -> Walk:
    """Every turn of every call. Raises ProofError if there are more than `MOST_TURNS`."""
    return Walk(site, moments)


@contextmanager
def gc_disabled() -> Iterator[None]:
    """Everything made on a walk is kept, so garbage collection would only take a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
