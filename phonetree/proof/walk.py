"""Everything that can happen on a call: the engine itself, walked through by every event at every moment.

Nothing here knows the rules of the tree; the engine is asked. Loops that only count (the same menu said
again for the asking) are walked at their beginning and at their limit.
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
from phonetree.proof import asking
from phonetree.proof.moments import Moments

MOST_TURNS = 2_500_000
"""A tree of 5,000 nodes has two million at five kinds of moment."""

KEYS = "0123456789*#"
PRESSED = tuple(map(Pressed, KEYS))
PRESSED_ON_A_LEG = (*map(LegPressed, KEYS), *(LegPressed(ACCEPT_KEY, too_late) for too_late in TooLate))
SILENT = Silent()
A_MESSAGE_SECONDS = 60
"""A message long enough for any tree."""


Happening = asking.Happening
"""A place without its moment: state, event, and how many seconds later."""


@dataclass(frozen=True, slots=True)
class Place:
    """A turn about to be taken: the kind of moment, where the call is (None: it comes in), what happened,
    and for a team that rings, how many seconds after it was rung."""

    moment: int
    state: State | None = None
    event: Event = SILENT
    later: int = 0


class Walk:
    """Every turn that can happen, numbered in the order in which it was found: the shortest way comes first.

    A turn is a happening at a kind of moment, and has an answer. There are far fewer of these than turns; they are
    numbered too, in the order in which they were met. `moment_of`, `happening_of` and `answer_of` tell them of each
    turn, and `before` the turn through which it was first reached (-1: a call comes in); `turn_of` has the turn for
    each moment and happening (-1: it cannot be), `waits` whether the hours may change before each happening, `follows`
    the happenings that can follow each answer, and `different` the first turn with each answer at each moment. Answers
    `by_the_clock` may be others at other moments of the same kind.

    The same of each turn as a sequence: its `places`, the `verbs` that the engine answers, the nodes `passed` on the
    way, the turns that can follow it (`after`), the same turn taken when the hours have changed in mid-call (`later`).
    `number` is the turn of each place.
    """

    def __init__(self, moments: Moments) -> None:
        self.happenings: list[Happening] = []
        self.waits: list[bool] = []
        self.answers: list[Turn] = []
        self.by_the_clock: set[int] = set()
        self.follows: list[tuple[int, ...]] = []
        self.moment_of, self.happening_of, self.answer_of, self.before = (array("i") for _ in range(4))
        self.turn_of = tuple(array("i") for _ in moments.kinds)
        self.different = array("i")
        self.hours_change = moments.follows
        self.numbers: dict[Happening, int] = {}
        self._next: dict[int, dict[Event, int]] = {}

    def __len__(self) -> int:
        return len(self.moment_of)

    @property
    def places(self) -> Sequence[Place]:
        return _Each(self, lambda turn: Place(self.moment_of[turn], *self.happenings[self.happening_of[turn]]))

    @property
    def verbs(self) -> Sequence[Verbs]:
        return _Each(self, lambda turn: self.answers[self.answer_of[turn]].verbs)

    @property
    def passed(self) -> Sequence[tuple[NodeId, ...]]:
        return _Each(self, lambda turn: self.answers[self.answer_of[turn]].passed)

    @property
    def after(self) -> Sequence[tuple[int, ...]]:
        return _Each(self, self._after)

    @property
    def later(self) -> Sequence[tuple[int, ...]]:
        return _Each(self, self._later)

    @property
    def number(self) -> Mapping[Place, int]:
        return _Numbers(self)

    def path(self, turn: int) -> tuple[int, ...]:
        """The turns through which one was first reached, itself the last."""
        return way(self.before, turn)

    def following(self, turn: int, event: Event) -> int | None:
        """The turn that follows one when this happens; None when it cannot."""
        answer = self.answer_of[turn]
        if answer not in self._next:
            self._next[answer] = {self.happenings[each][1]: each for each in reversed(self.follows[answer])}
        happening = self._next[answer].get(event)
        return None if happening is None else self.turn_of[self.moment_of[turn]][happening]

    def _after(self, turn: int) -> tuple[int, ...]:
        turn_of = self.turn_of[self.moment_of[turn]]
        return tuple(turn_of[happening] for happening in self.follows[self.answer_of[turn]])

    def _later(self, turn: int) -> tuple[int, ...]:
        happening = self.happening_of[turn]
        if not self.waits[happening]:
            return ()
        return tuple(self.turn_of[moment][happening] for moment in self.hours_change[self.moment_of[turn]])


T = TypeVar("T")


class _Each(Sequence[T]):
    """One thing of every turn of a walk, made when it is looked at."""

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


class _Numbers(Mapping[Place, int]):
    """The turn that is taken at each place of a walk."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    def __getitem__(self, place: Place) -> int:
        happening = self._walk.numbers[place.state, place.event, place.later]
        turn = self._walk.turn_of[place.moment][happening]
        if turn < 0:
            raise KeyError(place)
        return turn

    def __iter__(self) -> Iterator[Place]:
        return iter(self._walk.places)

    def __len__(self) -> int:
        return len(self._walk)


def way(before: Sequence[int], turn: int) -> tuple[int, ...]:
    """The turns that led to one, itself the last, by the one before each (negative: none)."""
    path = [turn]
    while (turn := before[turn]) >= 0:
        path.append(turn)
    return tuple(reversed(path))


def _waits(happening: Happening) -> bool:
    """Whether the hours may change before it. A call that comes in does not wait; ringing has its own clock."""
    state = happening[0]
    return state is not None and state.step is not Step.RUNG and state.step not in LEG_STEPS


class _Explorer:
    """Walks."""

    def __init__(self, site: Site, moments: Moments) -> None:
        self.walk = Walk(moments)
        self._asker = asking.Asker(site, moments, take)
        self._refusable = site.helpline.caller_id if site.helpline.may_be_refused else None
        self._groups: dict[object, tuple[int, ...]] = {}
        self._known: tuple[set[int], ...] = tuple(set() for _ in moments.kinds)
        self.walk.answers = self._asker.answers
        self.walk.by_the_clock = self._asker.by_the_clock

    def begin(self) -> None:
        """A call comes in, at every kind of moment."""
        begins = self._number((None, SILENT, 0))
        for moment in range(len(self.walk.turn_of)):
            self._meet(moment, begins, -1)

    def take(self, turn: int) -> None:
        """Takes a turn, and meets those that can follow it. Equal answers at one moment have the same."""
        walk = self.walk
        moment, happening = walk.moment_of[turn], walk.happening_of[turn]
        answer = self._asker.answer(happening, walk.happenings[happening], moment)
        walk.answer_of.append(answer)
        if answer in self._known[moment]:
            return
        self._known[moment].add(answer)
        walk.different.append(turn)
        if answer == len(walk.follows):
            walk.follows.append(self._follows(walk.answers[answer].verbs))
        turn_of = walk.turn_of[moment]
        for after in walk.follows[answer]:
            if turn_of[after] < 0:
                self._meet(moment, after, turn)

    def change_hours(self, turn: int) -> None:
        """Meets the same turn, taken after the hours have changed in mid-call."""
        walk = self.walk
        happening = walk.happening_of[turn]
        if walk.waits[happening]:
            for moment in walk.hours_change[walk.moment_of[turn]]:
                if walk.turn_of[moment][happening] < 0:
                    self._meet(moment, happening, turn)

    def _follows(self, verbs: Verbs) -> tuple[int, ...]:
        found: tuple[int, ...] = ()
        for cause, follows in following(verbs, self._refusable):
            if cause not in self._groups:
                self._groups[cause] = tuple(map(self._number, follows()))
            found += self._groups[cause]
        return found

    def _number(self, happening: Happening) -> int:
        walk = self.walk
        number = walk.numbers.setdefault(happening, len(walk.happenings))
        if number == len(walk.happenings):
            walk.happenings.append(happening)
            walk.waits.append(_waits(happening))
            for turn_of in walk.turn_of:
                turn_of.append(-1)
        return number

    def _meet(self, moment: int, happening: int, before: int) -> None:
        """A turn that was not met before."""
        walk = self.walk
        walk.turn_of[moment][happening] = len(walk)
        walk.moment_of.append(moment)
        walk.happening_of.append(happening)
        walk.before.append(before)


def walk(site: Site, moments: Moments) -> Walk:
    """Every turn of every call. Raises ProofError when there are more than `MOST_TURNS`."""
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
                    f"more than {MOST_TURNS:,} turns can happen, at {len(moments.kinds)} kinds of moment; that is more "
                    "than can be looked at: give members and lines the same hours, or make the tree smaller"
                )
        # a change of the hours in mid-call comes last, so that it is on no way that does without it
        for turn in range(changed, taken):
            explorer.change_hours(turn)
        changed = taken
    return found


def take(site: Site, now: datetime, happening: Happening) -> Turn:
    """The engine's answer to what happens at a moment like `now`. While a team rings, the call has its own clock."""
    state, event, later = happening
    if state is None:
        return engine.start(site, now)
    if state.step is Step.RUNG:
        now = datetime.fromtimestamp(state.began + state.rang + later, UTC)
    return engine.turn(site, state, event, now)


Group = tuple[tuple[object, ...], Callable[[], Iterator[Happening]]]
"""What follows from one cause, and is the same wherever that occurs."""


def following(verbs: Verbs, refusable: str | None = None) -> Iterator[Group]:
    """Everything that the network can ask for after a document, by what it follows from. `refusable` is a caller id
    that it may not let us show."""
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


def _keys(then: State) -> Iterator[Happening]:
    """Every key, a wrong one and one that comes too late among them. No key: the next verb."""
    for event in PRESSED_ON_A_LEG if then.step is Step.ACCEPT else PRESSED:
        yield then, event, 0


def _on(then: State) -> Iterator[Happening]:
    yield then, SILENT, 0


def _recorded(then: State) -> Iterator[Happening]:
    for seconds in (0, A_MESSAGE_SECONDS):
        yield then, Recorded(seconds), 0


def _dialled(dial: Dial, refusable: str | None) -> Iterator[Happening]:
    """Every way in which ringing can end: at once, when it rings out, and as late as the network may be."""
    if dial.screen:
        yield dial.screen, LegAnswered(), 0
    if dial.then is None:
        return
    yield dial.then, DialEnded(connected=True), 0
    for later in (1, dial.seconds, dial.seconds + RESERVE_SECONDS) if dial.screen else (0,):
        yield dial.then, DialEnded(connected=False), later
    if refusable is not None and dial.caller_id == refusable:  # elsewhere a failure is one more way of no answer
        yield dial.then, DialEnded(connected=False, failed=True), 0
    if dial.screen:  # which phone was picked up makes no difference to the rules, only that one was
        yield dial.then, DialEnded(connected=False, picked_up=frozenset(dial.numbers[:1])), 1


def _at_the_limit(state: State) -> State:
    """Until a menu may not be said again any more, nothing new happens by asking for it."""
    return replace(state, repeats=engine.MOST_REPEATS) if 0 < state.repeats < engine.MOST_REPEATS else state


@contextmanager
def nothing_to_collect() -> Iterator[None]:
    """All that is made on a walk is kept, so that looking for rubbish would be a third of the work."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
