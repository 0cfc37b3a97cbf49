"""Every turn that can happen on calls at one moment, by the engine alone; and where a turn leaves a call."""

from collections.abc import Iterator
from datetime import datetime

from phonetree.core import engine
from phonetree.core.events import DialEnded, Event, Pressed, Recorded, Silent
from phonetree.core.state import State, Step
from phonetree.core.tree import Goodbye, HoursNode, Language, NodeId, Site
from phonetree.core.turn import Turn
from phonetree.core.verbs import Dial, Gather, Record, Redirect
from phonetree.view.branches import tree

KEYS = "0123456789*#"
Arrival = tuple[tuple[NodeId, ...], NodeId | None]
"""The nodes that are passed, and the one where the call waits then (None: it ends)."""


def arrival(turn: Turn) -> Arrival:
    """Where a turn leaves a call."""
    onward = (verb.then for verb in turn.verbs if isinstance(verb, Gather | Dial | Record | Redirect) and verb.then)
    state = next(onward, None)
    return turn.passed, state.node if state else None


def entered(site: Site, node: NodeId, language: Language, now: datetime) -> Arrival:
    """Where a call comes that is led to a node."""
    return arrival(engine.turn(site, State(site.revision, language, node, Step.ANNOUNCE), Silent(), now))


def turns(site: Site, now: datetime) -> Iterator[tuple[State | None, Event, Turn]]:
    """Every turn of calls at a moment, in the first language, however they go on."""
    first = engine.start(site, now)
    yield None, Silent(), first
    waiting = list(_after(first))
    seen = set(waiting)
    while waiting:
        state, event = waiting.pop()
        turn = engine.turn(site, state, event, now)
        yield state, event, turn
        for each in _after(turn):
            if each not in seen and each[0].language == site.first_language:
                seen.add(each)
                waiting.append(each)


def never_waited_at(site: Site, now: datetime) -> set[NodeId]:
    """The nodes that are part of the tree at a moment although no call shows it: those that are left at once, since
    they say nothing or are closed, and those that are below a key that is not offered."""
    found = {name for name, node in site.nodes.items() if isinstance(node, HoursNode | Goodbye)}
    for branch in tree(site, site.first_language, now).branches():
        if branch.met.closed:
            found.add(branch.met.id)
        for lead, below in branch.arms:
            if below and not lead.offered:
                found |= {each.met.id for each in below.all()}
    return found


def _after(turn: Turn) -> Iterator[tuple[State, Event]]:
    for verb in turn.verbs:
        match verb:
            case Gather(then=then):
                yield from ((then, Pressed(key)) for key in KEYS)
            case Dial(then=State() as then):
                yield from ((then, DialEnded(connected)) for connected in (True, False))
                return
            case Record(then=then):
                yield from ((then, Recorded(seconds)) for seconds in (0, 60))
            case Redirect(then=then):
                yield then, Silent()
                return
            case _:
                pass
