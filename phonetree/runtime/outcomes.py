"""Outcomes of calls: counted for staffing, and recorded for alerts. `store/counts.py` says what is kept."""

from dataclasses import dataclass
from datetime import datetime

from phonetree.core.turn import Outcome
from phonetree.provider.request import Request
from phonetree.runtime.alerts import Alerts
from phonetree.store.counts import Counts


@dataclass(frozen=True, slots=True)
class OutcomeRecorder:
    """Records the outcomes of turns. The call that the server places to itself (`test_call`, its id) is left out."""

    counts: Counts
    alerts: Alerts
    test_call: str

    def record(self, outcome: Outcome | None, request: Request, now: datetime) -> None:
        """Records the outcome of a turn, at a moment in the helpline's time."""
        if outcome is None or request.call == self.test_call:
            return
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
