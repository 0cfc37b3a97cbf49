"""Follows the overrides of the store in the background, so that no turn asks for them.

While the store is away the last known ones stand; they say themselves when they end.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Thread

from phonetree import log
from phonetree.errors import StoreError
from phonetree.runtime.sites import Sites
from phonetree.store.overrides import Overrides, standing

EVERY_SECONDS = 5.0


@dataclass
class Overriding:
    """Looks at the overrides, and hands what is new to the sites."""

    overrides: Overrides
    sites: Sites
    now: Callable[[], datetime]
    _seen: tuple[tuple[int, ...], str] | None = None
    _stop: Event = field(default_factory=Event)

    def start(self) -> None:
        """Looks from now on, in a thread of its own."""
        Thread(target=self._run, name="overriding", daemon=True).start()

    def stop(self) -> None:
        """Ends after the look that is going on."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except StoreError:
                pass  # the worker tells of a store that is away
            except Exception as error:  # noqa: BLE001 -- a fault of ours does not end the looking
                log.failure("overrides", error)
            self._stop.wait(EVERY_SECONDS)

    def look(self) -> None:
        """One look. Raises StoreError when the store is away; then nothing changes."""
        kept = self.overrides.kept(int(self.now().timestamp()))
        numbers, before = tuple(each.number for each in kept), self._seen
        self._seen = numbers, self.sites.current.revision
        if before and before[0] == numbers and (before == self._seen or not self.sites.refused):
            return
        if before is None:
            self.sites.take_over(standing(kept))  # they were looked at when they were made
        elif not self.sites.override(standing(kept)):
            log.warning("overrides", problems=[str(problem) for problem in self.sites.refused])
