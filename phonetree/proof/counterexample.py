"""A path of the walk as a call that can be played: when, what the caller does, and who answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import assert_never

from phonetree.core.events import DialEnded, HungUp, LegAnswered, LegPressed, Pressed, Recorded, Silent
from phonetree.core.verbs import Dial
from phonetree.proof.budgets import question
from phonetree.proof.moments import Moments
from phonetree.proof.search import Point
from phonetree.proof.walk import Place, Walk


@dataclass(frozen=True, slots=True)
class Replay:
    """A call in the terms of the simulated phone: `at`, `keys`, `world`."""

    at: str
    keys: str
    world: str


def replay(path: tuple[Point, ...], walk: Walk, moments: Moments) -> Replay:
    """The call that takes these turns, without any change of the hours during it."""
    steps: list[str] = []
    world: dict[str, str] = {}
    for before, turn in pairwise(path):
        verbs, after = walk.verbs(before), walk.place(turn)
        steps += steps[-1:] * (_repeats(after) - _repeats(walk.place(before)) - 1)  # the walk skips to the limit
        steps += _step(after, asked=question(verbs) is not None)
        for verb in verbs:
            if isinstance(verb, Dial) and isinstance(after.event, DialEnded):
                world.update(dict.fromkeys(verb.numbers, _answer(after, screened=verb.screen is not None)))
    numbers = "; ".join(f"{number}={answer}" for number, answer in world.items())
    return Replay(str(moments.kinds[path[0].moment]), ",".join(steps), numbers)


def _repeats(place: Place) -> int:
    return place.state.repeats if place.state else 0


def _step(place: Place, asked: bool) -> Iterator[str]:
    match place.event:
        case Pressed(key):
            yield key if asked else f"{key}!"
        case Recorded(seconds):
            yield f"{seconds}s"
        case Silent():
            yield from ("wait",) if asked else ()
        case DialEnded() | LegAnswered() | LegPressed() | HungUp():
            pass
        case _:
            assert_never(place.event)


def _answer(place: Place, *, screened: bool) -> str:
    event = place.event
    assert isinstance(event, DialEnded)
    if event.connected:
        return "accepts talks 5" if screened else "answers talks 5"
    if event.failed:
        return "fails"
    if event.picked_up:
        return "machine after 1"
    return "busy" if place.elapsed == 1 else "no-answer"
