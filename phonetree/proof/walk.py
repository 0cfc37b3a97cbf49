"""Everything that can happen on a call: the engine itself, walked through by every event at every moment.

Nothing here knows the rules of the tree; the engine is asked. Loops that only count (the same menu said
again for the asking) are walked at their beginning and at their limit.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import assert_never

from phonetree.core import engine
from phonetree.core.events import DialEnded, Event, LegAnswered, LegPressed, Pressed, Recorded, Silent, TooLate
from phonetree.core.ringing import ACCEPT_KEY, RESERVE_SECONDS
from phonetree.core.state import LEG_STEPS, State, Step
from phonetree.core.tree import NodeId, Site
from phonetree.core.turn import Turn
from phonetree.core.verbs import Bridge, Dial, Gather, Hangup, Play, Record, Redirect, Say, Verbs
from phonetree.errors import ProofError
from phonetree.proof.moments import Moments

MOST_TURNS = 2_500_000
"""A tree of 5,000 nodes has two million at five kinds of moment; each takes a kilobyte, and 50 microseconds."""

KEYS = "0123456789*#"
SILENT = Silent()
A_MESSAGE_SECONDS = 60
"""A message long enough for any tree."""


@dataclass(frozen=True, slots=True)
class Place:
    """A turn about to be taken: the kind of moment, where the call is (None: it comes in), what happened,
    and for a team that rings, how many seconds after it was rung."""

    moment: int
    state: State | None = None
    event: Event = SILENT
    later: int = 0


@dataclass(slots=True)
class Walk:
    """Every turn that can happen, numbered in the order in which it was found: the shortest way comes first.

    `verbs` is what the engine answers to each of `places`, `passed` the nodes that it went through, `after` the turns
    that can follow it, `later` the same turn taken when the hours have changed in mid-call, `came_from` the one through
    which it was first reached (None: a call comes in).
    """

    places: list[Place] = field(default_factory=list)
    verbs: list[Verbs] = field(default_factory=list)
    passed: list[tuple[NodeId, ...]] = field(default_factory=list)
    after: list[tuple[int, ...]] = field(default_factory=list)
    later: list[tuple[int, ...]] = field(default_factory=list)
    came_from: list[int | None] = field(default_factory=list)
    number: dict[Place, int] = field(default_factory=dict)

    def path(self, turn: int) -> tuple[int, ...]:
        """The turns through which one was first reached, itself the last."""
        return way(self.came_from, turn)

    def following(self, turn: int, event: Event) -> int | None:
        """The turn that follows one when this happens; None when it cannot."""
        return next((after for after in self.after[turn] if self.places[after].event == event), None)

    def meet(self, place: Place, before: int | None) -> int:
        """The number of a turn that nobody has met yet."""
        turn = self.number[place] = len(self.places)
        self.places.append(place)
        self.came_from.append(before)
        return turn


def way(came_from: Mapping[int, int | None] | Sequence[int | None], turn: int) -> tuple[int, ...]:
    """The turns that led to one, itself the last, by where each was come from."""
    path = [turn]
    while (before := came_from[path[-1]]) is not None:
        path.append(before)
    return tuple(reversed(path))


Happening = tuple[State | None, Event, int]
"""A place without its moment: state, event, and how many seconds later."""


class _Explorer:
    """Walks; happenings are numbered too, so that each is compared with the others once and not at every moment."""

    def __init__(self, site: Site, moments: Moments) -> None:
        self.walk = Walk()
        self._refusable = site.helpline.caller_id if site.helpline.may_be_refused else None
        self._moments = moments
        self._happenings: dict[Happening, int] = {}
        self._by_number: list[Happening] = []
        self._turns: list[dict[int, int]] = [{} for _ in moments.kinds]
        self._happening_of: list[int] = []
        self._groups: dict[object, tuple[int, ...]] = {}
        self._followed: list[dict[object, tuple[int, ...]]] = [{} for _ in moments.kinds]

    def begin(self) -> None:
        """A call comes in, at every kind of moment."""
        begins = self._known((None, SILENT, 0))
        for moment in range(len(self._moments.kinds)):
            self._meet(moment, begins, None)

    def after(self, turn: int, verbs: Verbs) -> tuple[int, ...]:
        """The turns that can follow one."""
        moment = self.walk.places[turn].moment
        followed = self._followed[moment]
        found: tuple[int, ...] = ()
        for cause, follows in following(verbs, self._refusable):
            if cause not in followed:
                if cause not in self._groups:
                    self._groups[cause] = tuple(map(self._known, follows()))
                followed[cause] = tuple(self._meet(moment, happening, turn) for happening in self._groups[cause])
            found += followed[cause]
        return found

    def later(self, turn: int) -> tuple[int, ...]:
        """The same turn, taken after the hours have changed in mid-call."""
        place = self.walk.places[turn]
        if place.state is None or place.state.step is Step.RUNG or place.state.step in LEG_STEPS:
            return ()
        happening = self._happening_of[turn]
        return tuple(self._meet(moment, happening, turn) for moment in self._moments.follows[place.moment])

    def _known(self, happening: Happening) -> int:
        number = self._happenings.setdefault(happening, len(self._by_number))
        if number == len(self._by_number):
            self._by_number.append(happening)
        return number

    def _meet(self, moment: int, happening: int, before: int | None) -> int:
        turn = self._turns[moment].get(happening)
        if turn is None:
            turn = self._turns[moment][happening] = self.walk.meet(Place(moment, *self._by_number[happening]), before)
            self._happening_of.append(happening)
        return turn


def walk(site: Site, moments: Moments) -> Walk:
    """Every turn of every call. Raises ProofError when there are more than `MOST_TURNS`."""
    explorer = _Explorer(site, moments)
    explorer.begin()
    found = explorer.walk
    while len(found.later) < len(found.places):
        for place in islice(found.places, len(found.verbs), None):  # grows while it is walked
            turn = take(site, moments.kinds[place.moment].at, (place.state, place.event, place.later))
            found.after.append(explorer.after(len(found.verbs), turn.verbs))
            found.verbs.append(turn.verbs)
            found.passed.append(turn.passed)
            if len(found.places) > MOST_TURNS:
                raise ProofError(
                    f"more than {MOST_TURNS:,} turns can happen, at {len(moments.kinds)} kinds of moment; that is more "
                    "than can be looked at: give members and lines the same hours, or make the tree smaller"
                )
        # a change of the hours in mid-call comes last, so that it is on no way that does without it
        found.later += [explorer.later(turn) for turn in range(len(found.later), len(found.verbs))]
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
    on_a_leg = then.step is Step.ACCEPT
    for key in KEYS:
        yield then, LegPressed(key) if on_a_leg else Pressed(key), 0
    for too_late in TooLate if on_a_leg else ():
        yield then, LegPressed(ACCEPT_KEY, too_late), 0


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
