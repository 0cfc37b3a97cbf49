"""Reading and writing the files named in options, with an error that says why it failed."""

import errno
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import click

from phonetree.errors import PhonetreeError

MOST_BYTES = 1024 * 1024
"""Every file named in an option (a key, a passphrase, a call) is far smaller."""

# The option checks nothing itself: click would report a missing file as wrong usage.
PATH = click.Path(path_type=Path)

_WHY = {
    errno.ENOENT: "no such file or folder",
    errno.ENOTDIR: "a part of its path is not a folder",
    errno.EISDIR: "it is a folder",
    errno.EACCES: "you have no permission",
    errno.EPERM: "you have no permission",
    errno.EROFS: "it is on a read-only file system",
    errno.EEXIST: "it already exists; choose another name, or move it away",
    errno.ENOTEMPTY: "it is not empty; choose another name, or move away what is in it",
    errno.ENOSPC: "the disk is full",
    errno.ENAMETOOLONG: "its name is too long",
}


def read_text(path: Path) -> str:
    """A small text file, or standard input for -. Raises PhonetreeError when it cannot be read."""
    try:
        with sys.stdin.buffer if str(path) == "-" else path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise PhonetreeError(f"{path} is larger than {MOST_BYTES // 1024} kB; this cannot be the right file")
        return data.decode("utf-8")
    except OSError as error:
        raise _refused(path, "read", error) from None
    except UnicodeDecodeError:
        raise PhonetreeError(f"{path} cannot be read: it is not text in UTF-8") from None


def write_text(path: Path, text: str) -> None:
    """Writes a file, or replaces it. Raises PhonetreeError when it cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _refused(path, "written", error) from None


def replace_text(path: Path, text: str) -> None:
    """Writes a file, or replaces it, so that no reader ever finds a part of it and no failure loses what was there.
    Raises PhonetreeError when it cannot be written."""
    real = Path(os.path.realpath(path))  # a link stays a link
    new = real.with_name(f".{real.name}.{os.getpid()}.new")
    try:
        try:
            new.write_text(text, encoding="utf-8")
            if real.exists():
                new.chmod(real.stat().st_mode & 0o777)
            with new.open("rb") as file:
                os.fsync(file.fileno())
            new.replace(real)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(path, "written", error) from None


def write_private(path: Path, data: bytes) -> None:
    """Writes a new file that only this user can read; none if that fails. Raises PhonetreeError then."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(opened, "wb") as file:
                file.write(data)
        except OSError:
            path.unlink()
            raise
    except OSError as error:
        raise _refused(path, "written", error) from None


def make_folder(path: Path) -> None:
    """Creates a folder, unless it exists. Raises PhonetreeError when it cannot be created."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(path, "created", error) from None


def refuse_used_folder(path: Path) -> None:
    """Checked before work that would be lost: raises PhonetreeError when a folder holds something, or cannot be
    created or written."""
    try:
        os.close(os.open(path if path.exists() else path.parent, os.O_RDONLY | os.O_DIRECTORY))
        if path.exists() and any(path.iterdir()):
            raise FileExistsError(errno.ENOTEMPTY, "")
        if not os.access(path if path.exists() else path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "")
    except OSError as error:
        raise _refused(path, "created", error) from None


def fill_folder(path: Path, contents: Mapping[str, bytes]) -> None:
    """Writes files to a folder that does not exist, or is empty: all of them or, whatever happens, none. Raises
    PhonetreeError when they cannot be written."""
    refuse_used_folder(path)
    is_new, made = not path.exists(), []
    try:
        path.mkdir(exist_ok=True)
        for name, data in contents.items():
            file = path / f".{name}.{os.getpid()}.new"
            with file.open("xb") as opened:
                made.append(file)
                opened.write(data)
                opened.flush()
                os.fsync(opened.fileno())
        for file, name in zip(tuple(made), contents, strict=True):
            made.append(file.replace(path / name))
    except BaseException as error:
        for file in made:
            file.unlink(missing_ok=True)
        with suppress(OSError):
            if is_new:
                path.rmdir()
        if isinstance(error, OSError):
            raise _refused(path, "written", error) from None
        raise


def refuse_unwritable(path: Path, *, new: bool = False) -> None:
    """Checked before work that would be lost: raises PhonetreeError when a file (a `new` one) cannot be written."""
    try:
        os.close(os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY))
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "")
        if new and path.exists():
            raise FileExistsError(errno.EEXIST, "")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, "")
    except OSError as error:
        raise _refused(path, "written", error) from None


def _refused(path: Path, done: str, error: OSError) -> PhonetreeError:
    why = _WHY.get(error.errno or 0, error.strerror or type(error).__name__)
    return PhonetreeError(f"{path} cannot be {done}: {why}")
