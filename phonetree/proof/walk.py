"""Everything that can happen on a call: the engine is given every event at every kind of moment.

The walk has no rules of the tree; it calls the engine. Loops that only count (a menu repeated on request) are walked
at their beginning and at their limit.
"""

import gc
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar, assert_never, overload

from phonetree.core import engine
from phonetree.core.events import DialEnded, Event, LegAnswered, LegPressed, Pressed, Recorded, Silent, TooLate
from phonetree.core.ringing import ACCEPT_KEY, RESERVE_SECONDS
from phonetree.core.state import LEG_STEPS, State, Step
from phonetree.core.tree import NodeId, Site
from phonetree.core.turn import Turn
from phonetree.core.verbs import Bridge, Dial, Gather, Hangup, Play, Record, Redirect, Say, Verbs
from phonetree.errors import ProofError
from phonetree.proof.memoised import MemoisedEngine, Situation
from phonetree.proof.moments import Moments

MOST_TURNS = 2_500_000
"""A tree of 5,000 nodes has two million at five kinds of moment."""

KEYS = "0123456789*#"
PRESSED = tuple(map(Pressed, KEYS))
PRESSED_ON_A_LEG = (*map(LegPressed, KEYS), *(LegPressed(ACCEPT_KEY, too_late) for too_late in TooLate))
SILENT = Silent()
A_MESSAGE_SECONDS = 60
"""A voicemail long enough for any tree."""


@dataclass(frozen=True, slots=True)
class Place:
    """A turn before it is taken: the kind of moment, where the call is (None: it comes in), what happened,
    and for a team that rings, the seconds since it was rung."""

    moment: int
    state: State | None = None
    event: Event = SILENT
    elapsed: int = 0


class Walk:
    """Every turn that can happen, numbered in the order in which it was found: shortest paths first.

    A turn is a situation at a kind of moment, and has an answer. There are far fewer situations and answers than turns;
    they are numbered in the same way.

    By turn: `moment_of`, `situation_of`, `answer_of`, and `before`, the turn from which it was first reached (-1: an
    incoming call). By moment and situation: `turn_of` (-1: impossible). By situation: `waits`, whether the hours may
    change before it. By answer: `follows`, the situations that can follow. `distinct` are the first turns with each
    answer at each moment; the `time_dependent` answers may differ at other moments of the same kind.

    As sequences by turn: its `places`, the `verbs` of its answer, the nodes `passed`, the turns that can follow it
    (`after`), the same turn after a change of hours during the call (`hours_changed`). `turn_at` has the turn of each
    place.
    """

    def __init__(self, moments: Moments) -> None:
        self.situations: list[Situation] = []
        self.waits: list[bool] = []
        self.answers: list[Turn] = []
        self.time_dependent: set[int] = set()
        self.follows: list[tuple[int, ...]] = []
        self.moment_of, self.situation_of, self.answer_of, self.before = (array("i") for _ in range(4))
        self.turn_of = tuple(array("i") for _ in moments.kinds)
        self.distinct = array("i")
        self.next_moments = moments.follows
        self.situation_numbers: dict[Situation, int] = {}
        self._next: dict[int, dict[Event, int]] = {}

    def __len__(self) -> int:
        return len(self.moment_of)

    @property
    def places(self) -> Sequence[Place]:
        return _PerTurn(self, lambda turn: Place(self.moment_of[turn], *self.situations[self.situation_of[turn]]))

    @property
    def verbs(self) -> Sequence[Verbs]:
        return _PerTurn(self, lambda turn: self.answers[self.answer_of[turn]].verbs)

    @property
    def passed(self) -> Sequence[tuple[NodeId, ...]]:
        return _PerTurn(self, lambda turn: self.answers[self.answer_of[turn]].passed)

    @property
    def after(self) -> Sequence[tuple[int, ...]]:
        return _PerTurn(self, self._after)

    @property
    def hours_changed(self) -> Sequence[tuple[int, ...]]:
        return _PerTurn(self, self._hours_changed)

    @property
    def turn_at(self) -> Mapping[Place, int]:
        return _TurnAt(self)

    def path(self, turn: int) -> tuple[int, ...]:
        """The turns through which a turn was first reached, ending with it."""
        return path_to(self.before, turn)

    def following(self, turn: int, event: Event) -> int | None:
        """The turn that follows one upon an event; None if that is impossible."""
        answer = self.answer_of[turn]
        if answer not in self._next:
            self._next[answer] = {self.situations[each][1]: each for each in reversed(self.follows[answer])}
        situation = self._next[answer].get(event)
        return None if situation is None else self.turn_of[self.moment_of[turn]][situation]

    def _after(self, turn: int) -> tuple[int, ...]:
        turn_of = self.turn_of[self.moment_of[turn]]
        return tuple(turn_of[situation] for situation in self.follows[self.answer_of[turn]])

    def _hours_changed(self, turn: int) -> tuple[int, ...]:
        situation = self.situation_of[turn]
        if not self.waits[situation]:
            return ()
        return tuple(self.turn_of[moment][situation] for moment in self.next_moments[self.moment_of[turn]])


T = TypeVar("T")


class _PerTurn(Sequence[T]):
    """A property of every turn of a walk, computed on access."""

    def __init__(self, walk: Walk, of: Callable[[int], T]) -> None:
        self._turns, self._of = range(len(walk)), of

    def __len__(self) -> int:
        return len(self._turns)

    @overload
    def __getitem__(self, turn: int) -> T: ...
    @overload
    def __getitem__(self, turn: slice) -> list[T]: ...
    def __getitem__(self, turn: int | slice) -> T | list[T]:
        return self._of(self._turns[turn]) if isinstance(turn, int) else list(map(self._of, self._turns[turn]))

    def __iter__(self) -> Iterator[T]:
        return map(self._of, self._turns)


class _TurnAt(Mapping[Place, int]):
    """The turn at each place of a walk."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    def __getitem__(self, place: Place) -> int:
        situation = self._walk.situation_numbers[place.state, place.event, place.elapsed]
        turn = self._walk.turn_of[place.moment][situation]
        if turn < 0:
            raise KeyError(place)
        return turn

    def __iter__(self) -> Iterator[Place]:
        return iter(self._walk.places)

    def __len__(self) -> int:
        return len(self._walk)


def path_to(before: Sequence[int], turn: int) -> tuple[int, ...]:
    """The turns that led to a turn, ending with it. `before` has each turn's predecessor (negative: none)."""
    path = [turn]
    while (turn := before[turn]) >= 0:
        path.append(turn)
    return tuple(reversed(path))


def _waits(situation: Situation) -> bool:
    """Whether the hours may change before it. An incoming call does not wait; ringing has its own clock."""
    state = situation[0]
    return state is not None and state.step is not Step.RUNG and state.step not in LEG_STEPS


class _Explorer:
    """Builds a walk, turn by turn."""

    def __init__(self, site: Site, moments: Moments) -> None:
        self.walk = Walk(moments)
        self._engine = MemoisedEngine(site, moments, take)
        self._refusable = site.helpline.caller_id if site.helpline.may_be_refused else None
        self._groups: dict[object, tuple[int, ...]] = {}
        self._answered: tuple[set[int], ...] = tuple(set() for _ in moments.kinds)
        self.walk.answers = self._engine.answers
        self.walk.time_dependent = self._engine.time_dependent

    def begin(self) -> None:
        """Adds an incoming call, at every kind of moment."""
        begins = self._number((None, SILENT, 0))
        for moment in range(len(self.walk.turn_of)):
            self._add(moment, begins, -1)

    def take(self, turn: int) -> None:
        """Takes a turn, and adds those that can follow it. Equal answers at one moment have the same ones."""
        walk = self.walk
        moment, situation = walk.moment_of[turn], walk.situation_of[turn]
        answer = self._engine.answer(situation, walk.situations[situation], moment)
        walk.answer_of.append(answer)
        if answer in self._answered[moment]:
            return
        self._answered[moment].add(answer)
        walk.distinct.append(turn)
        if answer == len(walk.follows):
            walk.follows.append(self._follows(walk.answers[answer].verbs))
        turn_of = walk.turn_of[moment]
        for after in walk.follows[answer]:
            if turn_of[after] < 0:
                self._add(moment, after, turn)

    def change_hours(self, turn: int) -> None:
        """Adds the same turn after a change of hours during the call."""
        walk = self.walk
        situation = walk.situation_of[turn]
        if walk.waits[situation]:
            for moment in walk.next_moments[walk.moment_of[turn]]:
                if walk.turn_of[moment][situation] < 0:
                    self._add(moment, situation, turn)

    def _follows(self, verbs: Verbs) -> tuple[int, ...]:
        found: tuple[int, ...] = ()
        for cause, follows in following(verbs, self._refusable):
            if cause not in self._groups:
                self._groups[cause] = tuple(map(self._number, follows()))
            found += self._groups[cause]
        return found

    def _number(self, situation: Situation) -> int:
        walk = self.walk
        number = walk.situation_numbers.setdefault(situation, len(walk.situations))
        if number == len(walk.situations):
            walk.situations.append(situation)
            walk.waits.append(_waits(situation))
            for turn_of in walk.turn_of:
                turn_of.append(-1)
        return number

    def _add(self, moment: int, situation: int, before: int) -> None:
        """Adds a new turn."""
        walk = self.walk
        walk.turn_of[moment][situation] = len(walk)
        walk.moment_of.append(moment)
        walk.situation_of.append(situation)
        walk.before.append(before)


def walk(site: Site, moments: Moments) -> Walk:
    """Every turn of every call. Raises ProofError if there are more than `MOST_TURNS`."""
    explorer = _Explorer(site, moments)
    explorer.begin()
    found = explorer.walk
    taken = changed = 0
    while taken < len(found):
        while taken < len(found):
            explorer.take(taken)
            taken += 1
            if len(found) > MOST_TURNS:
                raise ProofError(
                    f"more than {MOST_TURNS:,} turns can happen, at {len(moments.kinds)} kinds of moment; that is too "
                    "many to check: give members and lines the same hours, or make the tree smaller"
                )
        # changes of the hours come last, so that a path has one only if it has to
        for turn in range(changed, taken):
            explorer.change_hours(turn)
        changed = taken
    return found


def take(site: Site, now: datetime, situation: Situation) -> Turn:
    """The engine's answer in a situation, at a moment such as `now`. While a team rings, the call has its own clock."""
    state, event, elapsed = situation
    if state is None:
        return engine.start(site, now)
    if state.step is Step.RUNG:
        now = datetime.fromtimestamp(state.began + state.rang + elapsed, UTC)
    return engine.turn(site, state, event, now)


Group = tuple[tuple[object, ...], Callable[[], Iterator[Situation]]]
"""A cause, and what follows from it, which is the same wherever the cause occurs."""


def following(verbs: Verbs, refusable: str | None = None) -> Iterator[Group]:
    """Everything that the network can request after a document, grouped by cause. `refusable` is a caller id
    that the network may refuse to show."""
    for verb in verbs:
        match verb:
            case Gather(then=then):
                yield ("keys", then), partial(_keys, _at_the_limit(then))
            case Dial():
                yield ("dial", verb.numbers, verb.screen, verb.seconds, verb.then), partial(_dialled, verb, refusable)
                return
            case Record(then=then):
                yield ("record", then), partial(_recorded, then)
            case Redirect(then=then):
                yield ("on", then), partial(_on, _at_the_limit(then))
                return
            case Hangup() | Bridge():
                return
            case Say() | Play():
                pass
            case _:
                assert_never(verb)


def _keys(then: State) -> Iterator[Situation]:
    """Every key, including wrong ones and ones that come too late. No key: the next verb."""
    for event in PRESSED_ON_A_LEG if then.step is Step.ACCEPT else PRESSED:
        yield then, event, 0


def _on(then: State) -> Iterator[Situation]:
    yield then, SILENT, 0


def _recorded(then: State) -> Iterator[Situation]:
    for seconds in (0, A_MESSAGE_SECONDS):
        yield then, Recorded(seconds), 0


def _dialled(dial: Dial, refusable: str | None) -> Iterator[Situation]:
    """Every way in which ringing can end: at once, when it times out, and as late as the network may report it."""
    if dial.screen:
        yield dial.screen, LegAnswered(), 0
    if dial.then is None:
        return
    yield dial.then, DialEnded(connected=True), 0
    for elapsed in (1, dial.seconds, dial.seconds + RESERVE_SECONDS) if dial.screen else (0,):
        yield dial.then, DialEnded(connected=False), elapsed
    if refusable is not None and dial.caller_id == refusable:  # with another caller id a failure counts as no answer
        yield dial.then, DialEnded(connected=False, failed=True), 0
    if dial.screen:  # it makes no difference which phone was picked up
        yield dial.then, DialEnded(connected=False, picked_up=frozenset(dial.numbers[:1])), 1


def _at_the_limit(state: State) -> State:
    """Asking for a menu again changes nothing until its repeats are used up."""
    return replace(state, repeats=engine.MOST_REPEATS) if 0 < state.repeats < engine.MOST_REPEATS else state


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
