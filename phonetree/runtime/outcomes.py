"""Outcomes of calls: counted for staffing, and recorded for alerts. `store/counts.py` says what is kept."""

from dataclasses import dataclass, field
from datetime import datetime

from phonetree.core.turn import Outcome
from phonetree.provider.request import Request
from phonetree.runtime.alerts import Alerts
from phonetree.runtime.recent import Recent
from phonetree.store.counts import Counts

MOST_RECENT = 20_000
"""More outcomes than there are in two minutes."""


@dataclass(frozen=True, slots=True)
class OutcomeRecorder:
    """Records the outcomes of turns, each once, however often the network asks for the turn. The call that the server
    places to itself (`test_call`, its id) is left out."""

    counts: Counts
    alerts: Alerts
    test_call: str
    recent: Recent[object] = field(default_factory=lambda: Recent(MOST_RECENT))

    def record(self, outcome: Outcome, request: Request, now: datetime, *, counted: bool) -> None:
        """Records the outcome of a turn, at a moment in the helpline's time. `counted` is whether the call was
        already counted under another outcome; then it is not counted again, but alerts hear of it."""
        if request.call == self.test_call or self._seen_before(request, outcome):
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
        """Whether this was asked of the call lately, and remembers it."""
        call, asked = request.parent or request.call, object()
        return self.recent.keep(f"{call} {what}", asked) is not asked and bool(call)
