"""What can happen on a call: every situation that can follow an answer, and the engine's answer in each.

Here is no rule of the tree; the engine has them. Situations between which callers hear no difference are one
(`Likeness`): a loop that only counts (a menu repeated on request) is walked at its beginning and at its limit, and a
team that rings is walked once for all kinds of moment with the same members on shift.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import assert_never

from phonetree.core import engine
from phonetree.core.events import DialEnded, Event, LegAnswered, LegPressed, Pressed, Recorded, Silent, TooLate
from phonetree.core.ringing import ACCEPT_KEY, RESERVE_SECONDS, hours_of
from phonetree.core.state import LEG_STEPS, State, Step
from phonetree.core.tree import AGAIN_KEY, Connect, Menu, NodeId, Site
from phonetree.core.turn import Turn
from phonetree.core.verbs import Bridge, Dial, Gather, Hangup, Play, Record, Redirect, Say, Verbs
from phonetree.proof.moments import Moments

KEYS = "0123456789*#"
SILENT = Silent()
A_MESSAGE_SECONDS = 60
"""A voicemail long enough for any tree."""

Situation = tuple[State | None, Event, int]
"""Where a call is (None: it comes in), what happened, and for a team that rings, the seconds since it was rung: a turn
without its moment."""

CALL_COMES_IN: Situation = (None, SILENT, 0)


def waits(situation: Situation) -> bool:
    """Whether the hours may change before it. An incoming call does not wait; ringing has its own clock."""
    state = situation[0]
    return state is not None and state.step is not Step.RUNG and state.step not in LEG_STEPS


def clock(situation: Situation) -> int | None:
    """The time (seconds since 1970) of a turn that ends a ringing: it has its own clock. None for any other."""
    state, _, elapsed = situation
    return state.began + state.rang + elapsed if state and state.step is Step.RUNG else None


def take(site: Site, now: datetime, situation: Situation) -> Turn:
    """The engine's answer in a situation, at a moment such as `now`."""
    seconds = clock(situation)
    return answer(site, now if seconds is None else datetime.fromtimestamp(seconds, UTC), situation)


def answer(site: Site, now: datetime, situation: Situation) -> Turn:
    """The engine's answer in a situation, at exactly this moment."""
    state, event, _ = situation
    return engine.turn(site, state, event, now) if state else engine.start(site, now)


Pressable = Callable[[State], Iterator[Event]]
"""The keys that can be pressed in a state, one for all those that make no difference there."""

Group = tuple[tuple[object, ...], Callable[[], Iterator[Situation]]]
"""A cause, and what follows from it, which is the same wherever the cause occurs."""


def following(verbs: Verbs, pressable: Pressable, likeness: "Likeness", refusable: str | None) -> Iterator[Group]:
    """Everything that the network can request after a document, grouped by cause. `refusable` is a caller id
    that the network may refuse to show."""
    for verb in verbs:
        match verb:
            case Gather():
                then = likeness.of(verb.then)
                yield ("keys", then), partial(_keys, then, pressable, likeness)
            case Dial():
                dial = _alike(verb, likeness)
                yield (
                    ("dial", dial.numbers, dial.seconds, dial.screen, dial.then),
                    partial(_dialled, dial, likeness, refusable),
                )
                return
            case Record():
                then = likeness.of(verb.then)
                yield ("record", then), partial(_recorded, then)
            case Redirect():
                then = likeness.of(verb.then)
                yield ("on", then), partial(_on, then)
                return
            case Hangup() | Bridge():
                return
            case Say() | Play():
                pass
            case _:
                assert_never(verb)


def _keys(then: State, pressable: Pressable, likeness: "Likeness") -> Iterator[Situation]:
    """Every key, including wrong ones and ones that come too late. No key: the next verb."""
    for event in pressable(then):
        yield likeness.situation(then, event)
    if then.step is Step.ACCEPT:
        for too_late in TooLate:
            yield then, LegPressed(ACCEPT_KEY, too_late), 0


def pressed(state: State, keys: str) -> Event:
    """The event of keys that are pressed in a state: on a member's leg, or by the caller."""
    return LegPressed(keys) if state.step is Step.ACCEPT else Pressed(keys)


def _on(then: State) -> Iterator[Situation]:
    yield then, SILENT, 0


def _recorded(then: State) -> Iterator[Situation]:
    for seconds in (0, A_MESSAGE_SECONDS):
        yield then, Recorded(seconds), 0


def _alike(dial: Dial, likeness: "Likeness") -> Dial:
    screen, then = (likeness.of(state) if state else None for state in (dial.screen, dial.then))
    return Dial(dial.numbers, dial.caller_id, dial.seconds, screen, then)


def _dialled(dial: Dial, likeness: "Likeness", refusable: str | None) -> Iterator[Situation]:
    """Every way in which ringing can end: at once, when it times out, and as late as the network may report it."""
    then = dial.then
    if dial.screen:
        yield dial.screen, LegAnswered(), 0
    if then is None:
        return
    yield likeness.situation(then, DialEnded(connected=True))
    for elapsed in (1, dial.seconds, dial.seconds + RESERVE_SECONDS) if dial.screen else (0,):
        yield then, DialEnded(connected=False), elapsed
    if refusable is not None and dial.caller_id == refusable:  # with another caller id a failure counts as no answer
        yield then, DialEnded(connected=False, failed=True), 0
    if dial.screen:  # it makes no difference which phone was picked up
        yield then, DialEnded(connected=False, picked_up=frozenset(dial.numbers[:1])), 1


class Likeness:
    """Which states are alike: calls in them go on in the same way, but for what they count and when ringing began.

    A comparison asks about states of another site, too, whose nodes this one may not have or has with another type.
    The tests compare each such walk with one that takes no state for another (tests/proof/test_walk.py).
    """

    def __init__(self, site: Site, moments: Moments) -> None:
        self._site, self._moments = site, moments
        self._began = [int(each.at.timestamp()) for each in moments.kinds]
        self._alike: dict[str, dict[int, int]] = {}

    def of(self, state: State) -> State:
        """The state that stands for those alike.

        Asking for a menu again changes nothing until its repeats are used up; neither does what was counted, nor the
        round of ringing on a member's leg. Of moments with the same members on shift, ringing began at the first.
        """
        repeats = engine.MOST_REPEATS if 0 < state.repeats < engine.MOST_REPEATS else state.repeats
        round_ = 0 if state.step in LEG_STEPS else state.round
        began = self._like(state).get(state.began, state.began) if state.began else 0
        if (repeats, round_, began, 0) == (state.repeats, state.round, state.began, state.counted):
            return state
        return state._replace(repeats=repeats, round=round_, began=began, counted=0)

    def situation(self, state: State, event: Event, elapsed: int = 0) -> Situation:
        """The situation that stands for those alike, in one of such states. A key that leads on does so whatever was
        missed before it, and so does the end of a conversation whatever rang before that."""
        if state.step is Step.ASK and isinstance(event, Pressed) and self._leads_on(state.node, event.keys):
            state = state._replace(misses=0, repeats=0)
        elif state.step is Step.RUNG and isinstance(event, DialEnded) and event.connected:
            state = state._replace(round=0, rang=0, picked=0, rung=0, ringing=0, alone=0, refused=0)
        return state, event, elapsed

    def _leads_on(self, menu: NodeId, key: str) -> bool:
        """Whether a key leads on from a menu at any moment; one that leads to an outside line may be wrong at some."""
        node = self._site.nodes.get(menu)
        own = node.choices if isinstance(node, Menu) else ()
        return any(choice.key == key and choice.resource is None for choice in own) or (
            key in self._site.always and key != AGAIN_KEY
        )

    def at(self, state: State, moment: int) -> State:
        """The state for one kind of moment: a team that rings is rung at that moment."""
        if not state.began or state.began == self._began[moment] or state.began not in self._began:
            return state
        return state._replace(began=self._began[moment])

    def _like(self, state: State) -> dict[int, int]:
        """By the moment at which ringing begins, the first with the same members of the node's team on shift."""
        node = self._site.nodes.get(state.node)
        if not isinstance(node, Connect):  # of another site
            return {}
        if node.team not in self._alike:
            numbers = {hours: number for number, hours in enumerate(self._moments.hours)}
            decisive = [numbers[hours] for hours in hours_of(self._site.teams[node.team])]
            first: dict[tuple[bool, ...], int] = {}
            self._alike[node.team] = {
                began: first.setdefault(tuple(kind.open[number] for number in decisive), began)
                for began, kind in zip(self._began, self._moments.kinds, strict=True)
            }
        return self._alike[node.team]
