"""From the provider's parameters to what happened (Twilio, voice/twiml and the pages of each verb)."""

from collections.abc import Mapping

from phonetree.core.events import DialEnded, Event, HungUp, LegAnswered, LegPressed, Pressed, Recorded, Rival, Silent
from phonetree.core.state import State, Step

Fields = Mapping[str, str]

_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_KEYS = frozenset("0123456789*#ABCD")
_MOST_KEYS = 32


def event(state: State, fields: Fields, accepted: bool | None = None, rival: Rival | None = None) -> Event:
    """What happened on a call that was in `state`.

    `accepted` is whether a member pressed 1 on this call, as far as this server knows (None: it does not);
    it decides only where the provider does not say `DialBridged`. `rival` is why an acceptance is too late.
    """
    match state.step:
        case Step.SCREEN:
            return LegAnswered()
        case Step.ACCEPT:
            return LegPressed(_keys(fields), rival)
        case _ if has_ended(fields):
            return HungUp()
        case Step.RUNG:
            return DialEnded(_bridged(fields, accepted=bool(accepted)))
        case Step.BRIDGED:
            return DialEnded(_bridged(fields, accepted=fields.get("DialCallStatus") in ("completed", "answered")))
        case Step.RECORDED:
            return HungUp() if fields.get("Digits") == "hangup" else Recorded(_seconds(fields))
        case _:
            keys = _keys(fields)
            return Pressed(keys) if keys else Silent()


def has_ended(fields: Fields) -> bool:
    """Whether the request speaks of a call that is over: nobody hears the answer."""
    return fields.get("CallStatus") in _OVER


def _keys(fields: Fields) -> str:
    digits = fields.get("Digits", "")
    if not digits:
        return ""
    return digits if len(digits) <= _MOST_KEYS and set(digits) <= _KEYS else "?"


def _bridged(fields: Fields, *, accepted: bool) -> bool:
    """`DialCallStatus` alone would call a personal voicemail that picked up `completed`."""
    said = fields.get("DialBridged", "").lower()
    return said == "true" if said in ("true", "false") else accepted


def _seconds(fields: Fields) -> int:
    text = fields.get("RecordingDuration", "")
    return min(int(text), 10**6) if text.isascii() and text.isdigit() and len(text) < 10 else 0
