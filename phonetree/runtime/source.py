"""Where the files come from that callers hear: a folder, or the store (PHONETREE_SOURCE)."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

from phonetree.config.numbers import NumberRules
from phonetree.config.site import Contents, Loaded, audio, fingerprint, load, made_of
from phonetree.errors import ConfigError, ConfigWarning, Problem, StoreError, Where
from phonetree.settings import STORE
from phonetree.store.database import Store
from phonetree.store.revisions import THE_FILES, Publication, Revisions

UNVOUCHED = (
    "the newest revision in the database was not published with this SECRET_KEY, so callers do not hear it; see who "
    "can write to the database, and publish again"
)
TAKEN_BACK = (
    "the revision that callers hear is not in the database any more; if it was restored from a backup, restart the "
    "servers to answer with what is there, or publish again"
)

DATABASE = "the database"
"""Where the problems of a revision in the store are: the folder's files may be others."""

GONE = "the files of revision {} are not in the database any more; publish them again"

Told = TypeVar("Told", Problem, ConfigWarning)


class Source(Protocol):
    """Where the files come from."""

    @property
    def number(self) -> int:
        """That of the publication that was found; 0 if it is none."""

    def look(self) -> str:
        """Finds out what there is now; something else than before, whenever `load` may give something else."""

    def load(self, rules: NumberRules, *, patched: bool = False) -> Loaded:
        """The site of the files as they were found. Raises ConfigError."""

    def settled(self, seen: str) -> bool:
        """Whether the files are still those that `look` found: a file can be saved in pieces."""

    def placed(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Problems with the files that were found, which name the folder's, with the place where they are."""

    def whole(self, revision: str) -> bool:
        """Whether the files of this revision, which were found, are known to be whole: they were published so."""


class FolderSource:
    """The files of a folder. In the `revisions` of a store the console records what it writes there, before it does."""

    number = 0

    def __init__(self, folder: Path, revisions: Revisions | None = None) -> None:
        self._folder, self._revisions = folder, revisions

    def look(self) -> str:
        """As in `Source`."""
        return fingerprint(self._folder)

    def load(self, rules: NumberRules, *, patched: bool = False) -> Loaded:
        """As in `Source`."""
        return load(self._folder, rules, patched=patched)

    def settled(self, seen: str) -> bool:
        """As in `Source`."""
        return seen == self.look()

    def placed(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """As in `Source`."""
        return tuple(problems)

    def whole(self, revision: str) -> bool:
        """As in `Source`. Only the last one counts: half of a file can be what was published long ago. False while the
        store is unavailable."""
        with suppress(StoreError):
            last = self._revisions.last() if self._revisions else None
            return last is not None and last.revision == revision
        return False


class StoreSource:
    """The newest revision of a store, with the audio of a folder; while there is none, the folder's files. Where none
    was published with our SECRET_KEY, a server begins with these all the same, and that is a problem.

    While the store is unavailable it is the last one that was found. It never goes back by itself: a publication that
    is gone, has another in its place, or was not published with our SECRET_KEY, is a problem, and callers hear what
    they heard.
    """

    def __init__(self, folder: Path, revisions: Revisions) -> None:
        self._folder, self._revisions = folder, revisions
        self._found: tuple[Publication, Contents] | None = None
        self._problem = ""

    @property
    def number(self) -> int:
        """As in `Source`."""
        return self._found[0].number if self._found else 0

    def look(self) -> str:
        """As in `Source`."""
        with suppress(StoreError):  # the worker reports it
            self.ask()
        if self._found is None:
            return f"folder {fingerprint(self._folder)} {self._problem}"
        sounds = b" ".join(audio(self._folder)).hex()
        return f"{self._found[0].number} {self._found[0].revision} {self._problem} {sounds}"

    def ask(self) -> None:
        """Finds out what there is now, as `look` does. Raises StoreError while the store is unavailable."""
        last, before = self._revisions.last(finished=True), self._found[0] if self._found else None
        if last and before and not self._problem and _same(last, before):
            return
        found = self._revisions.newest()
        if found is None:
            if before:
                self._problem = UNVOUCHED if last else TAKEN_BACK
            else:
                self._problem = UNVOUCHED if self._revisions.of_another_key() else ""
        elif before and not _after(found[0], before):
            self._problem = UNVOUCHED if last and not last.vouched else TAKEN_BACK
        else:
            self._found = found
            self._problem = "" if last and _same(last, found[0]) else UNVOUCHED

    def load(self, rules: NumberRules, *, patched: bool = False) -> Loaded:
        """As in `Source`."""
        if patched:  # a server that starts, which would not otherwise: anything is better than none
            with suppress(ConfigError):
                return self._loaded(rules, patched=True)
            return load(self._folder, rules, patched=True)
        if self._problem:
            raise ConfigError([Problem(Where(DATABASE), self._problem)])
        return self._loaded(rules, patched=False)

    def settled(self, seen: str) -> bool:  # noqa: ARG002
        """As in `Source`; a revision is published as a whole."""
        return True

    def placed(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """As in `Source`."""
        return in_the_database(problems, self._folder) if self._found else tuple(problems)

    def whole(self, revision: str) -> bool:  # noqa: ARG002
        """As in `Source`; while there is none, the files are the folder's."""
        return self._found is not None

    def _loaded(self, rules: NumberRules, *, patched: bool) -> Loaded:
        if self._found is None:
            return load(self._folder, rules, patched=patched)
        try:
            made = made_of(self._found[1], self._folder, rules, patched=patched)
        except ConfigError as error:
            raise ConfigError(self.placed(error.problems)) from None
        return replace(made, warnings=in_the_database(made.warnings, self._folder))


def revisions_in(store: Store, secrets: tuple[str, ...], *, source: str) -> Revisions:
    """The revisions of a store. Where it is the source, only those count that SECRET_KEY vouches for."""
    return Revisions(store, secrets, strict=source == STORE)


def keep_in(revisions: Revisions, name: str, contents: Contents, now: int, *, source: str) -> None:
    """Stores the revision that callers hear: for History, and for calls that go on at another server. Raises
    StoreError."""
    if source == STORE:
        revisions.take(name, contents, now)
    else:
        revisions.keep(name, contents, THE_FILES, now)


def heard_names(revisions: Revisions, *, source: str) -> tuple[str, ...]:
    """The revisions that callers hear, newest first: the first that can be read counts. Where files are the source,
    those that a server answered with. Raises StoreError."""
    return revisions.newest_names(heard=source != STORE)


def published_in(name: str, revisions: Revisions, folder: Path, rules: NumberRules) -> Loaded:
    """The site of a revision in the store, with a folder's audio. Raises ConfigError if it is gone, or cannot be used
    here, and StoreError."""
    contents = revisions.published(name)
    if contents is None:
        raise ConfigError([Problem(Where(DATABASE), GONE.format(name))])
    return made_of(contents, folder, rules, patched=True)


def in_the_database(found: Iterable[Told], folder: Path) -> tuple[Told, ...]:
    """Problems or warnings of a revision in the store, which name the files of a folder: with the place where they
    are."""
    return tuple(replace(each, where=_in_the_database(each.where, folder)) for each in found)


def _in_the_database(where: Where, folder: Path) -> Where:
    if where.file == str(folder):
        return Where(DATABASE)
    with suppress(ValueError):  # it is not in the folder
        return replace(where, file=f"{DATABASE}'s {Path(where.file).relative_to(folder)}")
    return where


def source_in(folder: Path, revisions: Revisions | None, *, source: str) -> Source:
    """What PHONETREE_SOURCE says."""
    return StoreSource(folder, revisions) if revisions and source == STORE else FolderSource(folder, revisions)


def _after(found: Publication, before: Publication) -> bool:
    """Whether one may be followed after another: a number is that of one revision for ever."""
    return found.number > before.number or (found.number, found.revision) == (before.number, before.revision)


def _same(one: Publication, other: Publication) -> bool:
    return (one.number, one.revision, one.vouched) == (other.number, other.revision, other.vouched)
