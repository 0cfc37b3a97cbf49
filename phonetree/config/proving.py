"""The prover: a process of its own that says which promises a site breaks, so that no turn waits for a proof.

    python -m phonetree.config.proving

Each line of its input is a question (`config/question.py`), and gets a line of output. It ends when its input is
closed, also in the middle of a proof: so it ends with the process that started it, however that ended. It imports the
compiler and the proof, no server and no database, has a low priority, and limits its own memory.
"""

import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from phonetree.config.promises import proved
from phonetree.config.question import Answer, Question
from phonetree.config.site import made_of, overridden
from phonetree.errors import Problem, Where, problems_of

MOST_MEGABYTES = 2048
"""The address space of a prover: twice what a site with the most turns (`proof/walk.py`) takes."""

NICENESS = 19
"""A prover's priority, the lowest that is never left without processor time: turns come first."""


def answer(line: bytes) -> bytes:
    """The answer to a question. Raises nothing that a site can cause."""
    question = Question.read(line)
    folder = question.folder
    try:
        # whether phrases may lack was decided by whoever asks
        site = made_of(question.contents, folder, question.rules, patched=True).site
        found = proved(overridden(site, question.overrides), folder, question.since)
        return Answer(found.problems, proved=True, calls=found.calls, times=found.times).line(folder)
    except MemoryError:
        text = f"takes more than {MOST_MEGABYTES:,} MB of memory to check; make the tree smaller"
        return Answer((Problem(Where(str(folder)), text),), proved=False).line(folder)
    except Exception as error:  # noqa: BLE001 -- staff are told, whatever it is
        return Answer(problems_of(error, folder), proved=False).line(folder)


def main() -> None:
    """Answers until its input is closed."""
    _stand_back()
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing but answers goes there
        questions: SimpleQueue[bytes] = SimpleQueue()
        Thread(target=_listen, args=(questions,), daemon=True).start()
        while True:
            answers.write(answer(questions.get()))
            answers.flush()


def _stand_back() -> None:
    """Limits what this process may take, and ignores what is meant for the server, which ends it in its own time."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    os.nice(NICENESS)
    for limit, value in ((resource.RLIMIT_AS, MOST_MEGABYTES * 2**20), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # a lower one is set already, or this system has none
            resource.setrlimit(limit, (value, value))
    with suppress(OSError):  # Linux: if the machine's memory is exhausted, this process is the one to end
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _listen(questions: SimpleQueue[bytes]) -> None:
    for line in sys.stdin.buffer:
        questions.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
