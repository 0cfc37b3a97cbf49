"""What one call can change in the counts."""

from collections import Counter
from datetime import timedelta

import pytest

from phonetree.core.turn import Outcome
from tests.support.lines import VPR
from tests.support.server import DAY, Server, gathered

CALL = "CA" + "1" * 32
OTHER = "CA" + "2" * 32


@pytest.fixture
def server() -> Server:
    return Server(VPR, now=DAY)


def _counted(server: Server) -> Counter[Outcome]:
    return gathered(server.services.outcomes.counts)


def test_a_turn_that_is_asked_again_is_counted_once(server: Server) -> None:
    for _ in range(3):
        server.post("/voice", CallSid=CALL)
    server.post("/voice", CallSid=OTHER)
    ended = server.state("line_barcc", "bridged")
    for _ in range(3):
        server.post(ended, CallSid=CALL, DialCallStatus="completed", DialBridged="true")
    assert _counted(server) == {Outcome.CALL: 2, Outcome.LINE: 1}
    assert sum(sum(month.times.values()) for month in server.services.outcomes.counts._months.values()) == 2


def test_a_call_counts_for_two_outcomes_at_most(server: Server) -> None:
    server.post("/voice", CallSid=CALL)
    after = server.post(
        server.state("line_barcc", "bridged"), CallSid=CALL, DialCallStatus="completed", DialBridged="true"
    )
    assert "counted=1" in after.text
    assert "counted=1" not in server.post("/voice", CallSid=CALL).text
    marked = server.state("voicemail", "recorded", query="?counted=1")
    server.post(marked, CallSid=CALL, RecordingDuration="9")
    server.post(server.state("advocate", "accept", query="?counted=1"), CallSid=OTHER, ParentCallSid=CALL, Digits="1")
    assert _counted(server) == {Outcome.CALL: 1, Outcome.LINE: 1}


def test_one_that_an_advocate_took_is_marked_for_the_rest_of_the_call(server: Server) -> None:
    ended = server.state("advocate", "rung", query=f"?began={int(DAY.timestamp())}&round=1")
    after = server.post(ended, CallSid=CALL, DialCallStatus="completed", DialBridged="true")
    assert "counted=1" in after.text


@pytest.mark.parametrize(
    ("node", "step", "fields", "outcomes"),
    [
        ("line_barcc", "bridged", {"DialCallStatus": "completed", "DialBridged": "true"}, {Outcome.LINE: 1}),
        ("line_barcc", "bridged", {"DialCallStatus": "canceled", "DialBridged": "false"}, {}),
        ("voicemail", "recorded", {"Digits": "hangup", "RecordingDuration": "9"}, {Outcome.MESSAGE: 1}),
        ("voicemail", "recorded", {"Digits": "hangup", "RecordingDuration": "1"}, {}),
        ("advocate", "rung", {"DialCallStatus": "canceled", "DialBridged": "false"}, {}),
    ],
)
def test_a_call_that_its_caller_ends_is_counted_for_what_it_came_to(
    server: Server, node: str, step: str, fields: dict[str, str], outcomes: dict[Outcome, int]
) -> None:
    server.post(server.state(node, step), CallSid=CALL, **{"CallStatus": "completed", **fields})
    assert _counted(server) == outcomes


def test_alerts_hear_of_what_is_not_counted(server: Server) -> None:
    told: list[Outcome] = []
    alerts = server.services.alerts
    alerts.unanswered = lambda: told.append(Outcome.UNANSWERED)  # type: ignore[method-assign]
    server.now += timedelta(hours=1)
    ended = server.state("advocate", "rung", query="?began=1&round=1&counted=1")
    server.post(ended, CallSid=CALL, DialCallStatus="no-answer")
    assert told == [Outcome.UNANSWERED]
    assert not _counted(server)


def test_what_is_remembered_of_a_call_is_not_its_id(server: Server) -> None:
    server.post("/voice", CallSid=CALL)
    assert len(server.services.outcomes.recent) == 1
    assert CALL not in repr((server.services.outcomes, server.services.outcomes.recent._held))


def test_a_call_that_an_advocate_took_is_not_counted_as_a_failure_too(server: Server) -> None:
    server.post("/voice", CallSid=CALL)
    server.post(server.state("advocate", "accept"), CallSid=OTHER, ParentCallSid=CALL, Digits="1")
    rung = server.state("advocate", "rung", query=f"?began={int(DAY.timestamp())}&round=1")
    server.services.outcomes.recent._held.clear()  # a long conversation later
    server.post("/voice/fallback", CallSid=CALL, ErrorCode="11200", ErrorUrl=f"https://tree.example.org{rung}")
    assert _counted(server) == {Outcome.CALL: 1, Outcome.ADVOCATE: 1}


def test_a_bridge_that_fails_after_an_advocate_accepted_is_one_outcome(server: Server) -> None:
    server.post("/voice", CallSid=CALL)
    server.post(server.state("advocate", "accept"), CallSid=OTHER, ParentCallSid=CALL, Digits="1")
    rung = server.state("advocate", "rung", query="?began=1&round=1")
    server.post(rung, CallSid=CALL, DialCallStatus="no-answer", DialBridged="false")
    assert _counted(server) == {Outcome.CALL: 1, Outcome.ADVOCATE: 1}


def test_a_turn_that_fails_after_it_was_counted_is_one_outcome(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.post("/voice", CallSid=CALL)

    def broken(_: object) -> bytes:
        raise ValueError("a bug")

    monkeypatch.setattr(server.services.renderer, "render", broken)
    ended = server.state("line_barcc", "bridged")
    assert server.post(ended, CallSid=CALL, DialCallStatus="completed", DialBridged="true").status_code == 200
    assert _counted(server) == {Outcome.CALL: 1, Outcome.LINE: 1}
