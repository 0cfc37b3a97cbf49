"""From the provider's parameters to what happened (Twilio, voice/twiml and the pages of each verb)."""

from collections.abc import Mapping
from dataclasses import dataclass

from phonetree.core.events import DialEnded, Event, HungUp, LegAnswered, LegPressed, Pressed, Recorded, Rival, Silent
from phonetree.core.ringing import SCREEN_SECONDS
from phonetree.core.state import State, Step

Fields = Mapping[str, str]

_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_KEYS = frozenset("0123456789*#ABCD")
_MOST_KEYS = 32


@dataclass(frozen=True, slots=True)
class Known:
    """What this server happens to know of the call's other legs; nothing, on another server.

    `accepted` is whether a member pressed 1: it decides where the provider does not say `DialBridged`,
    together with a leg that lasted longer than any question to it.
    """

    accepted: bool = False
    picked_up: frozenset[str] = frozenset()
    rival: Rival | None = None


def event(state: State, fields: Fields, known: Known) -> Event:
    """What happened on a call that was in `state`."""
    match state.step:
        case Step.SCREEN:
            return LegAnswered()
        case Step.ACCEPT:
            return LegPressed(keys(fields), known.rival)
        case _ if has_ended(fields):
            return HungUp()
        case Step.RUNG:
            talked = _number(fields, "DialCallDuration") > SCREEN_SECONDS
            return _dial_ended(fields, known.picked_up, accepted=known.accepted or talked)
        case Step.BRIDGED:
            return _dial_ended(fields, accepted=fields.get("DialCallStatus") in ("completed", "answered"))
        case Step.RECORDED:
            return HungUp() if fields.get("Digits") == "hangup" else Recorded(_number(fields, "RecordingDuration"))
        case _:
            pressed = keys(fields)
            return Pressed(pressed) if pressed else Silent()


def has_ended(fields: Fields) -> bool:
    """Whether the request speaks of a call that is over: nobody hears the answer."""
    return fields.get("CallStatus") in _OVER


def keys(fields: Fields) -> str:
    """The keys that were pressed; "?" for what no phone has."""
    digits = fields.get("Digits", "")
    if not digits:
        return ""
    return digits if len(digits) <= _MOST_KEYS and set(digits) <= _KEYS else "?"


def error_code(fields: Fields) -> str:
    """The provider's number of the error that made it ask for the fallback; "" when it names none."""
    code = fields.get("ErrorCode", "")
    return code if code.isascii() and code.isdigit() and len(code) < 6 else ""


def _dial_ended(fields: Fields, picked_up: frozenset[str] = frozenset(), *, accepted: bool) -> DialEnded:
    """A Dial that the network skips has no status: the verb after it leads here."""
    connected = _bridged(fields, accepted=accepted)
    return DialEnded(connected, picked_up, failed=not connected and fields.get("DialCallStatus", "failed") == "failed")


def _bridged(fields: Fields, *, accepted: bool) -> bool:
    """`DialCallStatus` alone would call a personal voicemail that picked up `completed`."""
    said = fields.get("DialBridged", "").lower()
    return said == "true" if said in ("true", "false") else accepted


def _number(fields: Fields, name: str) -> int:
    text = fields.get(name, "")
    return min(int(text), 10**6) if text.isascii() and text.isdigit() and len(text) < 10 else 0
