"""Failures of turns, gathered: a line that is written when a turn fails is a line of a call log. They are written at
fixed times of the day, each once, whatever their number."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from threading import Lock

from phonetree import log

TIMES = (time(9), time(17))
"""In the helpline's time."""

MOST_KINDS = 200
"""Different failures held at once: more than anybody would read."""


class Gathered:
    """Failures since the last fixed time, without their moments. `now` is in the helpline's time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._since = now()
        self._lock = Lock()
        self._held: dict[str, tuple[str, dict[str, str | list[str]]]] = {}

    def add(self, event: str, error: Exception | str, **fields: str) -> None:
        """A turn failed: what broke, and where."""
        line = event, {**log.described(error), **fields}
        with self._lock:
            if len(self._held) < MOST_KINDS:
                self._held[str(line)] = line

    def due(self) -> bool:
        """Whether a fixed time has passed since this was asked last."""
        before, self._since = self._since, self._now()
        first, last = before.replace(tzinfo=None), self._since.replace(tzinfo=None)
        days = (first.date(), last.date())
        return last - first > timedelta(days=1) or any(
            first < datetime.combine(day, at) <= last for day in days for at in TIMES
        )

    def write(self) -> None:
        """Writes them into the log, and forgets them."""
        with self._lock:
            held, self._held = self._held, {}
        for event, fields in held.values():
            log.error(event, **fields)
