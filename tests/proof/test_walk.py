"""The walk is everything that can happen, although it takes few turns: beside one that takes every turn."""

import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from phonetree.config.numbers import NumberRules
from phonetree.config.site import load, overridden
from phonetree.core import engine
from phonetree.core.events import Event
from phonetree.core.schedule import Cover, Override
from phonetree.core.state import State
from phonetree.core.tree import Site
from phonetree.core.verbs import Dial, Gather, Record, Redirect, Verb, Verbs
from phonetree.errors import ConfigError
from phonetree.proof.moments import Moments, moments
from phonetree.proof.situations import CALL_COMES_IN, KEYS, Likeness, Situation, following, pressed, take, waits
from phonetree.proof.walk import Walk, walk
from tests.support import trees
from tests.support.lines import ROOT, RULES

pytestmark = pytest.mark.slow

SINCE = date(2026, 11, 22)
SITES = ("vpr", "harbour", "forwarded")


class Unlike(Likeness):
    """No state stands for another."""

    def of(self, state: State) -> State:
        return state

    def situation(self, state: State, event: Event, elapsed: int = 0) -> Situation:
        return state, event, elapsed


def every_key(state: State) -> Iterator[Event]:
    return (pressed(state, key) for key in KEYS)


def every_turn(site: Site, kinds: Moments) -> dict[tuple[int, Situation], Verbs]:
    """The documents of all turns, by moment and situation, each taken by itself."""
    refusable = site.helpline.caller_id if site.helpline.may_be_refused else None
    unlike = Unlike(site, kinds)
    found: dict[tuple[int, Situation], Verbs] = {}
    after: dict[Verbs, list[Situation]] = {}  # whatever the moment
    waiting = deque((moment, CALL_COMES_IN) for moment in range(len(kinds.kinds)))
    while waiting:
        moment, situation = waiting.popleft()
        if (moment, situation) in found:
            continue
        verbs = found[moment, situation] = take(site, kinds.kinds[moment].at, situation).verbs
        if verbs not in after:
            events = following(verbs, every_key, unlike, refusable)
            after[verbs] = [each for _, follows in events for each in follows()]
        waiting.extend((moment, each) for each in after[verbs] if (moment, each) not in found)
        if waits(situation):
            waiting.extend((other, situation) for other in kinds.follows[moment])
    return found


def alike(verbs: Verbs, like: Callable[[State], State]) -> Verbs:
    """A document whose addresses are those that stand for those alike."""

    def of(verb: Verb) -> Verb:
        match verb:
            case Gather() | Record() | Redirect():
                return verb._replace(then=like(verb.then))
            case Dial(screen=screen, then=then):
                return verb._replace(screen=screen and like(screen), then=then and like(then))
            case _:
                return verb

    return tuple(map(of, verbs))


def assert_complete(site: Site) -> None:
    kinds = moments(SINCE, site)
    found, likeness = walk(site, kinds), Likeness(site, kinds)
    reached = set()
    for (moment, (state, event, elapsed)), verbs in every_turn(site, kinds).items():
        number = found.number((state and likeness.of(state), event, elapsed))
        assert number is not None, (moment, state, event)
        point = found.point(number, moment)
        assert point, (moment, state, event)
        reached.add(point)
        if state is None or not 0 < state.repeats < engine.MOST_REPEATS:  # before the last, it is repeated once more
            assert alike(found.verbs(point), likeness.of) == alike(verbs, likeness.of), (moment, state, event)
    assert reached == set(found.in_order()), "a turn that cannot happen"


def test_every_turn_is_one_of_the_walk_and_is_answered_the_same() -> None:
    assert_complete(load(ROOT / "tests" / "sites" / "harbour", RULES).site)


@pytest.mark.slow
def test_every_turn_under_covers_is_one_of_the_walk_and_is_answered_the_same() -> None:
    site = load(ROOT / "tests" / "sites" / "harbour", RULES).site
    first = datetime(2026, 11, 24, 15, tzinfo=UTC)
    covers = (
        Override(first + timedelta(hours=2), first + timedelta(hours=4), None, {}, Cover("Eli")),
        Override(first, first + timedelta(hours=3), None, {}, Cover("Dee", "Eli")),
    )
    under = overridden(site, covers)
    assert len(moments(SINCE, under).kinds) == len(moments(SINCE, site).kinds) + 3, (
        "one place, one phone in two, nobody"
    )
    assert_complete(under)


@pytest.mark.long
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(made=trees.sites())
def test_every_turn_of_any_site_is_one_of_its_walk(made: trees.Files) -> None:
    with tempfile.TemporaryDirectory() as name:
        try:
            site = load(trees.write(Path(name), made), NumberRules({}, fictional=True)).site
        except ConfigError:
            assume(False)
    assert_complete(site)


def _walked(name: str) -> tuple[Site, Walk]:
    site = load(ROOT / "tests" / "sites" / name, RULES).site
    return site, walk(site, moments(SINCE, site))


@pytest.mark.parametrize("name", SITES)
def test_every_turn_is_the_engines_own_answer_at_its_place(name: str) -> None:
    site, found = _walked(name)
    for point in found.in_order():
        place = found.place(point)
        own = take(site, found.moments.kinds[point.moment].at, (place.state, place.event, place.elapsed))
        assert found.turn(point) == own, place
        assert found.find(place) == point


def test_a_path_leads_from_an_incoming_call_through_turns_that_follow_each_other() -> None:
    _, found = _walked("vpr")
    for point in found.in_order():
        path = found.path(point)
        assert path[-1] == point
        assert found.place(path[0]).state is None
        for before, after in pairwise(path):
            if before.moment == after.moment:
                assert after in found.after(before)
            else:  # the hours changed during the call
                assert after.moment in found.moments.follows[before.moment]
                assert found.situation(after) == found.situation(before)
                assert waits(found.situation(after))
