"""Members' phones of the store ring on every server within seconds, in calls in progress too; removed ones no more."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.numbers import NumberRules
from phonetree.config.site import Contents
from phonetree.core.schedule import Kind, Override
from phonetree.core.tree import Site
from phonetree.errors import Problem, StoreError, Where
from phonetree.runtime.phones import PhonePoller, number_rules
from phonetree.runtime.prover import StoppedError, UnprovedError
from phonetree.runtime.sites import Sites
from phonetree.store.database import Store
from phonetree.store.overrides import Overrides
from phonetree.store.phones import Phones
from tests.support.databases import KINDS, tables
from tests.support.lines import SHOWN, VPR, settings
from tests.support.server import DAY, Server

pytestmark = pytest.mark.slow

SECRET = "a secret of the tests, of enough characters"
ONE, TWO, THREE = "+16175550101", "+16175550102", "+16175550103"
NOW = int(DAY.timestamp())
NEW = {"ADVOCATE_1": ONE}
BOTH = {**NEW, "ADVOCATE_2": TWO}
PROBLEM = Problem(Where("routing.yaml"), "nobody is rung")
Teams = Mapping[str, str]


def sites(phones: Teams, config: Path = VPR, **more: object) -> Sites:
    return Sites(config, NumberRules({}, fictional=True, phones=phones), **more)  # type: ignore[arg-type]


def numbers(site: Site) -> list[str]:
    return [member.number for member in site.teams["advocates"].members]


class Proof:
    """Says what breaks, by who has a phone; and what was asked."""

    def __init__(self, **broken: tuple[Problem, ...] | Exception) -> None:
        self.broken = broken
        self.asked: list[str] = []

    def __call__(self, site: Site, _contents: Contents) -> tuple[Problem, ...]:
        who = "".join("01"[bool(number)] for number in numbers(site))
        self.asked.append(who)
        found = self.broken.get(f"at_{who}", ())
        if isinstance(found, Exception):
            raise found
        return found


# -- the sites


def test_a_new_phone_rings_once_it_is_proved() -> None:
    proof = Proof()
    made = sites(NEW, proof=proof)
    assert made.follow(BOTH)
    assert numbers(made.current) == [ONE, TWO]
    assert proof.asked == ["11"]
    assert (made.unkept, made.waiting) == ((), False)


def test_a_new_phone_that_would_break_a_promise_waits() -> None:
    made = sites(NEW, proof=Proof(at_11=(PROBLEM,)))
    assert not made.follow(BOTH)
    assert numbers(made.current) == [ONE, ""]
    assert (made.unkept, made.waiting) == ((PROBLEM,), True)
    assert not made.phones_due
    assert made.follow(NEW)
    assert (made.unkept, made.waiting) == ((), False)


def test_a_new_phone_rings_if_seconds_alone_are_more_than_promised() -> None:
    late = replace(PROBLEM, late=True)
    made = sites(NEW, proof=Proof(at_11=(late,)))
    assert made.follow(BOTH)
    assert numbers(made.current) == [ONE, TWO]
    assert (made.unkept, made.waiting) == ((late,), False)


def test_a_new_phone_rings_where_promises_were_broken_before() -> None:
    made = sites({}, proof=Proof(at_00=(PROBLEM,), at_10=(replace(PROBLEM, text="another text"),)))
    assert made.follow(NEW)
    assert numbers(made.current) == [ONE, ""]
    assert made.unkept[0].text == "another text"


def test_a_removed_phone_stops_whatever_promise_that_breaks() -> None:
    made = sites(NEW, proof=Proof(at_00=(PROBLEM,)))
    assert made.follow({"ADVOCATE_1": ""})
    assert numbers(made.current) == ["", ""]
    assert (made.unkept, made.waiting) == ((PROBLEM,), False)


def test_a_removed_phone_stops_before_anything_is_proved() -> None:
    made = sites(BOTH)
    seen: list[list[str]] = []
    made._override_proof = lambda *_: seen.append(numbers(made.current)) or ()  # type: ignore[func-returns-value]
    made.follow({"ADVOCATE_2": TWO})
    assert seen == [["", TWO]]


def test_a_replaced_phone_is_replaced_at_once_and_an_added_one_later() -> None:
    made = sites(NEW, proof=Proof(at_11=(PROBLEM,)))
    assert not made.follow({"ADVOCATE_1": THREE, "ADVOCATE_2": TWO})
    assert numbers(made.current) == [THREE, ""]


@pytest.mark.parametrize("error", [UnprovedError([PROBLEM]), RuntimeError("a bug")])
def test_a_phone_that_cannot_be_proved_waits_and_one_that_is_gone_does_not(error: Exception) -> None:
    made = sites(NEW, proof=Proof(at_01=error, at_11=error))
    assert not made.follow({"ADVOCATE_2": TWO})
    assert numbers(made.current) == ["", ""]
    assert made.waiting
    assert made.unkept


def test_a_proof_that_is_stopped_changes_nothing_more() -> None:
    made = sites(NEW, proof=Proof(at_11=StoppedError()))
    assert not made.follow(BOTH)
    assert (numbers(made.current), made.unkept, made.waiting) == ([ONE, ""], (), False)


def test_calls_in_progress_follow_too(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    made = sites(BOTH, config)
    before = made.current.revision
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    (config / "routing.yaml").write_text(text.replace("for crisis lines", "for help lines"), encoding="utf-8")
    assert made.reload()
    made.follow({"ADVOCATE_1": "", "ADVOCATE_2": THREE})
    for revision in (before, made.current.revision):
        held = made.revision(revision)
        assert held
        assert numbers(held) == ["", THREE]
        assert held.said, "its texts are kept"


def test_a_revision_of_another_server_comes_with_the_phones_of_now() -> None:
    one, two = sites(BOTH), sites(BOTH)
    two.follow({"ADVOCATE_2": TWO})
    found = two.recall(one.current.revision, one.contents)
    assert found
    assert numbers(found) == ["", TWO]


def test_an_edit_that_nobody_could_be_rung_for_is_tried_again_with_a_phone(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    made = sites({}, config, proof=Proof(at_00=(PROBLEM,)))
    assert not made.reload()
    assert made.problems
    made.follow(NEW)
    made.reload()
    assert not made.problems


def test_phones_and_overrides_stand_together() -> None:
    made = sites(BOTH)
    closed = Override(DAY, DAY + timedelta(hours=1), Kind.CLOSED, {})
    assert made.override((closed,))
    made.follow(NEW)
    assert made.current.schedule.overrides == (closed,)
    assert made.override(())
    assert numbers(made.current) == [ONE, ""]


# -- servers over a store


class Helpline:
    """A store with phones, and servers over it whose files name $ADVOCATE_3 and $ADVOCATE_4."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.config = Path(copytree(VPR, folder / "config"))
        text = (self.config / "routing.yaml").read_text(encoding="utf-8")
        for old, new in (("$ADVOCATE_1", "$ADVOCATE_3"), ("$ADVOCATE_2", "$ADVOCATE_4")):
            text = text.replace(old, new)
        (self.config / "routing.yaml").write_text(text, encoding="utf-8")
        self.address = tables(kind, folder)
        self.store = Store(self.address)
        self.phones = Phones(self.store, (SECRET,))
        self.servers: list[Server] = []

    def server(self) -> Server:
        self.servers.append(Server(self.config, database=self.address, secrets=(SECRET,)))
        return self.servers[-1]

    def confirm(self, name: str, number: str) -> None:
        self.phones.propose(name, number, "Ada", NOW)
        asked = self.phones.begin(name, NOW)
        assert asked
        self.phones.answered(asked.token, "1", NOW)


@pytest.fixture(params=KINDS)
def helpline(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Helpline]:
    made = Helpline(request.param, tmp_path)
    yield made
    for each in made.servers:
        each.close()
    made.store.close()


def poll(server: Server) -> None:
    assert server.services.phones
    server.services.phones.poll()


def dialled(server: Server, query: str = f"?began={NOW}") -> list[str]:
    text = server.post(server.state("advocate", "ring", query=query if "round" in query else "")).text
    return re.findall(r"<Number[^>]*>([^<]+)<", text)


def test_every_server_rings_a_confirmed_phone_and_no_removed_one(helpline: Helpline) -> None:
    one, two = helpline.server(), helpline.server()
    assert dialled(one) == [THREE, "+16175550104"], "a demo's"
    helpline.confirm("ADVOCATE_3", "+16175550133")
    for each in (one, two):
        poll(each)
        assert dialled(each) == ["+16175550133", "+16175550104"]
    helpline.phones.remove("ADVOCATE_3", "Ada", NOW)
    for each in (one, two):
        poll(each)
        assert dialled(each) == ["+16175550104"]
    assert dialled(helpline.server()) == ["+16175550104"], "nor on a server that starts later"
    helpline.phones.restore("ADVOCATE_3", "Ada", NOW)
    poll(one)
    assert dialled(one) == ["+16175550133", "+16175550104"]


def test_while_the_store_is_away_the_last_known_phones_ring(helpline: Helpline, tmp_path: Path) -> None:
    helpline.confirm("ADVOCATE_3", "+16175550133")
    server = helpline.server()
    poll(server)
    away = Phones(Store(f"sqlite:///{tmp_path}/away.db"), (SECRET,))
    with pytest.raises(StoreError):
        away.followed()
    assert server.services.phones
    server.services.phones.phones = away
    poll(server)
    assert dialled(server) == ["+16175550133", "+16175550104"]
    assert number_rules(settings(VPR), away).phones == {}, "a server that starts"


def test_a_server_that_starts_without_the_store_rings_later(helpline: Helpline) -> None:
    helpline.confirm("ADVOCATE_3", "+16175550133")
    made = Sites(helpline.config, NumberRules({}, fictional=True, phones={}))
    poller = PhonePoller(helpline.phones, made)
    assert numbers(made.current) == ["", ""]
    poller.poll()
    assert numbers(made.current) == ["+16175550133", ""]


def test_nothing_is_done_while_nothing_changes(helpline: Helpline) -> None:
    helpline.confirm("ADVOCATE_3", "+16175550133")
    proof = Proof()
    made = Sites(helpline.config, NumberRules({}, fictional=True, phones=helpline.phones.followed().numbers), proof)
    poller = PhonePoller(helpline.phones, made)
    for _ in range(3):
        poller.poll()
    assert (proof.asked, made.fillings) == ([], 0)
    helpline.phones.propose("ADVOCATE_3", "+16175550134", "Ada", NOW)
    helpline.phones.propose("ADVOCATE_4", "+16175550135", "Ada", NOW)
    poller.poll()
    assert (proof.asked, made.fillings) == ([], 0), "what waits is nobody's phone yet"


def test_a_phone_that_waits_is_tried_again_after_an_edit(helpline: Helpline) -> None:
    proof = Proof(at_10=(PROBLEM,))
    made = Sites(helpline.config, NumberRules({}, fictional=True, phones={}), override_proof=proof)
    poller = PhonePoller(helpline.phones, made)
    helpline.confirm("ADVOCATE_3", "+16175550133")
    poller.poll()
    assert poller.unkept == "A member's phone was added, and does not ring yet: nobody is rung"
    poller.poll()
    assert proof.asked == ["10", "00"], "once is enough"
    proof.broken = {}
    text = (helpline.config / "routing.yaml").read_text(encoding="utf-8")
    (helpline.config / "routing.yaml").write_text(text.replace("crisis lines", "help lines"), encoding="utf-8")
    assert made.reload()
    poller.poll()
    assert numbers(made.current) == ["+16175550133", ""]
    assert poller.unkept == ""


def test_what_is_broken_is_logged_once_without_numbers(helpline: Helpline, capsys: pytest.CaptureFixture[str]) -> None:
    made = Sites(helpline.config, NumberRules({}, fictional=True, phones={}), override_proof=Proof(at_00=(PROBLEM,)))
    poller = PhonePoller(helpline.phones, made)
    helpline.confirm("ADVOCATE_3", "+16175550133")
    poller.poll()
    helpline.phones.remove("ADVOCATE_3", "Ada", NOW)
    poller.poll()
    poller.poll()
    assert poller.unkept == "A member's phone is gone: nobody is rung"
    helpline.phones.restore("ADVOCATE_3", "Ada", NOW)
    poller.poll()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line.get("problem")) for line in lines] == [("phones", None), ("phones", "over")]
    assert "0133" not in str(lines)


def test_an_override_that_needs_a_phone_is_tried_again_with_one(helpline: Helpline) -> None:
    proof = Proof(at_00=(PROBLEM,))
    server = helpline.server()
    for name in ("ADVOCATE_3", "ADVOCATE_4"):
        helpline.confirm(name, f"+161755501{name[-1]}3")
        helpline.phones.remove(name, "Ada", NOW)
    poll(server)
    server.sites._override_proof = lambda site, contents: proof(site, contents) if site.schedule.overrides else ()
    assert server.services.overrides
    server.services.overrides.poll()
    Overrides(helpline.store).add(Override(DAY, DAY + timedelta(hours=1), Kind.OPEN, {}), "Ada", "x", NOW)
    server.services.overrides.poll()
    assert server.sites.refused
    assert not server.services.overrides.following
    helpline.phones.restore("ADVOCATE_3", "Ada", NOW)
    poll(server)
    server.services.overrides.poll()
    assert not server.sites.refused
    assert server.services.overrides.following == ((1, int(DAY.timestamp()) + 3600),)


# -- in a call


CHANGES: tuple[Teams, ...] = ({}, {"ADVOCATE_3": ""}, {"ADVOCATE_4": ""}, {"ADVOCATE_3": "", "ADVOCATE_4": ""},
                              {"ADVOCATE_3": "+16175550133"}, {"ADVOCATE_4": "+16175550133"})  # fmt: skip


@pytest.mark.parametrize("ring", ["together", "in-order", "rotate"])
@pytest.mark.parametrize("helpline", ["sqlite"], indirect=True)
def test_whatever_changes_while_a_team_rings_the_call_goes_on_and_ends(helpline: Helpline, ring: str) -> None:
    """Every turn is asked twice, the second time on a server that has followed already."""
    routing = helpline.config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    routing.write_text(text.replace("ring: together", f"ring: {ring}"), encoding="utf-8")
    one, two = helpline.server(), helpline.server()
    for each in (one, two):
        each.sites._override_proof = Proof()  # so that every change is followed
    for first in CHANGES:
        for second in CHANGES:
            assert one.sites.follow(first)
            assert two.sites.follow(second)
            there, turns = one.state("advocate", "ring"), 0
            while "<Dial" in (text := one.post(there).text) or not turns:
                late = two.post(there, DialCallStatus="no-answer", DialBridged="false")
                assert late.status_code == 200
                assert set(re.findall(r"<Number[^>]*>([^<]+)<", late.text)) <= rung(two) | LINES
                action = re.search(r'action="https://[^/]*(/voice/[^"#]*)', text)
                if not action:
                    break
                there, turns = action[1].replace("&amp;", "&"), turns + 1
                one.now = two.now = one.now + timedelta(seconds=25)
                assert turns < 10, "it goes round"
                one.sites.follow(second)
                two.sites.follow(first)


LINES = {"+18008418371", "+18777852020"}


def rung(server: Server) -> set[str]:
    return {number for number in numbers(server.sites.current) if number}


def test_nothing_of_it_is_shown(helpline: Helpline) -> None:
    helpline.confirm("ADVOCATE_3", "+16175550133")
    server = helpline.server()
    shown = server.client.get("/readyz", headers=SHOWN).text + server.client.get("/metrics", headers=SHOWN).text
    assert "6175550133" not in shown
