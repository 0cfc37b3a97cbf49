"""What calls come to, for staffing: coarse counts and a streak, in memory. `store.counts` says what is kept."""

from dataclasses import dataclass, field
from datetime import datetime
from threading import Event as Signal

from phonetree.core.tree import Site
from phonetree.core.turn import Outcome, Turn
from phonetree.provider.events import Fields
from phonetree.runtime.worker import Streak
from phonetree.store.counts import Counts


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts what turns come to."""

    counts: Counts
    streak: Streak
    canary: str
    """The call that the server places to itself, which is not counted."""
    _fell_back: Signal = field(default_factory=Signal)

    def fallback(self, site: Site, fields: Fields, now: datetime) -> None:
        """A call could not go on as it should."""
        if self._count(Outcome.FALLBACK, site, fields, now):
            self._fell_back.set()

    def to_tell(self) -> bool:
        """Whether calls fell back since this was last asked."""
        fell_back = self._fell_back.is_set()
        self._fell_back.clear()
        return fell_back

    def turn(self, site: Site, turn: Turn, fields: Fields, now: datetime) -> None:
        """A turn was taken."""
        if turn.outcome is None or not self._count(turn.outcome, site, fields, now):
            return
        if turn.outcome is Outcome.ADVOCATE:
            self.streak.answered()
        if turn.outcome is Outcome.UNANSWERED:
            self.streak.unanswered()

    def _count(self, outcome: Outcome, site: Site, fields: Fields, now: datetime) -> bool:
        """Whether it was counted: the canary's call is not."""
        if fields.get("CallSid") == self.canary:
            return False
        self.counts.add(outcome, now.astimezone(site.schedule.zone))
        return True
