"""The log: JSON lines on standard error, one for what the server does, none for what callers do.

A line written when a call comes in is a call log. So a turn that goes well leaves nothing, and one that
fails leaves what broke and where in the code; never its words, which may hold what the provider sent. The fields are
fixed: whatever else is handed in is left out. Of what libraries log only their name and the place are kept, for their
words may hold an address of a call.
"""

import atexit
import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from queue import Full, Queue
from threading import Thread
from time import monotonic, sleep
from types import TracebackType
from typing import Any, TextIO, cast

import structlog

FIELDS = {
    "timestamp": "when, in UTC",
    "level": "info, warning or error",
    "event": "what it is about; see below",
    "what": "the kind of an error, or a library's name",
    "where": "the lines of code it came through",
    "code": "the provider's number of an error",
    "task": "a task of the background work",
    "problem": "what is wrong, or `over`",
    "problems": "everything that is wrong with the files, or under the overrides",
    "revision": "the revision that callers hear from now on",
    "kept": "the revision that callers go on hearing",
}
"""Every field there is, in the order in which they are written."""

MOST_FRAMES = 6

_NUMBERS = re.compile(
    r"(?P<date>\b\d{4}-\d\d-\d\d\b)"
    r"|'(?!\d{4}-\d\d-\d\d')[+\d\s().\-/]{4,}'"  # one that is quoted, however short
    r"|\+[\d\s().\-/]*\d"  # one with its country
    r"|\d(?:[\s().\-/]*\d){6,}"  # one without its country
)


MOST_LINES = 1000
"""Lines that wait to be written; more are lost, and that is written."""

FLUSH_SECONDS = 1.0
"""For so long a program that ends waits for its last lines to be taken."""

_LOST = '{"level": "error", "event": "log", "what": "lines were lost: nobody took them"}\n'


class _Apart:
    """Writes to standard error in a thread of its own: a log that nobody takes holds up no turn."""

    def __init__(self) -> None:
        self._lines: Queue[str] = Queue(MOST_LINES)
        self._lost = False
        Thread(target=self._run, name="log", daemon=True).start()
        atexit.register(self._drain)

    def write(self, text: str) -> None:
        try:
            self._lines.put_nowait(text)
        except Full:
            self._lost = True

    def flush(self) -> None:
        """The thread does."""

    def _run(self) -> None:
        while True:
            line = self._lines.get()
            if self._lost:
                self._lost = False
                line += _LOST
            with suppress(OSError, ValueError):  # nobody there to take it
                sys.stderr.write(line)
                sys.stderr.flush()
            self._lines.task_done()

    def _drain(self) -> None:
        end = monotonic() + FLUSH_SECONDS
        while self._lines.unfinished_tasks and monotonic() < end:
            sleep(0.01)


_out: _Apart | None = None


def write_apart() -> None:
    """From now on lines are written in a thread of their own."""
    global _out  # noqa: PLW0603 -- a process has one log
    _out = _out or _Apart()


def masked(text: str) -> str:
    """A text without the phone numbers in it: what staff mistype may be a person's own. Its place is told anyway."""
    return _NUMBERS.sub(lambda found: found[0] if found["date"] else "(a number)", text)


def _fixed(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> dict[str, Any]:
    if "problem" in fields:
        fields["problem"] = masked(fields["problem"])
    if "problems" in fields:  # they quote what staff typed
        fields["problems"] = [masked(problem) for problem in fields["problems"]]
    return {name: fields[name] for name in FIELDS if name in fields}


structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _fixed,
        structlog.processors.JSONRenderer(),
    ],
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    logger_factory=lambda *_: structlog.WriteLogger(cast("TextIO", _out or sys.stderr)),
    cache_logger_on_first_use=False,
)


def info(event: str, **fields: str | int) -> None:
    """Something that the server did."""
    structlog.get_logger().info(event, **fields)


def warning(event: str, **fields: str | int | list[str]) -> None:
    """Something that somebody should look at."""
    structlog.get_logger().warning(event, **fields)


def failure(event: str, error: Exception | str, **fields: str) -> None:
    """Something broke: the kind of error and the lines of our code it came through."""
    if isinstance(error, str):
        structlog.get_logger().error(event, what=error, **fields)
        return
    structlog.get_logger().error(event, what=type(error).__name__, where=_frames(error.__traceback__), **fields)


def take_in_libraries() -> None:
    """From now on libraries write no lines of their own: theirs become lines of this log."""
    root = logging.getLogger()
    root.handlers = [_Libraries(logging.WARNING)]
    logging.captureWarnings(capture=True)


class _Libraries(logging.Handler):
    """What a library has to say, without its words."""

    def emit(self, record: logging.LogRecord) -> None:
        where = _frames(record.exc_info[2]) if record.exc_info else [f"{record.filename}:{record.lineno}"]
        level = "error" if record.levelno >= logging.ERROR else "warning"
        getattr(structlog.get_logger(), level)("library", what=record.name, where=where)


def _frames(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-MOST_FRAMES:]
    return [f"{frame.filename.rpartition('phonetree/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
