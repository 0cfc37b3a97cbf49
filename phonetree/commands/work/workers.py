"""The workers of a process that serves: how they are made, come back, and end with it."""

import ctypes
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from granian.server.common import AbstractServer

from phonetree import log

T = TypeVar("T")

AGAIN_SECONDS = 2
"""How soon a worker is started after one that could not be: the machine has others to run."""

_SIGNAL_OF_THE_PARENTS_END = 1

_STOP = (signal.SIGTERM, signal.SIGINT)


class _Forgotten(dict[int, float]):
    """When workers were started again (granian's `respawned_wrks`): it would end all of them when one has ended twice
    within seconds, and with that every call."""

    def __setitem__(self, _worker: int, _time: float) -> None:
        """Keeps nothing."""


def serve(server: AbstractServer[Any], make: Callable[[], Callable[..., Any]]) -> None:
    """Runs a server of granian until it is told to stop; `make` makes in each worker what that serves. Where it cannot
    go on, the process ends, and whoever started it starts it again."""
    server.respawned_wrks = _Forgotten()
    os.register_at_fork(before=_hold_signals, after_in_parent=_take_signals, after_in_child=_end_when_told)
    try:
        server.serve(target_loader=partial(_made_by_worker, os.getpid(), make), wrap_loader=False)
    except Exception as error:  # noqa: BLE001 -- such as no memory for a new worker
        log.failure("server", error)
        log.drain()
        os._exit(1)  # threads of granian would keep it


def _made_by_worker(parent: int, make: Callable[[], T]) -> T:
    """What a worker of this parent makes to serve it; from then on it ends when its parent does, since a signal counts
    once something is served. One that cannot be made is tried again by the next worker, after a pause."""
    try:
        made = make()
    except BaseException:
        time.sleep(AGAIN_SECONDS)
        raise
    _end_with(parent)
    return made


def _hold_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)


def _take_signals() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP)


def _end_when_told() -> None:
    """A worker that is told to stop before it serves ends at once. Otherwise it has the parent's handlers of signals,
    which only note it, and what comes while it is forked is lost: it would be killed `STOP_SECONDS` later."""
    for number in _STOP:
        signal.signal(number, signal.SIG_DFL)
    _take_signals()


def _end_with(parent: int) -> None:
    """From now on this process ends when its parent does, even if that is killed: nobody would look after it, and it
    would keep the port from the next server. Linux alone tells it."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SIGNAL_OF_THE_PARENTS_END, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it has ended already, and nothing is served yet
            os._exit(1)
