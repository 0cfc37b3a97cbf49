"""Replacing several of a helpline's files together: whoever reads the folder finds all the old ones or all the new.

One file with all that is new, and digests of what it replaces, is put into the folder in one step. From then on the new
ones count, for every reader of the folder, until they are in place and that file is gone. If the process that does so
is killed in between, whoever finds the file, and may write here, completes it; whoever may not reads the new ones in
it. A file that somebody edited by hand meanwhile is worth more: then the old ones count, with that edit. If it was
the new file that was edited, its edit is put into the old one; if that cannot be done, nothing of the folder counts
until somebody has looked.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from phonetree.config.merging import Lines, Text, merged
from phonetree.config.writing import alone, replace, synced, why, written
from phonetree.errors import MixedError, NotPutBackError

NAME = ".phonetree-publication"
"""The file with all that is new."""

MOST_BYTES = 16 * 1024 * 1024
"""Of that file: more than both files may have, and phrases."""

Files = Mapping[str, bytes | None]
"""Files by their names in the folder; None: there is none."""


@dataclass(frozen=True, slots=True)
class Under:
    """A replacement that is under way: the new files, digests of those that they replace, and these themselves, to be
    put back if somebody edits one by hand before all are replaced."""

    files: Files
    digests: Mapping[str, str | None]
    was: Files


def under_way(folder: Path) -> Files:
    """The files that count in place of the folder's own, by name; empty unless it was not completed. Raises
    MixedError."""
    found = _read(folder)
    while found:
        try:
            if _stands(folder, found):
                return found.files
            back = _taken_back(folder, found)
        except OSError:
            return {}  # whoever reads that file says why it cannot be read
        except MixedError:
            if found == _read(folder):
                raise
        else:
            if found == _read(folder):
                return back
        found = _read(folder)  # it was completed meanwhile, and there may be another
    return {}


def replace_together(folder: Path, files: Files, still: Callable[[], bool] = lambda: True) -> bool:
    """Replaces files, adds those that are new, and removes those that are None, in one step; only if the folder is
    `still` as it has to be. Whether it did. Only one at a time may do so in a folder (`writing.alone`), after it
    completed what was under way. Raises OSError; then the folder is as it was. Raises MixedError and NotPutBackError;
    then it is of both."""
    now = {name: _bytes(folder / name) for name in files}
    changed = {name: data for name, data in files.items() if data != now[name]}
    if not changed:
        return still()
    if len(changed) == 1:
        ((name, data),) = changed.items()
        if data is not None and now[name] is not None:
            return replace(folder / name, data, still)
    told = {
        "files": _texts(changed),
        "digests": {name: _digest(now[name]) for name in changed},
        "was": _texts({name: now[name] for name in changed}),
    }
    if not written(folder / NAME, json.dumps(told).encode(), _mode(folder), still):
        return False
    try:
        return complete_alone(folder)
    except OSError as error:
        if _new_ones_count(folder):  # whoever finds them tries again
            return True
        raise NotPutBackError(why(error)) from error


def _new_ones_count(folder: Path) -> bool:
    """Whether what is under way counts, as far as that can be told: nobody edited a file by hand meanwhile."""
    with suppress(OSError):
        found = _read(folder)
        return found is not None and _stands(folder, found)
    return False


def complete(folder: Path) -> None:
    """Completes what was under way when a process was killed, if nobody is at it, and it may be written here."""
    with suppress(OSError, MixedError):
        if (folder / NAME).exists():
            with alone(folder):
                complete_alone(folder)


def complete_alone(folder: Path) -> bool:
    """The same for whoever has the folder alone. Whether the new files are there: if somebody edited one by hand
    meanwhile, the others are put back. Raises OSError, and MixedError."""
    found = _read(folder)
    done = bool(found and _stands(folder, found) and _put_all(folder, found))
    if found and not done:
        _take_back(folder, found)
    (folder / NAME).unlink(missing_ok=True)
    synced(folder)
    return done


def _put_all(folder: Path, under: Under) -> bool:
    return all(_put(folder / name, data, under.digests[name], folder) for name, data in under.files.items())


def _take_back(folder: Path, under: Under) -> None:
    """Puts the old files back, with what was edited by hand. Raises OSError, and MixedError."""
    now = {name: _bytes(folder / name) for name in under.files}
    old = _old_ones(now, under)
    for name, data in old.items():
        if not _put(folder / name, data, _digest(now[name]), folder):
            raise MixedError(name, NAME)  # it is being edited at this moment


def _taken_back(folder: Path, under: Under) -> Files:
    """The files that `_take_back` would put back. Raises OSError, and MixedError."""
    now = {name: _bytes(folder / name) for name in under.files}
    return {name: data for name, data in _old_ones(now, under).items() if data != now[name]}


def _old_ones(now: Files, under: Under) -> Files:
    """The old files, with what was edited by hand. Raises MixedError."""
    return {name: _old(name, data, under.files[name], under.was[name]) for name, data in now.items()}


def _old(name: str, now: bytes | None, new: bytes | None, old: bytes | None) -> bytes | None:
    """A file without what is `new` in it. Raises MixedError when that cannot be told from an edit by hand."""
    if now in (new, old):
        return old
    if now is None or new is None or old is None:
        return now
    base, was, edited = (Text.of(data.decode("utf-8", "surrogateescape")) for data in (new, old, now))
    is_new = _is_new(edited.lines, base.lines, was.lines)
    if is_new is False:
        return now
    parts = merged(base.lines, edited.lines, was.lines, apart=True)
    if any(part.clash for part in parts):
        raise MixedError(name, NAME)
    text = base.merged(edited, was).with_lines([line for part in parts for line in part.mine])
    back = text.encode("utf-8", "surrogateescape")
    if back != now and not is_new:
        raise MixedError(name, NAME)
    return back


def _is_new(edited: Lines, new: Lines, old: Lines) -> bool | None:
    """Whether an edited text was the new one and not the old one, from the lines by which these differ, but for empty
    ones; None if it cannot be told, as where lines are only in another order."""
    lines, was, there = (Counter(filter(str.strip, text)) for text in (new, old, edited))
    fresh, gone = lines - was, was - lines
    added, missing = fresh & (there - was), gone & (was - there)
    kept, absent = gone - missing, fresh - added
    if not added and (kept or (absent and not gone)):
        return False
    like_new, like_old = (added + missing).total(), (absent + kept).total()
    return True if like_new > like_old and (added or not fresh) else None


def _put(path: Path, data: bytes | None, expected: str | None, folder: Path) -> bool:
    """Whether the file is there now: it has to be the expected one until it is replaced, or to be there already."""

    def still() -> bool:
        return _digest(_bytes(path)) == expected

    if _bytes(path) == data:
        return True
    if not still():
        return False
    if data is None:
        path.unlink(missing_ok=True)
        return True
    if path.exists():
        return replace(path, data, still)
    path.parent.mkdir(exist_ok=True)
    return written(path, data, _mode(folder), still)


def _texts(files: Files) -> dict[str, str | None]:
    return {name: data if data is None else b64encode(data).decode() for name, data in files.items()}


def _datas(texts: Mapping[str, str | None]) -> dict[str, bytes | None]:
    return {_inside(name): None if text is None else b64decode(text, validate=True) for name, text in texts.items()}


def _read(folder: Path) -> Under | None:
    """What is under way; None if nothing is, or what is there was not written by us."""
    try:
        with (folder / NAME).open("rb") as file:
            told = json.loads(file.read(MOST_BYTES))
        files, was = _datas(told["files"]), _datas(told["was"])
        return Under(files, {name: told["digests"][name] for name in files}, {name: was[name] for name in files})
    except (OSError, ValueError, TypeError, KeyError, AttributeError, Base64Error):
        return None


def _inside(name: str) -> str:
    """The name of a file of the folder. Raises ValueError when it is none."""
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(name)
    return name


def _stands(folder: Path, under: Under) -> bool:
    """Whether every file is the one that is replaced, or the new one: nobody edited one by hand since. Raises
    OSError."""
    now = {name: _digest(_bytes(folder / name)) for name in under.files}
    return all(now[name] in (under.digests[name], _digest(data)) for name, data in under.files.items())


def _bytes(path: Path) -> bytes | None:
    """The bytes of a file; None if there is none. Raises OSError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _digest(data: bytes | None) -> str | None:
    return None if data is None else sha256(data).hexdigest()


def _mode(folder: Path) -> int:
    """Who may read a file that is new: whoever may read routing.yaml, or hours.yaml if that is not there."""
    there = (path for path in (folder / "routing.yaml", folder / "hours.yaml") if path.exists())
    return next(there, folder).stat().st_mode & 0o666
