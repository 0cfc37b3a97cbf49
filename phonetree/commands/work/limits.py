"""Limits of a process that serves, set before it starts others, which inherit them; and how long these live."""

import resource

STOP_SECONDS = 10
"""A worker that has not ended by then is killed: far longer than any request takes."""

NO_LINES_OF_ITS_OWN = {
    "handlers": {},
    "loggers": {name: {"handlers": [], "propagate": True} for name in ("_granian", "granian.access")},
}
"""How granian logs: through our own log, as every library does."""


def allow_files(number: int) -> None:
    """Raises the limit of open files; the system's default is 1,024."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if most == resource.RLIM_INFINITY else min(number, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(least, wanted), most))


def forbid_core_dumps() -> None:
    """A process that crashes leaves no image of its memory, which holds calls that are in progress."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
