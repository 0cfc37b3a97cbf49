"""A server process reports how it is, for the console: at once when that changes, and otherwise twice a minute.

It is read and written in the background, whether anybody calls or not; no turn and no message has a part in it. While
the store is unavailable the report waits, and nothing else does.
"""

import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from threading import Lock

from phonetree.errors import StoreError
from phonetree.log import masked
from phonetree.runtime.canary import Canary
from phonetree.runtime.overrides import OverridePoller
from phonetree.runtime.phones import PhonePoller
from phonetree.runtime.sites import Sites
from phonetree.store.servers import Report, Servers

POLL_SECONDS = 5.0

REPORT_SECONDS = 30.0
"""The longest time between two reports, but for the next poll."""

LEAST_SHARE = 0.75
"""The shortest time between two reports, as a share of it: workers that were started together soon report apart."""


def place(address: str | None) -> str:
    """Where a server runs that listens at an address (host and port): the same after it was started again."""
    host = socket.gethostname()
    return f"{host}, port {address.rpartition(':')[2]}" if address else host


def runs(pid: int) -> bool:
    """Whether a process of this machine runs, by its id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        return True
    return True


@dataclass
class Reporter:
    """Reports for one process, which runs at a `place`. `warn` tells staff something, once for all processes. `parent`
    is the id of the process that started this one, if it is the server whose worker this is."""

    servers: Servers
    sites: Sites
    canary: Canary
    overrides: OverridePoller
    phones: PhonePoller | None
    now: Callable[[], datetime]
    warn: Callable[[str], object] = lambda _: None
    place: str = ""
    parent: int | None = None
    name: str = field(default_factory=lambda: secrets.token_hex(16))
    _told: Report | None = None
    _due: float = 0.0
    _left: bool = False
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._began = int(self.now().timestamp())

    def poll(self) -> None:
        """Reports, if there is something new or it is time; not any more once it has left."""
        with self._lock:
            if not self._left:
                self._poll()

    def _poll(self) -> None:
        report, now = self._report(), self.now().timestamp()
        if report == self._told and now < self._due:
            return
        try:
            first = self.servers.tell(self.name, report, int(now), self._began, runs)
        except StoreError:
            return  # the worker reports an unavailable store
        new = self._told is None or report.unkept != self._told.unkept
        self._told, self._due = report, now + REPORT_SECONDS * SystemRandom().uniform(LEAST_SHARE, 1)
        if first and new:
            self.warn(report.unkept)

    def leave(self) -> None:
        """Takes back the report of a process that ends, unless it ends because its server was killed: nobody asked for
        that. A report that came after that would stay for ever."""
        with self._lock:
            self._left = True
            if self.parent is None or _runs_still(self.parent):
                with suppress(StoreError):  # whoever begins in its place takes it back
                    self.servers.leave(self.name)

    def _report(self) -> Report:
        return Report(
            revision=self.sites.current.revision,
            overrides=self.overrides.following,
            phones=self.phones.digest if self.phones else "",
            problems=tuple(masked(str(problem)) for problem in self.sites.problems),
            refused=tuple((number, masked(text)) for number, text in self.overrides.refused),
            unkept=masked(self.phones.unkept) if self.phones else "",
            test_call=self.canary.ok,
            place=self.place,
            pid=os.getpid(),
            number=self.sites.source.number,
        )


def _runs_still(parent: int) -> bool:
    """Whether a parent runs. One that was killed stays the parent, as a zombie, until its last thread ended (proc(5),
    /proc/PID/stat)."""
    if os.getppid() != parent:
        return False
    try:
        state = Path(f"/proc/{parent}/stat").read_text(encoding="utf-8").rpartition(") ")[2][:1]
    except OSError:  # it has just ended, or this is no Linux
        return os.getppid() == parent
    return state not in ("Z", "X")
