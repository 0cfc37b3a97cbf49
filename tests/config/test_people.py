"""Resources: the ways to an outside line."""

from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.site import load
from phonetree.core.tree import EXIT, Site, Ways
from tests.support.lines import ROOT, RULES

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
