"""What a server knows of the legs of a call: a courtesy, bounded, and forgotten."""

import pytest

from phonetree.core.events import DialEnded, HungUp, LegAnswered, LegPressed, TooLate
from phonetree.core.state import State, Step
from phonetree.provider.request import read
from phonetree.runtime import legs, recent
from phonetree.runtime.legs import LegTracker

SCREEN = State("abc", "en", "advocate", Step.SCREEN, token=7)
ACCEPT = SCREEN._replace(step=Step.ACCEPT)
RUNG = SCREEN._replace(step=Step.RUNG)
PHONE = "+16175550101"


def pick_up(known: LegTracker, leg: str, number: str = PHONE) -> None:
    assert known.event(SCREEN, read({"CallSid": leg, "ParentCallSid": "call", "To": number})) == LegAnswered()


def press(known: LegTracker, leg: str, key: str = "1", state: State = ACCEPT) -> LegPressed:
    event = known.event(state, read({"CallSid": leg, "ParentCallSid": "call", "Digits": key}))
    assert isinstance(event, LegPressed)
    return event


def rung(known: LegTracker, state: State = RUNG, **fields: str) -> DialEnded:
    event = known.event(state, read({"CallSid": "call", **fields}))
    assert isinstance(event, DialEnded)
    return event


def test_each_ringing_has_a_token_of_its_own() -> None:
    known = LegTracker()
    made = {known.begun(SCREEN._replace(step=Step.RING, token=0)).token for _ in range(100)}
    assert len(made) == 100
    assert min(made) > 0
    assert known.begun(RUNG) == RUNG, "a further round keeps it"


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
    assert isinstance(known.event(RUNG, read({"CallSid": "call", "CallStatus": "completed"})), HungUp)
    assert press(known, "one").too_late is TooLate.GONE


def test_the_end_of_a_round_tells_the_same_however_often_it_is_asked() -> None:
    known = LegTracker()
    pick_up(known, "one")
    press(known, "one")
    for _ in range(3):
        assert rung(known) == DialEnded(True, frozenset({PHONE}))
    assert rung(known, DialCallStatus="completed", DialBridged="false") == DialEnded(False, frozenset({PHONE}))


def test_who_accepted_in_one_round_has_not_accepted_in_the_next() -> None:
    known = LegTracker()
    press(known, "one")
    assert press(known, "two", state=ACCEPT._replace(round=1)).too_late is None
    assert rung(known, RUNG._replace(round=2), DialCallStatus="no-answer") == DialEnded(False)


def test_calls_know_nothing_of_each_other() -> None:
    known = LegTracker()
    pick_up(known, "one")
    press(known, "one")
    assert rung(known, RUNG._replace(token=8), DialCallStatus="no-answer") == DialEnded(False)
    assert rung(known, RUNG._replace(token=0), DialCallStatus="no-answer") == DialEnded(False)


def test_it_is_forgotten_after_two_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(recent, "monotonic", lambda: now[0])
    known = LegTracker()
    press(known, "one")
    known.hang_up("another")
    now[0] += recent.SECONDS + 1
    assert press(known, "two").too_late is None
    now[0] += recent.SECONDS + 1
    known.expire()
    assert (len(known), len(known._hung_up)) == (0, 0)


def test_it_does_not_grow_without_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legs, "MOST_CALLS", 10)
    known = LegTracker()
    for number in range(100):
        known.hang_up(str(number))
        press(known, "one", state=ACCEPT._replace(token=number + 1))
    assert (len(known), len(known._hung_up)) == (10, 10)


def test_it_holds_no_number_of_a_call() -> None:
    known = LegTracker()
    known.hang_up("CA" + "1" * 32)
    press(known, "CA" + "2" * 32)
    held = repr([known._rounds._held, known._hung_up._held])
    assert "1" * 32 not in held
    assert "2" * 32 not in held
