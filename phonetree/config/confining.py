"""What the kernel keeps a process that answers lines from: the content of every file outside a few folders.

With Landlock, where the kernel has it: no privilege is needed, and neither code in C nor a mistake of ours gets around
it. It holds for this thread and those that it starts later, so it comes before they do, and not for what is open
already. By its version it refuses

    1  to read, write, make or remove files, to list folders, and to run programs
    2  to move or link files from one folder to another
    3  to cut files off
    4  to listen and to connect by TCP
    5  to control devices
    6  to signal other processes, and to reach them by sockets without a place

and none refuses UDP, to ask whether a file is there, how long it is and when it was changed, or to change who may read
it and its times (where the user may). Of these the audit hook of a trial call (`web/trial.py`) refuses UDP and the
changes; but Python calls that, so code in C gets around it. Nothing refuses to ask about a file.
"""

import ctypes
import os
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from struct import pack

_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""The numbers of its system calls: the same on every architecture that Python runs on."""

_VERSION = 1
"""Asks which version of it there is."""

_BENEATH = 1
"""A rule about all that is beneath a folder."""

_NO_NEW_PRIVILEGES = 38

_READ = 1 << 2 | 1 << 3
"""To read files, and to list folders."""

_FILES = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many kinds of access to files a version and those after it know; what is not allowed of them is refused."""

_TCP_SINCE, _TCP = 4, 0b11
"""To listen, and to connect."""

_OTHERS_SINCE, _OTHERS = 6, 0b11
"""To reach other processes by sockets without a place, and by signals."""


def confine(folders: Iterable[Path]) -> bool:
    """From now on this thread reads no files but those of these folders and Python's own; it writes and runs none, and
    where the kernel knows how connects by TCP with nothing. Whether that holds: an older kernel does not have Landlock,
    or it is switched off there."""
    with suppress(OSError, AttributeError):  # or this system is no Linux
        version = _call(_CREATE, None, 0, _VERSION)
        known = (1 << max(many for since, many in _FILES.items() if since <= version)) - 1
        wanted = pack("=Q", known)
        wanted += pack("=Q", _TCP) if version >= _TCP_SINCE else b""
        wanted += pack("=Q", _OTHERS) if version >= _OTHERS_SINCE else b""
        rules = _call(_CREATE, wanted, len(wanted), 0)
        try:
            for folder in {*_of_python(), *folders}:
                _allow(rules, folder)
            _checked(ctypes.CDLL(None, use_errno=True).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
            _call(_RESTRICT, rules, 0)
        finally:
            os.close(rules)
        return True
    return False


def _allow(rules: int, folder: Path) -> None:
    with suppress(FileNotFoundError, NotADirectoryError):
        opened = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _call(_ADD, rules, _BENEATH, pack("=Qi", _READ, opened), 0)
        finally:
            os.close(opened)


def _of_python() -> set[Path]:
    """Where modules are imported from, ours among them, and what these load."""
    packages = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    library = [sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return {Path(__file__).parents[1], *map(Path, (*packages, *library, "/lib", "/usr/lib", "/usr/share/zoneinfo"))}


def _call(number: int, *arguments: object) -> int:
    return _checked(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))


def _checked(result: int) -> int:
    """Raises OSError."""
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
