"""The examples that ship beside the helpline's own files: each is good, proven, and says what it is there to show.

What is dialled and said on their calls is in tests/calls/volunteer-line and tests/calls/shelter.
"""

import re
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.config.advice import advice
from phonetree.config.documents import DOCUMENTS
from phonetree.config.numbers import FICTIONAL
from phonetree.config.site import Loaded, load, overridden
from phonetree.core.ringing import places
from phonetree.core.schedule import Kind, Override
from phonetree.core.tree import Connect, NodeKind, Site, Voicemail
from phonetree.proof.prove import prove
from tests.support.lines import EXAMPLES, ROOT, RULES

NAMES = ("volunteer-line", "shelter")
TODAY = date(2026, 11, 22)


@cache
def _loaded(name: str) -> Loaded:
    return load(EXAMPLES / name, RULES)


def _site(name: str) -> Site:
    return _loaded(name).site


def test_these_are_all_of_them() -> None:
    assert sorted(path.name for path in EXAMPLES.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_no_problem_and_only_the_warnings_that_nobody_can_spare_its_reader(name: str) -> None:
    """Where the numbers are set: without them each `$NAME` is one more."""
    told = [str(each) for each in (*_loaded(name).warnings, *advice(_site(name), EXAMPLES / name, TODAY))]
    assert [text.partition("warning: ")[2].partition(";")[0] for text in told] == ["no closures are written for 2027"]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_passes_check_on_a_machine_without_its_numbers(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--at", str(TODAY), "--config", str(EXAMPLES / name)]) == 0
    *warnings, _ = capsys.readouterr().out.splitlines()
    assert all("is not set here" in line or "no closures are written" in line for line in warnings)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_keeps_every_promise_whatever_happens(name: str) -> None:
    proof = prove(_site(name), TODAY, DOCUMENTS)
    assert [verdict.promise for verdict in proof.verdicts if not verdict.kept] == []
    assert {time.language for time in proof.times_to_help} == set(_site(name).languages)


@pytest.mark.parametrize("name", NAMES)
def test_the_proof_walks_through_every_node_of_an_example_and_rings_every_phone(name: str) -> None:
    """But for the shelter's menu of an override, which only the hours of one lead to."""
    site = _site(name)
    walk = prove(site, TODAY, DOCUMENTS).walk
    passed = {situation[0].node for situation in walk.situations if situation[0]}
    waiting = {NodeKind.MENU, NodeKind.CONNECT, NodeKind.TRANSFER, NodeKind.VOICEMAIL}
    unreached = {node.id for node in site.nodes.values() if node.kind in waiting} - passed
    assert unreached == ({"away"} if name == "shelter" else set())
    rung = {number for answer in walk.answers for verb in answer.verbs for number in getattr(verb, "numbers", ())}
    members = {member.number for member in site.members}
    assert rung == members | {line.number for line in site.resources.values()}
    assert all(map(FICTIONAL.match, members))


def _minutes() -> list[datetime]:
    zone = _site("volunteer-line").schedule.zone
    first = datetime(2026, 11, 23)  # noqa: DTZ001 -- it is localized
    return [zone.localize(first + timedelta(minutes=minutes)) for minutes in range(0, 7 * 24 * 60, 15)]


def test_the_volunteer_line_has_two_people_on_shift_whenever_it_is_open() -> None:
    site = _site("volunteer-line")
    members = site.teams["volunteers"].members
    for now in _minutes():
        if site.schedule.is_open(now):
            assert sum(member.shifts.is_open(site.schedule, now) for member in members) >= 2, now


def test_the_volunteer_line_notices_a_gap_as_its_comment_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (EXAMPLES / "volunteer-line").iterdir():
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if "name: Gita" not in line and "name: Hal" not in line]
        (tmp_path / file.name).write_text("".join(kept), encoding="utf-8")
    assert main(["check", "--at", str(TODAY), "--config", str(tmp_path)]) == KNOWN_PROBLEM
    said = capsys.readouterr().out
    gap, *_ = said.splitlines()
    assert gap.startswith("team 'volunteers': nobody is on shift at some hours at which it is open, such as ")
    (moment,) = re.findall(r"such as (\d{4}-\d\d-\d\d \d\d:\d\d);", gap)
    site = load(tmp_path, RULES).site
    now = site.schedule.zone.localize(datetime.fromisoformat(moment))
    assert site.schedule.is_open(now)
    assert not places(site.teams["volunteers"], site.schedule, now)


@pytest.mark.slow
def test_the_shelter_is_open_at_every_moment_and_has_somebody_on_shift() -> None:
    site = _site("shelter")
    for now in _minutes():
        assert site.schedule.status(now).kind is Kind.OPEN
        for team in site.teams.values():
            assert sum(member.shifts.is_open(site.schedule, now) for member in team.members) >= 2, now


def test_the_shelter_sends_nobody_to_a_voicemail_who_did_not_ask_before_all_phones_were_tried() -> None:
    site = _site("shelter")
    for node in site.nodes.values():
        if isinstance(node, Connect):
            assert not isinstance(site.nodes[node.otherwise], Voicemail)
            assert not isinstance(site.nodes[node.closed], Voicemail)


def test_the_shelter_leads_to_an_outside_line_while_an_override_closes_it() -> None:
    at = _minutes()[0]
    closed = overridden(_site("shelter"), (Override(at, at + timedelta(days=2), Kind.CLOSED, {}),))
    proof = prove(closed, TODAY, DOCUMENTS)
    assert proof.kept
    assert "away" in {situation[0].node for situation in proof.walk.situations if situation[0]}
    for time in proof.times_to_help:
        assert (time.kind == "closed") is (time.advocate is None and time.line is not None)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_no_number_but_those_of_lines_that_the_shipped_site_has(name: str) -> None:
    text = (EXAMPLES / name / "routing.yaml").read_text(encoding="utf-8")
    shipped = (ROOT / "tests" / "sites" / "vpr" / "routing.yaml").read_text(encoding="utf-8")
    numbers = re.findall(r"^ +\w+: (\+1 \d{3} \d{3} \d{4})", text, re.MULTILINE)
    assert numbers
    assert all(number in shipped for number in numbers)
