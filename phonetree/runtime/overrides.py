"""Polls the overrides of the store in the background, so that turns do not query them.

While the store is unavailable the last known ones stay in force; each has its own end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from phonetree import log
from phonetree.errors import StoreError
from phonetree.runtime.sites import Sites
from phonetree.store.kept import Kept, standing
from phonetree.store.overrides import Overrides

POLL_SECONDS = 5.0


@dataclass
class OverridePoller:
    """Polls the overrides, and passes changes to the sites."""

    overrides: Overrides
    sites: Sites
    now: Callable[[], datetime]
    reported: Callable[[int], Mapping[int, str]] = lambda _: {}
    """The overrides that servers do not answer with now (seconds since 1970), by number, and why. Raises StoreError."""
    following: tuple[tuple[int, int], ...] = ()
    """Those that this server answers with: their numbers and ends (seconds since 1970)."""
    refused: tuple[tuple[int, str], ...] = ()
    """Those that it does not answer with, and why; the number is 0 when it could not be found out for any."""
    _unchecked: bool = False
    _seen: tuple[tuple[tuple[int, datetime, bool], ...], tuple[str, int]] | None = None

    def poll(self) -> None:
        """Polls once. When the store is unavailable nothing changes: the worker reports that."""
        now = self.now()
        try:
            kept = self.overrides.followed(int(now.timestamp()))
        except StoreError:
            return
        ended = standing(each for each in kept if each.override.ends <= now)
        numbers, before = tuple((each.number, each.override.ends, each.override in ended) for each in kept), self._seen
        self._seen = numbers, (self.sites.current.revision, self.sites.fillings)
        same = before and before[0] == numbers and (before == self._seen or not self.sites.refused)
        if same and not self.sites.override_due and not self._unchecked:
            return
        if before is None:
            self._take_over(kept, now)  # the next round proves them
        elif not self.sites.override(standing(kept), ended):
            log.warning("overrides", problems=[str(problem) for problem in self.sites.refused])
        self._unchecked = before is None and bool(kept)
        self._tell(kept)

    def _take_over(self, kept: tuple[Kept, ...], now: datetime) -> None:
        """As they were in force before this server started, as far as others say."""
        try:
            reported = self.reported(int(now.timestamp()))
        except StoreError:
            reported = {}
        refused = {each.override: reported[each.number] for each in kept if each.number in reported}
        self.sites.take_over(standing(kept), refused, now)

    def _tell(self, kept: tuple[Kept, ...]) -> None:
        left_out = {override: problems[0].text for override, problems in self.sites.left_out}
        in_force = [each for each in kept if each.override in self.sites.overrides]
        if len(in_force) + len(left_out) < len(kept):  # nothing was found out, so the earlier ones are still in force
            self.refused = tuple((0, problem.text) for problem in self.sites.refused)
            return
        self.following = tuple((each.number, int(each.override.ends.timestamp())) for each in in_force)
        self.refused = tuple((each.number, left_out[each.override]) for each in kept if each.override in left_out)
