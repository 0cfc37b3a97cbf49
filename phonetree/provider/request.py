"""The provider's requests in our vocabulary (Twilio, voice/twiml and the pages of each verb).

Only this module knows their parameters."""

from collections.abc import Mapping
from dataclasses import dataclass

from phonetree.core.events import DialEnded, Event, HungUp, LegAnswered, LegPressed, Pressed, Recorded, Silent, TooLate
from phonetree.core.ringing import SCREEN_SECONDS
from phonetree.core.state import State, Step

ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""The states of a call that is over (Twilio, voice/api/call-resource)."""

_KEYS = frozenset("0123456789*#ABCD")
_MOST_KEYS = 32


@dataclass(frozen=True, slots=True)
class Dialled:
    """How ringing ended. `bridged` is None if the provider does not say whether anybody spoke with the caller;
    `seconds` is how long a leg lasted."""

    bridged: bool | None
    picked_up: bool
    failed: bool
    seconds: int


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the provider.

    `call` is the call's id, `parent` that of the call which a member's leg belongs to, `leg` the number (E.164) of that
    leg. `keys` are the pressed keys, "?" for anything else. `ended` says that the call is over: nobody hears the
    answer. `recorded` is how many seconds were recorded. `error` is
    the provider's error number when it asks for the fallback, and `failed_address` our address that it could not use;
    each is "" if there is none.
    """

    call: str = ""
    parent: str = ""
    leg: str = ""
    keys: str = ""
    ended: bool = False
    dialled: Dialled = Dialled(bridged=None, picked_up=False, failed=True, seconds=0)
    recorded: int = 0
    error: str = ""
    failed_address: str = ""


@dataclass(frozen=True, slots=True)
class LegFacts:
    """What this server happens to know of the call's other legs; nothing, on another server.

    `accepted` is whether a member pressed 1: if the provider does not say whether it bridged, that decides,
    or a leg that lasted longer than any question to it.
    """

    accepted: bool = False
    picked_up: frozenset[str] = frozenset()
    too_late: TooLate | None = None


def read(fields: Mapping[str, str]) -> Request:
    """The request with these parameters. Never raises, whatever they contain."""
    code = fields.get("ErrorCode", "")
    return Request(
        call=fields.get("CallSid", ""),
        parent=fields.get("ParentCallSid", ""),
        leg=fields.get("To", ""),
        keys=_keys(fields.get("Digits", "")),
        ended=fields.get("CallStatus") in ENDED or fields.get("Digits") == "hangup",  # (Twilio, voice/twiml/record)
        dialled=_dialled(fields),
        recorded=_number(fields.get("RecordingDuration", "")),
        error=code if code.isascii() and code.isdigit() and len(code) < 6 else "",
        failed_address=fields.get("ErrorUrl", ""),
    )


def event(state: State, request: Request, known: LegFacts) -> Event:
    """What happened on a call that was in `state`."""
    match state.step:
        case Step.SCREEN:
            return LegAnswered()
        case Step.ACCEPT:
            return LegPressed(request.keys, known.too_late)
        case Step.RUNG:
            talked = request.dialled.seconds > SCREEN_SECONDS
            dialled = _dial_ended(request.dialled, known.picked_up, otherwise=known.accepted or talked)
            return HungUp(dialled) if request.ended else dialled
        case Step.BRIDGED:
            dialled = _dial_ended(request.dialled, otherwise=request.dialled.picked_up)
            return HungUp(dialled) if request.ended else dialled
        case Step.RECORDED:
            recorded = Recorded(request.recorded)
            return HungUp(recorded) if request.ended else recorded
        case Step.ASK | Step.ANNOUNCE | Step.RING:
            return HungUp() if request.ended else Pressed(request.keys) if request.keys else Silent()


def _dial_ended(dialled: Dialled, picked_up: frozenset[str] = frozenset(), *, otherwise: bool) -> DialEnded:
    """`otherwise` decides if the provider does not: its status alone would be `completed` for a personal voicemail that
    picked up. A Dial that the network skips has no status: the verb after it leads here."""
    connected = otherwise if dialled.bridged is None else dialled.bridged
    return DialEnded(connected, picked_up, failed=not connected and dialled.failed)


def _dialled(fields: Mapping[str, str]) -> Dialled:
    status, bridged = fields.get("DialCallStatus", "failed"), fields.get("DialBridged", "").lower()
    return Dialled(
        bridged={"true": True, "false": False}.get(bridged),
        picked_up=status in ("completed", "answered"),
        failed=status == "failed",
        seconds=_number(fields.get("DialCallDuration", "")),
    )


def _keys(digits: str) -> str:
    return digits if len(digits) <= _MOST_KEYS and set(digits) <= _KEYS else "?"


def _number(text: str) -> int:
    return min(int(text), 10**6) if text.isascii() and text.isdigit() and len(text) < 10 else 0
