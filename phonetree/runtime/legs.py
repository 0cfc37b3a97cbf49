"""What this process happens to know of calls that are ringing right now.

Only for courtesy: a member who accepts too late is told why, and a phone that a voicemail picks up is not
rung again. In memory, for two minutes, never written anywhere; without it, on another server, a call goes
on all the same.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from phonetree.core.events import Event, Rival
from phonetree.core.ringing import ACCEPT_KEY
from phonetree.core.state import State, Step
from phonetree.provider import events

SECONDS = 120
"""Longer than a round of ringing with its questions takes."""

MOST_CALLS = 10_000
"""More calls than ring in two minutes; the oldest is forgotten first."""


_OF_LEGS = frozenset({Step.SCREEN, Step.ACCEPT, Step.RUNG})
_NOTHING = events.Known()


@dataclass(slots=True)
class _Call:
    at: float
    accepted_by: str | None = None
    gone: bool = False
    picked_up: set[str] = field(default_factory=set)


class Legs:
    """Which phones of a call were picked up, which leg has accepted it, and whose caller has gone."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._lock = Lock()

    def event(self, state: State, fields: events.Fields) -> Event:
        """What happened on a call that was in `state`, with what is known of its other legs."""
        if state.step not in _OF_LEGS:
            return events.event(state, fields, _NOTHING)
        call, parent = fields.get("CallSid", ""), fields.get("ParentCallSid", "")
        with self._lock:
            match state.step:
                case Step.SCREEN:
                    self._call(parent).picked_up.add(fields.get("To", ""))
                case Step.ACCEPT if events.keys(fields) == ACCEPT_KEY:
                    return events.event(state, fields, events.Known(rival=self._accept(parent, call)))
                case Step.RUNG if events.has_ended(fields):
                    self._call(call).gone = True
                case Step.RUNG:
                    known = self._calls.pop(call, None) or _Call(0)
                    accepted = known.accepted_by is not None
                    return events.event(state, fields, events.Known(accepted, frozenset(known.picked_up)))
        return events.event(state, fields, _NOTHING)

    def hang_up(self, call: str) -> None:
        """Notes that the caller has gone."""
        with self._lock:
            self._call(call).gone = True

    def _accept(self, call: str, leg: str) -> Rival | None:
        """Notes that a leg accepts, and answers why that is too late, if it is."""
        known = self._call(call)
        if known.gone:
            return Rival.GONE
        if known.accepted_by not in (None, leg):
            return Rival.TAKEN
        known.accepted_by = leg
        return None

    def _call(self, call: str) -> _Call:
        now = monotonic()
        while self._calls and (len(self._calls) >= MOST_CALLS or now - next(iter(self._calls.values())).at > SECONDS):
            self._calls.popitem(last=False)
        return self._calls.setdefault(call, _Call(now))
