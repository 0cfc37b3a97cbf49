"""An answer of the engine is used again for every turn in which it would read the same, and for no other."""

import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.core.events import Event, Pressed
from phonetree.core.state import State
from phonetree.core.tree import Site
from phonetree.core.turn import Turn
from phonetree.core.verbs import Hangup
from phonetree.errors import ConfigError
from phonetree.proof.memoised import MemoisedEngine, Situation
from phonetree.proof.moments import moments
from phonetree.proof.walk import take, walk
from tests.support import trees
from tests.support.lines import ROOT, RULES, VPR

SINCE = date(2026, 11, 22)


def _assert_each_is_the_engines_own(site: Site) -> None:
    kinds = moments(SINCE, site)
    found = walk(site, kinds)
    for turn, place in enumerate(found.places):
        own = take(site, kinds.kinds[place.moment].at, (place.state, place.event, place.elapsed))
        assert found.answers[found.answer_of[turn]] == own, place


@pytest.mark.parametrize("name", ["vpr", "harbour", "forwarded"])
def test_every_answer_is_the_engines_own(name: str) -> None:
    _assert_each_is_the_engines_own(load(ROOT / "tests" / "sites" / name, RULES).site)


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(made=trees.sites())
def test_every_answer_on_any_site_is_the_engines_own(made: trees.Files) -> None:
    with tempfile.TemporaryDirectory() as name:
        try:
            site = load(trees.write(Path(name), made), NumberRules({}, fictional=True)).site
        except ConfigError:
            assume(False)
    _assert_each_is_the_engines_own(site)


# -- whatever the engine reads is recorded


def _memoised(calls: list[object], read: object) -> tuple[MemoisedEngine, State, Site]:
    """A memoised engine that reads one thing."""
    site = load(VPR, RULES).site

    def answer(site: Site, now: object, situation: Situation) -> Turn:
        calls.append(situation)
        read(site, now, *situation)  # type: ignore[operator]
        return Turn((Hangup(),))

    state = next(place.state for place in walk(site, moments(SINCE, site)).places if place.state)
    return MemoisedEngine(site, moments(SINCE, site), answer), state, site


@pytest.mark.parametrize(
    ("read", "called"),
    [
        (lambda site, now, state, event, elapsed: None, 1),
        (lambda site, now, state, event, elapsed: site.schedule.kind(now), 3),
        (lambda site, now, state, event, elapsed: site.schedule.is_open(now), 3),
        (lambda site, now, state, event, elapsed: site.schedule.status(now), 6),
        (lambda site, now, state, event, elapsed: now.timestamp(), 6),
        (lambda site, now, state, event, elapsed: now == datetime(2026, 11, 23, tzinfo=UTC), 6),
        (lambda site, now, state, event, elapsed: datetime(2026, 11, 23, tzinfo=UTC) <= now, 6),
        (lambda site, now, state, event, elapsed: {now}, 6),
        (lambda site, now, state, event, elapsed: f"{now}", 6),
        (lambda site, now, state, event, elapsed: f"{now:%A}", 6),
        (lambda site, now, state, event, elapsed: state.at(state.step), 1),
    ],
)
def test_the_engine_is_called_again_at_a_moment_at_which_what_it_read_differs(read: object, called: int) -> None:
    calls: list[object] = []
    memoised, state, _ = _memoised(calls, read)
    for _ in range(2):
        for moment in range(6):
            memoised.answer(0, (state, Pressed("1"), 0), moment)
    assert len(calls) == called


@pytest.mark.parametrize(
    ("read", "called"),
    [
        (lambda site, now, state, event, elapsed: None, 1),
        (lambda site, now, state, event, elapsed: event.keys == "1", 2),
        (lambda site, now, state, event, elapsed: event.keys in site.always, 4),
    ],
)
def test_the_engine_is_called_again_for_a_key_whose_comparisons_differ(read: object, called: int) -> None:
    calls: list[object] = []
    memoised, state, site = _memoised(calls, read)
    assert set(site.always) == {"0", "8", "9"}
    for number, key in enumerate("0123456789*#"):
        memoised.answer(number, (state, Pressed(key), 0), 0)
    assert len(calls) == called


@pytest.mark.parametrize("read", [hash, len, int, str, {"1": 1}.get, lambda key: f"{key}"])
def test_a_key_can_only_be_compared(read: object) -> None:
    memoised, state, _ = _memoised([], lambda site, now, state, event, elapsed: read(event.keys))  # type: ignore[operator]
    with pytest.raises(TypeError):
        memoised.answer(0, (state, Pressed("1"), 0), 0)


@pytest.mark.parametrize("read", [hash, {}.get, lambda state: state in (1, 2)])
def test_only_the_fields_of_a_state_can_be_read(read: object) -> None:
    memoised, state, _ = _memoised([], lambda site, now, state, event, elapsed: read(state))  # type: ignore[operator]
    with pytest.raises(TypeError):
        memoised.answer(0, (state, Pressed("1"), 0), 0)


def test_an_engine_that_is_not_pure_is_noticed() -> None:
    reads: list[str] = []

    def read(site: Site, now: object, state: State, event: Event, elapsed: int) -> object:
        reads.append("")
        return state.misses if len(reads) % 2 else state.repeats

    memoised, state, _ = _memoised([], read)
    memoised.answer(0, (state, Pressed("1"), 0), 0)
    with pytest.raises(AssertionError, match="not pure"):
        memoised.answer(1, (replace(state, misses=7), Pressed("1"), 0), 0)
