"""Resources: the ways to an outside line. Members: names that tell them apart."""

from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.site import load
from phonetree.core.tree import EXIT, Site, Ways
from tests.support.lines import ROOT, RULES, VPR

BASE = ROOT / "tests" / "broken" / "base"


def _site(folder: Path, old: str, new: str) -> Site:
    config = Path(copytree(BASE, folder / "config"))
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    assert old in text
    (config / "routing.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return load(config, RULES).site


@pytest.mark.parametrize(
    ("written", "ways"),
    [
        ("tty: +1 800 787 3224", Ways(tty="+18007873224")),
        ("text: 988", Ways(text="988")),
        ("text: +1 800 787 3224", Ways(text="+18007873224")),
        ("videophone: +1 617 555 0123", Ways(videophone="+16175550123")),
        ("chat: https://chat.example.org/?site=1", Ways(chat="https://chat.example.org/?site=1")),
        ("web: https://www.example.org", Ways(web="https://www.example.org")),
    ],
)
def test_a_line_may_have_ways_without_speaking(written: str, ways: Ways, tmp_path: Path) -> None:
    line = _site(tmp_path, "confidential: true", f"confidential: true, {written}").resources["crisis"]
    assert line.ways == ways
    assert line.ways.any


def test_a_line_without_them_has_none(tmp_path: Path) -> None:
    line = _site(tmp_path, "confidential: true", "confidential: true, languages: Spanish").resources["crisis"]
    assert not line.ways.any
    assert line.languages == {"en": "Spanish"}


def test_quick_exit_leads_to_the_page_that_the_site_names(tmp_path: Path) -> None:
    name = "name: Harbour Line"
    assert _site(tmp_path / "a", name, name).helpline.exit == EXIT
    exit_here = f"{name}, exit: https://www.example.org/weather"
    assert _site(tmp_path / "b", name, exit_here).helpline.exit == "https://www.example.org/weather"


@pytest.mark.parametrize(
    ("first", "second", "other_team", "places"),
    [
        ("Ada", "Ada", "Bo", ["44:16"]),  # where it is written again
        ("Ada", "Bo", "Bo", ["47:16"]),
        ("Ada", "Bo", "Ada", []),  # the same phone in two teams
    ],
)
def test_a_name_of_members_with_different_phones_is_told_where_it_is_written_again(
    first: str, second: str, other_team: str, places: list[str], tmp_path: Path
) -> None:
    """Sites that have one work, so it is no problem; but such a member cannot be away."""
    config = Path(copytree(VPR, tmp_path / "config"))
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8").replace("name: First advocate", f"name: {first}")
    written = "name: Second advocate, number: $ADVOCATE_2}\n"
    assert written in text
    others = f"  others:\n    members:\n      - {{name: {other_team}, number: $ADVOCATE_1}}\n"
    routing.write_text(text.replace(written, f"name: {second}, number: $ADVOCATE_2}}\n{others}"), encoding="utf-8")
    told = [str(each).removeprefix(f"{routing}:") for each in load(config, RULES).warnings if "called" in each.text]
    assert [each.split(": ")[0] for each in told] == places
    for each in told:
        assert "several members with different phones are called" in each
        assert "give each a name of their own" in each
