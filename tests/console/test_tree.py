"""Tree: every node is there with its words, and where everything leads is where calls go."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phonetree.console import simulated
from phonetree.console.tree import MOST_NESTED
from phonetree.core import engine
from phonetree.core.events import Pressed
from phonetree.core.schedule import Cover, Kind, Override
from phonetree.core.state import State, Step
from phonetree.core.tree import Menu, NodeId, Site
from phonetree.store.roles import Role
from phonetree.view.leads import KINDS
from tests.support import trees
from tests.support.arrivals import arrival, entered, turns
from tests.support.console import NOW, Console, console
from tests.support.lines import NAMES, VPR

PAGE = "/staff/tree"
NIGHT = "2026-11-23T23:30"


class Reader(HTMLParser):
    """What a page says, read as somebody reads it: each node's own text, and what is below it and where that leads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.heard: dict[str, list[str]] = {}
        """What callers hear at a node."""
        self.leads: dict[tuple[str, str], list[str]] = {}
        """Where a node leads ("always": the keys that always work), by what happens."""
        self._owners: list[str] = []
        self._lists: list[str] = []
        self._node = self._inside = ""
        self._hears = False
        self._lead: list[str] | None = None
        self._what: str | None = None
        self._waiting: tuple[str, str] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "ul":
            self._lists.append(found.get("id") or self._node)
        elif tag == "li":
            self._waiting = None
        elif tag == "div" and (name := found.get("id") or "").startswith("node-"):
            self._node = self._inside = name.removeprefix("node-")
            self.texts[self._node] = ""
            self.heard[self._node] = []
            if self._waiting:
                self.leads[self._waiting].append(self._node)
        elif tag == "p" and (found.get("class") or "").startswith("lead-to"):
            self._lead = []
        elif tag == "p" and found.get("class") == "heard":
            self.heard[self._node].append("")
            self._hears = True
        elif tag == "b" and self._lead is not None:
            self._what = ""
        elif tag == "a" and self._lead is not None and (href := found.get("href") or "").startswith("#node-"):
            self._lead.append(href.removeprefix("#node-"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "ul":
            self._lists.pop()
        elif tag == "div":
            self._inside = ""
        elif tag == "p" and self._hears:
            self._hears = False
        elif tag == "p" and self._lead is not None and self._what is not None:
            self._waiting = self._lists[-1], self._what
            self.leads[self._waiting] = self._lead
            self._lead = self._what = None

    def handle_data(self, data: str) -> None:
        if self._hears:
            self.heard[self._node][-1] += data
        if self._inside:
            self.texts[self._inside] = " ".join(f"{self.texts[self._inside]} {data}".split())
        elif self._lead is not None and self._what == "":
            self._what = data


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console("sqlite", tmp_path_factory.mktemp("console")) as opened:
        yield opened


def _page(made: Console, query: str = "", role: Role = Role.MEMBER) -> str:
    answer = made.client(role).get(PAGE + query)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def _moment(page: str) -> str:
    found = re.search(r'<p class="moment"><b>(.*?)</b>', page)
    assert found
    return unescape(found[1])


def _compare(site: Site, page: str, now: datetime, language: str) -> None:
    """The keys of every menu that calls come to at a moment lead where a call comes on which they are pressed; and
    every node that calls come to is there, once."""
    read = Reader(page)
    assert page.count('id="node-') == len(site.nodes)
    assert set(read.texts) == set(site.nodes)
    assert set(re.findall(r'href="#node-([^"]+)"', page)) <= set(site.nodes), "no link leads nowhere"
    for node in filter(lambda node: isinstance(node, Menu), map(site.nodes.get, _reached(site, now))):
        assert isinstance(node, Menu)
        for choice in node.choices:
            found = read.leads[node.id, f"Key {choice.key}"]
            state = State(site.revision, language, node.id, Step.ASK, menu=node.id)
            turn = engine.turn(site, state, Pressed(choice.key), now)
            if site.offers(choice, now):
                assert [arrival(turn)] == [entered(site, name, language, now) for name in found]
            else:
                assert f"Key {choice.key}</b>" in page
                assert arrival(turn)[1] in (node.id, entered(site, node.silence, language, now)[1])
        (silence,) = (to for (name, what), to in read.leads.items() if name == node.id and what.startswith("No key"))
        assert silence == [node.silence]
    assert read.leads["always", "Key 0"] == [site.person]


def _reached(site: Site, now: datetime) -> set[NodeId]:
    return {node for *_, turn in turns(site, now) for node in (*arrival(turn)[0], arrival(turn)[1]) if node}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("at", ["2026-11-23T10:00", NIGHT, "2026-11-26T12:00"])
def test_every_node_is_there_with_where_its_keys_lead(shared: Console, at: str, language: str) -> None:
    site = shared.services.site()
    now = site.schedule.zone.localize(datetime.fromisoformat(at))
    _compare(site, _page(shared, f"?when={at}&language={language}"), now, language)


@pytest.mark.slow
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(made=trees.sites(), minutes=st.integers(0, 14 * 24 * 60))
def test_so_is_every_node_of_random_trees(made: Any, minutes: int) -> None:
    with tempfile.TemporaryDirectory() as name, console("sqlite", Path(name), config=Path(name)) as opened:
        trees.write(Path(name), made)
        opened.now = NOW + timedelta(minutes=minutes)
        _compare(opened.services.site(), _page(opened), opened.now, "en")


@pytest.mark.parametrize("at", ["2026-11-23T10:00", NIGHT])
def test_a_simulated_call_hears_the_words_that_are_shown(shared: Console, at: str) -> None:
    site = shared.services.site()
    now = site.schedule.zone.localize(datetime.fromisoformat(at))
    read = Reader(_page(shared, f"?when={at}"))
    start = site.start[site.schedule.kind(now)]
    asked = simulated.to(shared.services.live.loaded(), shared.settings.config, (), now)
    for key in ("2", "3", "4"):
        played = shared.services.trials.play(replace(asked, steps=(key,), phones="no-answer"))
        heard = " ".join(line.words for line in played.lines)
        (led,) = read.leads[start, f"Key {key}"]
        for node in (start, led):
            said = [words for words in read.heard[node] if not words.startswith("Again:")]
            assert said or node == "about", "it has words of its own only when it is repeated"
            assert all(words in heard for words in said), (node, said)


def test_where_busy_silence_and_failure_lead(shared: Console) -> None:
    found = Reader(_page(shared)).leads
    assert found["advocate", "Busy, no answer, or nobody on shift"] == ["unanswered"]
    assert found["advocate", "After the conversation"] == ["conversation_ended"]
    assert found["advocate", "Outside the hours of the team"] == ["just_closed"]
    assert found["barcc_now", "Closed, busy, no answer or failure"] == ["rainn_now"]
    assert found["line_barcc", "Closed, busy, no answer or failure"] == [], "the last menu"
    assert found["voicemail", "A message was left, or none twice"] == ["goodbye"]
    assert found["person", f"When the line is {KINDS[Kind.OPEN]}"] == ["advocate"]


def test_it_says_whom_a_node_reaches_and_how_soon_and_no_number_of_a_member(shared: Console) -> None:
    page = _page(shared)
    texts = Reader(page).texts
    assert "rings the team advocates; rung after 3 s" in texts["advocate"]
    assert "On shift then: First advocate, Second advocate." in texts["advocate"]
    assert "for 20 seconds; nobody waits longer than 60 seconds" in texts["advocate"]
    assert "connects with the Boston Area Rape Crisis Center, 800-841-8371" in texts["line_barcc"]
    assert "Somebody is rung after" in texts["welcome"]
    for number in NAMES.values():
        digits = number[2:]
        for form in (digits, f"{digits[:3]}-{digits[3:6]}-{digits[6:]}", " ".join(digits[:3])):
            assert form not in page


def test_words_are_in_the_language_that_is_chosen_as_spoken_and_as_written(shared: Console) -> None:
    english, spanish = (Reader(_page(shared, f"?language={language}")).texts["welcome"] for language in ("en", "es"))
    assert "M I T Violence Prevention" in english
    assert "Written: MIT Violence Prevention" in english
    assert "Violence Prevention and Response de M I T" in spanish
    assert "Written: Violence Prevention and Response de MIT" in spanish
    assert '<p class="heard" lang="es">' in _page(shared, "?language=es")


def test_each_kind_of_moment(shared: Console) -> None:
    assert _moment(_page(shared)) == "Mon 23 Nov 2026 10:00: open"
    assert _moment(_page(shared, "?when=open")) == "Mon 23 Nov 2026 10:00: open"
    assert _moment(_page(shared, "?when=closed")) == "Mon 23 Nov 2026 17:00: closed"
    assert _moment(_page(shared, f"?when={NIGHT}")) == "Mon 23 Nov 2026 23:30: closed"
    assert _moment(_page(shared, f"?when=open&at={NIGHT}")) == "Mon 23 Nov 2026 23:30: closed", "what is typed counts"
    assert _moment(_page(shared, "?when=2026-12-25")) == "Fri 25 Dec 2026 12:00: closed, winter break"
    page = _page(shared, "?when=2026-12-24")
    assert _moment(page) == "Thu 24 Dec 2026 12:00: closed, winter break"
    assert '<option value="2026-12-24" selected>Winter break, 24 December 2026 to 1 January 2027</option>' in page
    texts = Reader(page).texts
    assert "We are closed today for winter break;" in texts["holiday"]
    assert "The team has no hours at this moment." in texts["advocate"]
    assert 'A call begins at <a href="#node-holiday">' in page


def test_what_is_closed_then_says_so(shared: Console) -> None:
    open_, closed = (_page(shared, f"?when={at}") for at in ("open", NIGHT))
    said = "(closed at this moment: callers are not offered it, and the key says so)"
    assert said not in open_
    assert said in closed
    assert "The line is closed at this moment." in Reader(closed).texts["line_call_for_change"]
    assert "The line is closed at this moment." not in Reader(open_).texts["line_call_for_change"]
    assert "Not reached at this moment:" in open_


def test_what_stands_at_short_notice_counts(tmp_path: Path) -> None:
    with console("sqlite", tmp_path) as made:
        later, soon = made.now + timedelta(hours=2), made.services.seconds()
        words = {"en": "Snow <today>.", "es": "Nieve."}
        for override in (
            Override(made.now, later, None, {}, Cover("First advocate")),
            Override(made.now, later, None, words),
        ):
            made.services.overrides.add(override, "Ada", "a test", soon)
        page = _page(made)
        assert "On shift then: Second advocate." in Reader(page).texts["advocate"]
        assert 'callers hear first: <span lang="en">Snow &lt;today&gt;.</span>' in page
        assert (
            "On shift then: First advocate, Second advocate."
            in Reader(_page(made, "?when=2026-11-23T15:00")).texts["advocate"]
        )
        made.services.overrides.add(Override(made.now, later, Kind.CLOSED, {}), "Ada", "a test", soon)
        assert _moment(_page(made)) == "Mon 23 Nov 2026 10:00: closed"
        assert _moment(_page(made, "?when=open")) == "Mon 23 Nov 2026 12:00: open"


@pytest.mark.parametrize(
    "query",
    [
        "?when=never", "?when=2026-13-45", "?at=2026-11-23T25:00", "?when=9999-12-31T23:59", "?when=0001-01-01T00:00",
        "?when=2027-03-14T02:30", "?when=2026-11-01T01:30&language=%3Cb%3E", "?when=1999-12-25",
        "?at=%22%3E%3Cscript%3E", "?when=2026-11-23T10:00%2B99:99",
    ],
)  # fmt: skip
def test_garbage_is_now_and_says_so(shared: Console, query: str) -> None:
    page = _page(shared, query)
    assert _moment(page) == "Mon 23 Nov 2026 10:00: open"
    assert re.search(r'<p class="alert alert-info" role="status">[^<]+So this is now\.</p>', page)
    assert "<script" not in page
    assert "<b>" not in page.partition("<main")[2].partition("moment")[0]


def test_moments_far_away_and_clock_changes_are_moments(shared: Console) -> None:
    for query in ("?when=2099-12-31T23:59", "?when=2000-01-01T00:00", "?when=2026-11-01T03:30"):
        assert "So this is now" not in _page(shared, query)
    assert Reader(_page(shared, "?language=xx")).texts["welcome"] == Reader(_page(shared)).texts["welcome"]


def test_everybody_may_read_it_who_is_signed_in(shared: Console) -> None:
    for role in Role:
        assert f'<a href="{PAGE}" aria-current="page">Tree</a>' in _page(shared, role=role)
    assert shared.client().get(PAGE).status_code == 303


def test_hostile_names_and_words_are_text(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    routing = (config / "routing.yaml").read_text(encoding="utf-8")
    hostile = "<script>alert(1)</script> & <svg onload=x>"
    for old in ("First advocate", "the Boston Area Rape Crisis Center", "Advocates are here.", "to leave a message"):
        assert old in routing
        routing = routing.replace(old, hostile)
    (config / "routing.yaml").write_text(routing, encoding="utf-8")
    with console("sqlite", tmp_path, config=config) as made:
        page = _page(made)
    assert "<script" not in page
    assert "<svg onload" not in page
    assert page.count("&lt;script&gt;") > 6
    assert "&amp;amp;" not in page


def test_branches_that_are_too_deep_stand_in_lists_of_their_own(tmp_path: Path) -> None:
    trees.write(tmp_path, trees.chain(300))
    with console("sqlite", tmp_path, config=tmp_path) as made:
        page = _page(made)
        read = Reader(page)
        assert all(read.leads[f"n{number}", "Key 1"] == [f"n{number + 1}"] for number in range(300))
    depth = most = 0
    for tag in re.findall(r"<(/?ul)", page.partition("<main")[2]):
        depth += -1 if tag == "/ul" else 1
        most = max(most, depth)
    assert depth == 0
    assert most == MOST_NESTED + 2, "one around all, and one for what leads on"


def test_nothing_in_the_picture_needs_a_style(shared: Console) -> None:
    page = _page(shared)
    assert "style=" not in page
    assert "<style" not in page
    assert "<script" not in page
    svg = re.search(r"<svg.*?</svg>", page, re.DOTALL)
    assert svg
    assert svg[0].count("<rect") == svg[0].count("<path") + 2, "two boxes have nothing before them"
