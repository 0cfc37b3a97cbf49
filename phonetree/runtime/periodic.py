"""Periodic background work: one loop, with one rule for stopping."""

from collections.abc import Callable
from random import SystemRandom
from threading import Event, Thread
from time import monotonic

from phonetree import log

STOP_SECONDS = 15.0
"""How long a stop waits for a running task."""

SOON_SECONDS = 2.0
"""How soon after `wake`: the provider announces a recording shortly before it lists it."""


class Periodic:
    """A task in its own thread: at once, then every so many seconds until it is stopped.

    A task that raises is retried when it is next due. The first failure of each kind is logged, and its end.
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
        """`seconds` is the time from start to start, plus or minus a quarter with `jitter`. `woken` runs additionally
        after `wake`."""
        self.name = name
        self._seconds = seconds
        self._task = task
        self._woken = woken
        self._jitter = jitter
        self._wake = Event()
        self._failed = ""
        self._thread: Thread | None = None
        self.stopping = Event()
        """Set when the task has to end. A task that blocks must watch it."""

    def start(self) -> None:
        """Starts the thread."""
        self._thread = Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Runs `woken` soon; once for several calls in a row."""
        if self._woken:
            self._wake.set()

    def stop(self, seconds: float | None = STOP_SECONDS) -> None:
        """Stops, and waits for a running task: so many seconds, or as long as it takes (None)."""
        self.stopping.set()
        self._wake.set()
        if self._thread:
            self._thread.join(seconds)

    def _run(self) -> None:
        due = monotonic()
        while not self.stopping.is_set():
            if monotonic() >= due:
                due = monotonic() + self._seconds * (0.75 + SystemRandom().random() / 2 if self._jitter else 1)
                self._do(self._task)
            elif self._woken:
                self._do(self._woken)
            if self._wake.wait(max(0.0, due - monotonic())):
                self._wake.clear()
                self.stopping.wait(SOON_SECONDS)

    def _do(self, task: Callable[[], object]) -> None:
        try:
            task()
        except Exception as error:  # noqa: BLE001 -- nothing may end the loop
            if self._failed != (failed := type(error).__name__):
                log.failure(self.name, error)
            self._failed = failed
        else:
            if self._failed:
                log.info(self.name, problem="over")
            self._failed = ""
