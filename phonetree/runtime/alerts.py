"""What staff are told after callers had to fall back: on our own fallback, or on the one elsewhere.

Looked at once a minute, after the canary; nothing says how many calls it was, or when.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from phonetree.core.schedule import dated
from phonetree.errors import StoreError
from phonetree.runtime.outcomes import Tally
from phonetree.runtime.sites import Sites
from phonetree.store.presence import Outage, Presence

FELL_BACK = (
    "A call could not go on as it should, and the caller was connected to the crisis line. Please look at the log."
)
AWAY = (
    "No server of the helpline answered from {began} to {ended} ({zone}). "
    "Who called then heard the fallback, if one is set."
)

QUIET_SECONDS = 3600
"""Staff are told so often at most that calls fell back."""


@dataclass
class Aftermath:
    """Tells staff. `presence` is None without a store."""

    presence: Presence | None
    tally: Tally
    sites: Sites
    tell: Callable[[str], None]
    now: Callable[[], datetime]
    _told: float = -QUIET_SECONDS

    def look(self, well: bool) -> None:
        """`well` is whether this server answers just now."""
        if monotonic() - self._told >= QUIET_SECONDS and self.tally.to_tell():
            self._told = monotonic()
            self.tell(FELL_BACK)
        if well and self.presence and (outage := self._marked(self.presence)):
            zone = self.sites.current.schedule.zone
            self.tell(AWAY.format(began=self._clock(outage.began), ended=self._clock(outage.ended), zone=zone))

    def _marked(self, presence: Presence) -> Outage | None:
        try:
            return presence.mark(int(self.now().timestamp()))
        except StoreError:
            return None  # the worker tells of a store that is away

    def _clock(self, moment: int) -> str:
        return dated(datetime.fromtimestamp(moment, UTC).astimezone(self.sites.current.schedule.zone))
