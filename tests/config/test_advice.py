"""Advice: what somebody should look at, as of a day."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.advice import advice, reading_grade
from phonetree.config.site import load
from phonetree.core.tree import Connect
from phonetree.errors import ConfigWarning
from tests.support.lines import ROOT, RULES, VPR

HARD = tuple(f"node '{node}' (en) is hard" for node in ("about_harm", "about_support", "own_behavior_office"))
"""The tests' site has harder texts than the shipped one has by now."""


def _advice(today: date, tmp_path: Path, *edits: tuple[str, str, str]) -> list[str]:
    return [warning.text for warning in _warnings(today, tmp_path, *edits)]


def _warnings(today: date, tmp_path: Path, *edits: tuple[str, str, str]) -> tuple[ConfigWarning, ...]:
    config = Path(copytree(VPR, tmp_path / "config"))
    for name, old, new in edits:
        text = (config / name).read_text(encoding="utf-8")
        assert old in text
        (config / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    found = advice(load(config, RULES).site, config, today)
    return tuple(each for each in found if not each.text.startswith(HARD))


def test_there_is_none_on_the_day_of_shipping(tmp_path: Path) -> None:
    assert _advice(date(2026, 11, 22), tmp_path) == []


def test_numbers_grow_old(tmp_path: Path) -> None:
    assert not [text for text in _advice(date(2027, 5, 21), tmp_path) if "verified" in text]
    old = [text for text in _advice(date(2027, 5, 22), tmp_path / "later") if "verified" in text]
    assert len(old) == 10
    assert old[0] == "resource 'barcc' was last verified 181 days ago; dial it and write down the day"
    safelink = "resource 'safelink' was last verified 181 days ago; dial it, try its other ways, and write down the day"
    assert safelink in old


def test_a_number_that_was_verified_in_the_future_is_told(tmp_path: Path) -> None:
    first = ("routing.yaml", "verified: 2026-11-22", "verified: 2062-11-22")
    (warning,) = _warnings(date(2026, 11, 22), tmp_path, first)
    assert warning.text == (
        "resource 'barcc': 'verified' (2062-11-22) is in the future; write the day on which the number was dialled"
    )
    assert _at(warning).startswith("2062-11-22")


def test_advice_names_the_line_to_look_at(tmp_path: Path) -> None:
    told = _warnings(date(2027, 5, 22), tmp_path)
    assert {_at(warning) for warning in told if "last verified" in warning.text} == {"2026-11-22"}
    edit = ("routing.yaml", "Advocates are here.", "Press 7. " + "They will listen to you and help you. " * 12)
    told = _warnings(date(2026, 11, 22), tmp_path / "words", edit)
    assert len(told) == 2
    assert [_at(warning) for warning in told] == ["welcome:"] * 2


def _at(warning: ConfigWarning) -> str:
    """What is written in the place of a warning."""
    line = Path(warning.where.file).read_text(encoding="utf-8").splitlines()[warning.where.line - 1]
    return line[warning.where.column - 1 :]


def test_next_years_closures_are_asked_for_from_november_on(tmp_path: Path) -> None:
    recent = [("routing.yaml", "verified: 2026-11-22", "verified: 2027-10-31")] * 10
    asked = "no closures are written for 2028; ask which days are announced, and add them"
    assert asked not in _advice(date(2027, 10, 31), tmp_path, *recent)
    assert asked in _advice(date(2027, 11, 1), tmp_path / "later", *recent)


REMOVE = "remove the entry, or check its year"
MEND = "write {} if the year is wrong, otherwise remove the entry"


@pytest.mark.parametrize(
    ("today", "dates", "over", "told"),
    [
        ("2026-11-28", "date: 2026-11-27", "2026-11-27", REMOVE),
        ("2026-12-20", "date: 2026-01-04", "2026-01-04", MEND.format("2027-01-04")),
        ("2026-11-22", "from: 2026-01-04, to: 2026-01-08", "2026-01-08", MEND.format("2027-01-04")),
        ("2026-10-22", "date: 2026-01-04", "2026-01-04", REMOVE),
        ("2027-02-01", "date: 2026-05-04", "2026-05-04", MEND.format("2027-05-04")),
        ("2027-02-01", "date: 2026-01-04", "2026-01-04", REMOVE),
        ("2028-02-20", "date: 2027-02-28", "2027-02-28", MEND.format("2028-02-28")),
        ("2028-03-02", "date: 2027-03-01", "2027-03-01", REMOVE),
        ("2028-03-02", "date: 2027-03-05", "2027-03-05", MEND.format("2028-03-05")),
        ("2028-12-20", "date: 2027-12-24", "2027-12-24", MEND.format("2028-12-24")),
        ("2028-12-20", "date: 2028-02-29", "2028-02-29", REMOVE),
        ("2028-12-31", "date: 2028-02-29", "2028-02-29", MEND.format("2029-03-01")),
        ("2029-01-01", "from: 2026-12-24, to: 2027-12-24", "2027-12-24", REMOVE),
    ],
)
def test_an_entry_that_is_over_is_told_with_its_place(
    today: str, dates: str, over: str, told: str, tmp_path: Path
) -> None:
    assert _over(tmp_path, dates, today) == [f"8:5: warning: 'the day after' was over on {over}; {told}"]


def test_an_entry_is_not_over_on_its_last_day(tmp_path: Path) -> None:
    assert _over(tmp_path, "date: 2026-11-27", "2026-11-27") == []


def test_an_entry_of_a_mistyped_year_is_told(tmp_path: Path) -> None:
    (told,) = _warnings(date(2026, 11, 22), tmp_path, ("hours.yaml", "date: 2026-11-27", "date: 2062-11-27"))
    assert told.text == "'the day after Thanksgiving' is more than 4 years ahead, on 2062-11-27; check its year"
    assert _at(told).startswith("{date: 2062")
    edit = ("hours.yaml", "date: 2026-11-27", "date: 2030-11-27")
    assert _warnings(date(2026, 11, 22), tmp_path / "soon", edit) == ()


def _over(tmp_path: Path, dates: str, today: str) -> list[str]:
    """What is said of entries that are over, from the line number on."""
    config = Path(copytree(ROOT / "tests" / "broken" / "base", tmp_path / "config"))
    text = (config / "hours.yaml").read_text(encoding="utf-8")
    (config / "hours.yaml").write_text(text.replace("date: 2026-11-27", dates), encoding="utf-8")
    found = map(str, advice(load(config, RULES).site, config, date.fromisoformat(today)))
    return [one.removeprefix(f"{config}/hours.yaml:") for one in found if " was over on " in one]


@pytest.mark.parametrize(("said", "key"), [("Press 7 now.", "7"), ("press 6", "6")])
def test_a_text_that_speaks_of_a_key_that_does_nothing(said: str, key: str, tmp_path: Path) -> None:
    edit = ("routing.yaml", "Advocates are here.", f"Advocates are here. {said}")
    assert _advice(date(2026, 11, 22), tmp_path, edit) == [
        f"node 'welcome' mentions key {key}, which does nothing there; leave keys out of texts"
    ]


def test_a_node_of_closed_hours_to_which_calls_come_while_the_line_is_open(tmp_path: Path) -> None:
    label, more = "{label: {en: for the hours, es: para los horarios}, go: ", "go: more_lines}\n"
    key = ("routing.yaml", more, f"{more}        6: {label}after_hours}}\n")
    (warning,) = _warnings(date(2026, 11, 22), tmp_path, key)
    assert warning.text == (
        "node 'crisis' leads to 'after_hours' also while the line is open; calls begin there when it is not, so look "
        "whether what it says is right then"
    )
    assert _at(warning) == "crisis:"
    always = ("routing.yaml", "  8: {", f"  7: {label}after_hours}}\n  8: {{")
    assert any(
        "leads to 'after_hours' also" in text for text in _advice(date(2026, 11, 22), tmp_path / "always", always)
    )
    back = ("routing.yaml", more, f"{more}        6: {label}welcome}}\n")
    (told,) = (each for each in _advice(date(2026, 11, 22), tmp_path / "open", back) if "also" in each)
    assert told.startswith(
        "node 'crisis' leads to 'welcome' also while the line is closed; calls begin there when it is"
    )
    by_hours = "by_hours: {hours: {open: crisis, closed: after_hours, holiday: holiday}}"
    node = ("routing.yaml", "\nnodes:\n", f"\nnodes:\n  {by_hours}\n")
    key = ("routing.yaml", more, f"{more}        6: {label}by_hours}}\n")
    assert _advice(date(2026, 11, 22), tmp_path / "hours", node, key) == []


def test_a_node_of_closed_hours_to_which_calls_come_when_nobody_answers(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    site = load(config, RULES).site
    connect = site.nodes["advocate"]
    assert isinstance(connect, Connect)
    changed = replace(connect, closed="after_hours", otherwise="after_hours")
    found = advice(replace(site, nodes={**site.nodes, "advocate": changed}), config, date(2026, 11, 22))
    assert any("node 'advocate' leads to 'after_hours' also while the line is open" in each.text for each in found)
    changed = replace(connect, closed="after_hours")
    found = advice(replace(site, nodes={**site.nodes, "advocate": changed}), config, date(2026, 11, 22))
    assert not any("also while" in each.text for each in found)


def test_a_member_who_is_never_rung_by_these_shifts(tmp_path: Path) -> None:
    for shifts, told in (
        ("saturday: 9:00-12:00", True),
        ("tuesday: 16:00-20:00", False),
        ("friday: 17:00-20:00", True),
    ):
        edit = ("routing.yaml", "number: $ADVOCATE_2}", f"number: $ADVOCATE_2, shifts: {{{shifts}}}}}")
        found = _advice(date(2026, 11, 22), tmp_path / shifts[:4], edit)
        assert [each.partition(",")[0] for each in found] == ["team 'advocates': Second advocate is never rung"] * told


def test_a_language_that_no_key_leads_to_any_more(tmp_path: Path) -> None:
    """The first one needs no key."""
    assert _advice(date(2026, 11, 22), tmp_path, ("routing.yaml", "8: {language: es}", "8: {language: en}")) == [
        "no key leads to español: nobody hears it; write one under always, such as 7: {language: es}"
    ]


def test_a_text_that_speaks_of_a_key_in_a_language_of_the_site_s_own(tmp_path: Path) -> None:
    config = Path(copytree(ROOT / "tests" / "sites" / "portuguese", tmp_path / "config"))
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    routing.write_text(text.replace("Há conselheiras na linha.", "Pressione 6 e depois pressione 1."), encoding="utf-8")
    found = [each.text for each in advice(load(config, RULES).site, config, date(2026, 11, 22))]
    assert [text for text in found if "mentions" in text] == [
        "node 'welcome' mentions key 6, which does nothing there; leave keys out of texts"
    ]


def test_english_is_measured_in_school_grades(tmp_path: Path) -> None:
    hard = "An organization coordinates institutional accommodations. It facilitates interdisciplinary investigations. "
    easy = "We are here to help you. You can tell us what you like. "
    for text, grade in ((hard * 3, True), (easy * 3, False), (hard, False)):
        config = Path(copytree(ROOT / "tests" / "sites" / "portuguese", tmp_path / str(len(text))))
        routing = config / "routing.yaml"
        before = routing.read_text(encoding="utf-8")
        routing.write_text(before.replace("Say how we can reach you.", text.strip()), encoding="utf-8")
        found = [each.text for each in advice(load(config, RULES).site, config, date(2026, 11, 22))]
        assert any(each.startswith("node 'message' (en) is hard to follow (grade 36.0)") for each in found) is grade, (
            found
        )
    assert reading_grade(easy * 3) == pytest.approx(0.39 * 13 / 2 + 11.8 * 13 / 13 - 15.59), "13 words of one syllable"


def test_the_shipped_texts_are_below_the_highest_grade() -> None:
    """As far as the tests' copy of them shows it."""
    config = ROOT / "tests" / "sites" / "mit"
    found = [each.text for each in advice(load(config, RULES).site, config, date(2026, 11, 22))]
    assert not [each for each in found if "hard to follow" in each]


def test_a_text_that_speaks_of_a_key_that_works_is_left_alone(tmp_path: Path) -> None:
    assert _advice(date(2026, 11, 22), tmp_path, ("routing.yaml", "Advocates are here.", "Press 0 or 1 or star.")) == []


def test_a_text_that_is_long_or_hard_to_follow(tmp_path: Path) -> None:
    long = "Advocates are here. " + "They will listen to you and help you. " * 12
    hard = (
        "Professional representatives coordinate comprehensive institutional accommodations, interdepartmental "
        "communication, confidential documentation, administrative proceedings"
    )
    for number, (text, said) in enumerate([(long, "speaks for 37 s"), (hard, "is hard to follow (grade")]):
        edit = ("routing.yaml", "Advocates are here.", text)
        found = _advice(date(2026, 11, 22), tmp_path / str(number), edit)
        assert len(found) == 1
        assert found[0].startswith(f"node 'welcome' (en) {said}")


def test_holidays_without_a_name_in_a_language_are_told_once(tmp_path: Path) -> None:
    lacking = ("hours.yaml", ', es: "la Navidad"', "")
    (told,) = _advice(date(2026, 11, 22), tmp_path / "one", lacking)
    assert told == (
        "callers in 'es' hear only a general word on 'Christmas Day', since the calendar has no name in that language; "
        'write it under holidays, names, such as "Christmas Day": {es: ...}'
    )
    (told,) = _advice(date(2026, 11, 22), tmp_path / "many", ("hours.yaml", "calendars: [US, ", "calendars: [DE, US, "))
    assert told.startswith("callers in 'es' hear only a general word on 'Karfreitag' and on ")
    assert not _advice(date(2026, 11, 22), tmp_path / "no", ("hours.yaml", "calendars: [US, ", "calendars: [ES, US, "))
