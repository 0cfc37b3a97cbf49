"""Outcomes of calls: counted for staffing, and recorded for alerts. `store/counts.py` says what is kept."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from secrets import token_bytes
from threading import Lock
from time import monotonic

from phonetree.core.turn import Outcome
from phonetree.provider.request import Request
from phonetree.runtime.alerts import Alerts
from phonetree.store.counts import Counts

SECONDS = 120
"""For how long a turn may be asked again by the network (Twilio, usage/webhooks/webhooks-connection-overrides)."""

MOST_RECENT = 20_000
"""More outcomes than there are in that time; the oldest are dropped first."""


@dataclass(frozen=True, slots=True)
class OutcomeRecorder:
    """Records the outcomes of turns, each once, however often the network asks for the turn. The call that the server
    places to itself (`test_call`, its id) is left out."""

    counts: Counts
    alerts: Alerts
    test_call: str
    _key: bytes = field(default_factory=lambda: token_bytes(16))
    _recent: OrderedDict[bytes, float] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def record(self, outcome: Outcome | None, request: Request, now: datetime, *, counted: bool) -> None:
        """Records the outcome of a turn, at a moment in the helpline's time. `counted` is whether the call was
        already counted under another outcome; then it is not counted again, but alerts hear of it."""
        if outcome is None or request.call == self.test_call or self._seen_before(request, outcome):
            return
        if outcome is Outcome.CALL or not (counted or self._seen_before(request, "counted")):
            self.counts.add(outcome, now)
        match outcome:
            case Outcome.ADVOCATE:
                self.alerts.answered()
            case Outcome.UNANSWERED:
                self.alerts.unanswered()
            case Outcome.FALLBACK:
                self.alerts.fell_back()
            case Outcome.CALL | Outcome.LINE | Outcome.MESSAGE:
                pass

    def _seen_before(self, request: Request, what: str) -> bool:
        """Whether this was asked of the call lately, and remembers it, as a keyed digest of the call's id."""
        call = request.parent or request.call
        digest = blake2b(f"{call} {what}".encode(), key=self._key, digest_size=16).digest()
        now = monotonic()
        with self._lock:
            while self._recent and (len(self._recent) >= MOST_RECENT or self._oldest() < now - SECONDS):
                self._recent.popitem(last=False)
            known = bool(call) and digest in self._recent
            self._recent.setdefault(digest, now)
        return known

    def _oldest(self) -> float:
        return next(iter(self._recent.values()))
