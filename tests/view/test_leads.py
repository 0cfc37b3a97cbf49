"""Where things lead, as it is shown, is where calls go."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phonetree.config.site import load
from phonetree.core.events import DialEnded, Event, Pressed, Recorded, Silent
from phonetree.core.state import State, Step
from phonetree.core.tree import Connect, Menu, Node, NodeId, Site, Transfer, Voicemail
from phonetree.core.turn import Outcome, Turn
from phonetree.view.branches import tree
from phonetree.view.leads import BACK, ENDS, Lead, met, said_first
from tests.support import trees
from tests.support.arrivals import arrival, entered, never_waited_at, turns
from tests.support.lines import ROOT, RULES, VPR

SITES = [VPR, *(ROOT / "tests" / "sites" / name for name in ("harbour", "mit", "portuguese"))]
DAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
HOLIDAY = datetime(2026, 11, 26, 17, 0, tzinfo=UTC)
MOMENTS = [DAY, NIGHT, HOLIDAY]


def _lead(leads: tuple[Lead, ...], begins: str) -> Lead:
    (found,) = (lead for lead in leads if lead.what.startswith(begins))
    return found


def _what_happens(node: Node, state: State, event: Event, turn: Turn, leads: tuple[Lead, ...]) -> Lead | None:
    """The lead that a turn is about, if it leads on."""
    match node, state.step, event:
        case Menu(), Step.ASK, Pressed(key) if any(choice.key == key for choice in node.choices):
            return _lead(leads, f"Key {key}")
        case Menu(), Step.ASK, Silent() if state.misses == node.tries - 1:
            return _lead(leads, "No key")
        case Connect(), Step.RUNG, DialEnded(connected=True):
            return _lead(leads, "After")
        case Connect(), Step.RUNG, DialEnded(connected=False) if turn.outcome is Outcome.UNANSWERED:
            return _lead(leads, "Busy")
        case Transfer(), Step.BRIDGED, DialEnded(connected):
            return _lead(leads, "After" if connected else "Closed, busy")
        case Voicemail(), Step.RECORDED, Recorded():
            return _lead(leads, "A message was left") if arrival(turn)[1] != node.id else None
        case _:
            return None


def _compare(site: Site, now: datetime) -> int:
    """Compares what leads somewhere with the engine, and what is shown with what calls come to; returns how much."""
    language, compared = site.first_language, 0
    comes_to = {name: entered(site, name, language, now) for name in site.nodes}
    leads_of = {name: met(site, name, language, now).leads for name in site.nodes}
    shown = tree(site, language, now)
    names = [branch.met.id for branch in shown.branches()]
    assert sorted((*names, *(each.id for each in shown.rest))) == sorted(site.nodes)
    reached: set[NodeId] = set()
    for state, event, turn in turns(site, now):
        passed, waits = arrival(turn)
        reached |= {*passed, *((waits,) if waits else ())}
        if state is None:
            assert arrival(turn) == comes_to[shown.start.met.id]
            continue
        lead = _what_happens(site.nodes[state.node], state, event, turn, leads_of[state.node])
        if lead is None or not lead.offered:
            continue
        assert lead.now, lead
        compared += 1
        if lead.node:
            assert arrival(turn) == comes_to[lead.node], (state, event, lead)
        elif lead.end == BACK:
            back = state.menu or site.start[site.schedule.kind(now)]
            assert waits == comes_to[back][1]
        else:
            assert (lead.end, waits) == (ENDS, None)
    assert reached <= set(names), "every node that calls come to is in the tree"
    assert set(names) - reached <= never_waited_at(site, now), "and nothing else"
    return compared


@pytest.mark.parametrize("now", MOMENTS, ids=str)
@pytest.mark.parametrize("folder", SITES, ids=lambda folder: folder.name)
def test_everything_leads_where_calls_go(folder: Path, now: datetime) -> None:
    site = load(folder, RULES).site
    assert _compare(site, now) > 10


@pytest.mark.slow
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(made=trees.sites(), minutes=st.integers(0, 14 * 24 * 60))
def test_so_does_everything_of_random_trees(made: Any, minutes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = load(trees.write(Path(folder), made), RULES).site
    now = DAY + timedelta(minutes=minutes)
    _compare(site, now)


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_each_node_is_below_what_leads_to_it_soonest(now: datetime) -> None:
    site = load(VPR, RULES).site
    shown = tree(site, "en", now)
    steps = {shown.start.met.id: 0}
    waiting = [shown.start]
    while waiting:
        branch = waiting.pop(0)
        for _, below in branch.arms:
            if below:
                steps[below.met.id] = steps[branch.met.id] + 1
                waiting.append(below)
    nodes = {branch.met.id: branch for branch in shown.branches()}
    for name, taken in steps.items():
        for lead in nodes[name].met.leads:
            if lead.now and lead.node and lead.node in steps:
                assert steps[lead.node] <= taken + 1, f"{name} leads to {lead.node}"


def test_words_are_as_spoken_and_as_written_in_each_language() -> None:
    site = load(VPR, RULES).site
    for language, spoken, written in (("en", "M I T Violence", "MIT Violence"), ("es", "de M I T.", "de MIT.")):
        ((when, words),) = met(site, "welcome", language, DAY).words
        assert (when, words.language) == ("", language)
        assert spoken in words.spoken
        assert written in words.written
    assert met(site, "voicemail", "en", DAY).words[-1][1].spoken.startswith("Your message will be recorded."), (
        "a phrase"
    )
    ((_, line),) = met(site, "line_barcc", "en", DAY).words
    assert "the Boston Area Rape Crisis Center" in line.spoken, "the product's own words"


def test_what_is_closed_says_why() -> None:
    site = load(VPR, RULES).site
    assert met(site, "line_call_for_change", "en", DAY).closed == ""
    assert met(site, "line_call_for_change", "en", NIGHT).closed == "the line is closed at this moment"
    assert met(site, "advocate", "en", NIGHT).closed == "the team has no hours at this moment"
    assert not _lead(met(site, "more_lines", "en", NIGHT).leads, "Key 4").offered
    for node, when, now in (
        ("line_call_for_change", DAY, [True, True]),
        ("line_call_for_change", NIGHT, [True, False]),
        ("advocate", DAY, [True, True, False]),
        ("advocate", NIGHT, [False, False, True]),
    ):
        assert [lead.now for lead in met(site, node, "en", when).leads] == now, (node, when)
    hours = met(site, "person", "en", NIGHT).leads
    assert [(lead.what, lead.node, lead.now) for lead in hours] == [
        ("When the line is closed", "barcc_now", True),
        ("When the line is open", "advocate", False),
        ("When the line is closed for a day", "barcc_now", False),
    ]


def test_nothing_is_said_first_unless_staff_want_it() -> None:
    assert said_first(load(VPR, RULES).site, "en", DAY) is None
