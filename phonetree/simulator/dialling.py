"""Ringing other phones: legs, the question to each, and who is connected.

Rules are from Twilio's pages voice/twiml/dial and voice/twiml/number; what they do not specify is in `Rules`.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from phonetree.errors import SimulationError
from phonetree.simulator.caller import REACTION_SECONDS, seconds
from phonetree.simulator.ending import CallOver
from phonetree.simulator.transport import Unreachable
from phonetree.simulator.twiml import ON_A_LEG, Dial, Document, Gather, Hangup, Number, Said
from phonetree.simulator.world import Answer, Behaviour

if TYPE_CHECKING:
    from phonetree.simulator.phone import Call

_E164 = re.compile(r"\+[1-9]\d{6,14}\Z")
_EMERGENCY = re.compile(r"\+?1?(911|112|999|933|988)\Z")
_STATUS = {Answer.BUSY: "busy", Answer.FAILS: "failed"}
LATE_SECONDS = 2.0
"""How long after a call was taken a key on another leg can still arrive."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """One Dial: whom, with which caller id, for how long; and when, in seconds into the call."""

    numbers: tuple[str, ...]
    caller_id: str
    seconds: int
    at: float


@dataclass(slots=True)
class _Leg:
    """One phone that is picked up. `at` is the moment of its next step; `life` takes the steps and ends
    with whether the person who picked up is connected."""

    number: str
    at: float
    life: Generator[float, None, bool]

    def step(self, call: Call) -> bool | None:
        """Takes the next step at its moment; the outcome when it was the last one."""
        before, call.clock.elapsed = call.clock.elapsed, self.at
        try:
            self.at = next(self.life)
        except StopIteration as stop:
            accepted: bool = stop.value
            self.at = call.clock.elapsed
            return accepted
        finally:
            call.clock.elapsed = before
        return None


@dataclass(frozen=True, slots=True)
class _Round:
    """The result of ringing: who was connected, whether anybody picked up, and when it ended."""

    winner: str | None
    picked_up: bool
    at: float
    unfinished: tuple[_Leg, ...] = ()


def dial(call: Call, verb: Dial) -> Document | None:
    """Rings, and bridges the caller with the first accepted leg; then the action, or the next verb."""
    caller_id = verb.caller_id or call.number
    numbers = tuple(number.number for number in verb.numbers)
    _check(call, numbers, caller_id)
    if caller_id != call.number and not call.network.settings.shows(caller_id):
        return _refused(call, verb, numbers, caller_id)
    call.dialled.append(Ringing(numbers, caller_id, verb.timeout, call.clock.elapsed))
    call.note("rings", f"{', '.join(numbers)}; they see {caller_id}; for up to {verb.timeout} s")
    round_ = _ring(call, verb)
    try:
        _pass_until(call, verb, round_.at)
    finally:
        _late(call, round_)
    if round_.winner is None:
        call.note("", "nobody takes the call")
        status = call.rules.unaccepted if round_.picked_up else _failure(call, verb)
        return _end(call, verb, status, bridged=False)
    call.spoke_with.append(round_.winner)
    talks = _behaviour(call, verb, round_.winner).talks
    call.note("speaks", f"with {round_.winner}")
    _pass_until(call, verb, call.clock.elapsed + talks, bridged=True)
    return _end(call, verb, "completed", bridged=True, duration=talks)


def _check(call: Call, numbers: tuple[str, ...], caller_id: str) -> None:
    for number in numbers:
        if _EMERGENCY.match(number):
            raise SimulationError(f"{number} is an emergency number; it is never bridged")
        if not _E164.match(number):
            raise SimulationError(f"13224: '{number}' is not a number in E.164")
    settings = call.network.settings
    if caller_id not in (call.number, settings.number, settings.forwarded_from):
        raise SimulationError(f"13214: the caller id '{caller_id}' is neither the caller's nor the helpline's")


def _refused(call: Call, verb: Dial, numbers: tuple[str, ...], caller_id: str) -> Document | None:
    """Nobody rings: the caller id is neither a number of the account nor verified (Twilio, api/errors/13214)."""
    call.note("network", f"does not ring {', '.join(numbers)}: it may not show {caller_id} (13214)")
    if call.rules.refusal == "error":
        return call.broken_off("13214")
    if call.rules.refusal == "skipped":
        return None
    return _end(call, verb, "failed", bridged=False)


def _behaviour(call: Call, verb: Dial, number: str) -> Behaviour:
    screened = any(one.screen for one in verb.numbers if one.number == number)
    return call.world.phone(number, screened=screened)


def _failure(call: Call, verb: Dial) -> str:
    answers = {_behaviour(call, verb, one.number).answer for one in verb.numbers}
    return _STATUS.get(answers.pop(), "no-answer") if len(answers) == 1 else "no-answer"


def _pass_until(call: Call, verb: Dial, moment: float, *, bridged: bool = False) -> None:
    """Time passes on the caller's side; a hang-up meanwhile may still be reported to the action."""
    try:
        call.pass_time(max(0.0, moment - call.clock.elapsed))
    except CallOver:
        if call.rules.action_after_hangup:
            call.status = "completed"
            _end(call, verb, "completed" if bridged else "canceled", bridged=bridged)
        raise


def _end(call: Call, verb: Dial, status: str, *, bridged: bool, duration: int = 0) -> Document | None:
    if not verb.action:
        return None
    said = {"DialBridged": str(bridged).lower()} if call.rules.says_bridged else {}
    return call.fetch(verb.action, DialCallStatus=status, DialCallDuration=str(duration), **said)


# -- the round


def _ring(call: Call, verb: Dial) -> _Round:
    began = call.clock.elapsed
    last_ring = over = began + verb.timeout
    legs: list[_Leg] = []
    refused = 0
    for number in verb.numbers:
        behaviour = _behaviour(call, verb, number.number)
        picks_up = began + behaviour.after
        if behaviour.answer in _STATUS:
            refused += 1
            call.transcript.add(picks_up, "", f"{number.number}: {_STATUS[behaviour.answer]}")
        elif behaviour.answer is not Answer.NO_ANSWER and picks_up <= last_ring:
            legs.append(_Leg(number.number, picks_up, _live(call, verb, number, behaviour.answer)))
    if refused == len(verb.numbers):
        over = began + max(_behaviour(call, verb, number.number).after for number in verb.numbers)
    return _play(call, legs, over)


def _play(call: Call, legs: list[_Leg], over: float) -> _Round:
    """Runs the legs concurrently, each at its moments, until one is connected or all are over."""
    gone = call.caller.hangs_up_at
    picked_up = bool(legs)
    while legs:
        leg = min(legs, key=lambda leg: leg.at)
        if gone is not None and leg.at >= gone:
            return _Round(None, picked_up, gone, tuple(legs))
        if call.rules.pick_up_cancels:
            legs = [leg]
        outcome = leg.step(call)
        if outcome is None:
            continue
        legs = [other for other in legs if other is not leg]
        if outcome:
            return _Round(leg.number, picked_up, leg.at, tuple(legs))
        if call.rules.pick_up_cancels:
            over = leg.at
    return _Round(None, picked_up, over)


def _late(call: Call, round_: _Round) -> None:
    """Keys pressed on other legs just after the call was taken."""
    for leg in round_.unfinished if call.rules.late_acceptance else ():
        if leg.at <= round_.at + LATE_SECONDS:
            leg.step(call)


# -- one leg


def _live(call: Call, verb: Dial, number: Number, answer: Answer) -> Generator[float, None, bool]:
    """What happens on a phone from being picked up; resumed at each moment that it asked for.

    The first step is taken at the moment of picking up, which the leg was made with.
    """
    if number.screen is None:
        call.note("", f"{number.number} answers")
        return True
    call.note("", f"{number.number} is picked up{' by a machine' if answer is Answer.MACHINE else ''}")
    leg = _LegLine(call, number.number, verb.caller_id or call.number)
    document = leg.fetch(number.screen)
    asked = 0
    while True:
        question = leg.hear(document)
        if question is None:
            return not any(isinstance(verb, Hangup) for verb in document) and leg.connected
        asked += 1
        key = _key(answer, asked)
        if answer is Answer.DECLINES:
            yield call.clock.elapsed + seconds(question.said)
            call.note("", f"{number.number} hangs up")
            return False
        if key is None:
            yield call.clock.elapsed + seconds(question.said) + question.timeout
            return leg.falls_through(document)
        yield call.clock.elapsed + seconds(question.said) + REACTION_SECONDS
        call.note("", f"{number.number} presses {key}")
        document = leg.fetch(question.action or leg.url, Digits=key)


def _key(answer: Answer, asked: int) -> str | None:
    match answer:
        case Answer.ACCEPTS:
            return "1"
        case Answer.WRONG_KEY:
            return "5" if asked == 1 else "1"
        case Answer.WRONG_KEYS:
            return "5"
    return None


class _LegLine:
    """A dialled leg's side of HTTP (voice/twiml/number: the requests there speak of the child call)."""

    def __init__(self, call: Call, number: str, caller_id: str) -> None:
        self.call = call
        self.number = number
        self.caller_id = caller_id
        self.id = call.network.new_call_id()
        self.url = call.url
        self.connected = True

    def fetch(self, url: str, **extra: str) -> Document:
        target = urljoin(self.url, url)
        fields = self.call.fields(**extra)
        fields.update(
            CallSid=self.id, ParentCallSid=self.call.id, Direction="outbound-dial", CallStatus="in-progress",
            From=self.caller_id, Caller=self.caller_id, To=self.number, Called=self.number,
        )  # fmt: skip
        fields.pop("ForwardedFrom", None)
        try:
            document = self.call.network.document(target, fields)
        except Unreachable:
            self.connected = False
            return ()
        for verb in document:
            if not isinstance(verb, ON_A_LEG):
                raise SimulationError(f"<{type(verb).__name__}> may not run on a leg that is not bridged yet")
        self.url = target
        return document

    def hear(self, document: Document) -> Gather | None:
        """What the person who picked up hears; the question, if there is one."""
        gather = next((verb for verb in document if isinstance(verb, Gather)), None)
        said = gather.said if gather else tuple(verb for verb in document if isinstance(verb, Said))
        words = " ".join(piece.text for piece in said if isinstance(piece, Said))
        if words:
            self.call.note("", f"{self.number} hears: {words}")
        return gather

    def falls_through(self, document: Document) -> bool:
        """Nobody pressed a key: without a Hangup after the question the leg is bridged, machine or not."""
        bridged = not any(isinstance(verb, Hangup) for verb in document)
        if not bridged:
            self.call.note("", f"{self.number} is hung up on")
        return bridged
