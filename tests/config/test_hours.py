"""hours.yaml: the days of MIT's calendar, and the grammar of hours."""

from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.site import load
from phonetree.core.schedule import Schedule, Span
from tests.support.lines import ROOT, RULES, VPR


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def _moved(day: date) -> date:
    """Saturday moves to Friday, Sunday to Monday."""
    return day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0))


def _mit_holidays(year: int) -> dict[date, str]:
    """The twelve named days, by MIT's own rules and not by any package's."""
    return {
        _moved(date(year, 1, 1)): "New Year's Day",
        _nth(year, 1, 0, 3): "Martin Luther King Junior Day",
        _nth(year, 2, 0, 3): "Presidents' Day",
        _nth(year, 4, 0, 3): "Patriots' Day",
        _last_monday_of_may(year): "Memorial Day",
        _moved(date(year, 6, 19)): "Juneteenth",
        _moved(date(year, 7, 4)): "Independence Day",
        _nth(year, 9, 0, 1): "Labor Day",
        _nth(year, 10, 0, 2): "Indigenous Peoples' Day",
        _moved(date(year, 11, 11)): "Veterans Day",
        _nth(year, 11, 3, 4): "Thanksgiving",
        _moved(date(year, 12, 25)): "Christmas",
        _moved(date(year + 1, 1, 1)): "New Year's Day",
    }


@pytest.fixture(scope="module")
def schedule() -> Schedule:
    return load(VPR, RULES).site.schedule


@pytest.mark.parametrize("year", range(2025, 2030))
def test_every_weekday_is_as_mit_has_it(schedule: Schedule, year: int) -> None:
    holidays = {day: name for day, name in _mit_holidays(year).items() if day.year == year}
    dated = {
        entry.first + timedelta(days=n) for entry in schedule.dated for n in range((entry.last - entry.first).days + 1)
    }
    for day in schedule.days(date(year, 1, 1), 366 if year % 4 == 0 else 365):
        if day.date in dated or day.date.weekday() > 4:
            continue
        if day.date in holidays:
            assert (day.spans, day.names.get("en")) == ((), holidays[day.date]), day.date
            assert day.names["es"] != day.names["en"]
        else:
            assert day.spans == (Span(9 * 60, 17 * 60),), day.date


def test_the_days_that_one_calendar_alone_would_miss(schedule: Schedule) -> None:
    for text in ("2026-07-03", "2027-06-18", "2027-12-24", "2027-12-31", "2028-11-10", "2026-04-20"):
        assert schedule.day(date.fromisoformat(text)).spans == (), text
    assert schedule.day(date(2027, 3, 17)).spans, "Evacuation Day is none in Cambridge"


def test_closures_are_days_off_by_their_name(schedule: Schedule) -> None:
    assert schedule.day(date(2026, 11, 27)).names["en"] == "the day after Thanksgiving"
    assert [schedule.day(date(2026, 12, 24) + timedelta(days=n)).names["en"] for n in range(9)] == ["winter break"] * 9
    assert schedule.day(date(2027, 1, 4)).spans


def test_a_year_far_ahead_costs_little(schedule: Schedule) -> None:
    assert not schedule.day(date(2099, 7, 3)).spans
    assert schedule.day(date(2099, 7, 8)).spans


def test_weekdays_may_go_round_the_weekend(tmp_path: Path) -> None:
    config = copytree(ROOT / "tests" / "broken" / "base", tmp_path / "config")
    hours = config / "hours.yaml"
    text = hours.read_text(encoding="utf-8").replace("monday-friday: 9:00-17:00", "friday-monday, wednesday: 8:00-9:00")
    hours.write_text(text, encoding="utf-8")
    schedule = load(config, RULES).site.schedule
    assert [bool(schedule.week.days[day]) for day in range(7)] == [True, False, True, False, True, True, True]


@pytest.mark.parametrize("written", ["none", "{}"])
def test_a_line_that_opens_on_every_holiday_says_so(written: str, tmp_path: Path) -> None:
    config = Path(copytree(ROOT / "tests" / "broken" / "base", tmp_path / "config"))
    hours = f"timezone: America/New_York\nopen:\n  monday-friday: 9:00-17:00\nholidays: {written}\n"
    (config / "hours.yaml").write_text(hours, encoding="utf-8")
    assert load(config, RULES).site.schedule.day(date(2026, 11, 26)).spans
