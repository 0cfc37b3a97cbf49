"""An answer of the engine is used again at every moment at which it would read the same, and at no other."""

from datetime import UTC, date, datetime

import pytest

from phonetree.config.site import load
from phonetree.core.events import Event, Pressed
from phonetree.core.state import State, Step
from phonetree.core.tree import Site
from phonetree.core.turn import Turn
from phonetree.core.verbs import Hangup
from phonetree.proof.memoised import MemoisedEngine
from phonetree.proof.moments import moments
from phonetree.proof.situations import Situation
from tests.support.lines import RULES, VPR

SINCE = date(2026, 11, 22)
SITE = load(VPR, RULES).site
KINDS = moments(SINCE, SITE)
EVERY_MOMENT = (1 << len(KINDS.kinds)) - 1
ASKED = State(SITE.revision, "en", "welcome", Step.ASK, "welcome")


def _memoised(calls: list[object], read: object) -> MemoisedEngine:
    """A memoised engine that reads one thing."""

    def answer(site: Site, now: object, situation: Situation) -> Turn:
        calls.append(situation)
        read(site, now, *situation)  # type: ignore[operator]
        return Turn((Hangup(),))

    return MemoisedEngine(SITE, KINDS, answer)


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
    memoised = _memoised(calls, read)
    for _ in range(2):
        parts = memoised.parts(0, (ASKED, Pressed("1"), 0), EVERY_MOMENT)
        assert list(parts) == [(0, EVERY_MOMENT)]
    assert len(calls) == called


def test_a_ringing_has_its_own_clock_which_is_no_fact_of_the_moment() -> None:
    seen: list[float] = []
    memoised = _memoised([], lambda site, now, state, event, elapsed: seen.append(now.timestamp()))
    rung = ASKED.at(Step.RUNG, began=1_000_000, rang=20)
    assert list(memoised.parts(0, (rung, Pressed("1"), 3), EVERY_MOMENT)) == [(0, EVERY_MOMENT)]
    assert seen == [1_000_023]


def test_answers_that_are_equal_have_one_number() -> None:
    memoised = _memoised([], lambda site, now, state, event, elapsed: None)
    for number, key in enumerate("0123456789*#"):
        assert list(memoised.parts(number, (ASKED, Pressed(key), 0), EVERY_MOMENT)) == [(0, EVERY_MOMENT)]
    assert memoised.answers == [Turn((Hangup(),))]


@pytest.mark.parametrize(
    ("read", "different"),
    [
        (lambda site, now, state, event, elapsed: None, ""),
        (lambda site, now, state, event, elapsed: event.keys == "1", "1"),
        (lambda site, now, state, event, elapsed: event.keys in site.always, "089"),
    ],
)
def test_only_the_keys_with_which_a_pressed_one_is_compared_make_a_difference(read: object, different: str) -> None:
    assert set(SITE.always) == {"0", "8", "9"}
    assert _memoised([], read).keys(ASKED, 0) == set(different)


@pytest.mark.parametrize("read", [hash, len, int, str, {"1": 1}.get, lambda key: f"{key}"])
def test_a_key_can_only_be_compared(read: object) -> None:
    def compare(site: Site, now: object, state: State, event: Event, elapsed: int) -> None:
        read(event.keys)  # type: ignore[operator, union-attr]

    with pytest.raises(TypeError):
        _memoised([], compare).keys(ASKED, 0)
