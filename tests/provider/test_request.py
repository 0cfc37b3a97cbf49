"""The provider's parameters, also those that it should never send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonetree.core.events import DialEnded, Event, HungUp, LegAnswered, LegPressed, Pressed, Recorded, Silent, TooLate
from phonetree.core.state import State, Step
from phonetree.provider.request import LegFacts, event, read

NOTHING = LegFacts()


def happened(step: Step, known: LegFacts = NOTHING, **fields: str) -> Event:
    return event(State("abc", "en", "node", step), read(fields), known)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [("1", Pressed("1")), ("*", Pressed("*")), ("#", Pressed("#")), ("", Silent()), ("1<", Pressed("?")),
     ("٣", Pressed("?")), ("9" * 99, Pressed("?")), ("A", Pressed("A"))],
)  # fmt: skip
def test_keys_are_data(digits: str, expected: Event) -> None:
    assert happened(Step.ASK, Digits=digits) == expected


def test_no_digits_at_all_is_silence() -> None:
    assert happened(Step.ASK) == Silent()


@pytest.mark.parametrize(
    ("fields", "accepted", "connected"),
    [
        ({"DialCallStatus": "completed", "DialBridged": "true"}, False, True),
        ({"DialCallStatus": "completed", "DialBridged": "false"}, True, False),
        ({"DialCallStatus": "no-answer", "DialBridged": "false"}, False, False),
        ({"DialCallStatus": "completed"}, False, False),
        ({"DialCallStatus": "completed"}, True, True),
        ({"DialCallStatus": "completed", "DialCallDuration": "9"}, False, False),
        ({"DialCallStatus": "completed", "DialCallDuration": "600"}, False, True),
        ({}, False, False),
    ],
)
def test_a_talk_with_a_member_is_never_taken_from_the_status_alone(
    fields: dict[str, str],
    accepted: bool,
    connected: bool,
) -> None:
    found = happened(Step.RUNG, LegFacts(accepted=accepted), **fields)
    assert isinstance(found, DialEnded)
    assert found.connected is connected


@pytest.mark.parametrize(
    ("status", "connected"), [("completed", True), ("answered", True), ("busy", False), ("", False)]
)
def test_an_outside_line_is_not_screened_so_its_status_counts(status: str, connected: bool) -> None:
    assert happened(Step.BRIDGED, DialCallStatus=status) == DialEnded(connected=connected)


@pytest.mark.parametrize("step", [Step.RUNG, Step.BRIDGED])
def test_a_dial_that_placed_no_call_has_failed(step: Step) -> None:
    failed = DialEnded(connected=False, failed=True)
    assert happened(step, DialCallStatus="failed", DialBridged="false") == failed
    assert happened(step) == failed, "a Dial that was passed over has no status"
    for status in ("completed", "answered", "busy", "no-answer", "canceled", ""):
        assert happened(step, DialCallStatus=status, DialBridged="false") == DialEnded(connected=False)
    assert happened(step, DialCallStatus="failed", DialBridged="true") == DialEnded(connected=True)


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer", "canceled"])
def test_a_call_that_is_over_has_hung_up(status: str) -> None:
    for step in (Step.ASK, Step.RUNG, Step.BRIDGED, Step.RECORDED):
        assert isinstance(happened(step, CallStatus=status), HungUp)


@pytest.mark.parametrize(("duration", "seconds"), [("12", 12), ("", 0), ("-1", 0), ("x", 0), ("9" * 20, 0), ("1.5", 0)])
def test_the_length_of_a_message(duration: str, seconds: int) -> None:
    assert happened(Step.RECORDED, RecordingDuration=duration) == Recorded(seconds)


def test_a_hang_up_during_the_message() -> None:
    assert happened(Step.RECORDED, Digits="hangup", RecordingDuration="12") == HungUp(Recorded(12))


@pytest.mark.parametrize(("bridged", "connected"), [("true", True), ("false", False)])
def test_a_hang_up_during_a_conversation(bridged: str, connected: bool) -> None:
    fields = {"CallStatus": "completed", "DialCallStatus": "completed", "DialBridged": bridged}
    for step in (Step.RUNG, Step.BRIDGED):
        assert happened(step, NOTHING, **fields) == HungUp(DialEnded(connected))


def test_legs() -> None:
    assert happened(Step.SCREEN, CallStatus="in-progress") == LegAnswered()
    assert happened(Step.ACCEPT, LegFacts(too_late=TooLate.GONE), Digits="1") == LegPressed("1", TooLate.GONE)


FIELDS = ["Digits", "CallStatus", "DialBridged", "DialCallStatus", "DialCallDuration", "RecordingDuration"]


@given(st.sampled_from(Step), st.dictionaries(st.sampled_from(FIELDS), st.text()))
def test_anything_is_some_event(step: Step, fields: dict[str, str]) -> None:
    happened(step, NOTHING, **fields)
