"""Signed, and yet anything: whatever stands in a field or an address, the caller is helped and nothing breaks."""

import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from phonetree.core.state import LATEST_BEGAN, Step
from phonetree.runtime.canary import RESCUE_HEADER
from phonetree.simulator import twiml
from phonetree.simulator.transport import sign
from tests.support.lines import TOKEN, URL, VPR
from tests.support.server import Server

NASTY = [
    "", " ", "//[", "http://[", "://", "\x00", "\x08", "\ufffd", "\u202e", "<&>\"'", "1e99", "-1", "+1", "٣", "²",
    "9" * 5000, "NaN", "true", "hangup", "completed", "1" * 33, "{name:d}", "%s%n", "../../etc/passwd",
    "CA" + "0" * 32, "\r\nX: y", "日本",
]  # fmt: skip
NAMES = [
    "CallSid", "ParentCallSid", "From", "To", "CallStatus", "Digits", "DialCallStatus", "DialCallDuration",
    "DialBridged", "RecordingDuration", "ErrorCode", "ErrorUrl", "Direction", "Note",
]  # fmt: skip
COUNTS = ["misses", "repeats", "round", "rang", "picked", "rung", "ringing", "alone", "began", "token", "menu"]

values = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
fields = st.dictionaries(st.sampled_from(NAMES), values, max_size=8).filter(
    lambda given: sum(map(len, given.values())) < 12_000  # larger requests are refused before they are read
)
counts = st.one_of(
    st.integers(-1, 12), st.sampled_from([999, 1000, 99_999, LATEST_BEGAN, LATEST_BEGAN + 1, 2**40, 2**64, 10**20])
)
queries = st.dictionaries(st.sampled_from(COUNTS), st.one_of(counts.map(str), st.sampled_from(NASTY)), max_size=5)
NODES = ["welcome", "advocate", "barcc_now", "voicemail", "about", "leave", "nowhere", "instead", "x" * 65]


@pytest.fixture(scope="module")
def server() -> Server:
    return Server(VPR, now=datetime(2026, 11, 23, 15, 0, tzinfo=UTC))


def ask(server: Server, path: str, given: dict[str, str]) -> TestResponse:
    headers = {"X-Twilio-Signature": sign(TOKEN, URL + path, given)}
    return server.client.post(path, data=given, headers=headers)


def helped(response: TestResponse) -> None:
    assert response.status_code == 200
    assert RESCUE_HEADER not in response.headers, "a turn failed, and the last resort answered"
    assert response.headers["Content-Type"] == "text/xml"
    twiml.parse(response.data, "text/xml")


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(
    node=st.sampled_from(NODES),
    step=st.sampled_from([*Step, "dance"]),
    language=st.sampled_from(["en", "es", "xx", "EN"]),
    query=queries,
    given=fields,
)
@example(node="advocate", step="rung", language="en", query={"began": str(2**39), "round": "1"}, given={})
@example(node="advocate", step="rung", language="en", query={"began": str(LATEST_BEGAN), "round": "1"}, given={})
def test_any_place_with_any_fields(
    server: Server, node: str, step: str, language: str, query: dict[str, str], given: dict[str, str]
) -> None:
    asked = "&".join(f"{name}={quote(value[:200])}" for name, value in query.items())
    helped(ask(server, server.state(node, step, language, f"?{asked}" if asked else ""), given))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(given=fields)
@example(given={"ErrorUrl": "//["})
@example(given={"ErrorUrl": "http://[/voice/a/es/b/ask"})
def test_any_first_request_and_any_fallback(server: Server, given: dict[str, str]) -> None:
    helped(ask(server, "/voice", given))
    helped(ask(server, "/voice/fallback", given))
    for path in ("/voice/status", "/voice/recording"):
        assert ask(server, path, given).status_code == 204


@pytest.mark.parametrize(
    ("address", "language"),
    [
        (f"{URL}/voice/abc/es/welcome/ask?menu=welcome#rc=2", "algo falló aquí"),
        ("/voice/abc/es/welcome/ask", "algo falló aquí"),
        (f"{URL}/voice/abc/en/welcome/ask", "something went wrong"),
        (f"{URL}/voice", "something went wrong"),
        ("//[", "something went wrong"),
    ],
)
def test_the_fallback_speaks_the_language_of_the_address_that_failed(
    server: Server, address: str, language: str
) -> None:
    assert language in ask(server, "/voice/fallback", {"ErrorUrl": address}).get_data(as_text=True)


def test_of_an_error_code_only_a_number_is_logged(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    ask(server, "/voice/fallback", {"ErrorCode": "+1617"})
    ask(server, "/voice/fallback", {"ErrorCode": "11200"})
    logged = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line.get("code") for line in logged if line["event"] == "fallback"] == ["", "11200"]
    assert not any("1617" in str(value) for line in logged for key, value in line.items() if key != "timestamp")


@pytest.mark.parametrize("method", ["POST", "GET", "PURGE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize(
    "path", ["/voice//x", "/x", "/fr", "/static/x", "/VOICE", "/", "/es", "/healthz", "/voice/a/b/c/ask/"]
)
def test_a_signed_request_that_no_route_takes_comes_from_a_call_and_gets_help(
    server: Server, method: str, path: str
) -> None:
    headers = {"X-Twilio-Signature": sign(TOKEN, URL + path, {})}
    response = server.client.open(path, method=method, headers=headers)
    if method == "GET" and path in ("/", "/es", "/healthz"):
        assert response.status_code == 200, "a public page is one for everybody"
    else:
        helped(response)
