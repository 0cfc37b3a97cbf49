"""The log: JSON lines on standard error, one for what the server does, none for what callers do.

A line written when a call comes in is a call log. So a turn that goes well leaves nothing, and one that
fails leaves what broke and where in the code; never its words, which may hold what the provider sent.
"""

import logging
import sys
import traceback

import structlog

structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(),
    ],
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
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
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename.rpartition('phonetree/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-6:]]
    structlog.get_logger().error(event, what=type(error).__name__, where=where, **fields)
