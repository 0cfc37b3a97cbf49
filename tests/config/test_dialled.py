"""Numbers as callers of the helpline's country write and dial them."""

from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.numbers import dialled
from phonetree.config.site import load
from phonetree.core.engine import rescue
from phonetree.core.fallback import fallback
from phonetree.core.tree import Dialled, Site
from phonetree.core.verbs import Say
from phonetree.core.wording import digits
from tests.support.lines import ROOT, RULES

SPAIN, UNITED_STATES, ENGLAND, ITALY = "+34717003717", "+16172532300", "+442079460000", "+390612345678"
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "home", "expected"),
    [
        (SPAIN, SPAIN, Dialled("717 00 37 17", "717 00 37 17")),
        (ENGLAND, ENGLAND, Dialled("020 7946 0000", "020 7946 0000")),
        ("+390612345678", ITALY, Dialled("06 1234 5678", "06 1234 5678")),
        ("+493012345678", "+498912345678", Dialled("030 12345678", "030 12345678")),
        (ENGLAND, SPAIN, Dialled("+44 20 7946 0000", "00 44 20 7946 0000")),
        (UNITED_STATES, SPAIN, Dialled("+1 617-253-2300", "00 1 617-253-2300")),
        (SPAIN, UNITED_STATES, Dialled("+34 717 00 37 17", "011 34 717 00 37 17")),
        (ENGLAND, "+61212345678", Dialled("+44 20 7946 0000", "0011 44 20 7946 0000")),
    ],
)
def test_a_number_is_dialled_as_in_the_country_of_the_helpline(number: str, home: str, expected: Dialled) -> None:
    assert dialled([number, ""], home) == {number: expected}


@pytest.mark.parametrize("home", [UNITED_STATES, "+14165550123"])
def test_numbers_of_north_america_stay_as_they_are_there(home: str) -> None:
    assert dialled([UNITED_STATES, "988"], home) == {}
    assert digits(UNITED_STATES, {}) == "6 1 7, 2 5 3, 2 3 0 0"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A helpline in Spain, whose last resort is one, too."""
    config = Path(copytree(ROOT / "tests" / "broken" / "base", tmp_path / "config"))
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    for old, new in (("+1 617 253 2300", "+34 717 003 717"), ("+1 800 841 8371", "+34 900 123 456")):
        assert old in text
        text = text.replace(old, new)
    (config / "routing.yaml").write_text(text, encoding="utf-8")
    return load(config, RULES).site


def test_callers_hear_what_they_can_dial(site: Site) -> None:
    for verbs in (fallback(site), rescue(site, NOW, "en")):
        said = [verb.text for verb in verbs if isinstance(verb, Say)]
        assert "their number is 9 0 0, 1 2 3, 4 5 6. Again: 9 0 0, 1 2 3, 4 5 6." in said[-1]
