"""docs/content.md is true of the tests' copy of the shipped site: what it quotes is heard and read there."""

import re
from datetime import UTC, datetime

import pytest

from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.core.tree import GoTo, Menu, prompts_of
from phonetree.core.wording import Speaker, sentence
from tests.support.lines import ROOT

SITE = load(ROOT / "tests" / "sites" / "mit", NumberRules({}, stand_in=True)).site
SPEAK = Speaker(SITE, "en", datetime(2026, 11, 24, 4, 30, tzinfo=UTC))
LINES = (ROOT / "docs" / "content.md").read_text(encoding="utf-8").splitlines()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in LINES if line.startswith("| ")][1:]
HEARD = re.compile(r'`(\w+)` "(.+)"')
READ = re.compile(r'([^:"]+): "(.+)"')


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_the_helpline_says_is_heard_and_read(row: list[str]) -> None:
    _, heard, read = row
    if found := HEARD.fullmatch(heard):
        assert found[2] in _words_of(found[1])
    if found := READ.fullmatch(read):
        assert found[2] in _passages()[found[1]]
    assert HEARD.fullmatch(heard) or READ.fullmatch(read) or "links" in heard


def test_every_node_of_words_and_every_passage_stands_there() -> None:
    text = "\n".join(LINES)
    for node in SITE.nodes:
        if node.startswith(("about_", "own_behavior_")) and node != "own_behavior_choices":
            assert f"`{node}`" in text
    for heading in _passages():
        assert f"| {heading}: " in text


def _words_of(name: str) -> str:
    node = SITE.nodes[name]
    labels = (
        [choice.label for choice in node.choices if isinstance(choice.target, GoTo)] if isinstance(node, Menu) else []
    )
    return " ".join([*map(SPEAK.text, prompts_of(node)), *(sentence(SPEAK.text(label)) for label in labels)])


def _passages() -> dict[str, str]:
    return {
        SPEAK.text(passage.heading): " ".join(map(SPEAK.text, (*filter(None, [passage.text]), *passage.points)))
        for passage in SITE.page
    }
