"""The webhook: refusals first; then help, whatever comes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from xml.etree import ElementTree

import pytest

from phonetree.core import engine
from phonetree.simulator import twiml
from phonetree.simulator.transport import sign
from tests.support.lines import TOKEN, URL, VPR
from tests.support.server import Server


@pytest.fixture(scope="module")
def server() -> Server:
    return Server(VPR)


def heard(response) -> str:  # type: ignore[no-untyped-def]
    """Every word of an answer, which has to be a document that the network runs."""
    assert response.status_code == 200
    document = twiml.parse(response.data, response.headers["Content-Type"])
    said = [piece for verb in document if isinstance(verb, twiml.Gather) for piece in verb.said]
    said += [verb for verb in document if isinstance(verb, twiml.Said)]
    return " ".join(piece.text for piece in said if isinstance(piece, twiml.Said))


def dialled(response) -> list[str]:  # type: ignore[no-untyped-def]
    document = twiml.parse(response.data, response.headers["Content-Type"])
    return [number.number for verb in document if isinstance(verb, twiml.Dial) for number in verb.numbers]


# -- refusals


ADDRESSES = [
    "/voice",
    "/voice/fallback",
    "/voice/recording",
    "/voice/status",
    "/voice/a/b/c/ask",
    "/voice/x",
    "/voice/",
]


@pytest.mark.parametrize("path", ADDRESSES)
def test_what_is_not_signed_gets_a_bare_403(server: Server, path: str) -> None:
    for headers in ({}, {"X-Twilio-Signature": "x"}, {"X-Twilio-Signature": sign("another token", URL + path, {})}):
        response = server.client.post(path, data={}, headers=headers)
        assert (response.status_code, response.data) == (403, b"")


def test_nothing_is_read_before_the_check(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object) -> None:
        raise AssertionError("a turn was taken for an unsigned request")

    monkeypatch.setattr(engine, "start", never)
    monkeypatch.setattr(engine, "turn", never)
    assert server.client.post("/voice").status_code == 403
    assert server.client.post(server.state("welcome", "ask")).status_code == 403


def test_a_signature_for_another_address_is_refused(server: Server) -> None:
    signature = sign(TOKEN, f"{URL}/voice", {})
    assert server.client.post("/voice?x=1", headers={"X-Twilio-Signature": signature}).status_code == 403
    assert (
        server.client.post(server.state("welcome", "ask"), headers={"X-Twilio-Signature": signature}).status_code == 403
    )


def test_forwarded_headers_decide_nothing(server: Server) -> None:
    signature = sign(TOKEN, "https://evil.example.org/voice", {})
    headers = {"X-Twilio-Signature": signature, "X-Forwarded-Host": "evil.example.org", "Host": "evil.example.org",
               "X-Forwarded-Proto": "https"}  # fmt: skip
    assert server.client.post("/voice", headers=headers).status_code == 403


def test_a_body_too_large_is_refused(server: Server) -> None:
    fields = {"From": "x" * 70_000}
    signature = sign(TOKEN, f"{URL}/voice", fields)
    response = server.client.post("/voice", data=fields, headers={"X-Twilio-Signature": signature})
    assert (response.status_code, response.data) == (403, b"")


def test_a_fault_in_the_check_itself_fails_closed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr(type(server.services.verifier), "accepts", broken)
    assert server.post("/voice").status_code == 403


# -- help, whatever comes


def test_a_call_comes_in(server: Server) -> None:
    assert "Advocates are here" in heard(server.post("/voice", CallStatus="ringing"))


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_any_signed_method_gets_help(server: Server, method: str) -> None:
    assert "Advocates are here" in heard(server.post("/voice", method=method))


def test_a_signed_body_that_is_no_form_gets_help(server: Server) -> None:
    import hashlib

    body = b'{"CallSid": "CA1"}'
    path = f"/voice?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"X-Twilio-Signature": sign(TOKEN, URL + path, {}), "Content-Type": "application/json"}
    assert "Advocates are here" in heard(server.client.post(path, data=body, headers=headers))


@pytest.mark.parametrize(
    "path",
    [
        "/voice/000000000000/en/welcome/ask",
        "/voice/000000000000/en/advocate/rung?round=1&began=1",
        "/voice/CURRENT/en/nowhere/ask",
        "/voice/CURRENT/xx/welcome/ask",
        "/voice/CURRENT/en/welcome/dance",
        "/voice/CURRENT/en/welcome/ask?misses=-1",
        "/voice/CURRENT/en/welcome/ask?menu=advocate",
        "/voice/an/old/form/of/address",
        "/voice/x",
    ],
)
def test_a_lost_place_begins_again_and_says_so(server: Server, path: str) -> None:
    words = heard(server.post(path.replace("CURRENT", server.sites.current.revision), Digits="1"))
    assert words.startswith("I am sorry, I lost my place.")
    assert "Advocates are here" in words


def test_a_lost_place_keeps_its_language(server: Server) -> None:
    assert heard(server.post("/voice/000000000000/es/welcome/ask")).startswith("Disculpe, perdí el hilo.")


def test_a_lost_revision_on_a_members_leg_asks_the_member_all_the_same(server: Server) -> None:
    assert heard(server.post("/voice/000000000000/en/advocate/screen")) == "A call is waiting. To take it, press 1."
    assert server.post("/voice/000000000000/en/advocate/accept", Digits="1").data.endswith(b"<Response />")


@pytest.mark.parametrize("language", ["pt", "xx"])
def test_a_member_is_asked_though_this_server_does_not_know_the_callers_language(server: Server, language: str) -> None:
    """A language was added on another server a moment ago, and the leg came here."""
    revision = server.sites.current.revision
    for known in (revision, "000000000000"):
        asked = server.post(f"/voice/{known}/{language}/advocate/screen?token=7")
        assert heard(asked) == "A call is waiting. To take it, press 1."
        taken = server.post(f"/voice/{known}/{language}/advocate/accept?token=7", Digits="1")
        assert taken.data.endswith(b"<Response />"), "connected"


@pytest.mark.parametrize("step", ["screen", "accept"])
@pytest.mark.parametrize("query", ["?round=1000", "?token=-1", "?misses=x"])
def test_a_leg_whose_address_is_unusable_is_hung_up_and_hears_no_menu(server: Server, step: str, query: str) -> None:
    response = server.post(server.state("advocate", step, query=query), Digits="1")
    assert twiml.parse(response.data, "text/xml") == (twiml.Hangup(),)


@pytest.fixture
def broken_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("+16175550123 said something secret")

    monkeypatch.setattr(engine, "turn", fail)
    monkeypatch.setattr(engine, "start", fail)


@pytest.mark.usefixtures("broken_engine")
@pytest.mark.parametrize("path", ["/voice", "/voice/CURRENT/en/welcome/ask"])
def test_an_unexpected_error_becomes_help(server: Server, path: str) -> None:
    response = server.post(path.replace("CURRENT", server.sites.current.revision))
    assert "something went wrong here" in heard(response)
    assert dialled(response) == ["+18008418371"]


@pytest.mark.usefixtures("broken_engine")
def test_an_unexpected_error_speaks_the_callers_language(server: Server) -> None:
    assert "algo falló aquí" in heard(server.post(server.state("welcome", "ask", "es")))


@pytest.mark.usefixtures("broken_engine")
def test_an_unexpected_error_on_a_members_leg_rings_nobody(server: Server) -> None:
    response = server.post(server.state("advocate", "screen"))
    assert twiml.parse(response.data, "text/xml") == (twiml.Hangup(),)


@pytest.mark.usefixtures("broken_engine")
def test_an_error_leaves_where_it_was_and_nothing_of_the_caller(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    server.post(server.state("welcome", "ask"))
    log = capfd.readouterr().err
    assert '"what": "RuntimeError"' in log
    assert "web/voice.py" in log
    for secret in ("+1617", "5550123", "secret", "CA1111"):
        assert secret not in log


def test_the_fallback_has_help_of_its_own(server: Server) -> None:
    response = server.post("/voice/fallback", ErrorCode="11200", ErrorUrl=f"{URL}/voice/abc/es/welcome/ask")
    assert "algo falló aquí" in heard(response)
    assert dialled(response) == ["+18008418371"]
    assert "something went wrong" in heard(server.post("/voice/fallback"))


def test_callbacks_are_answered_with_nothing(server: Server) -> None:
    for path in ("/voice/recording", "/voice/status"):
        response = server.post(path, CallStatus="completed")
        assert (response.status_code, response.data) == (204, b"")


@pytest.mark.parametrize("number", ["", "anonymous", "+266696687", "sip:a@b", "<&>", "0044 20", "é" * 50])
def test_callers_without_a_proper_number_are_helped(server: Server, number: str) -> None:
    assert "Advocates are here" in heard(server.post("/voice", From=number, Caller=number))


# -- nothing kept


def test_no_line_is_written_for_a_call_that_goes_well(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    server.post("/voice")
    server.post(server.state("welcome", "ask"), Digits="1")
    server.post(server.state("advocate", "ring"))
    server.post("/voice/status", CallStatus="completed")
    server.client.post("/voice")
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_no_cookie_is_set(server: Server) -> None:
    for path in ("/voice", server.state("welcome", "ask")):
        assert "Set-Cookie" not in server.post(path).headers


def test_a_call_keeps_its_revision_over_an_edit(tmp_path: Path) -> None:
    server = Server(copytree(VPR, tmp_path / "config"))
    before = server.state("welcome", "ask", query="?menu=welcome")
    routing = server.config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    routing.write_text(text.replace("for crisis lines", "for help lines"), encoding="utf-8")
    assert server.sites.reload()
    assert "For crisis lines, press 2" in heard(server.post(before, Digits="7"))
    assert "For help lines, press 2" in heard(server.post("/voice"))


def test_two_servers_of_the_same_files_can_take_each_others_turns(server: Server) -> None:
    other = Server(VPR)
    assert other.state("welcome", "ask") == server.state("welcome", "ask")
    site = replace(server.sites.current)
    assert site.revision == other.sites.current.revision


@pytest.mark.parametrize(
    "broken",
    [
        ("phonetree.core.engine.rescue",),
        ("phonetree.core.wording.Speaker.phrase", "phonetree.core.engine.start"),
        ("phonetree.runtime.services.Services.failed", "phonetree.core.engine.start"),
        ("phonetree.runtime.outcomes.OutcomeRecorder.record", "phonetree.core.engine.start"),
        ("phonetree.web.voice._failed_place", "phonetree.core.engine.start"),
        ("phonetree.provider.twiml.VoiceResponse", "phonetree.core.engine.start"),
    ],
)
def test_the_last_resort_needs_nothing_that_can_fail_at_call_time(
    broken: tuple[str, ...], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(config)

    def fail(*_arguments: object, **_named: object) -> None:
        raise RuntimeError

    for name in broken:
        monkeypatch.setattr(name, fail)
    for address in ("/voice", "/voice/fallback") if len(broken) > 1 else ("/voice/fallback",):
        answer = server.post(address)
        assert answer.status_code == 200
        document = ElementTree.fromstring(answer.data)  # noqa: S314 -- our own
        assert document.findtext("Dial/Number") == "+18008418371"
        assert "dial 9 1 1" in (document.findtext("Say") or "")
    spanish = server.post(server.state("welcome", "no-such-step", "es"))
    assert spanish.status_code == 200


def test_a_good_edit_brings_its_own_last_resort(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    server = Server(config)
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8").replace("last_resort: barcc", "last_resort: rainn")
    routing.write_text(text + '\nphrases: {en: {trouble: "Sorry. Now: {name}."}}\n', encoding="utf-8")
    assert server.sites.reload()
    document = ElementTree.fromstring(server.post("/voice/fallback").data)  # noqa: S314 -- our own
    assert document.findtext("Say").startswith("Sorry. Now: ")  # type: ignore[union-attr]
    assert document.findtext("Dial/Number") == server.sites.current.resources["rainn"].number
    text = text.replace("last_resort: rainn", "last_resort: barcc")
    routing.write_text(text + '\nphrases: {en: {trouble: "Sorry. {name:d}"}}\n', encoding="utf-8")
    assert not server.sites.reload()
    assert document.findtext("Dial/Number") in server.post("/voice/fallback").text  # type: ignore[operator]


def test_a_turn_in_the_last_second_before_closing_is_not_kept_for_the_first_after_it() -> None:
    late = Server(VPR)
    place = late.state("welcome", "ask", query="?menu=welcome")
    late.now = datetime(2026, 11, 23, 21, 59, 59, 999_999, tzinfo=UTC)
    assert "calling an advocate" in late.post(place, Digits="0").text
    late.now += timedelta(microseconds=1)
    assert "calling an advocate" not in late.post(place, Digits="0").text
