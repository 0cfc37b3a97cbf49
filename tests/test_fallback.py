"""The fallback lives elsewhere: whenever the server goes, a call ends at a person or a line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from shutil import copytree
from xml.etree import ElementTree

import pytest

from phonetree.__main__ import main
from phonetree.config.site import load
from phonetree.core.fallback import fallback
from phonetree.provider.twiml import CONTENT_TYPE, Renderer
from phonetree.runtime.sites import Sites
from phonetree.simulator.caller import Script
from phonetree.simulator.golden import Golden
from phonetree.simulator.network import Clock, Network, NumberSettings
from phonetree.simulator.phone import Call
from phonetree.simulator.transport import Reply, Transport, Unreachable
from phonetree.simulator.world import parse_world
from tests.support.lines import NAMES, ROOT, RULES, TOKEN, VPR, Direct, moment, numbers, read_golden

ELSEWHERE = "https://elsewhere.example.org/fallback.xml"
DESK = "+16175550101"
GOLDEN = [
    one
    for one in map(read_golden, sorted((ROOT / "tests" / "calls").rglob("*.call")))
    if not {"config", "edit", "from", "rules"} & one.headers.keys()
]


@dataclass
class Dying:
    """A line whose server is gone from some request on; the fallback's host is not."""

    line: Transport
    document: bytes
    alive: int
    asked: int = field(default=0)

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:
        if url == ELSEWHERE:
            return Reply(200, {"Content-Type": CONTENT_TYPE}, self.document)
        self.asked += 1
        if self.asked > self.alive:
            raise Unreachable("ct", "the server is gone")
        return self.line.post(url, fields, headers, limit)


@cache
def _sites(config: Path) -> Sites:
    """Read once: nobody edits the files here."""
    return Sites(config, RULES)


def _play(golden: Golden, config: Path, alive: int, world: str) -> tuple[Call, Dying]:
    clock = Clock(moment(config, golden.headers["at"]))
    sites = _sites(config)
    line = Direct(sites, clock)
    dying = Dying(line, Renderer("").write(fallback(sites.current)), alive)
    there = numbers(sites.current.helpline)
    addresses = NumberSettings(there.number, there.voice_url, ELSEWHERE, None)
    call = Call(Network(dying, TOKEN, addresses), clock, Script(golden.headers.get("keys", "")), parse_world(world))
    return call.run(), dying


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped site with one desk."""
    made = Path(copytree(VPR, tmp_path / "config"))
    routing = made / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    routing.write_text(text.replace("number: $ADVOCATE_1}", "number: $ADVOCATE_1, desk: true}"), encoding="utf-8")
    return made


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.title[:60])
def test_wherever_the_server_dies_the_call_ends_at_a_person_or_a_line(golden: Golden) -> None:
    """At every point of every golden call; nobody but the line of last resort answers then."""
    config = VPR
    alive = 0
    while True:
        call, dying = _play(golden, config, alive, f"*=no-answer; +18008418371=answers talks 5; {_world(golden)}")
        if dying.asked <= alive:
            break  # the whole call was taken by the server
        if call.ended != "the caller hung up":
            assert call.spoke_with, f"gone after {alive} requests:\n{call.transcript}"
        alive += 1
    assert alive >= 1


def _world(golden: Golden) -> str:
    """Who answers in the golden call, but for the line of last resort."""
    entries = golden.headers.get("world", "").split(";")
    return "; ".join(entry for entry in entries if "+18008418371" not in entry and entry.strip()[:1] != "*")


def test_a_desk_rings_first_and_no_personal_phone_ever(config: Path) -> None:
    golden = Golden("A call.", {"at": "2026-11-23 10:00"})
    call, _ = _play(golden, config, 0, f"{DESK}=answers talks 60; *=no-answer")
    assert call.dialled[0].numbers == (DESK,)
    assert call.spoke_with[0] == DESK
    call, _ = _play(golden, config, 0, "*=no-answer")
    assert [ringing.numbers for ringing in call.dialled] == [(DESK,), ("+18008418371",)]
    assert "8 0 0, 8 4 1, 8 3 7 1" in str(call.transcript)
    assert all(ringing.caller_id == "+16172532300" for ringing in call.dialled)
    assert call.ended == "the helpline hung up"


@pytest.mark.parametrize("answer", ["answers talks 5", "no-answer", "busy", "fails"])
def test_what_follows_the_last_call_is_true_whether_it_was_answered_or_not(answer: str) -> None:
    """In both last resorts: nothing asks there how the call ended."""
    golden = Golden("A call.", {"at": "2026-11-23 10:00"})
    call, _ = _play(golden, VPR, 0, f"+18008418371={answer}; *=no-answer")
    assert call.spoke_with == (["+18008418371"] if answer.startswith("answers") else [])
    words = " ".join(str(call.transcript).split())
    assert "did not answer" not in words
    assert "no contestó" not in words
    number = "8 0 0, 8 4 1, 8 3 7 1"
    assert f"If you were cut off, their number is {number}. Again: {number}." in words
    assert f"Si se cortó la llamada, su número es {number}. Otra vez: {number}." in words


def test_the_document_needs_nothing_from_anywhere(config: Path) -> None:
    site = load(config, RULES).site
    document = Renderer("").write(fallback(site))
    tree = ElementTree.fromstring(document)  # noqa: S314 -- our own
    assert len(document) < 4000, "so that it fits wherever documents can be pasted (Twilio, api/errors/32018)"
    for element in tree.iter():
        assert not {"action", "url", "method", "src"} & set(element.keys())
    assert {element.tag for element in tree} == {"Say", "Dial", "Hangup"}
    voices = {element.get("language") for element in tree.iter("Say")}
    assert voices == {"en-US", "es-US"}
    said = " ".join(element.text or "" for element in tree.iter("Say"))
    assert "dial 9 1 1" in said
    assert "marque 9 1 1" in said


@pytest.fixture
def _numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The advocates' numbers, as on a demo's server."""
    for name, number in NAMES.items():
        monkeypatch.setenv(name, number)
    monkeypatch.setenv("PHONETREE_DEMO", "1")


@pytest.mark.usefixtures("_numbers")
def test_the_command_prints_it(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fallback", "--config", str(config)]) == 0
    printed = capsys.readouterr().out.strip().encode()
    assert printed == Renderer("").write(fallback(load(config, RULES).site)).strip()
    monkeypatch.delenv("ADVOCATE_1")
    assert main(["fallback", "--config", str(config)]) == 1
    assert "$ADVOCATE_1" in capsys.readouterr().err


@pytest.mark.usefixtures("_numbers")
def test_for_a_second_provider_it_shows_a_number_of_there(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fallback", "--config", str(config), "--caller-id", "+1 (617) 555-0177"]) == 0
    tree = ElementTree.fromstring(capsys.readouterr().out)  # noqa: S314 -- our own
    assert [dial.get("callerId") for dial in tree.iter("Dial")] == ["+16175550177"] * 2
    for wrong in ("12", "911", "hello", "+1 (617) 253 1OOO", "+1 617 253 ２３００"):
        assert main(["fallback", "--config", str(config), "--caller-id", wrong]) == 1
        assert f"--caller-id: '{wrong}'" in capsys.readouterr().err
