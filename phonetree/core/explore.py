"""Everything that can happen on a call: the engine itself, walked through by every event at every moment.

Nothing here knows the rules of the tree; the engine is asked. Loops that only count (the same menu said
again for the asking) are walked once and then at their limit.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from phonetree.core import engine
from phonetree.core.events import DialEnded, Event, LegAnswered, LegPressed, Pressed, Recorded, Rival, Silent
from phonetree.core.moments import Moments
from phonetree.core.ringing import RESERVE_SECONDS
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


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that can happen: what the engine answers, and the turns that can follow."""

    verbs: Verbs
    after: tuple[Place, ...]


Walk = dict[Place, Turn]
"""Every turn that can happen, in the order in which it was found: the shortest way to each comes first."""


def walk(site: Site, moments: Moments) -> tuple[Walk, dict[Place, Place]]:
    """Every turn of every call; and for each the turn through which it was first reached."""
    turns: Walk = {}
    came_from: dict[Place, Place] = {}
    waiting = deque(Place(moment) for moment in range(len(moments.kinds)))
    seen = set(waiting)
    while waiting:
        place = waiting.popleft()
        verbs = take(site, moments, place)
        after = tuple(_following(place, verbs))
        turns[place] = Turn(verbs, after)
        for following in (*after, *_in_the_next_moment(moments, place)):
            if following not in seen:
                seen.add(following)
                came_from[following] = place
                waiting.append(following)
    return turns, came_from


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
            yield replace(place, moment=moment)


def _following(place: Place, verbs: Verbs) -> Iterator[Place]:
    """Every turn that the network can ask for after a document."""
    for verb in verbs:
        match verb:
            case Gather(then=then) if then.step is Step.ACCEPT:
                for key in KEYS:
                    yield Place(place.moment, then, LegPressed(key))
                for rival in Rival:
                    yield Place(place.moment, then, LegPressed("1", rival))
            case Gather(then=then):
                for key in KEYS:
                    yield Place(place.moment, _at_the_limit(then), Pressed(key))
            case Dial():
                yield from _dialled(place, verb)
                return
            case Record(then=then):
                for seconds in (0, A_MESSAGE_SECONDS):
                    yield Place(place.moment, then, Recorded(seconds))
            case Redirect(then=then):
                yield Place(place.moment, _at_the_limit(then))
                return
            case Hangup() | Bridge():
                return


def _dialled(place: Place, dial: Dial) -> Iterator[Place]:
    """Every way in which ringing can end: at once, when it rings out, and as late as the network may be."""
    if dial.screen:
        yield Place(place.moment, dial.screen, LegAnswered())
    if dial.then is None:
        return
    yield Place(place.moment, dial.then, DialEnded(connected=True))
    for later in (1, dial.seconds, dial.seconds + RESERVE_SECONDS) if dial.screen else (0,):
        yield Place(place.moment, dial.then, DialEnded(connected=False), later)
    if dial.screen:  # which phone was picked up makes no difference to the rules, only that one was
        yield Place(place.moment, dial.then, DialEnded(connected=False, picked_up=frozenset(dial.numbers[:1])), 1)


def _at_the_limit(state: State) -> State:
    """Between the first repetition and the last one allowed nothing new can happen."""
    return replace(state, repeats=engine.MOST_REPEATS) if 1 < state.repeats < engine.MOST_REPEATS else state
