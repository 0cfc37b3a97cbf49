"""Menus that no call comes to, and letters in numbers, which both used to pass."""

from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.errors import ConfigError
from tests.config.test_broken import BROKEN, LIVE


def test_menus_are_not_reached_through_the_menu_that_was_heard_last(tmp_path: Path) -> None:
    """A transfer without `otherwise` that a key leads to goes back to the menu heard last, which was reached before."""
    config = copytree(BROKEN / "base", tmp_path / "config")
    path = config / "routing.yaml"
    text = path.read_text(encoding="utf-8")
    more = """  more:
    menu:
      say: More lines.
      choices: {1: {label: for the second line, go: second}}
      mention: [0, star]
  second: {transfer: {resource: crisis}}
  third: {transfer: {resource: crisis}}
"""
    key = "        3: {label: for more lines, go: more}\n"
    back = "        4: {label: for another line, go: third}\n"
    changed = text.replace("      mention: [0, star]\n", f"{key}{back}      mention: [0, star]\n", 1)
    changed += more
    path.write_text(changed, encoding="utf-8")
    assert _problems(config) == []
    path.write_text(changed.replace(key, ""), encoding="utf-8")
    assert _problems(config) == [
        f"node '{name}': no call ever comes here; add a key that leads here, or remove it"
        for name in ("more", "second")
    ]


def _problems(config: Path) -> list[str]:
    try:
        load(config, LIVE)
    except ConfigError as error:
        return [problem.text for problem in error.problems]
    return []


def test_a_letter_is_told_of_a_number_that_is_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        load(BROKEN / "base", NumberRules({"ADVOCATE_1": "+1 617 253 1OOO", "ADVOCATE_2": "+16172530002"}))
    (problem,) = caught.value.problems
    assert problem.text.endswith(
        "the number in $ADVOCATE_1 has the letter 'O', where a zero may be meant; write digits only"
    )
    assert "253" not in problem.text
