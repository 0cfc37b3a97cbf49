"""The comparison itself: every phrase that changes is spoken of, and what a call goes through is told where it is."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.site import load
from phonetree.core.phrases import PHRASES
from phonetree.core.tree import Site
from phonetree.diff import changes as diff_changes
from phonetree.diff import compare, describe
from phonetree.diff.changes import SAID_BY_TURNS, changes
from phonetree.diff.compare import LastTable
from phonetree.errors import ProofError
from phonetree.proof.moments import Moments, moments
from phonetree.proof.walk import Walk, walk
from tests.support.lines import ROOT, RULES, VPR

SINCE = date(2026, 11, 22)
HARBOUR = ROOT / "tests" / "sites" / "harbour"
SITES = {folder.name: folder for part in ("examples", "tests/sites") for folder in sorted((ROOT / part).iterdir())}


def edited(folder: Path, *edits: tuple[str, str]) -> Site:
    """The harbour's site with some of its routing replaced."""
    config = Path(copytree(HARBOUR, folder / "config"))
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, f"'{old}' is not in routing.yaml"
        text = text.replace(old, new)
    routing.write_text(text, encoding="utf-8")
    return load(config, RULES).site


def told(folder: Path, *edits: tuple[str, str]) -> tuple[str, ...]:
    return changes(load(HARBOUR, RULES).site, edited(folder, *edits), SINCE)


def _english_in_part(folder: Path) -> Site:
    """The shipped site, with an English text left out."""
    config = Path(copytree(VPR, folder))
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    for old, new in (
        ("voice: Polly.Joanna-Neural", "voice: Polly.Joanna-Neural\n    fallback: es"),
        ("{en: to leave, es: para salir}", "{es: para salir}"),
    ):
        assert old in text, old
        text = text.replace(old, new, 1)
    routing.write_text(text, encoding="utf-8")
    return load(config, RULES).site


@pytest.mark.slow
def test_every_phrase_that_changes_is_spoken_of(tmp_path: Path) -> None:
    """Each of the product's phrases, a new one too, is told as heard in a turn, or as a phrase that is another now."""
    said = ""
    shared = edited(tmp_path, ("confidential: private", "confidential: false"))
    partly = _english_in_part(tmp_path / "partly")
    for site in (load(HARBOUR, RULES).site, shared, load(VPR, RULES).site, partly):
        phrases = {name: f"{site.phrases['en'][name]} <{name}>" for name in PHRASES["en"]}
        said += " ".join(changes(site, replace(site, phrases={**site.phrases, "en": phrases}), SINCE))
    assert [name for name in PHRASES["en"] if f"<{name}>" not in said] == []
    assert PHRASES["en"].keys() >= SAID_BY_TURNS


def test_a_ringing_without_an_end_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "MOST_ROUNDS", 1)
    with pytest.raises(ProofError, match="'desk' rings for more than 1 rounds"):
        told(tmp_path, ("ring: in-order\n    seconds: 10", "ring: in-order\n    seconds: 15"))


def test_where_a_message_leads_is_told_at_the_message(tmp_path: Path) -> None:
    assert told(tmp_path, ("work out., go: message", "work out., go: bye")) == (
        "In night_failed: the end of the prompt leads to the end of the call (bye) instead of voicemail message.",
    )


def test_a_message_behind_another_is_only_said_too(tmp_path: Path) -> None:
    more = "  more: {message: {say: Something new., go: message}}\n  message:"
    assert told(tmp_path, ("work out., go: message", "work out., go: more"), ("  message:", more)) == (
        'In more: "Something new." is also said.',
    )


def test_a_message_that_has_moved_is_compared(tmp_path: Path) -> None:
    swapped = (
        "2: {label: for the nurse, go: nurse_words}\n        3: {label: for a volunteer, go: volunteers}",
        "2: {label: for the nurse, go: volunteers}\n        3: {label: for a volunteer, go: nurse_words}",
    )
    assert 'In nurse_words: "They are kind." is also said.' in told(
        tmp_path, swapped, ("medical questions.", "medical questions. They are kind.")
    )


def test_a_renamed_node_whose_team_rings_longer(tmp_path: Path) -> None:
    found = told(
        tmp_path, ("desk: {connect", "office: {connect"), ("go: desk", "go: office"), ("seconds: 10", "seconds: 12")
    )
    assert "At some hours (such as Monday 15:00), in office: rings Bo for 12 s; before, Bo for 10 s." in found


def test_a_shorter_wait_is_not_told_as_other_numbers(tmp_path: Path) -> None:
    assert told(tmp_path, ("longest_wait: 80", "longest_wait: 55")) == (
        "At some hours (such as Sunday 01:00), in desk: rings differently when a phone is busy, or is picked up and "
        "nobody presses 1.",
    )


def test_the_ends_of_a_ringing_are_told_although_it_differs(tmp_path: Path) -> None:
    found = told(
        tmp_path,
        ("      - {name: Bo, number: +1 617 555 0152}\n", ""),
        ("desk, otherwise: volunteers", "desk, otherwise: message"),
    )
    assert any("in desk: no answer leads to voicemail message instead of" in line.lower() for line in found)


NIGHT = """  night:
    menu:
      like: welcome
      say: Nobody is here now. Call again {next_opening}. {helpline.name}, at {helpline.number}.
      choices:
        6: {label: to leave a message, go: message}
"""


def test_a_menu_that_is_removed_leads_elsewhere_and_one_that_is_added_too(tmp_path: Path) -> None:
    """A comparison asks each site about states of the other one, which may have no such menu."""
    old, new = (
        load(HARBOUR, RULES).site,
        edited(tmp_path, (NIGHT, ""), ("night, holiday: night", "crisis, holiday: crisis")),
    )
    assert changes(old, new, SINCE) == (
        "When closed and on holidays, an incoming call leads to the crisis line (crisis) instead of menu night.",
        "At some hours (such as Monday 08:30), in nurse: no answer leads to the crisis line (crisis) instead of menu "
        "night.",
        "When closed and on holidays, in bye: a key during the prompt leads to the crisis line (crisis) instead of "
        "menu night.",
    )
    assert changes(new, old, SINCE) == (
        "When closed and on holidays, an incoming call leads to menu night instead of the crisis line (crisis).",
        "When closed and on holidays, in bye: a key during the prompt leads to menu night instead of the crisis line "
        "(crisis).",
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SITES.keys() - {"portuguese"}))
def test_sites_that_share_nothing_compare_both_ways(name: str) -> None:
    one, other = (load(SITES[each], RULES).site for each in (name, "portuguese"))
    assert changes(one, other, SINCE)
    assert changes(other, one, SINCE)


def test_of_several_edits_of_one_site_the_site_is_walked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    was, walked = load(HARBOUR, RULES).site, list[Site]()
    edits = [
        edited(tmp_path / str(number), edit)
        for number, edit in enumerate((("confidential: private", "confidential: false"), ("to leave", "to go")))
    ]
    fresh = [_fresh(monkeypatch, was, now) for now in edits]
    monkeypatch.setattr(diff_changes, "_LAST", LastTable())

    def counted(site: Site, kinds: Moments) -> Walk:
        walked.append(site)
        return walk(site, kinds)

    monkeypatch.setattr(compare, "walk", counted)
    assert [changes(was, now, SINCE) for now in edits] == fresh
    assert len(walked) == 3
    assert [changes(was, now, SINCE) for now in reversed(edits)] == fresh[::-1]
    assert len(walked) == 5
    assert changes(edits[0], edits[1], SINCE) != fresh[1]  # another site is
    assert len(walked) == 7
    assert changes(was, edits[0], SINCE + timedelta(days=3)) == fresh[0]  # and on another day, with its moments
    assert len(walked) == 9
    monkeypatch.setattr(compare, "MOST_KEPT", 10)
    changes(was, edits[0], SINCE + timedelta(days=3))
    changes(was, edits[0], SINCE + timedelta(days=3))
    assert len(walked) == 12, "a large one is not kept"


def test_nobody_has_a_table_that_somebody_else_has() -> None:
    site = load(HARBOUR, RULES).site
    last, kinds = LastTable(), moments(SINCE, site, site)
    with last.of(site, kinds) as mine:
        with last.of(site, kinds) as theirs:
            assert mine is not theirs
        with last.of(site, kinds) as again:
            assert again is theirs


def _fresh(monkeypatch: pytest.MonkeyPatch, was: Site, now: Site) -> tuple[str, ...]:
    monkeypatch.setattr(diff_changes, "_LAST", LastTable())
    found = changes(was, now, SINCE)
    assert found
    return found


def test_a_sentence_is_paired_with_the_one_that_replaces_it(tmp_path: Path) -> None:
    site = load(VPR, RULES).site
    config = Path(copytree(VPR, tmp_path / "config"))
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    for old, new in (
        ("also hang up and dial 988.", "also hang up and dial 988. We wish you well."),
        ('"for sexual violence, ', '"for sexual assault, '),
        ('"for domestic violence, ', '"for violence at home, '),
    ):
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    routing.write_text(text, encoding="utf-8")
    said = [
        each.partition("crisis: ")[2] for each in changes(site, load(config, RULES).site, SINCE) if "crisis: " in each
    ]
    assert '"We wish you well." is also said.' in said
    replaced = [each for each in said if "is said instead of" in each]
    assert len(replaced) == 2
    assert all("sexual" in each for each in replaced[0].split("instead of"))
    assert "violence at home" in replaced[1]
    assert "domestic violence" in replaced[1]
