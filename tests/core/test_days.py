"""When callers find the line open on a day: by the hours, the closures, and what stands at short notice."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonetree.core.days import OpenHours, open_hours
from phonetree.core.schedule import Cover, DatedHours, Kind, Override, Schedule, Span, Week, midnight
from tests.core.test_rota import SITE, at

MONDAY, SATURDAY, THANKSGIVING = date(2026, 11, 23), date(2026, 11, 28), date(2026, 11, 26)
NIGHTS = replace(SITE.schedule, week=Week(((Span(18 * 60, 26 * 60),),) * 7), dated=())


def _override(kind: Kind, begins: str, ends: str) -> Override:
    return Override(at(begins), at(ends), kind, {})


def _on(day: date, *overrides: Override, schedule: Schedule = SITE.schedule) -> OpenHours:
    (found,) = open_hours(replace(schedule, overrides=overrides), day, 1)
    return found


def _told(day: date, *overrides: Override, schedule: Schedule = SITE.schedule) -> tuple[str, str]:
    found = _on(day, *overrides, schedule=schedule)
    return found.words, found.instead_of


def test_without_overrides_they_are_those_of_the_files() -> None:
    cover = Override(at("2026-11-23 09:00"), at("2026-11-23 12:00"), None, {}, Cover("First advocate"))
    assert _told(MONDAY) == _told(MONDAY, cover) == ("9:00-17:00", "")
    assert _told(SATURDAY) == _told(THANKSGIVING) == ("", "")


@pytest.mark.parametrize(
    ("begins", "ends", "words", "instead"),
    [
        ("2026-11-22 10:00", "2026-11-24 09:00", "", "usually 9:00-17:00"),
        ("2026-11-23 12:00", "2026-11-24 00:00", "9:00-12:00", "usually 9:00-17:00"),
        ("2026-11-23 12:00", "2026-11-23 13:00", "9:00-12:00 and 13:00-17:00", "usually 9:00-17:00"),
        ("2026-11-23 11:59:30", "2026-11-23 13:00", "9:00-12:00 and 13:00-17:00", "usually 9:00-17:00"),
        ("2026-11-23 18:00", "2026-11-24 09:00", "9:00-17:00", ""),
    ],
)
def test_a_closure_at_short_notice_takes_its_part(begins: str, ends: str, words: str, instead: str) -> None:
    assert _told(MONDAY, _override(Kind.CLOSED, begins, ends)) == (words, instead)


def test_what_is_opened_is_open_on_each_day_that_it_lasts() -> None:
    opened = _override(Kind.OPEN, "2026-11-28 22:00", "2026-11-30 02:00")
    assert _told(SATURDAY, opened) == ("22:00-24:00", "usually closed")
    assert _told(SATURDAY + timedelta(days=1), opened) == ("0:00-24:00", "usually closed")
    assert _told(SATURDAY + timedelta(days=2), opened) == ("0:00-2:00 and 9:00-17:00", "usually 9:00-17:00")


def test_a_special_day_is_what_it_would_be_otherwise() -> None:
    opened = _override(Kind.OPEN, "2026-11-26 10:00", "2026-11-26 14:00")
    assert _told(THANKSGIVING, opened) == ("10:00-14:00", "otherwise closed")
    half = replace(SITE.schedule, dated=(DatedHours(MONDAY, MONDAY, (Span(540, 720),), {"en": "half day"}),))
    closed = _override(Kind.CLOSED, "2026-11-23 00:00", "2026-11-24 00:00")
    assert _told(MONDAY, closed, schedule=half) == ("", "otherwise 9:00-12:00")


def test_the_newest_decides() -> None:
    closed = _override(Kind.CLOSED, "2026-11-23 00:00", "2026-11-24 00:00")
    opened = _override(Kind.OPEN, "2026-11-23 10:00", "2026-11-23 11:00")
    assert _told(MONDAY, opened, closed)[0] == "10:00-11:00"
    assert _told(MONDAY, closed, opened)[0] == ""


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    closed = _override(Kind.CLOSED, "2026-11-24 01:00", "2026-11-24 12:00")
    assert _told(MONDAY, closed, schedule=NIGHTS) == (
        "18:00 until 1:00 the next day", "usually 18:00 until 2:00 the next day",
    )  # fmt: skip
    assert _told(MONDAY + timedelta(days=1), closed, schedule=NIGHTS) == ("18:00 until 2:00 the next day", "")


MINUTES = st.integers(0, 5 * 24 * 60)
OVERRIDES = st.lists(
    st.tuples(st.sampled_from([Kind.OPEN, Kind.CLOSED]), MINUTES, st.integers(1, 3000), st.integers(0, 59)), max_size=3
)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(OVERRIDES, st.sampled_from([date(2026, 10, 30), date(2026, 11, 23), date(2027, 3, 12)]), st.booleans())
def test_a_moment_is_open_when_it_is_in_the_hours_of_one_day(
    made: list[tuple[Kind, int, int, int]], first: date, nights: bool
) -> None:
    usual = NIGHTS if nights else SITE.schedule
    start = midnight(usual.zone, first)
    overrides = tuple(
        Override(begins := start + timedelta(minutes=since, seconds=seconds), begins + timedelta(minutes=length), k, {})
        for k, since, length, seconds in made
    )
    schedule = replace(usual, overrides=overrides)
    days = list(open_hours(schedule, first - timedelta(days=1), 8))
    moment: datetime = start
    while moment < start + timedelta(days=5):
        times = sum(begins <= moment < ends for day in days for begins, ends in day.met)
        assert times == schedule.is_open(moment), moment
        moment += timedelta(minutes=13)
