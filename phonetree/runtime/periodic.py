"""Work that is done again and again beside the calls: one loop, with one rule for stopping."""

from collections.abc import Callable
from random import random
from threading import Event, Thread
from time import monotonic

from phonetree import log

STOP_SECONDS = 15.0
"""For so long a stop waits for a task that is going on."""

SOON_SECONDS = 2.0
"""How soon after `wake`: the provider tells of a recording a moment before it lists it."""


class Periodic:
    """A task in a thread of its own: at once, then every so many seconds until it is stopped.

    A task that raises is tried again when it is next due. The log has the first failure of each kind, and when it is
    over.
    """

    def __init__(
        self,
        name: str,
        seconds: float,
        task: Callable[[], object],
        *,
        woken: Callable[[], object] | None = None,
        jitter: bool = False,
    ) -> None:
        """`seconds` lie between two beginnings, a quarter more or less with `jitter`. `woken` is what is done after
        `wake`, besides."""
        self.name = name
        self._seconds = seconds
        self._task = task
        self._woken = woken
        self._jitter = jitter
        self._wake = Event()
        self._failed = ""
        self._thread: Thread | None = None
        self.stopping = Event()
        """Set when the task is to end. One that waits by itself looks at it."""

    def start(self) -> None:
        """Begins."""
        self._thread = Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Has `woken` done soon. Many calls in a row have it done once."""
        if self._woken:
            self._wake.set()

    def stop(self, seconds: float | None = STOP_SECONDS) -> None:
        """Ends, and waits for a task that is going on: so long, or as long as it takes (None)."""
        self.stopping.set()
        self._wake.set()
        if self._thread:
            self._thread.join(seconds)

    def _run(self) -> None:
        due = monotonic()
        while not self.stopping.is_set():
            if monotonic() >= due:
                due = monotonic() + self._seconds * (0.75 + random() / 2 if self._jitter else 1)  # noqa: S311
                self._do(self._task)
            elif self._woken:
                self._do(self._woken)
            if self._wake.wait(max(0.0, due - monotonic())):
                self._wake.clear()
                self.stopping.wait(SOON_SECONDS)

    def _do(self, task: Callable[[], object]) -> None:
        try:
            task()
        except Exception as error:  # noqa: BLE001 -- nothing ends the loop
            if self._failed != (failed := type(error).__name__):
                log.failure(self.name, error)
            self._failed = failed
        else:
            if self._failed:
                log.info(self.name, problem="over")
            self._failed = ""
