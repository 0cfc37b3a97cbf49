"""Replacing one of a helpline's files: whoever reads it, at any moment, finds the old one or the new one, complete."""

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

_WHY = {
    errno.ENOENT: "it is not there",
    errno.EACCES: "the console has no permission to write there",
    errno.EPERM: "it belongs to another user, who would lose it",
    errno.EROFS: "it is on a read-only file system",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk is full",
}


def why(error: OSError) -> str:
    """Why a file cannot be written, in words."""
    return _WHY.get(error.errno or 0, error.strerror or type(error).__name__)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Nobody else who asks so changes the files of this folder meanwhile, whatever the process. Raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


def place_of(folder: Path) -> str:
    """A hash of where a folder is, the same in each process of a machine; another one for a folder that was put into
    its place. Raises OSError."""
    told = f"{os.uname().nodename}\0{os.path.realpath(folder)}\0{folder.stat().st_ino}"
    return sha256(told.encode("utf-8", "surrogateescape")).hexdigest()


def unwritable(path: Path) -> str | None:
    """Why a file cannot be replaced here, or made where there is none, in words; None if it can. Nothing is
    changed."""
    real, new = Path(os.path.realpath(path)), not os.path.lexists(path)
    try:
        owner, folder = os.geteuid() if new else real.stat().st_uid, os.statvfs(real.parent)
    except OSError as error:
        return why(error)
    if folder.f_flag & os.ST_RDONLY:
        return _WHY[errno.EROFS]
    if not (os.access(real.parent, os.W_OK | os.X_OK) and (new or os.access(real, os.W_OK))):
        return _WHY[errno.EACCES]
    return _WHY[errno.EPERM] if os.geteuid() not in (0, owner) else None


def replace(path: Path, data: bytes, still: Callable[[], bool] = lambda: True) -> bool:
    """Replaces a file, whose mode and owner stay, in one step that survives a loss of power, if the folder is `still`
    as it has to be when all else is done: an editor at the machine asks for no lock. Whether it did. A link stays a
    link. Only one at a time may do so in a folder (`alone`). Raises OSError; then the file is as it was."""
    real = Path(os.path.realpath(path))
    was = real.stat()
    return written(real, data, stat.S_IMODE(was.st_mode), still, (was.st_uid, was.st_gid))


def written(
    real: Path,
    data: bytes,
    mode: int,
    still: Callable[[], bool] = lambda: True,
    owner: tuple[int, int] | None = None,
) -> bool:
    """The same for a path that is no link, whether or not there is a file: with this mode and owner (None: ours)."""
    new = real.with_name(f".{real.name}.new")  # one that a killed process left is written over
    try:
        with open(new, "wb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o600)) as file:
            file.write(data)
            file.flush()
            made = os.fstat(file.fileno())
            if owner and (made.st_uid, made.st_gid) != owner:
                os.fchown(file.fileno(), *owner)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        if not still():
            new.unlink()
            return False
        new.replace(real)
    except BaseException:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    synced(real.parent)
    return True


def synced(folder: Path) -> None:
    """Has a folder's entries survive a loss of power, as far as that can be done."""
    with suppress(OSError):  # everybody reads the new file by now, so it would be wrong to report a failure
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
