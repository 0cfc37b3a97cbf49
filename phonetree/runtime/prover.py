"""Which promises a site breaks, proved in a process of its own and once for all servers.

A proof takes seconds of computing, which a serving process does not have: turns would wait. So an edit, an override or
a draft is proved by a prover (`config/proving.py`), one of each kind at a time on a host, and what it found is kept in
the store for the other servers. Without a store, or while it is away, each server asks a prover. If a prover fails in
any way there is no proof, and what callers hear stays.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TypeVar

from phonetree.config.numbers import NumberRules
from phonetree.config.phones import phones_of
from phonetree.config.question import Answer, Question, code
from phonetree.config.site import Contents, heard_of
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, PhonetreeError, Problem, StoreError, Where
from phonetree.log import failure
from phonetree.runtime.child import Child, ChildError, LateError
from phonetree.runtime.turnstile import turnstile, turnstile_of
from phonetree.store.database import Store
from phonetree.store.proofs import Proofs

LONGEST_SECONDS = 300.0
"""How long a proof may take: many times what the largest one does, since a machine whose processors are all busy gives
it little time."""

MOST_ANSWER_BYTES = 2**20
"""Every promise that is broken, at most five times each, takes far less."""

STORE_SECONDS = 2.0
"""How long an edit waits for the store: longer than a look takes, shorter than anybody would wait for a closure."""

IDLE_SECONDS = 300.0
"""How long a prover that is kept waits for the next question: as long as somebody who edits may think."""

COMMAND = (sys.executable, "-P", "-m", "phonetree.config.proving")

T = TypeVar("T")


class UnprovedError(ConfigError):
    """There is no proof, and the site is not the cause, or not alone: it is worth trying again."""


class StoppedError(PhonetreeError):
    """There is no proof because this process stops."""


class Prover:
    """Asks what a site breaks: the store, or else a process."""

    def __init__(
        self,
        folder: Path,
        rules: NumberRules,
        now: Callable[[], datetime],
        lock: Path,
        proofs: Proofs | None = None,
        *,
        command: Sequence[str] = COMMAND,
        seconds: float = LONGEST_SECONDS,
        kept: bool = False,
    ) -> None:
        """With `kept`, a process that has answered waits for the next question, which it answers without being started.
        `rules` are those of the files; members' phones are those that the site in question has. `lock` is a file
        that the servers of this host share; `command` starts a prover, which has `seconds`."""
        self._folder = folder
        self._rules = rules
        self._now = now
        self._lock = lock
        self._proofs = proofs
        self._command = command
        self._seconds = seconds
        self._stopping = Event()
        self._asked: set[ProverProcess] = set()
        self._spare = _Spare(IDLE_SECONDS if kept else 0)
        self._changing = Lock()

    def broken_by_override(self, site: Site, contents: Contents) -> tuple[Problem, ...]:
        """The same for a change at short notice, which does not wait for the proof of an edit."""
        return self.broken(site, contents, lock=self._lock.with_name(f"{self._lock.name}-overrides"))

    def answer_for_draft(self, site: Site, contents: Contents) -> Answer:
        """What `answer` says, about what nobody hears yet: no edit waits for that."""
        return self.answer(site, contents, lock=self._lock.with_name(f"{self._lock.name}-drafts"))

    def broken(self, site: Site, contents: Contents, *, lock: Path | None = None) -> tuple[Problem, ...]:
        """The promises that a site, made of these files, breaks on calls from today on, under its overrides. Of those
        who share a `lock` on this host, one is asked at a time.

        Raises ConfigError when it cannot be proved, UnprovedError when that may be different later, and StoppedError.
        """
        return self.answer(site, contents, lock=lock).problems

    def answer(self, site: Site, contents: Contents, *, lock: Path | None = None) -> Answer:
        """The same, with the calls that break them, and seconds to help."""
        schedule = site.schedule
        rules = self._rules if self._rules.phones is None else replace(self._rules, phones=phones_of(site))
        files = heard_of(contents, site.languages)
        question = Question(files, self._folder, rules, schedule.overrides, schedule.today(self._now()))
        shelf = _Shelf(self._proofs, question)
        if (kept := shelf.find()) is not None:
            return kept
        with turnstile(lock or self._lock, self._seconds, self._stopping):
            if (kept := shelf.find()) is not None:  # another server proved it meanwhile
                return kept
            answer = self._ask(question)
            if not answer.proved:
                raise ConfigError(answer.problems)
            shelf.keep(answer)  # before the next one comes in
        return answer

    def stop(self) -> None:
        """Ends every prover. What waits for one raises StoppedError."""
        self._stopping.set()
        self._spare.end()
        with self._changing:
            for process in self._asked:
                process.kill()

    def _ask(self, question: Question) -> Answer:
        try:
            with self._spare.lent(self._command) as process:
                with self._changing:
                    self._asked.add(process)
                try:
                    if self._stopping.is_set():
                        raise StoppedError
                    return process.ask(question, self._seconds)
                finally:
                    with self._changing:
                        self._asked.discard(process)
        except ProverError as error:
            if self._stopping.is_set():
                raise StoppedError from None
            raise UnprovedError([Problem(Where(str(self._folder)), str(error))]) from error


def prover_of(
    folder: Path,
    rules: NumberRules,
    now: Callable[[], datetime],
    store: Store | None,
    secrets: tuple[str, ...],
    *,
    kept: bool = False,
) -> Prover:
    """The prover of a helpline's files, which is `kept` between questions. Without a store or a secret it keeps no
    answer there."""
    proofs = Proofs(store, secrets) if store and secrets else None
    return Prover(folder, rules, now, turnstile_of(folder, store.folder if store else None), proofs, kept=kept)


class ProverError(PhonetreeError):
    """A prover gave no answer; the text says why, and what to do."""


class ProverProcess:
    """A prover, started; a context that ends it. It answers one question after the other."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        """Raises ProverError when it cannot be started."""
        try:
            self._child = Child(command)
        except ChildError as error:
            raise ProverError(
                f"could not be checked: the process that checks {error}; have the operator free memory or processes"
            ) from None

    def __enter__(self) -> "ProverProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.end()

    @property
    def runs(self) -> bool:
        """Whether it is there still."""
        return not self._child.over

    def kill(self) -> None:
        """Ends it, whatever it does; may be called at any time."""
        self._child.kill()

    def ask(self, question: Question, seconds: float = LONGEST_SECONDS) -> Answer:
        """The answer to a question. Raises ProverError when there is none after so many seconds, or no readable one;
        then the process is of no more use."""
        try:
            line = self._child.ask(question.line(), seconds, MOST_ANSWER_BYTES)
        except LateError:
            raise ProverError(
                f"could not be checked within {seconds:.0f} seconds; make the tree smaller, or have the operator see "
                "what keeps the machine busy"
            ) from None
        except ChildError as error:
            raise ProverError(
                f"could not be checked: the process that checks {error}; if it happens again, tell the operator"
            ) from None
        try:
            return Answer.read(line, question.folder)
        except ValueError:
            raise ProverError(
                "could not be checked: the process that checks gave no readable answer; have the operator restart the "
                "server, and report it if it happens again"
            ) from None


class _Spare:
    """A process that has answered and waits for the next question, for so many seconds; with 0, none is kept."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: ProverProcess | None = None
        self._code = ""
        self._lent = Event()
        self._changing = Lock()

    @contextmanager
    def lent(self, command: Sequence[str]) -> Iterator[ProverProcess]:
        """The one that waits, if it runs the code that there is, or a new one; kept if it answers. Raises
        ProverError."""
        if not self._seconds:
            with ProverProcess(command) as process:
                yield process
            return
        code_now = code()
        process = self._taken(code_now) or ProverProcess(command)
        try:
            yield process
        except BaseException:
            process.__exit__()
            raise
        self._keep(process, code_now)

    def end(self) -> None:
        """Ends the one that waits."""
        with self._changing:
            kept, self._kept = self._kept, None
            self._lent.set()
        if kept:
            kept.__exit__()

    def _end_later(self, lent: Event) -> None:
        if not lent.wait(self._seconds):
            self.end()

    def _taken(self, code_now: str) -> ProverProcess | None:
        with self._changing:
            kept, self._kept = self._kept, None
            self._lent.set()
        if kept and (self._code != code_now or not kept.runs):
            kept.__exit__()
            return None
        return kept

    def _keep(self, process: ProverProcess, code_now: str) -> None:
        with self._changing:
            spare, self._kept, self._code = self._kept, process, code_now
            self._lent.set()
            self._lent = Event()
            Thread(target=self._end_later, args=(self._lent,), name="prover", daemon=True).start()
        if spare:
            spare.__exit__()


class _Shelf:
    """What the store keeps about one question. A store that was away once is not asked again about it."""

    def __init__(self, proofs: Proofs | None, question: Question) -> None:
        self._proofs = proofs
        self._question = question
        self._identity = question.identity() if proofs else b""

    def find(self) -> Answer | None:
        found = self._try(lambda proofs: proofs.find(self._identity))
        return Answer.read(found, self._question.folder) if found else None

    def keep(self, answer: Answer) -> None:
        line = answer.line(self._question.folder)
        self._try(lambda proofs: proofs.keep(self._identity, self._question.since.isoformat(), line))

    def _try(self, work: Callable[[Proofs], T]) -> T | None:
        """What the store says within `STORE_SECONDS`; None if it says nothing."""
        if not (proofs := self._proofs):
            return None
        said: list[T] = []

        def ask() -> None:
            try:
                said.append(work(proofs))
            except StoreError:
                pass  # the worker reports an unavailable store
            except Exception as error:  # noqa: BLE001 -- whatever it is, an edit goes live
                failure("proofs", error)

        asking = Thread(target=ask, name="proofs", daemon=True)
        asking.start()
        asking.join(STORE_SECONDS)
        if not said:
            self._proofs = None
            return None
        return said[0]
