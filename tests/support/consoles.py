"""A console that is killed and started again, at little cost.

    python -m tests.support.consoles PORT

loads the console once, as the command does, and forks one for each line that it reads, in a group of processes of its
own; the answer is that group's number.
"""

import os
import sys

from phonetree import settings
from phonetree.commands.work.console import run
from phonetree.console.services import of
from phonetree.console.serving import load


def _fork(port: int) -> None:
    application = load(settings.read_console())
    of(application).store.engine.dispose()  # a connection belongs to one process
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            run(application, "127.0.0.1", port)
            os._exit(0)
        print(child, flush=True)  # noqa: T201 -- the answer
        os.waitpid(child, 0)


if __name__ == "__main__":
    _fork(int(sys.argv[1]))
