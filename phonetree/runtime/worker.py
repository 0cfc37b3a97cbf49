"""The background work of a process, over one store.

Each process that answers calls publishes its revision, writes its counts and checks the database itself. The mailbox's
work (collecting, retention, notices of messages) is done by each server, or by one `worker` for all of them.

A failing task is retried in the next round and does not block the others. Nothing that comes in is logged; a failure
is logged when it begins, and when it is over. Rounds follow the process's own schedule: a callback only triggers
collecting, since anything else written or sent then would show when somebody called.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import time

from phonetree import log
from phonetree.errors import PhonetreeError
from phonetree.mailbox.collector import Collector
from phonetree.mailbox.notices import Notices
from phonetree.runtime.periodic import Periodic
from phonetree.store.database import Store
from phonetree.store.upkeep import Upkeep
from phonetree.store.voicemails import Voicemails

ROUND_SECONDS = 60
"""How often a round runs, unless something wakes the worker earlier."""

DAY_SECONDS = 24 * 3600

CALLER_ID_SECONDS = 3600
"""How often the provider is asked whether it still lets calls show the helpline's number."""

LOOK_SECONDS = 3600
"""How often it is looked at whether the number and the fallback are as they should be, for the console."""


REFUSED = "the provider does not let the helpline show its own number; verify it there again"


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days messages are kept, and for how many after they are handled (0: not at all)."""

    days: int = 30
    handled_days: int = 30


@dataclass
class Worker:
    """All background work, over one store."""

    store: Store
    voicemails: Voicemails
    notices: Notices
    retention: Retention
    upkeep: Upkeep
    collector: Collector | None
    """None if another process does the mailbox's work."""
    release_counts: Callable[[bool], None]
    """Stores the counts when their month is over, or when the process stops (True)."""
    publish: Callable[[int], None] | None
    """Stores the revision that callers hear, at a moment; None if this process answers no calls."""
    collected_at: float = field(default_factory=time)
    """When everything that the provider holds was last checked, or the start."""
    problem: str | None = None
    """Why the database could not be used at the last check."""
    shown: Callable[[], bool] = lambda: True
    """Whether the provider lets calls show the configured caller id. Staff are notified when that changes."""
    look: Callable[[int], None] = lambda _: None
    """Stores, for the console, whether the number and the fallback are as they should be at the provider."""
    tidy_phones: Callable[[int], None] = lambda _: None
    """Forgets phones that were removed, and seals the others with the present key."""
    tidy_keys: Callable[[], None] = lambda: None
    """Seals with the present key which keys an admin has approved."""
    tidy_revisions: Callable[[], None] = lambda: None
    """Vouches with the present key for what was published."""
    remind: Callable[[int], None] | None = None
    """Reminds members of their shifts, at a moment; None if another process does."""
    _said: dict[str, str] = field(default_factory=dict)
    _asked: float = 0.0
    _looked: float = 0.0
    _shown: bool = True

    def periodic(self) -> Periodic:
        """The rounds, and the collecting in between."""
        return Periodic("worker", ROUND_SECONDS, self._round, woken=self._collect_now, jitter=True)

    def reminding(self) -> Periodic:
        """Reminding members of their shifts, apart from the rounds: a slow address delays no message."""
        return Periodic("reminders", ROUND_SECONDS, lambda: self.remind_members(int(time())))

    def remind_members(self, now: int) -> None:
        """Sends the reminders that are due. Raises nothing."""
        if (remind := self.remind) and self.store.problem() is None:
            self._task("remind", lambda: remind(now))

    def _round(self) -> None:
        self.round(int(time()))

    def _collect_now(self) -> None:
        self.collect(int(time()))

    def round(self, now: int) -> None:
        """Every task once. Raises nothing."""
        self.problem = self.store.problem(thorough=True)
        self._task("caller id", lambda: self._look_at_the_caller_id(now))
        if self.problem is None:
            if publish := self.publish:
                self._task("publish", lambda: publish(now))
            self._mailbox(now)
            if self.collector:
                self._task("retain", lambda: self._retain(now))
                self._task("upkeep", lambda: self.upkeep.round(now))
                self._task("phones", lambda: self.tidy_phones(now))
                self._task("keys", self.tidy_keys)
                self._task("revisions", self.tidy_revisions)
                self._task("look", lambda: self._look_at_the_provider(now))
            self._task("count", lambda: self.release_counts(False))
        self._note("database", self.problem or "")

    def finish(self) -> None:
        """What a process does last, its rounds having ended: it stores its counts. Raises nothing."""
        self._task("count", lambda: self.release_counts(True))

    def collect(self, now: int) -> None:
        """What a callback triggers: collecting messages, and notices of them. Raises nothing."""
        if self.store.problem() is None:
            self._mailbox(now)

    def _mailbox(self, now: int) -> None:
        if collector := self.collector:
            self._task("collect", lambda: self._collect(collector, now))
            self._task("notify", lambda: self.notices.round(now))

    def _collect(self, collector: Collector, now: int) -> None:
        collector.round(now)
        self.collected_at = now

    def _look_at_the_caller_id(self, now: int) -> None:
        if now - self._asked >= CALLER_ID_SECONDS:
            self._shown, self._asked = self.shown(), now
        if not self._shown:
            raise PhonetreeError(REFUSED)

    def _look_at_the_provider(self, now: int) -> None:
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self.look(now)

    def _retain(self, now: int) -> None:
        before, handled = self.retention.days * DAY_SECONDS, self.retention.handled_days * DAY_SECONDS
        for message in self.voicemails.due_for_deletion(now - before, handled_before=now - handled + 1):
            self.voicemails.delete(message)

    def _task(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except PhonetreeError as error:
            self._note(name, str(error))
        except Exception as error:  # noqa: BLE001 -- a bug in one task must not block the others
            if name not in self._said:
                log.failure(name, error)
            self._said[name] = type(error).__name__
        else:
            self._note(name, "")

    def _note(self, name: str, text: str) -> None:
        """Logs a change."""
        if text and self._said.get(name) != text:
            log.warning("worker", task=name, problem=text)
        if not text and name in self._said:
            log.info("worker", task=name, problem="over")
        self._said.pop(name, None)
        if text:
            self._said[name] = text
