"""What the processes share that answer each line of their input with a line of output.

One ends when its input is closed, also in the middle of an answer: so it ends with the process that started it, however
that ended.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

NICENESS = 19
"""The lowest priority that is never left without processor time: turns come first."""


def answer_lines(answer: Callable[[bytes], bytes], idle_seconds: float | None = None) -> None:
    """Answers until the input is closed, or nothing was asked for so long."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing but answers goes there
        lines: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=_listen, args=(lines,), daemon=True).start()
        with suppress(Empty):
            while True:
                answers.write(answer(lines.get(timeout=idle_seconds)))
                answers.flush()


def stand_back(megabytes: int) -> None:
    """Limits what this process may take, and ignores what is meant for the one that started it, which ends it in its
    own time."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    os.nice(NICENESS)
    for limit, value in ((resource.RLIMIT_AS, megabytes * 2**20), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # a lower one is set already, or this system has none
            resource.setrlimit(limit, (value, value))
    with suppress(OSError):  # Linux: if the machine's memory is exhausted, this process is the one to end
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _listen(lines: SimpleQueue[bytes]) -> None:
    for line in sys.stdin.buffer:
        lines.put(line)
    os._exit(0)
