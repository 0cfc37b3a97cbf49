"""Every document is made and read before an edit is accepted, the last resort's too."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import copytree
from xml.etree import ElementTree

import pytest

from phonetree.config.documents import last_resort, usable
from phonetree.config.promises import broken_promises
from phonetree.config.site import load
from phonetree.core.schedule import Kind
from phonetree.core.tree import Menu, Site, Text
from phonetree.core.verbs import Hangup, Say, Voice
from phonetree.errors import ConfigError
from tests.support.lines import RULES, VPR

SINCE = date(2026, 11, 22)
VOICE = Voice("Polly.Joanna-Neural", "en-US")


@pytest.fixture(scope="module")
def site() -> Site:
    return load(VPR, RULES).site


@pytest.mark.parametrize("text", ["Boston\x08", "\ufffe", "a\x00b", "\ud800"])
def test_what_is_no_xml_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be written as XML"):
        usable((Say(text, VOICE), Hangup()))


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="has 58 kB, of at most 56; shorten its texts"):
        usable((Say("a" * 60_000, VOICE), Hangup()))


@pytest.mark.parametrize(("said", "why"), [("bad\x08", "as XML"), ("a" * 60_000, "of at most 56")])
def test_a_document_that_callers_could_not_hear_is_a_problem_of_its_node(site: Site, said: str, why: str) -> None:
    """As if a reader had let it pass."""
    node = site.nodes["crisis"]
    assert isinstance(node, Menu)
    spoken = replace(node, say=dict.fromkeys(site.languages, (Text(said),)))
    broken = replace(site, nodes={**site.nodes, "crisis": spoken})
    problems = [problem for problem in broken_promises(broken, VPR, SINCE) if why in problem.text]
    assert problems
    assert {problem.where for problem in problems} <= set(site.places.values())
    assert any("node '" in problem.text for problem in problems)


def test_the_last_resort_is_ready_in_every_language(site: Site) -> None:
    made = last_resort(site)
    assert made.documents.keys() == site.languages.keys()
    for language in (*site.languages, "", "xx"):
        tree = ElementTree.fromstring(made.document(language))  # noqa: S314 -- our own
        assert [element.tag for element in tree] == ["Say", "Dial", "Say", "Hangup"]
        assert tree.findtext("Dial/Number") == site.resources[site.last_resort].number
    assert b"marque 9 1 1" in made.document("es")


def test_a_last_resort_that_no_network_could_use_is_refused(tmp_path: Path) -> None:
    config = copytree(VPR, tmp_path / "config")
    path = config / "routing.yaml"
    text = path.read_text(encoding="utf-8")
    long = {"trouble": "&" * 9_000 + " {name}", "cut_off": "&" * 9_000 + " {number}"}
    phrases = "".join(f'    {name}: "{words}"\n' for name, words in long.items())
    path.write_text(f"{text}\nphrases:\n  en:\n{phrases}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"when the server itself fails \('barcc'\) is too long to be sent"):
        load(config, RULES)


def test_a_broken_promise_names_the_line_of_its_node(tmp_path: Path) -> None:
    config = copytree(VPR, tmp_path / "config")
    path = config / "routing.yaml"
    text = path.read_text(encoding="utf-8")
    old = "es: para hablar con una consejera}, go: advocate}"
    assert old in text
    path.write_text(text.replace(old, old.replace("advocate", "crisis")), encoding="utf-8")
    site = load(config, RULES).site
    (problem,) = {
        each.where for each in broken_promises(site, config, SINCE) if "no single key reaches an advocate" in each.text
    }
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[problem.line - 1][problem.column - 1 :] == f"{site.start[Kind.OPEN]}:"
