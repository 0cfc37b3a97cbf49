"""The search behind the proof: all that follows from an incoming call, shortest paths first, for every kind of moment.

What is the same at several kinds of moment is found once for all of them. A set of moments is a number with a bit for
each. Situations and answers are known by their numbers.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from phonetree.proof.moments import Moments

Parts = Callable[[int, int], Iterable[tuple[int, int]]]
"""From a situation and some moments to the answers there: each with the moments at which it is given."""

Follows = Callable[[int, int], Iterable[int]]
"""From an answer, and a moment at which it is given, to the situations that can follow it."""


class Point(NamedTuple):
    """A turn: a case at one of its kinds of moment."""

    case: int
    moment: int


class _Waiting:
    """A situation that is to be taken at some moments. `number` counts those that were added before."""

    __slots__ = ("level", "moments", "number", "situation")

    def __init__(self, number: int, situation: int, moments: int, level: int) -> None:
        self.number, self.situation, self.moments, self.level = number, situation, moments, level


class Search:
    """Every turn that a search found.

    A case is a situation with its answer, at those kinds of moment at which calls get there with equally many turns. By
    case: `situation_of`, `moments_of`, `answer_of`. By situation: `reached`, the moments at which calls get there. By
    answer: `given`, the moments at which it is given.
    """

    def __init__(self, moments: Moments) -> None:
        self.situation_of, self.answer_of, self._level = array("i"), array("i"), array("i")
        self.moments_of: list[int] = []
        self.reached: list[int] = []
        self.given: dict[int, int] = {}
        self.turns = 0
        self._kinds = len(moments.kinds)
        self._next = [sum(1 << each for each in follows) for follows in moments.follows]
        self._cases: list[tuple[int, ...]] = []
        self._before = array("i")  # by situation and moment
        self._unchanged = 0  # how many cases there are without a change of the hours
        self._changed: dict[tuple[int, int], Point] = {}  # the turn before such a change
        self._queue: deque[_Waiting] = deque()
        self._added = 0
        self._waiting: dict[int, _Waiting] = {}  # by situation, the last one
        self._last = [0] * self._kinds  # by moment, the number of the last one

    def more_situations(self, more: int = 1) -> None:
        """Makes room for more situations."""
        self.reached += [0] * more
        self._cases += [()] * more
        self._before.extend([-1] * (more * self._kinds))

    def run(
        self, begin: int, parts: Parts, follows: Follows, waits: Callable[[int], bool], most: int = 1 << 60
    ) -> bool:
        """Everything that can follow from one situation at any moment. `waits` says before which the hours may change.
        Such changes come last, so that a path has one only if it has to. False if there are more than `most` turns."""
        self._add(begin, (1 << self._kinds) - 1, -1, 0)
        since = 0
        while self._queue:
            while self._queue:
                self._take(self._queue.popleft(), parts, follows)
                if self.turns > most:
                    return False
            self._unchanged = self._unchanged or len(self.answer_of)
            since = self._change_hours(since, waits)
        return True

    def _take(self, waiting: _Waiting, parts: Parts, follows: Follows) -> None:
        """Takes a situation at some moments, and adds what can follow. After equal answers the same can follow."""
        situation, level = waiting.situation, waiting.level
        waiting.level = -1
        for answer, at in parts(situation, waiting.moments):
            case = len(self.answer_of)
            self.situation_of.append(situation)
            self.moments_of.append(at)
            self.answer_of.append(answer)
            self._level.append(level)
            self._cases[situation] += (case,)
            if new := at & ~self.given.get(answer, 0):
                self.given[answer] = self.given.get(answer, 0) | at
                for after in follows(answer, lowest(at)):
                    if add := new & ~self.reached[after]:
                        self._add(after, add, case, level + 1)

    def _add(self, situation: int, moments: int, before: int, level: int) -> None:
        """Adds a situation at some moments. It joins one that waits on the same level, where at these moments nothing
        else was added since: so at each moment the order is the same as for that moment alone."""
        self.reached[situation] |= moments
        self.turns += moments.bit_count()
        known = self._waiting.get(situation)
        number = known.number if known and known.level == level else -1
        joining = 0
        left, first = moments, situation * self._kinds
        while left:  # over `bits`, which takes longer
            moment = (left & -left).bit_length() - 1
            left &= left - 1
            self._before[first + moment] = before
            if self._last[moment] <= number:
                joining |= 1 << moment
                self._last[moment] = number
            else:
                self._last[moment] = self._added
        if known and joining:
            known.moments |= joining
        if joining != moments:
            self._waiting[situation] = waiting = _Waiting(self._added, situation, moments & ~joining, level)
            self._queue.append(waiting)
            self._added += 1

    def _change_hours(self, since: int, waits: Callable[[int], bool]) -> int:
        """Adds the turns of the cases from `since` on, after a change of the hours during the call."""
        level = self._level[-1] + 1
        for point in sorted(self._before_a_change(since, waits), key=self.rank):
            situation = self.situation_of[point.case]
            for moment in bits(self._next[point.moment] & ~self.reached[situation]):
                self._changed[situation, moment] = point
                self._add(situation, 1 << moment, -1, level)
        return len(self.answer_of)

    def _before_a_change(self, since: int, waits: Callable[[int], bool]) -> Iterator[Point]:
        """The turns that only a change of the hours makes possible at other moments."""
        for case in range(since, len(self.answer_of)):
            situation = self.situation_of[case]
            if waits(situation):
                for moment in bits(self.moments_of[case]):
                    if self._next[moment] & ~self.reached[situation]:
                        yield Point(case, moment)

    # -- what was found

    def rank(self, point: Point) -> tuple[int, int, int]:
        """By what turns are in order: shorter paths first, then by moment. Those after a change of the hours come last,
        in the order in which they were found."""
        return self._level[point.case], point.moment if point.case < self._unchanged else 0, point.case

    def in_order(self) -> Iterator[Point]:
        """Every turn, by `rank`."""
        for _, level in groupby(range(len(self.answer_of)), self._level.__getitem__):
            cases = tuple(level)
            if cases[0] >= self._unchanged:
                yield from self.points(cases)
                continue
            for moment in range(self._kinds):
                yield from (Point(case, moment) for case in cases if self.moments_of[case] >> moment & 1)

    def points(self, cases: Iterable[int]) -> Iterator[Point]:
        """The turns of some cases."""
        return (Point(case, moment) for case in cases for moment in bits(self.moments_of[case]))

    def point(self, situation: int, moment: int) -> Point | None:
        """The turn in a situation at a moment; None if no call gets there."""
        for case in self._cases[situation]:
            if self.moments_of[case] >> moment & 1:
                return Point(case, moment)
        return None

    def points_in(self, situation: int, moments: int) -> Iterator[Point]:
        """The turns in a situation at some moments."""
        found = (self.point(situation, moment) for moment in bits(moments))
        return (point for point in found if point)

    def parts(self, situation: int, moments: int) -> Iterator[tuple[int, int]]:
        """The answers in a situation at some moments: for each, its number with the moments at which it is given."""
        for case in self._cases[situation]:
            if at := self.moments_of[case] & moments:
                yield self.answer_of[case], at

    def path(self, point: Point) -> tuple[Point, ...]:
        """The turns through which a turn was first reached, ending with it."""
        path = [point]
        while before := self._turn_before(path[-1]):
            path.append(before)
        return tuple(reversed(path))

    def _turn_before(self, point: Point) -> Point | None:
        situation = self.situation_of[point.case]
        before = self._before[situation * self._kinds + point.moment]
        return Point(before, point.moment) if before >= 0 else self._changed.get((situation, point.moment))


def lowest(moments: int) -> int:
    """The first moment of a set."""
    return (moments & -moments).bit_length() - 1


def bits(moments: int) -> Iterator[int]:
    """The moments of a set, in order."""
    while moments:
        yield lowest(moments)
        moments &= moments - 1
