"""Limits of a process that serves, set before it starts others, which inherit them; and how long these live."""

import ctypes
import os
import resource
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

STOP_SECONDS = 10
"""A worker that has not ended by then is killed: far longer than any request takes."""

AGAIN_SECONDS = 2
"""How soon a worker is started after one that could not be: the machine has others to run."""

NO_LINES_OF_ITS_OWN = {
    "handlers": {},
    "loggers": {name: {"handlers": [], "propagate": True} for name in ("_granian", "granian.access")},
}
"""How granian logs: through our own log, as every library does."""


class Forgotten(dict[int, float]):
    """When workers were started again (granian's `respawned_wrks`): it would end all of them when one has ended twice
    within seconds, and with that every call."""

    def __setitem__(self, _worker: int, _time: float) -> None:
        """Keeps nothing."""


def allow_files(number: int) -> None:
    """Raises the limit of open files; the system's default is 1,024."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if most == resource.RLIM_INFINITY else min(number, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(least, wanted), most))


def forbid_core_dumps() -> None:
    """A process that crashes leaves no image of its memory, which holds calls that are in progress."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


_SIGNAL_OF_THE_PARENTS_END = 1


def made_by_worker(parent: int, make: Callable[[], T]) -> T:
    """What a worker of this parent makes to serve it; from then on it ends when its parent does, since a signal counts
    once something is served. One that cannot be made is tried again by the next worker, after a pause."""
    try:
        made = make()
    except BaseException:
        time.sleep(AGAIN_SECONDS)
        raise
    _end_with(parent)
    return made


def _end_with(parent: int) -> None:
    """From now on this process ends when its parent does, even if that is killed: nobody would look after it, and it
    would keep the port from the next server. Linux alone tells it."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SIGNAL_OF_THE_PARENTS_END, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it has ended already, and nothing is served yet
            os._exit(1)
