"""A program of ours that answers lines (`config/answering.py`) in a process of its own, whatever happens to it."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from os import environ, killpg
from threading import Event, Timer
from typing import IO, cast

from phonetree.errors import PhonetreeError

ENDING_SECONDS = 1.0
"""How long a process may take to end once its output has."""

_PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
"""What it gets of the environment: no secrets, and no numbers but those that it is sent."""


class ChildError(PhonetreeError):
    """There is no answer; the text says what became of the process, to go on after its name."""


class LateError(ChildError):
    """There was none in time."""


class Child:
    """The process. It answers one line after the other."""

    def __init__(self, command: Sequence[str]) -> None:
        """Raises ChildError when it cannot be started."""
        passed = {name: environ[name] for name in _PASSED if name in environ}
        passed["PYTHONPATH"] = ":".join(path for path in sys.path if path)
        try:
            # a group of its own, so that Ctrl-C is ours alone; no session, in which Linux would forget that it has a
            # lower priority than we have
            self._process = subprocess.Popen(  # noqa: S603 -- our own program
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=passed,
                process_group=0,
            )  # fmt: skip
        except OSError as error:
            raise ChildError(f"could not be started ({error.strerror})") from None
        self._asks, self._answers = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def end(self) -> None:
        """Ends it, and waits until it has ended."""
        self.kill()
        self._process.wait()
        for pipe in (self._asks, self._answers):
            with suppress(OSError):  # what was not written yet
                pipe.close()

    def kill(self) -> None:
        """Ends it, whatever it does; may be called at any time."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                killpg(self._process.pid, signal.SIGKILL)

    def ask(self, line: bytes, seconds: float, most_bytes: int) -> bytes:
        """The line, or as much of it as is allowed, that answers a line. Raises LateError when there is none after so
        many seconds, and ChildError when it ended; then the process is of no more use."""
        late = Event()

        def end() -> None:
            late.set()
            self.kill()  # which ends the waits below

        timer = Timer(seconds, end)
        timer.start()
        try:
            with suppress(BrokenPipeError):
                self._asks.write(line)
                self._asks.flush()
            answer = self._answers.readline(most_bytes)
        finally:
            timer.cancel()
        if late.is_set():
            raise LateError(f"took longer than {seconds:.0f} seconds")
        if not answer:
            raise ChildError(self._ending())
        return answer

    def _ending(self) -> str:
        try:
            status = self._process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            return "stopped answering"
        if status < 0:
            return f"was ended by signal {-status}, perhaps for lack of memory"
        return f"ended with status {status}"
