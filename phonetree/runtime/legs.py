"""What this process happens to know of calls that are ringing right now.

Only for courtesy: a member who accepts too late is told why, and a phone with voicemail is not
rung again. In memory, for two minutes, never written anywhere; without it, on another server, a call
continues anyway.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from phonetree.core.events import Event, TooLate
from phonetree.core.ringing import ACCEPT_KEY
from phonetree.core.state import State, Step
from phonetree.provider.request import LegFacts, Request, event

SECONDS = 120
"""Longer than a round of ringing with its questions takes."""

MOST_CALLS = 10_000
"""More calls than ring in two minutes; the oldest are dropped first."""

_NOTHING = LegFacts()


@dataclass(slots=True)
class _Call:
    at: float
    accepted_by: str | None = None
    gone: bool = False
    picked_up: set[str] = field(default_factory=set)


class LegTracker:
    """Which phones of a call were picked up, which leg accepted it, and whether the caller hung up."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._lock = Lock()

    def event(self, state: State, request: Request) -> Event:
        """What happened on a call that was in `state`, with what is known of its other legs."""
        return event(state, request, self._facts(state.step, request))

    def _facts(self, step: Step, request: Request) -> LegFacts:
        if step not in (Step.SCREEN, Step.ACCEPT, Step.RUNG):
            return _NOTHING
        with self._lock:
            if step is Step.SCREEN:
                self._call(request.parent).picked_up.add(request.leg)
            elif step is Step.ACCEPT and request.keys == ACCEPT_KEY:
                return LegFacts(too_late=self._accept(request.parent, request.call))
            elif step is Step.RUNG and request.ended:
                self._call(request.call).gone = True
            elif step is Step.RUNG:
                known = self._calls.pop(request.call, None) or _Call(0)
                return LegFacts(known.accepted_by is not None, frozenset(known.picked_up))
        return _NOTHING

    def hang_up(self, call: str) -> None:
        """Records that the caller hung up."""
        with self._lock:
            self._call(call).gone = True

    def _accept(self, call: str, leg: str) -> TooLate | None:
        """Records that a leg accepts; returns why that is too late, if it is."""
        known = self._call(call)
        if known.gone:
            return TooLate.GONE
        if known.accepted_by not in (None, leg):
            return TooLate.TAKEN
        known.accepted_by = leg
        return None

    def _call(self, call: str) -> _Call:
        now = monotonic()
        while self._calls and (len(self._calls) >= MOST_CALLS or now - next(iter(self._calls.values())).at > SECONDS):
            self._calls.popitem(last=False)
        return self._calls.setdefault(call, _Call(now))
