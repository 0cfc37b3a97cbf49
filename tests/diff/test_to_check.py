"""What somebody should look at after an edit: words changed in one language only, and texts that name hours."""

from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.site import HOURS, ROUTING, load
from phonetree.core.tree import Site
from phonetree.diff.to_check import to_check
from tests.support.lines import ROOT, RULES, VPR

SINCE = date(2026, 11, 22)
MIT = ROOT / "tests" / "sites" / "mit"


def _told(folder: Path, site: Path, name: str, *edits: tuple[str, str]) -> list[str]:
    config = Path(copytree(site, folder / "config"))
    text = (config / name).read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (config / name).write_text(text, encoding="utf-8")
    return list(to_check(_site(site), _site(config), SINCE))


def _site(folder: Path) -> Site:
    return load(folder, RULES).site


ENGLISH = "were changed in English only; look at español"
SPANISH = "were changed in español only; look at English"


PARKING = (
    "3: {label: {en: to leave a message, es: para dejar un mensaje}, go: voicemail}\n        4",
    "3: {label: {en: for parking, es: para dejar un mensaje}, go: about}\n        4",
)
CALLING = ("I am calling an advocate now.", "I am calling someone.")
LLAMANDO = ("Llamando a una consejera.", "Espere por favor.")
A_PHRASE = ("\nnodes:\n", "\nphrases:\n  en: {no_key: I heard nothing.}\nnodes:\n")


@pytest.mark.parametrize(
    ("name", "edits", "told"),
    [
        (ROUTING, [PARKING], f"key 3 in welcome {ENGLISH}"),
        (ROUTING, [LLAMANDO], f"advocate {SPANISH}"),
        (ROUTING, [("en: to leave, es", "en: to end it, es")], f"key 9 in every menu {ENGLISH}"),
        (ROUTING, [("en: the Boston Area Rape Crisis Center,", "en: the centre,")], f"line barcc {ENGLISH}"),
        (ROUTING, [A_PHRASE], f"phrase no_key {ENGLISH}"),
        (HOURS, [("en: winter break,", "en: a storm,")], f"a storm (Thursday 24 December 2026) {ENGLISH}"),
        (HOURS, [("{en: Juneteenth,", "{en: Freedom Day,")], f"Freedom Day (Friday 18 June 2027) {ENGLISH}"),
        (ROUTING, [LLAMANDO, ("es: para salir", "es: para irse")], f"advocate and key 9 in every menu {SPANISH}"),
        (ROUTING, [CALLING, LLAMANDO], ""),
        (ROUTING, [("I am calling an advocate now.", "I am calling an advocate now!")], ""),
    ],
)
def test_words_that_were_changed_in_one_language_are_told(
    name: str, edits: list[tuple[str, str]], told: str, tmp_path: Path
) -> None:
    assert _told(tmp_path, VPR, name, *edits) == ([f"The words of {told}"] if told else [])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "advocate: 15, crisis_line: 25,",
            "advocate: 20, crisis_line: 24, silent: 300,",
            [
                'The limit "Until an advocate\'s phone rings, with one key" was raised from 15 to 20 seconds; '
                "can callers wait that long?",
                'The limit "Until somebody is rung for a caller who presses nothing" was raised from 120 to 300 '
                "seconds; can callers wait that long?",
            ],
        ),
        (
            "\nbudgets:",
            "\n  - [crisis, about]\nbudgets:",
            [
                "about and crisis count as the same now: a key may lead to one by day and to another by night; "
                "is that meant?"
            ],
        ),
        ("whole_wait: 90", "whole_wait: 80", []),
    ],
)
def test_a_limit_that_allows_more_is_told(old: str, new: str, told: list[str], tmp_path: Path) -> None:
    assert _told(tmp_path, VPR, ROUTING, (old, new)) == told


NAMING = "after_hours, own_behavior_line, the public page"


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (HOURS, "monday-friday: 9:00-17:00", "monday-friday: 9:00-18:00", NAMING),
        (HOURS, "monday-friday: 9:00-17:00", "monday-thursday: 9:00-17:00", NAMING),
        (HOURS, "America/New_York", "America/Chicago", NAMING),
        (HOURS, "2026-11-27", "2026-11-28", ""),
        (ROUTING, "open: {daily: 10:00-22:00}", "open: {daily: 9:00-22:00}", NAMING),
        (ROUTING, "number: $ADVOCATE_1}", "number: $ADVOCATE_1, shifts: {monday: 9:00-17:00}}", ""),
    ],
)
def test_texts_that_name_hours_are_told_when_hours_were_changed(
    name: str, old: str, new: str, told: str, tmp_path: Path
) -> None:
    expected = [f"These texts name hours: {told}; do they still hold?"] if told else []
    assert _told(tmp_path, MIT, name, (old, new)) == expected


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("We are here on weekdays from 9 to 5.", True),
        ("We are here 9-17, and 9:00–17:00.", True),
        ("We are here until 17:30.", True),
        ("Call again on Monday.", True),
        ("We close at 5 PM.", True),
        ("The line closes at noon.", True),
        ("From 10 in the morning to 10 at night.", True),
        ("Hang up and dial 911, or 100 on campus.", False),
        ("We are 24 people. There are 3 lines.", False),
        ("Dial 1-800-555-0100.", False),
        ("We are here day and night.", False),
    ],
)
def test_hours_are_found_in_english(words: str, named: bool, tmp_path: Path) -> None:
    assert _named("en", "I am calling an advocate now.", words, tmp_path) is named


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("De lunes a viernes.", True),
        ("Atendemos de 9 a 5.", True),
        ("Cerramos a las 5 de la tarde.", True),
        ("Hay 3 líneas. Somos 12 personas.", False),
    ],
)
def test_hours_are_found_in_other_languages(words: str, named: bool, tmp_path: Path) -> None:
    assert _named("es", "Llamando a una consejera.", words, tmp_path) is named


def _named(language: str, was: str, words: str, folder: Path) -> bool:
    """Whether words of a node are said to name hours."""
    config = Path(copytree(VPR, folder / "before"))
    text = (config / ROUTING).read_text(encoding="utf-8")
    assert f"{language}: {was}" in text
    (config / ROUTING).write_text(text.replace(f"{language}: {was}", f'{language}: "{words}"'), encoding="utf-8")
    (told,) = _told(folder, config, HOURS, ("monday-friday: 9:00-17:00", "monday-friday: 9:00-18:00"))
    return "advocate" in told
