"""The log: JSON lines on standard error, about what the server does, never about what callers do.

A line written when a call comes in is a call log. So a turn without errors logs nothing, and failed ones are gathered
(`runtime/gathered.py`): what broke and where in the code, at fixed times; never the message, which may contain what the
provider sent. The fields are fixed: others
are dropped. Of what libraries log only their name and the place are kept, because their messages may contain an
address of a call.
"""

import atexit
import logging
import os
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

if "rich" not in sys.modules:
    # structlog imports it for colours if a tool has brought it along: megabytes, for lines of JSON
    sys.modules["rich"] = None  # type: ignore[assignment]
import structlog

if sys.modules["rich"] is None:
    del sys.modules["rich"]

FIELDS = {
    "timestamp": "when, in UTC",
    "level": "info, warning or error",
    "event": "what it is about; see above",
    "what": "the kind of error, or the library's name",
    "where": "the lines of code it came through",
    "code": "the provider's error number",
    "task": "the background task",
    "problem": "what is wrong, or `over`",
    "problems": "every problem with the files or the overrides",
    "revision": "the revision that callers hear from now on",
    "kept": "the revision that callers still hear",
}
"""Every field there is, in the order in which they are written."""

MOST_FRAMES = 6

EXAMPLES = "+1 617 253 2300", "+1 800 841 8371", "+1 800 273 8255"
"""Public numbers that problems give as an example."""

_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "20[0-9]{2}"
_TIME = "(?:[01]?[0-9]|2[0-4])(?:[.:][0-5][0-9])?"

_NUMBERS = re.compile(
    r"(?P<none>(?<![+\d])'?(?:"  # what is no phone number, however it is written
    r"\b\d{4}-\d\d-\d\d"
    r"|\bU\+(?:10|[0-9A-F])?[0-9A-F]{4}(?=, [a-z])"  # as problems name a character
    rf"|\b{_YEAR}[./]{_MONTH}[./]{_DAY}"
    rf"|\b(?:{_DAY}[./-]{_MONTH}|{_MONTH}[./-]{_DAY})[./-]{_YEAR}"
    rf"|(?<='){_TIME} ?- ?{_TIME}(?=')"
    rf"|(?:like|as|use) (?:{'|'.join(map(re.escape, EXAMPLES))})"
    r")(?!\d)'?)"
    r"|'[+\d\s().\-/]{4,}'"  # quoted, however short
    r"|\+(?:[^\w:]{0,3}_?\d)+"  # with country code
    r"|\d(?:[^\w:]{0,3}_?\d){6,}"  # without, whatever stands between the digits (a colon: hours)
)


STDERR = 2

MOST_LINES = 1000
"""Lines waiting to be written; more are lost, and that is logged."""

FLUSH_SECONDS = 1.0
"""How long an exiting program waits for its last lines to be written."""

_LOST = '{"level": "error", "event": "log", "what": "lines were lost: nothing read them"}\n'


class _Apart:
    """Writes to standard error in its own thread: a log that nothing reads delays no turn."""

    def __init__(self) -> None:
        self._lines: Queue[str] = Queue(MOST_LINES)
        self._lost = False
        Thread(target=self._run, name="log", daemon=True).start()
        atexit.register(self.drain)

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
            with suppress(OSError, ValueError):  # nothing reads it
                os.write(STDERR, line.encode())  # through `sys.stderr` an exiting program would wait for its reader
            self._lines.task_done()

    def drain(self) -> None:
        """Waits until the lines are written, for a second at most."""
        end = monotonic() + FLUSH_SECONDS
        while self._lines.unfinished_tasks and monotonic() < end:
            sleep(0.01)


_out: _Apart | None = None


def write_apart() -> None:
    """From now on lines are written in a separate thread, by this process and by those that are forked from it."""
    if _out is None:
        os.register_at_fork(after_in_child=_begin_apart)
        _begin_apart()


def drain() -> None:
    """Waits until the lines are written, for a second at most, before a process ends at once."""
    if _out:
        _out.drain()


def _begin_apart() -> None:
    global _out  # noqa: PLW0603 -- a process has one log
    _out = _Apart()


def masked(text: str) -> str:
    """A text without its phone numbers: what staff mistype may be a personal number. Dates, times, and the examples of
    our own sentences stay."""
    return _NUMBERS.sub(lambda found: found[0] if found["none"] else "(a number)", text)


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
    """Something that somebody should check."""
    structlog.get_logger().warning(event, **fields)


def error(event: str, **fields: str | list[str]) -> None:
    """Something that broke."""
    structlog.get_logger().error(event, **fields)


def failure(event: str, broken: Exception | str, **fields: str) -> None:
    """Something broke: what, and where."""
    error(event, **described(broken), **fields)


def described(broken: Exception | str) -> dict[str, str | list[str]]:
    """The fields that say what broke: the kind of error, and the lines of our code it came through."""
    if isinstance(broken, str):
        return {"what": broken}
    return {"what": type(broken).__name__, "where": _frames(broken.__traceback__)}


def take_in_libraries() -> None:
    """From now on the messages of libraries become lines of this log."""
    root = logging.getLogger()
    root.handlers = [_Libraries(logging.WARNING)]
    logging.captureWarnings(capture=True)


class _Libraries(logging.Handler):
    """A library's log record, without its message."""

    def emit(self, record: logging.LogRecord) -> None:
        where = _frames(record.exc_info[2]) if record.exc_info else [f"{record.filename}:{record.lineno}"]
        level = "error" if record.levelno >= logging.ERROR else "warning"
        getattr(structlog.get_logger(), level)("library", what=record.name, where=where)


def _frames(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-MOST_FRAMES:]
    return [f"{frame.filename.rpartition('phonetree/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
