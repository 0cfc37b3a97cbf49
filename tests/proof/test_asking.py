"""What was answered once stands for every turn at which the engine would see the same, and for no other."""

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
from phonetree.proof.asking import Asker
from phonetree.proof.moments import moments
from phonetree.proof.walk import take, walk
from tests.support import trees
from tests.support.lines import ROOT, RULES, VPR

SINCE = date(2026, 11, 22)


def _assert_each_is_the_engines_own(site: Site) -> None:
    kinds = moments(SINCE, site)
    found = walk(site, kinds)
    for turn, place in enumerate(found.places):
        own = take(site, kinds.kinds[place.moment].at, (place.state, place.event, place.later))
        assert found.answers[found.answer_of[turn]] == own, place


@pytest.mark.parametrize("name", ["vpr", "harbour", "forwarded"])
def test_every_answer_is_the_engines_own(name: str) -> None:
    _assert_each_is_the_engines_own(load(ROOT / "tests" / "sites" / name, RULES).site)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=trees.sites())
def test_every_answer_on_any_site_is_the_engines_own(made: trees.Files) -> None:
    with tempfile.TemporaryDirectory() as name:
        try:
            site = load(trees.write(Path(name), made), NumberRules({}, fictional=True)).site
        except ConfigError:
            assume(False)
    _assert_each_is_the_engines_own(site)


# -- whatever the engine may look at is noted


def _asker(asks: list[object], look: object) -> tuple[Asker, State, Site]:
    """An asker of an engine that looks at one thing."""
    site = load(VPR, RULES).site

    def answer(site: Site, now: object, happening: tuple[State | None, Event, int]) -> Turn:
        asks.append(happening)
        look(site, now, *happening)  # type: ignore[operator]
        return Turn((Hangup(),))

    state = next(place.state for place in walk(site, moments(SINCE, site)).places if place.state)
    return Asker(site, moments(SINCE, site), answer), state, site


@pytest.mark.parametrize(
    ("look", "asked"),
    [
        (lambda site, now, state, event, later: None, 1),
        (lambda site, now, state, event, later: site.schedule.kind(now), 3),
        (lambda site, now, state, event, later: site.schedule.is_open(now), 3),
        (lambda site, now, state, event, later: site.schedule.status(now), 6),
        (lambda site, now, state, event, later: now.timestamp(), 6),
        (lambda site, now, state, event, later: now == datetime(2026, 11, 23, tzinfo=UTC), 6),
        (lambda site, now, state, event, later: datetime(2026, 11, 23, tzinfo=UTC) <= now, 6),
        (lambda site, now, state, event, later: {now}, 6),
        (lambda site, now, state, event, later: f"{now}", 6),
        (lambda site, now, state, event, later: f"{now:%A}", 6),
        (lambda site, now, state, event, later: state.at(state.step), 1),
    ],
)
def test_a_moment_is_asked_again_when_what_was_looked_at_differs(look: object, asked: int) -> None:
    asks: list[object] = []
    asker, state, _ = _asker(asks, look)
    for _ in range(2):
        for moment in range(6):
            asker.answer(0, (state, Pressed("1"), 0), moment)
    assert len(asks) == asked


@pytest.mark.parametrize(
    ("look", "asked"),
    [
        (lambda site, now, state, event, later: None, 1),
        (lambda site, now, state, event, later: event.keys == "1", 2),
        (lambda site, now, state, event, later: event.keys in site.always, 4),
    ],
)
def test_a_key_is_asked_again_when_what_it_was_compared_with_differs(look: object, asked: int) -> None:
    asks: list[object] = []
    asker, state, site = _asker(asks, look)
    assert set(site.always) == {"0", "8", "9"}
    for number, key in enumerate("0123456789*#"):
        asker.answer(number, (state, Pressed(key), 0), 0)
    assert len(asks) == asked


@pytest.mark.parametrize("look", [hash, len, int, str, {"1": 1}.get, lambda key: f"{key}"])
def test_a_key_is_only_compared(look: object) -> None:
    asker, state, _ = _asker([], lambda site, now, state, event, later: look(event.keys))  # type: ignore[operator]
    with pytest.raises(TypeError):
        asker.answer(0, (state, Pressed("1"), 0), 0)


@pytest.mark.parametrize("look", [hash, {}.get, lambda state: state in (1, 2)])
def test_a_state_is_looked_at_by_its_fields(look: object) -> None:
    asker, state, _ = _asker([], lambda site, now, state, event, later: look(state))  # type: ignore[operator]
    with pytest.raises(TypeError):
        asker.answer(0, (state, Pressed("1"), 0), 0)


def test_an_engine_that_answers_from_elsewhere_is_noticed() -> None:
    looked: list[str] = []

    def look(site: Site, now: object, state: State, event: Event, later: int) -> object:
        looked.append("")
        return state.misses if len(looked) % 2 else state.repeats

    asker, state, _ = _asker([], look)
    asker.answer(0, (state, Pressed("1"), 0), 0)
    with pytest.raises(AssertionError, match="not pure"):
        asker.answer(1, (replace(state, misses=7), Pressed("1"), 0), 0)
