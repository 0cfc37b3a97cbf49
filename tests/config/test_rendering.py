"""Every document is made and read before an edit is accepted, the last resort's too."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import copytree
from xml.etree import ElementTree

import pytest

from phonetree.config.promises import broken_promises
from phonetree.config.rendering import last_resort, usable
from phonetree.config.site import load
from phonetree.core.schedule import Kind
from phonetree.core.tree import Field, Menu, Site, Text
from phonetree.core.verbs import Hangup, Say, Voice
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


def test_a_document_is_small_enough_at_every_moment_not_only_at_the_one_that_was_walked(site: Site) -> None:
    """In a long break it takes long to say when the line opens; at the moments that are walked it is short."""
    node = site.nodes["crisis"]
    assert isinstance(node, Menu)
    again_and_again = (Field("next_opening"),) * 30
    said = replace(node, say={**(node.say or {}), "en": again_and_again})
    english = {**site.phrases["en"], "later": "{weekday} {month} {day} {time}" + "&" * 400}
    long = replace(site, nodes={**site.nodes, "crisis": said}, phrases={**site.phrases, "en": english})
    assert any("shorten its texts" in problem.text for problem in broken_promises(long, VPR, SINCE))
    short = replace(site, nodes={**site.nodes, "crisis": said})
    assert not any("shorten its texts" in problem.text for problem in broken_promises(short, VPR, SINCE))


def test_what_callers_hear_whose_place_is_lost_is_looked_at_too(site: Site) -> None:
    english = {**site.phrases["en"], "lost_place": "&" * 12_000}
    broken = replace(site, phrases={**site.phrases, "en": english})
    problems = broken_promises(broken, VPR, SINCE)
    assert {problem.text.partition(" is too")[0].partition(" has")[0] for problem in problems} == {
        "what callers hear when their place is lost"
    }


def test_the_last_resort_is_ready_in_every_language(site: Site) -> None:
    made = last_resort(site)
    assert made.documents.keys() == site.languages.keys()
    for language in (*site.languages, "", "xx"):
        tree = ElementTree.fromstring(made.document(language))  # noqa: S314 -- our own
        assert [element.tag for element in tree] == ["Say", "Dial", "Say", "Hangup"]
        assert tree.findtext("Dial/Number") == site.resources[site.last_resort].number
    assert b"marque 9 1 1" in made.document("es")


def test_a_last_resort_that_no_network_could_use_is_refused(site: Site) -> None:
    """As if a reader had let it pass."""
    english = {**site.phrases["en"], "trouble": "&" * 12_000 + " {name}"}
    with pytest.raises(ValueError, match="shorten its texts"):
        last_resort(replace(site, phrases={**site.phrases, "en": english}))


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
