"""The background work of a process, over one store.

What only a process that answers calls can know it does itself, wherever the mailbox's work is done: it publishes its
revision, writes its counts, tells staff of unanswered calls, and looks at the database. The mailbox's work (collecting,
retention, notices of messages) is done by each server, or by one `worker` for all of them.

One thread. A task that fails is tried again at the next round and keeps no other back. Nothing is logged of what
comes in; a failure is logged when it begins, and when it is over. Rounds come at the process's own times: a callback
only has messages collected, since whatever else is written or sent then would tell when somebody called.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import random
from threading import Event, Lock, Thread
from time import monotonic, time

from phonetree import log
from phonetree.errors import PhonetreeError
from phonetree.mailbox.collector import Collector
from phonetree.mailbox.notices import UNANSWERED, Notices
from phonetree.store.counts import Counts
from phonetree.store.database import Store
from phonetree.store.messages import Messages

ROUND_SECONDS = 60
"""How often everything is looked at, when nothing wakes the worker earlier."""

SOON_SECONDS = 2
"""How soon after it is woken: the provider tells of a recording a moment before it lists it."""

STOP_SECONDS = 15
COUNTS_SECONDS = 300
DAY_SECONDS = 24 * 3600
UNANSWERED_IN_A_ROW = 3

CALLER_ID_SECONDS = 3600
"""How often the provider is asked whether it still lets calls show the helpline's number."""

REFUSED = (
    "The provider no longer lets the helpline show its own number. Phones that ring are shown the provider's number "
    "instead; please verify the helpline's number again."
)
SHOWN = "The provider lets the helpline show its own number again."


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days messages are kept, and for how many after they are handled (0: not at all)."""

    days: int = 30
    handled_days: int = 30


class Streak:
    """How often in a row nobody of a team could be reached: in memory only, for it tells of calls."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._number = 0
        self._told = True

    def unanswered(self) -> None:
        with self._lock:
            self._number += 1
            self._told = self._told and self._number % UNANSWERED_IN_A_ROW != 0

    def answered(self) -> None:
        with self._lock:
            self._number, self._told = 0, True

    def to_tell(self) -> bool:
        """Whether staff are to be told, once."""
        with self._lock:
            told, self._told = self._told, True
            return not told


@dataclass
class Worker:
    """Everything that is done in the background, over one store."""

    store: Store
    messages: Messages
    notices: Notices
    counts: Counts
    streak: Streak
    retention: Retention
    collector: Collector | None
    """None where another process does the mailbox's work."""
    write_counts: Callable[[Counts, Store], None]
    publish: Callable[[int], None] | None
    """Keeps the revision that callers hear, at a moment; None where no calls are answered."""
    collected_at: float = field(default_factory=time)
    """When everything that the provider holds was last looked at, or the start."""
    problem: str | None = None
    """Why the database could not be used at the last look."""
    shown: Callable[[], bool] = lambda: True
    """Whether the provider lets calls show the number that they are to show."""
    _wake: Event = field(default_factory=Event)
    _stop: Event = field(default_factory=Event)
    _said: dict[str, str] = field(default_factory=dict)
    _counted: float = 0.0
    _asked: float = 0.0
    _shown: bool = True
    _thread: Thread | None = None

    def start(self) -> None:
        """Works from now on, in a thread of its own."""
        self._thread = Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()

    def stop(self, seconds: float | None = STOP_SECONDS) -> None:
        """Ends, and waits for the end of the round that is going on: so long, or as long as it takes (None)."""
        self._stop.set()
        self._wake.set()
        if self._thread:
            self._thread.join(seconds)

    def wake(self) -> None:
        """There may be something to collect."""
        if self.collector:
            self._wake.set()

    def _run(self) -> None:
        due = monotonic()
        while not self._stop.is_set():
            if monotonic() >= due:
                due = monotonic() + ROUND_SECONDS * (0.75 + random() / 2)  # noqa: S311 -- jitter
                self.round(int(time()))
            else:
                self.collect(int(time()))
            if self._wake.wait(max(0.0, due - monotonic())):
                self._wake.clear()
                self._stop.wait(SOON_SECONDS)

    def round(self, now: int) -> None:
        """Every task once. Raises nothing."""
        self.problem = self.store.problem(thorough=True)
        self._task("tell", self._tell)
        self._task("caller id", lambda: self._look_at_the_caller_id(now))
        if self.problem is None:
            if publish := self.publish:
                self._task("publish", lambda: publish(now))
            self._mailbox(now)
            if self.collector:
                self._task("retain", lambda: self._retain(now))
            if now - self._counted >= COUNTS_SECONDS:
                self._counted = now
                self._task("count", lambda: self.write_counts(self.counts, self.store))
        self._note("database", self.problem or "")

    def collect(self, now: int) -> None:
        """What a callback asks for: new messages, and notices of them. Raises nothing."""
        if self.store.problem() is None:
            self._mailbox(now)

    def _mailbox(self, now: int) -> None:
        if collector := self.collector:
            self._task("collect", lambda: self._collect(collector, now))
            self._task("notify", lambda: self.notices.round(now))

    def _collect(self, collector: Collector, now: int) -> None:
        collector.round(now)
        self.collected_at = now

    def _tell(self) -> None:
        if self.streak.to_tell():
            self.notices.tell(UNANSWERED)

    def _look_at_the_caller_id(self, now: int) -> None:
        """Staff are told once when it is refused, and once when that is over."""
        if now - self._asked >= CALLER_ID_SECONDS:
            before, self._shown = self._shown, self.shown()
            self._asked = now
            if self._shown is not before:
                self.notices.tell(SHOWN if self._shown else REFUSED)
        if not self._shown:
            raise PhonetreeError(REFUSED)

    def _retain(self, now: int) -> None:
        before, handled = self.retention.days * DAY_SECONDS, self.retention.handled_days * DAY_SECONDS
        for message in self.messages.due_for_deletion(now - before, handled_before=now - handled + 1):
            self.messages.delete(message)

    def _task(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except PhonetreeError as error:
            self._note(name, str(error))
        except Exception as error:  # noqa: BLE001 -- a fault of ours in one task keeps no other back
            if name not in self._said:
                log.failure(name, error)
            self._said[name] = type(error).__name__
        else:
            self._note(name, "")

    def _note(self, name: str, text: str) -> None:
        """Logs what has changed."""
        if text and self._said.get(name) != text:
            log.warning("worker", task=name, problem=text)
        if not text and name in self._said:
            log.info("worker", task=name, problem="over")
        self._said.pop(name, None)
        if text:
            self._said[name] = text
