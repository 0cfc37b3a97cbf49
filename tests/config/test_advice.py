"""Advice: what somebody should look at, as of a day."""

from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.advice import advice
from phonetree.config.site import load
from tests.support.lines import ROOT, RULES


def _advice(today: date, tmp_path: Path, *edits: tuple[str, str, str]) -> list[str]:
    config = Path(copytree(ROOT / "config", tmp_path / "config"))
    for name, old, new in edits:
        text = (config / name).read_text(encoding="utf-8")
        assert old in text
        (config / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return [warning.text for warning in advice(load(config, RULES).site, config, today)]


def test_there_is_none_on_the_day_of_shipping(tmp_path: Path) -> None:
    assert _advice(date(2026, 11, 22), tmp_path) == []


def test_numbers_grow_old(tmp_path: Path) -> None:
    assert _advice(date(2027, 5, 21), tmp_path) == []
    old = _advice(date(2027, 5, 22), tmp_path / "later")
    assert len(old) == 10
    assert old[0] == "resource 'barcc' was last verified 181 days ago; dial it and write down the day"


def test_next_years_closures_are_asked_for_from_november_on(tmp_path: Path) -> None:
    recent = [("routing.yaml", "verified: 2026-11-22", "verified: 2027-10-31")] * 10
    assert _advice(date(2027, 10, 31), tmp_path, *recent) == []
    assert _advice(date(2027, 11, 1), tmp_path / "later", *recent) == [
        "no closures are written for 2028; ask which days are announced, and add them"
    ]


@pytest.mark.parametrize(("said", "key"), [("Press 7 now.", "7"), ("press 6", "6")])
def test_a_text_that_speaks_of_a_key_that_does_nothing(said: str, key: str, tmp_path: Path) -> None:
    edit = ("routing.yaml", "Advocates are here.", f"Advocates are here. {said}")
    assert _advice(date(2026, 11, 22), tmp_path, edit) == [
        f"node 'welcome' speaks of key {key}, which does nothing there; leave keys out of texts"
    ]


def test_a_text_that_speaks_of_a_key_that_works_is_left_alone(tmp_path: Path) -> None:
    assert _advice(date(2026, 11, 22), tmp_path, ("routing.yaml", "Advocates are here.", "Press 0 or 1 or star.")) == []


def test_a_text_that_is_long_or_hard_to_follow(tmp_path: Path) -> None:
    long = "Advocates are here. " + "They will listen to you and help you. " * 12
    hard = (
        "Professional representatives coordinate comprehensive institutional accommodations, interdepartmental "
        "communication, confidential documentation, administrative proceedings"
    )
    for number, (text, said) in enumerate([(long, "speaks for 37 s"), (hard, "is hard to follow (LIX 7")]):
        edit = ("routing.yaml", "Advocates are here.", text)
        found = _advice(date(2026, 11, 22), tmp_path / str(number), edit)
        assert len(found) == 1
        assert found[0].startswith(f"node 'welcome' (en) {said}")
