"""A console that is killed and started again, at little cost.

    python -m tests.support.consoles PORT

loads the console once, as the command does, and forks one for each line that it reads, in a group of processes of its
own; the answer is that group's number. With its input, the last one ends.
"""

import os
import signal
import sys
from contextlib import suppress

from phonetree import settings
from phonetree.commands.work.console import run
from phonetree.console.services import of
from phonetree.console.serving import load


def _fork(port: int) -> None:
    application = load(settings.read_console())
    of(application).store.engine.dispose()  # a connection belongs to one process
    child = 0
    for _ in sys.stdin:
        _end(child)
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            run(application, "127.0.0.1", port)
            os._exit(0)
        print(child, flush=True)  # noqa: T201 -- the answer
    _end(child)


def _end(group: int) -> None:
    if group:
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        os.waitpid(group, 0)


if __name__ == "__main__":
    _fork(int(sys.argv[1]))
