"""One at a time on a host, whichever process it is in."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from threading import Event
from time import monotonic

LOOK_SECONDS = 0.05
"""How often to see whether it is free."""


@contextmanager
def turnstile(file: Path, seconds: float, stopping: Event) -> Iterator[None]:
    """Waits until nobody else on this host is in here, for so many seconds, or until this process stops.

    The file holds nothing; its lock ends with the process that has it. It saves work, and protects nothing: whoever
    cannot have it in time, or cannot open it, goes on without.
    """
    opened = -1
    with suppress(OSError):
        opened = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        if os.fstat(opened).st_uid != os.getuid():  # somebody else's, who could keep us waiting
            os.close(opened)
            opened = -1
    try:
        end = monotonic() + seconds
        while _taken(opened) and monotonic() < end and not stopping.wait(LOOK_SECONDS):
            pass
        yield
    finally:
        if opened >= 0:
            os.close(opened)


def _taken(opened: int) -> bool:
    """Whether somebody else has the lock; if not, it is ours now."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (OSError, ValueError):  # there is no file, or no locks on this disk
        return False
    return False


def turnstile_of(config: Path, data: Path | None) -> Path:
    """The file for the servers of one helpline: where they keep their data on this host, or in the folder for
    temporary files."""
    user = os.getuid()  # who cannot open another's file
    if data:
        return data / f"prover-{user}.lock"
    helpline = sha256(os.fsencode(config.absolute())).hexdigest()[:12]
    return Path(gettempdir()) / f"phonetree-{user}-{helpline}.lock"
