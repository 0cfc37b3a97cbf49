"""Open, closed or holiday: at every moment, and what comes next."""

from datetime import UTC, date, datetime, timedelta

import pytest
import pytz
from hypothesis import given
from hypothesis import strategies as st

from phonetree.core.schedule import DatedHours, Kind, Schedule, Span, Week, week_is_open

ZONE = pytz.timezone("America/New_York")
NINE_TO_FIVE = (Span(540, 1020),)
OFFICE = Week((NINE_TO_FIVE,) * 5 + ((),) * 2)
NIGHTS = Week(((Span(18 * 60, 26 * 60),),) * 7)
HOLIDAY = date(2026, 11, 26)


def _holidays(day: date) -> dict[str, str] | None:
    return {"en": "Thanksgiving"} if day == HOLIDAY else None


OFFICE_HOURS = Schedule(ZONE, OFFICE, (), _holidays)


def at(text: str, *, dst: bool | None = None) -> datetime:
    return ZONE.localize(datetime.fromisoformat(text), is_dst=dst)


@pytest.mark.parametrize(
    ("moment", "kind"),
    [
        ("2026-11-23 08:59:59", Kind.CLOSED),
        ("2026-11-23 09:00:00", Kind.OPEN),
        ("2026-11-23 16:59:59", Kind.OPEN),
        ("2026-11-23 17:00:00", Kind.CLOSED),
        ("2026-11-25 23:59:59", Kind.CLOSED),
        ("2026-11-26 00:00:00", Kind.HOLIDAY),
        ("2026-11-26 23:59:59", Kind.HOLIDAY),
        ("2026-11-27 00:00:00", Kind.CLOSED),
        ("2026-11-28 12:00:00", Kind.CLOSED),
    ],
)
def test_a_span_includes_its_start_and_excludes_its_end(moment: str, kind: Kind) -> None:
    assert OFFICE_HOURS.status(at(moment)).kind is kind


def test_the_next_change_and_the_next_opening() -> None:
    status = OFFICE_HOURS.status(at("2026-11-25 18:00"))
    assert status.until == at("2026-11-26 00:00")
    assert status.next_opening == at("2026-11-27 09:00")
    status = OFFICE_HOURS.status(at("2026-11-23 10:00"))
    assert (status.until, status.next_opening) == (at("2026-11-23 17:00"), at("2026-11-24 09:00"))


def test_the_server_may_think_in_any_zone() -> None:
    assert OFFICE_HOURS.status(datetime(2026, 11, 23, 14, 0, tzinfo=UTC)).kind is Kind.OPEN
    assert OFFICE_HOURS.status(datetime(2026, 11, 23, 13, 59, tzinfo=UTC)).kind is Kind.CLOSED
    assert OFFICE_HOURS.status(datetime(2026, 7, 6, 13, 0, tzinfo=UTC)).kind is Kind.OPEN


def test_entries_for_dates_stand_before_holidays_and_the_week() -> None:
    dated = (
        DatedHours(HOLIDAY, HOLIDAY, (Span(600, 720),), {"en": "the drive"}),
        DatedHours(date(2026, 12, 1), date(2026, 12, 1), (Span(540, 720),), {"en": "a half day"}),
        DatedHours(date(2026, 12, 3), date(2026, 12, 4), (), {"en": "moving"}),
    )
    schedule = Schedule(ZONE, OFFICE, dated, _holidays)
    assert schedule.status(at("2026-11-26 10:00")).kind is Kind.OPEN
    assert schedule.status(at("2026-11-26 12:00")).kind is Kind.CLOSED, "a day with hours is not a holiday"
    assert schedule.status(at("2026-12-01 11:59")).kind is Kind.OPEN
    closed = schedule.status(at("2026-12-01 12:00"))
    assert (closed.kind, closed.names["en"]) == (Kind.CLOSED, "a half day")
    moving = schedule.status(at("2026-12-04 10:00"))
    assert (moving.kind, moving.names["en"]) == (Kind.HOLIDAY, "moving")


def test_hours_over_midnight_belong_to_the_day_they_begin_on() -> None:
    closed_friday = DatedHours(date(2026, 11, 27), date(2026, 11, 27), (), {"en": "closed"})
    schedule = Schedule(ZONE, NIGHTS, (closed_friday,), lambda day: None)
    assert schedule.status(at("2026-11-27 01:59")).kind is Kind.OPEN, "Thursday's hours go on"
    assert schedule.status(at("2026-11-27 02:00")).kind is Kind.HOLIDAY
    assert schedule.status(at("2026-11-28 01:00")).kind is Kind.CLOSED, "Friday's hours did not begin"
    assert schedule.status(at("2026-11-28 18:00")).kind is Kind.OPEN


def test_hours_that_touch_are_one_opening() -> None:
    round_the_clock = Schedule(ZONE, Week(((Span(0, 1440),),) * 7), (), lambda day: None)
    status = round_the_clock.status(at("2026-11-23 10:00"))
    assert (status.kind, status.until, status.next_opening) == (Kind.OPEN, None, None)


def test_the_minute_before_midnight_has_no_hole() -> None:
    until_midnight = Schedule(ZONE, Week(((Span(1200, 1440),),) * 7), (), lambda day: None)
    assert until_midnight.status(at("2026-11-23 23:59:59")).kind is Kind.OPEN
    assert until_midnight.status(at("2026-11-24 00:00")).kind is Kind.CLOSED


def test_when_the_clock_is_put_back_hours_start_at_the_first_and_end_at_the_second() -> None:
    early = Schedule(ZONE, Week(((Span(60, 90),),) * 7), (), lambda day: None)  # 1:00-1:30, twice on 2026-11-01
    assert early.status(at("2026-11-01 01:00", dst=True)).kind is Kind.OPEN
    assert early.status(at("2026-11-01 01:45", dst=True)).kind is Kind.OPEN, "the hour in between is not a hole"
    assert early.status(at("2026-11-01 01:29", dst=False)).kind is Kind.OPEN
    assert early.status(at("2026-11-01 01:30", dst=False)).kind is Kind.CLOSED


def test_when_the_clock_is_put_forward_no_opening_is_lost() -> None:
    early = Schedule(ZONE, Week(((Span(150, 240),),) * 7), (), lambda day: None)  # 2:30 is not on 2027-03-14
    assert early.status(at("2027-03-14 03:29")).kind is Kind.CLOSED
    assert early.status(at("2027-03-14 03:30")).kind is Kind.OPEN
    assert early.status(at("2027-03-14 04:00")).kind is Kind.CLOSED


@pytest.mark.parametrize("day", ["2026-11-01", "2026-11-02", "2027-03-14", "2027-03-15"])
def test_office_hours_are_by_the_wall_clock_around_clock_changes(day: str) -> None:
    weekday = date.fromisoformat(day).weekday() < 5
    assert OFFICE_HOURS.is_open(at(f"{day} 09:00")) is weekday
    assert not OFFICE_HOURS.is_open(at(f"{day} 08:59:59"))
    assert not OFFICE_HOURS.is_open(at(f"{day} 17:00"))


@given(st.integers(0, 5 * 365 * 24 * 3600))
def test_a_status_holds_until_its_next_change(seconds: int) -> None:
    now = at("2025-01-01") + timedelta(seconds=seconds)
    status = OFFICE_HOURS.status(now)
    assert status.until is not None
    assert status.until > now
    just_before = OFFICE_HOURS.status(status.until - timedelta(seconds=1))
    after = OFFICE_HOURS.status(status.until)
    assert (just_before.kind, just_before.names) == (status.kind, status.names)
    assert (after.kind, after.names) != (status.kind, status.names)
    assert status.next_opening is not None
    assert OFFICE_HOURS.is_open(status.next_opening)
    assert not OFFICE_HOURS.is_open(status.next_opening - timedelta(seconds=1))


def test_a_helpline_that_never_opens_says_so() -> None:
    never = Schedule(ZONE, Week(((),) * 7), (), lambda day: None)
    assert never.status(at("2026-11-23 10:00")).next_opening is None


def test_hours_of_ones_own_do_not_know_holidays() -> None:
    assert week_is_open(OFFICE, ZONE, at("2026-11-26 10:00"))
    assert week_is_open(NIGHTS, ZONE, at("2026-11-26 01:00"))
    assert not week_is_open(NIGHTS, ZONE, at("2026-11-26 02:00"))


@pytest.mark.parametrize(("start", "end"), [(-1, 5), (1440, 1500), (5, 5), (6, 5), (0, 1441)])
def test_an_illegal_span_cannot_exist(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="span"):
        Span(start, end)


def test_an_illegal_week_or_entry_cannot_exist() -> None:
    with pytest.raises(ValueError, match="seven"):
        Week(((),))
    with pytest.raises(ValueError, match="before"):
        DatedHours(date(2026, 2, 1), date(2026, 1, 1), (), {})
