"""Polls the overrides of the store in the background, so that turns do not query them.

While the store is unavailable the last known ones stay in force; each has its own end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from phonetree import log
from phonetree.errors import StoreError
from phonetree.runtime.sites import Sites
from phonetree.store.kept import standing
from phonetree.store.overrides import Overrides

POLL_SECONDS = 5.0


@dataclass
class OverridePoller:
    """Polls the overrides, and passes changes to the sites."""

    overrides: Overrides
    sites: Sites
    now: Callable[[], datetime]
    following: tuple[tuple[int, int], ...] = ()
    """Those that this server answers with: their numbers and ends (seconds since 1970)."""
    _seen: tuple[tuple[tuple[int, datetime], ...], tuple[str, int]] | None = None

    def poll(self) -> None:
        """Polls once. When the store is unavailable nothing changes: the worker reports that."""
        try:
            kept = self.overrides.followed(int(self.now().timestamp()))
        except StoreError:
            return
        numbers, before = tuple((each.number, each.override.ends) for each in kept), self._seen
        self._seen = numbers, (self.sites.current.revision, self.sites.fillings)
        same = before and before[0] == numbers and (before == self._seen or not self.sites.refused)
        if same and not self.sites.override_due:
            return
        if before is None:
            self.sites.take_over(standing(kept))  # they were checked when they were added
        elif not self.sites.override(standing(kept)):
            log.warning("overrides", problems=[str(problem) for problem in self.sites.refused])
            return
        self.following = tuple((each.number, int(each.override.ends.timestamp())) for each in kept)
