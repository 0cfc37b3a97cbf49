"""Overrides: open or closed at short notice, and words in front of the menu."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonetree.config.site import load, overridden
from phonetree.core import engine
from phonetree.core.events import Pressed
from phonetree.core.schedule import Kind, Override
from phonetree.core.state import State, Step
from phonetree.core.tree import OwnHours
from phonetree.core.verbs import Dial, Gather
from phonetree.diff.compare import sentences
from phonetree.proof.moments import moments
from tests.support.lines import RULES, VPR

SITE = load(VPR, RULES).site
ZONE = SITE.schedule.zone
WORDS = {"en": "A storm is coming.", "es": "Viene una tormenta."}


def at(text: str) -> datetime:
    return ZONE.localize(datetime.fromisoformat(text))


def over(begins: str, ends: str, kind: Kind | None = None, words: dict[str, str] | None = None) -> Override:
    return Override(at(begins), at(ends), kind, words or {})


CLOSED = over("2026-11-23 10:00", "2026-11-23 14:00", Kind.CLOSED)
OPEN = over("2026-11-21 08:00", "2026-11-21 12:00", Kind.OPEN)


def test_closed_until_two_is_said_and_looked_forward_to() -> None:
    schedule = overridden(SITE, (CLOSED,)).schedule
    assert schedule.status(at("2026-11-23 09:59")).kind is Kind.OPEN
    assert schedule.status(at("2026-11-23 09:59")).until == at("2026-11-23 10:00")
    closed = schedule.status(at("2026-11-23 10:00"))
    assert (closed.kind, closed.next_opening) == (Kind.CLOSED, at("2026-11-23 14:00"))
    assert closed.next_opening is not None
    assert closed.next_opening.utcoffset() == timedelta(hours=-5), "in the helpline's zone"
    assert schedule.status(at("2026-11-23 14:00")).kind is Kind.OPEN


def test_open_on_a_saturday_rings_the_advocates() -> None:
    site = overridden(SITE, (OPEN,))
    moment = at("2026-11-21 08:00")
    assert "Advocates are here." in " ".join(sentences(engine.start(site, moment).verbs))
    ring = State(site.revision, "en", "advocate", Step.RING)
    dials = [verb for verb in engine.turn(site, ring, Pressed(""), moment).verbs if isinstance(verb, Dial)]
    assert [dial.numbers for dial in dials] == [("+16175550101", "+16175550102")]
    assert site.schedule.status(at("2026-11-21 07:59")).next_opening == moment
    assert site.schedule.status(at("2026-11-21 12:00")).kind is Kind.CLOSED


def test_of_several_the_newest_counts_and_each_ends_by_itself() -> None:
    longer = over("2026-11-23 09:00", "2026-11-23 16:00", Kind.OPEN, {"en": "Older words.", "es": "Antes."})
    schedule = overridden(SITE, (CLOSED, longer)).schedule
    assert [schedule.status(at(f"2026-11-23 {hour:02}:30")).kind for hour in (9, 10, 13, 14, 16, 17)] == [
        Kind.OPEN, Kind.CLOSED, Kind.CLOSED, Kind.OPEN, Kind.OPEN, Kind.CLOSED,
    ]  # fmt: skip
    assert schedule.words(at("2026-11-23 11:00"))["en"] == "Older words.", "the newer one says nothing"
    said = over("2026-11-23 10:00", "2026-11-23 11:00", None, WORDS)
    with_words = overridden(SITE, (said, CLOSED, longer)).schedule
    assert with_words.words(at("2026-11-23 10:30")) == WORDS
    assert with_words.status(at("2026-11-23 10:30")).kind is Kind.CLOSED, "words alone leave the hours as they are"


def test_words_come_before_the_menu_while_keys_work_and_again_in_the_language_chosen() -> None:
    site = overridden(SITE, (over("2026-11-23 10:00", "2026-11-23 14:00", None, WORDS),))
    moment = at("2026-11-23 11:00")
    first = engine.start(site, moment).verbs[0]
    assert isinstance(first, Gather)
    assert sentences((first,))[0] == WORDS["en"]
    assert sentences((first,))[1:] == sentences(engine.start(SITE, moment).verbs)
    ask = State(site.revision, "en", "welcome", Step.ASK, menu="welcome")
    spanish = sentences(engine.turn(site, ask, Pressed("8"), moment).verbs)
    assert spanish[0] == WORDS["es"]
    again = sentences(engine.turn(site, ask, Pressed("*"), moment).verbs)
    assert WORDS["en"] not in again, "heard once"
    assert WORDS["en"] not in " ".join(sentences(engine.start(site, at("2026-11-23 14:00")).verbs))


def test_the_kinds_of_moment_include_those_of_an_override() -> None:
    """Open while a line with office hours of its own is closed: a moment that no ordinary week has."""
    line = replace(SITE.resources["barcc"], hours=OwnHours(SITE.schedule.week, ZONE))
    ours = replace(SITE, resources={**SITE.resources, "barcc": line})
    opened = overridden(ours, (over("2026-11-28 02:00", "2026-11-28 03:00", Kind.OPEN),))
    ordinary, found = (moments(date(2026, 11, 23), site) for site in (ours, opened))
    usual = {(kind.kind, kind.open) for kind in ordinary.kinds}
    (new,) = [kind for kind in found.kinds if (kind.kind, kind.open) not in usual]
    assert (new.kind, new.at) == (Kind.OPEN, at("2026-11-28 02:30"))
    number = found.kinds.index(new)
    assert found.follows[number], "and it ends"
    assert any(number in follows for follows in found.follows), "a call may be under way when it begins"


@pytest.mark.parametrize(
    ("kind", "words", "ends"),
    [(None, {}, "2026-11-23 14:00"), (Kind.HOLIDAY, {}, "2026-11-23 14:00"), (Kind.OPEN, {}, "2026-11-23 10:00")],
)
def test_an_override_that_is_none_cannot_be_made(kind: Kind | None, words: dict[str, str], ends: str) -> None:
    with pytest.raises(ValueError, match="override"):
        over("2026-11-23 10:00", ends, kind, words)


@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.integers(1, 300), st.sampled_from([Kind.OPEN, Kind.CLOSED, None])), max_size=5
    ),
    st.integers(0, 900),
)
def test_status_is_what_the_newest_override_or_the_hours_say_and_until_is_the_next_change(
    drawn: list[tuple[int, int, Kind | None]], minute: int
) -> None:
    start = at("2026-11-22 20:00")
    overrides = tuple(
        Override(start + timedelta(minutes=begin), start + timedelta(minutes=begin + length), kind, WORDS)
        for begin, length, kind in drawn
    )
    schedule = overridden(SITE, overrides).schedule

    def expected(moment: datetime) -> Kind:
        for each in overrides:
            if each.kind and each.begins <= moment < each.ends:
                return each.kind
        return SITE.schedule.status(moment).kind

    moment = start + timedelta(minutes=minute)
    status = schedule.status(moment)
    assert status.kind is expected(moment)
    if status.until:
        steps = int((status.until - moment).total_seconds()) // 60
        assert expected(status.until) is not status.kind or schedule.status(status.until).names != status.names
        assert all(expected(moment + timedelta(minutes=n)) is status.kind for n in range(min(steps, 1500)))
    if status.next_opening:
        assert expected(status.next_opening) is Kind.OPEN
        assert expected(status.next_opening - timedelta(minutes=1)) is not Kind.OPEN
