"""What this process happens to know of calls that are ringing right now.

Only for courtesy: so that a member who accepts too late is told why. In memory, for two minutes, never
written anywhere; a call goes well without it, and on another server.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from phonetree.core.events import Rival

SECONDS = 120
"""Longer than a round of ringing with its questions takes."""

MOST_CALLS = 10_000
"""More calls than ring in two minutes; the oldest is forgotten first."""


@dataclass(slots=True)
class _Call:
    at: float
    accepted_by: str | None = None
    gone: bool = False


class Legs:
    """Which call was accepted, by which leg, and whose caller has gone."""

    def __init__(self) -> None:
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._lock = Lock()

    def accept(self, call: str, leg: str) -> Rival | None:
        """Notes that `leg` accepts `call`, and answers why that is too late, if it is."""
        with self._lock:
            known = self._call(call)
            if known.gone:
                return Rival.GONE
            if known.accepted_by not in (None, leg):
                return Rival.TAKEN
            known.accepted_by = leg
            return None

    def hang_up(self, call: str) -> None:
        """Notes that the caller has gone."""
        with self._lock:
            self._call(call).gone = True

    def end(self, call: str) -> bool:
        """Forgets the round of ringing; True when somebody had accepted."""
        with self._lock:
            known = self._calls.pop(call, None)
            return known is not None and known.accepted_by is not None

    def _call(self, call: str) -> _Call:
        now = monotonic()
        while self._calls and (len(self._calls) >= MOST_CALLS or now - next(iter(self._calls.values())).at > SECONDS):
            self._calls.popitem(last=False)
        return self._calls.setdefault(call, _Call(now))
