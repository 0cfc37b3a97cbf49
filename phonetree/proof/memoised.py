"""The engine, memoised: one call for all turns in which it reads the same values.

The engine is pure: where it reads the same, it answers the same. It is called with inputs that record what it reads. So
most situations need one call for all kinds of moment.
"""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import cast

from phonetree.core.schedule import Status
from phonetree.core.state import State
from phonetree.core.tree import Site
from phonetree.core.turn import Turn
from phonetree.proof.moments import Moments
from phonetree.proof.recording import MOMENT, RecordingKey, RecordingMoment, recording_site
from phonetree.proof.search import bits, lowest
from phonetree.proof.situations import Situation, pressed

Ask = Callable[[Site, datetime, Situation], Turn]

EVERY = -1
"""Every moment, as a set."""


class MemoisedEngine:
    """Calls the engine for the turns of a site. Its `answers` are numbered in the order in which they were found, no
    two equal. The `time_dependent` ones may differ at other moments of the same kind."""

    def __init__(self, site: Site, moments: Moments, ask: Ask) -> None:
        self.answers: list[Turn] = []
        self.time_dependent: set[int] = set()
        self._numbers: dict[Turn, int] = {}
        self._site = recording_site(site, moments)
        self._moments = moments
        self._facts = [(number, each.kind, *each.open) for number, each in enumerate(moments.kinds)]
        self._alike = _moments_alike(self._facts)
        self._ask = ask
        self._same = array("i")  # by situation, the answer that is given at every moment
        self._known: dict[int, list[tuple[int, int]]] = {}  # for any other one, the answers so far

    def parts(self, number: int, situation: Situation, moments: int) -> Iterable[tuple[int, int]]:
        """The answers in a situation at some moments: for each, its number with the moments at which it is given.
        `number` stands for the situation."""
        if number >= len(self._same):
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
        key = RecordingKey()
        situation = state, pressed(state, cast("str", key)), 0
        self._ask(self._site, cast("datetime", self._moment(moment, situation)), situation)
        return frozenset(key.compared)

    def told(self, situation: Situation, moment: int, now: datetime, status: Status) -> Turn:
        """The answer in a situation at a moment, as if it was `now`, and callers were told this of the hours."""
        kind = replace(self._moments.kinds[moment], at=now)
        imagined = RecordingMoment(kind, self._facts[moment], situation, status)
        return self._ask(self._site, cast("datetime", imagined), situation)

    def _call(self, situation: Situation, moment: int) -> tuple[int, int]:
        """Calls the engine: the number of the answer in a situation at a moment, and when else it is given."""
        now = self._moment(moment, situation)
        turn = self._ask(self._site, cast("datetime", now), situation)
        number = self._numbers.setdefault(turn, len(self.answers))
        if number == len(self.answers):
            self.answers.append(turn)
        if not now.reads:
            return number, EVERY
        if now.reads >> MOMENT & 1:
            self.time_dependent.add(number)
        alike = self._alike[moment]
        given = EVERY
        for fact in bits(now.reads):
            given &= alike[fact]
        return number, given

    def _moment(self, moment: int, situation: Situation) -> RecordingMoment:
        return RecordingMoment(self._moments.kinds[moment], self._facts[moment], situation)


def _moments_alike(facts: list[tuple[object, ...]]) -> list[tuple[int, ...]]:
    """By moment and fact, the moments with the same."""
    return [
        tuple(
            sum(1 << number for number, other in enumerate(facts) if other[fact] == value)
            for fact, value in enumerate(values)
        )
        for values in facts
    ]
