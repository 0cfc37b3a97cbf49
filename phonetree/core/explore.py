"""Everything that can happen on a call: the engine itself, walked through by every event at every moment.

Nothing here knows the rules of the tree; the engine is asked. Loops that only count (the same menu said
again for the asking) are walked once and then at their limit.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from phonetree.core import engine
from phonetree.core.events import DialEnded, Event, LegAnswered, LegPressed, Pressed, Recorded, Rival, Silent
from phonetree.core.moments import Moments
from phonetree.core.ringing import ACCEPT_KEY, RESERVE_SECONDS
from phonetree.core.state import LEG_STEPS, State, Step
from phonetree.core.tree import Site
from phonetree.core.verbs import Bridge, Dial, Gather, Hangup, Record, Redirect, Verbs

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

    `verbs` is what the engine answers to each of `places`, `after` the turns that can follow it, `later` the
    same turn taken when the hours have changed in mid-call, `came_from` the one through which it was first
    reached (None: a call comes in).
    """

    places: list[Place] = field(default_factory=list)
    verbs: list[Verbs] = field(default_factory=list)
    after: list[tuple[int, ...]] = field(default_factory=list)
    later: list[tuple[int, ...]] = field(default_factory=list)
    came_from: list[int | None] = field(default_factory=list)
    number: dict[Place, int] = field(default_factory=dict)

    def path(self, turn: int) -> tuple[int, ...]:
        """The turns through which one was first reached, itself the last."""
        path = [turn]
        while (before := self.came_from[path[-1]]) is not None:
            path.append(before)
        return tuple(reversed(path))

    def following(self, turn: int, event: Event) -> int | None:
        """The turn that follows one when this happens; None when it cannot."""
        return next((after for after in self.after[turn] if self.places[after].event == event), None)

    def _meet(self, place: Place, before: int | None) -> int:
        known = self.number.setdefault(place, len(self.places))
        if known == len(self.places):
            self.places.append(place)
            self.came_from.append(before)
        return known


def walk(site: Site, moments: Moments) -> Walk:
    """Every turn of every call."""
    found = Walk()
    groups: dict[tuple[int, object], tuple[int, ...]] = {}
    for moment in range(len(moments.kinds)):
        found._meet(Place(moment), None)
    for turn, place in enumerate(found.places):  # grows while it is walked
        verbs = take(site, moments, place)
        after: tuple[int, ...] = ()
        for cause, following in _following(place.moment, verbs):
            key = (place.moment, cause)
            if key not in groups:
                groups[key] = tuple(found._meet(each, turn) for each in following())
            after += groups[key]
        found.verbs.append(verbs)
        found.after.append(after)
        found.later.append(tuple(found._meet(each, turn) for each in _in_the_next_moment(moments, place)))
    return found


def take(site: Site, moments: Moments, place: Place) -> Verbs:
    """The engine's answer at a place."""
    now = moments.kinds[place.moment].at
    if place.state is None:
        return engine.start(site, now)
    if place.state.step is Step.RUNG:
        now = datetime.fromtimestamp(place.state.began + place.state.rang + place.later, UTC)
    return engine.turn(site, place.state, place.event, now)


def _in_the_next_moment(moments: Moments, place: Place) -> Iterator[Place]:
    """The same turn, taken after the hours have changed in mid-call."""
    if place.state is not None and place.state.step not in (Step.RUNG, *LEG_STEPS):
        for moment in moments.follows[place.moment]:
            yield Place(moment, place.state, place.event)


_Group = tuple[object, Callable[[], Iterator[Place]]]
"""Turns that follow from one cause, and are the same wherever it occurs at the same kind of moment."""


def _following(moment: int, verbs: Verbs) -> Iterator[_Group]:
    """Every turn that the network can ask for after a document, by what it follows from."""
    for verb in verbs:
        match verb:
            case Gather(then=then):
                yield ("keys", then), partial(_keys, moment, _at_the_limit(then))
            case Dial():
                yield (verb.numbers, verb.screen, verb.seconds, verb.then), partial(_dialled, moment, verb)
                return
            case Record(then=then):
                yield ("record", then), partial(_recorded, moment, then)
            case Redirect(then=then):
                yield ("on", then), partial(_on, moment, _at_the_limit(then))
                return
            case Hangup() | Bridge():
                return


def _keys(moment: int, then: State) -> Iterator[Place]:
    """Every key, a wrong one and one that comes too late among them. No key: the next verb."""
    on_a_leg = then.step is Step.ACCEPT
    for key in KEYS:
        yield Place(moment, then, LegPressed(key) if on_a_leg else Pressed(key))
    for rival in Rival if on_a_leg else ():
        yield Place(moment, then, LegPressed(ACCEPT_KEY, rival))


def _on(moment: int, then: State) -> Iterator[Place]:
    yield Place(moment, then)


def _recorded(moment: int, then: State) -> Iterator[Place]:
    for seconds in (0, A_MESSAGE_SECONDS):
        yield Place(moment, then, Recorded(seconds))


def _dialled(moment: int, dial: Dial) -> Iterator[Place]:
    """Every way in which ringing can end: at once, when it rings out, and as late as the network may be."""
    if dial.screen:
        yield Place(moment, dial.screen, LegAnswered())
    if dial.then is None:
        return
    yield Place(moment, dial.then, DialEnded(connected=True))
    for later in (1, dial.seconds, dial.seconds + RESERVE_SECONDS) if dial.screen else (0,):
        yield Place(moment, dial.then, DialEnded(connected=False), later)
    if dial.screen:  # which phone was picked up makes no difference to the rules, only that one was
        yield Place(moment, dial.then, DialEnded(connected=False, picked_up=frozenset(dial.numbers[:1])), 1)


def _at_the_limit(state: State) -> State:
    """Between the first repetition and the last one allowed nothing new can happen."""
    return replace(state, repeats=engine.MOST_REPEATS) if 1 < state.repeats < engine.MOST_REPEATS else state
