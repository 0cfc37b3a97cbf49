"""What calls come to, for staffing: coarse counts and a streak, in memory. `store.counts` says what is kept."""

from dataclasses import dataclass, field
from datetime import datetime
from threading import Event as Signal

from phonetree.core.engine import SHORTEST_MESSAGE_SECONDS
from phonetree.core.events import DialEnded, Event, LegPressed, Recorded
from phonetree.core.ringing import ACCEPT_KEY
from phonetree.core.state import State, Step
from phonetree.core.tree import Site
from phonetree.mailbox.worker import Streak
from phonetree.provider.events import Fields
from phonetree.store.counts import Counts, Outcome


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts turns by what they show of a call's end."""

    counts: Counts
    streak: Streak
    canary: str
    """The call that the server places to itself, which is not counted."""
    _fell_back: Signal = field(default_factory=Signal)

    def call(self, site: Site, fields: Fields, now: datetime) -> None:
        """A call came in."""
        self._count(Outcome.CALL, site, fields, now)

    def fallback(self, site: Site, fields: Fields, now: datetime) -> None:
        """A call could not go on as it should."""
        if self._count(Outcome.FALLBACK, site, fields, now):
            self._fell_back.set()

    def to_tell(self) -> bool:
        """Whether calls fell back since this was last asked."""
        fell_back = self._fell_back.is_set()
        self._fell_back.clear()
        return fell_back

    def turn(self, site: Site, state: State, event: Event, document: bytes, fields: Fields, now: datetime) -> None:
        """A turn was taken."""
        outcome = _outcome(state, event, document)
        if outcome is None or not self._count(outcome, site, fields, now):
            return
        if outcome is Outcome.ADVOCATE:
            self.streak.answered()
        if outcome is Outcome.UNANSWERED:
            self.streak.unanswered()

    def _count(self, outcome: Outcome, site: Site, fields: Fields, now: datetime) -> bool:
        """Whether it was counted: the canary's call is not."""
        if fields.get("CallSid") == self.canary:
            return False
        self.counts.add(outcome, now.astimezone(site.schedule.zone))
        return True


def _outcome(state: State, event: Event, document: bytes) -> Outcome | None:
    match state.step, event:
        case Step.ACCEPT, LegPressed(key, rival) if key == ACCEPT_KEY and rival is None:
            return Outcome.ADVOCATE
        case Step.RUNG, DialEnded(connected=False) if b"<Dial" not in document:
            return Outcome.UNANSWERED  # no further round follows
        case Step.BRIDGED, DialEnded(connected=True):
            return Outcome.LINE
        case Step.RECORDED, Recorded(seconds) if seconds >= SHORTEST_MESSAGE_SECONDS:
            return Outcome.MESSAGE
    return None
