"""What a process happens to know of legs: a courtesy, bounded, and forgotten."""

import pytest

from phonetree.core.events import DialEnded, HungUp, LegAnswered, LegPressed, TooLate
from phonetree.core.state import State, Step
from phonetree.provider.request import read
from phonetree.runtime import legs
from phonetree.runtime.legs import LegTracker

HERE = State("abc", "en", "advocate", Step.SCREEN)


def pick_up(known: LegTracker, leg: str, number: str = "+16175550101") -> None:
    assert known.event(HERE, read({"CallSid": leg, "ParentCallSid": "call", "To": number})) == LegAnswered()


def press(known: LegTracker, leg: str, key: str = "1") -> LegPressed:
    event = known.event(HERE.at(Step.ACCEPT), read({"CallSid": leg, "ParentCallSid": "call", "Digits": key}))
    assert isinstance(event, LegPressed)
    return event


def test_the_second_to_accept_is_too_late() -> None:
    known = LegTracker()
    assert press(known, "one").too_late is None
    assert press(known, "two").too_late is TooLate.TAKEN
    assert press(known, "one").too_late is None, "a request that the network repeats"


def test_a_wrong_key_accepts_nothing() -> None:
    known = LegTracker()
    press(known, "one", "5")
    assert press(known, "two").too_late is None


def test_a_caller_who_has_gone_is_known() -> None:
    known = LegTracker()
    pick_up(known, "one")
    known.hang_up("call")
    assert press(known, "one").too_late is TooLate.GONE


def test_a_hang_up_while_ringing_is_known_too() -> None:
    known = LegTracker()
    assert known.event(HERE.at(Step.RUNG), read({"CallSid": "call", "CallStatus": "completed"})) == HungUp()
    assert press(known, "one").too_late is TooLate.GONE


def test_the_end_of_a_round_tells_what_was_known_and_forgets_it() -> None:
    known = LegTracker()
    pick_up(known, "one")
    press(known, "one")
    rung = HERE.at(Step.RUNG)
    assert known.event(rung, read({"CallSid": "call"})) == DialEnded(True, frozenset({"+16175550101"}))
    assert known.event(rung, read({"CallSid": "call", "DialCallStatus": "no-answer"})) == DialEnded(False)


def test_it_is_forgotten_after_two_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(legs, "monotonic", lambda: now[0])
    known = LegTracker()
    press(known, "one")
    now[0] += legs.SECONDS + 1
    press(known, "x")
    assert len(known._calls) == 1
    assert press(known, "y").too_late is TooLate.TAKEN


def test_it_does_not_grow_without_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legs, "MOST_CALLS", 10)
    known = LegTracker()
    for number in range(100):
        known.hang_up(str(number))
    assert len(known._calls) == 10
