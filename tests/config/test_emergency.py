"""What callers are told to dial in danger is right for the helpline's country, or they are not told a number."""

from pathlib import Path
from shutil import copytree

import pytest
from phonenumbers.shortnumberinfo import is_emergency_number

from phonetree.config.emergency import KNOWN, with_emergency
from phonetree.config.site import Loaded, load
from phonetree.core.fallback import fallback
from phonetree.core.pronunciation import Pronunciation
from phonetree.core.verbs import Say
from phonetree.errors import ConfigError
from tests.support.lines import ROOT, RULES

SPAIN, BRAZIL, BAHAMAS = "+34 717 003 717", "+55 11 3123 4567", "+1 242 322 1234"


def _loaded(folder: Path, number: str = SPAIN, *edits: tuple[str, str]) -> Loaded:
    """A helpline with this number."""
    config = Path(copytree(ROOT / "tests" / "broken" / "base", folder / "config"))
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    for old, new in (("number: +1 617 253 2300", f"number: {number}"), *edits):
        assert old in text
        text = text.replace(old, new, 1)
    (config / "routing.yaml").write_text(text, encoding="utf-8")
    return load(config, RULES)


def _warnings(loaded: Loaded) -> list[str]:
    return [f"{each.where.line}: {each.text}" for each in loaded.warnings if "emergency" in each.text]


def test_the_known_numbers_are_those_that_the_library_knows() -> None:
    assert [each for each, number in KNOWN.items() if not is_emergency_number(number, each)] == ["IM"]  # has none of it
    assert len(KNOWN) > 50


@pytest.mark.parametrize(
    ("number", "emergency", "relay"),
    [
        ("+1 617 253 2300", "911", "711"),
        ("+1 416 978 2011", "911", "711"),
        (BAHAMAS, "", ""),
        (SPAIN, "112", ""),
        ("+44 20 7946 0000", "112", ""),
        ("+61 2 9374 4000", "000", ""),
        (BRAZIL, "", ""),
    ],
)
def test_the_emergency_number_is_that_of_the_country(number: str, emergency: str, relay: str, tmp_path: Path) -> None:
    helpline = _loaded(tmp_path, number).site.helpline
    assert (helpline.emergency, helpline.relay) == (emergency, relay)


def test_the_product_names_the_emergency_number_of_the_country_digit_by_digit(tmp_path: Path) -> None:
    said = fallback(_loaded(tmp_path).site)[0]
    assert isinstance(said, Say)
    assert "hang up and dial 1 1 2." in said.text
    said = fallback(_loaded(tmp_path / "unknown", BRAZIL).site)[0]
    assert isinstance(said, Say)
    assert "hang up and dial the emergency number." in said.text


def test_the_setting_comes_first_and_check_asks_for_it_where_no_number_is_known(tmp_path: Path) -> None:
    assert _warnings(_loaded(tmp_path / "unknown", BRAZIL)) == [
        "1: helpline: no emergency number is known for the helpline's country, so neither the page nor the product "
        "names one; write it, such as emergency: 112"
    ]
    told = _loaded(tmp_path / "told", f"{BRAZIL}, emergency: 190")
    assert (told.site.helpline.emergency, _warnings(told)) == ("190", [])
    assert _loaded(tmp_path / "other", f"{SPAIN}, emergency: 091").site.helpline.emergency == "091"


@pytest.mark.parametrize("written", ["call us", "+34 112", "1", "1234567"])
def test_the_setting_is_what_callers_dial(written: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not what callers dial in danger; write its digits, like 112"):
        _loaded(tmp_path, f"{SPAIN}, emergency: {written}")


def test_a_text_that_names_another_emergency_number_is_told_with_its_place(tmp_path: Path) -> None:
    texts = (
        ("say: Welcome.", "say: Welcome. In danger, dial 911."),
        ("nodes:", 'phrases: {en: {trouble: "Sorry. Dial 911. {name} is next."}}\nnodes:'),
    )
    assert _warnings(_loaded(tmp_path, SPAIN, *texts)) == [
        "13: phrases, en: 'trouble' names 911, but the emergency number is 112; write that",
        "17: menu 'welcome': 'say' names 911, but the emergency number is 112; write that",
    ]
    assert _warnings(_loaded(tmp_path / "here", "+1 617 253 2300", *texts)) == []
    longer = ("say: Welcome.", "say: Welcome. We have 911-555 or 19112 beds.")
    assert _warnings(_loaded(tmp_path / "longer", SPAIN, longer)) == []


def test_dates_and_larger_numbers_are_no_emergency_numbers() -> None:
    for emergency, text, said in (
        ("15", "January 15, at 9:15 AM; dial 15.", "January 15, at 9:15 AM; dial 15."),
        ("000", "10,000 people; dial 000.", "10,000 people; dial 0 0 0."),
        ("112", "Dial 112, or 112:112,112.", "Dial 1 1 2, or 1 1 2:1 1 2,1 1 2."),
    ):
        assert with_emergency(Pronunciation.of({}), emergency).aloud(text) == said
