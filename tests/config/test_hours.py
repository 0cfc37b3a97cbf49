"""hours.yaml: the days of MIT's calendar, and the grammar of hours."""

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.document import parse
from phonetree.config.hours import holidays_of, read_schedule
from phonetree.config.reader import Findings
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


def _abroad(holidays: str, *languages: str) -> Schedule:
    """The schedule of a helpline with other holidays and languages."""
    hours = f"timezone: Europe/Madrid\nopen: {{daily: 20:00-4:00}}\nholidays: {holidays}\n"
    findings = Findings()
    schedule = read_schedule(parse(hours.encode(), "hours.yaml"), languages, findings)
    assert not findings.problems
    return schedule


def _all_names(schedule: Schedule) -> set[str]:
    days = (date(2024, 1, 1) + timedelta(days=each) for each in range(16 * 366))
    return {name for day in days for name in (schedule.holidays(day) or {}).values()}


def test_holidays_have_the_names_of_each_language_that_the_calendar_knows() -> None:
    schedule = _abroad("{calendars: [ES, ES-MD]}", "es", "en")
    assert schedule.holidays(date(2026, 12, 8)) == {"es": "Inmaculada Concepción", "en": "Immaculate Conception"}
    schedule = _abroad("{calendars: [CH]}", "fr-ch", "en-gb", "pt")
    assert schedule.holidays(date(2026, 12, 25)) == {"fr-ch": "Noël", "en-gb": "Christmas Day"}


@pytest.mark.parametrize("called", ["Inmaculada Concepción", "Immaculate Conception"])
def test_a_holiday_is_renamed_by_its_name_in_its_own_language_or_in_english(called: str) -> None:
    schedule = _abroad(f"{{calendars: [ES], names: {{{called}: {{es: la Inmaculada}}}}}}", "es", "en")
    assert schedule.holidays(date(2026, 12, 8)) == {"es": "la Inmaculada", "en": "Immaculate Conception"}
    assert schedule.holidays(date(2025, 12, 25)) == {"es": "Natividad del Señor", "en": "Christmas Day"}


@pytest.mark.parametrize("calendar", ["ES", "ES-MD", "DE", "MX", "US-MA", "IE", "JP"])
def test_every_name_that_is_said_can_be_renamed_and_is_in_the_form(calendar: str) -> None:
    said = _all_names(_abroad(f"{{calendars: [{calendar}]}}", "es", "de", "en"))
    assert said
    names = json.dumps(dict.fromkeys(sorted(said), "x"), ensure_ascii=False)
    assert "x" in _all_names(_abroad(f"{{calendars: [{calendar}], names: {names}}}", "es", "de", "en"))
    assert {name for called in holidays_of([calendar]).values() for name in called} >= _all_names(
        _abroad(f"{{calendars: [{calendar}]}}", "en")
    )


def test_nobody_hears_the_name_of_another_language() -> None:
    assert _abroad("{calendars: [US]}", "es", "en").holidays(date(2026, 12, 25)) == {"en": "Christmas Day"}
    alone = _abroad("{calendars: [US]}", "es")
    assert alone.holidays(date(2026, 12, 25)) == {"en": "Christmas Day"}  # for staff; callers hear `a_closure`


def test_a_day_that_is_observed_has_the_name_of_the_holiday_in_every_language() -> None:
    schedule = _abroad("{calendars: [MX, US, KE]}", "es", "en")
    assert not [name for name in _all_names(schedule) if "(" in name]


@pytest.mark.parametrize("system", ["C.UTF-8", "es_ES.UTF-8", "de_DE.UTF-8"])
def test_names_do_not_depend_on_the_language_of_the_machine(system: str) -> None:
    program = (
        "from phonetree.config.calendars import *; print(*(each.name for each in public_holidays('ES', None, 2026)))"
    )
    environment = {"PYTHONPATH": str(ROOT), "LANG": system, "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)  # noqa: S603
    assert ran.stdout.startswith("Año Nuevo Epifanía del Señor Viernes Santo")
