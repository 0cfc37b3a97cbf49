"""Drafts: files that are being edited, and that callers do not hear.

A draft says which revision it began from, and has a version, one more with each change: of two people who save the same
one at once, the second is told, and both can be merged, since earlier versions are kept for a while. It is deleted once
it is published or thrown away. Nothing in it is of a call.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from phonetree.errors import DraftError, DraftGoneError, DraftOutdatedError
from phonetree.store.database import Store
from phonetree.store.tables import draft_files, drafts

MOST = 30
"""Drafts at once: a list that people can look through."""

MOST_BYTES = 128 * 1024
"""Of the files of a draft together: four times those that are shipped, and what fits into a form of the console."""

MOST_VERSIONS = 10
"""Versions of a draft that are kept: what somebody saves who opened an earlier one is merged."""

BASE = 0
"""The version of the files that a draft began from, or was last brought up to date with."""

MOST_LINES = 5000
"""Of a draft's files together: eight times those that are shipped, and what can be merged in a moment."""

LONGEST_TITLE = 100
"""Characters of a title."""

_NEWEST_FIRST = select(drafts).order_by(drafts.c.changed_at.desc(), drafts.c.id)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft: `began` is the revision that it began from, or was last brought up to date with; `by` who changed it
    last, at a moment in seconds since 1970."""

    id: str
    title: str
    began: str
    version: int
    by: str
    changed_at: int


class Drafts:
    """The drafts of a store. Everything raises StoreError when the store cannot be used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def start(
        self, title: str, began: str, files: Mapping[str, bytes], by: str, now: int, id_: str | None = None
    ) -> Draft:
        """Begins a draft with these files; one that has this id already is it. Raises DraftError when there are too
        many, or they are too large."""
        refuse_large(files)
        draft = Draft(id_ or secrets.token_hex(16), title[:LONGEST_TITLE], began, 1, by, now)
        with self._store.changing(drafts) as connection:
            if there := connection.execute(_NEWEST_FIRST.where(drafts.c.id == draft.id)).one_or_none():
                return _draft(there)
            if connection.execute(select(func.count()).select_from(drafts)).scalar_one() >= MOST:
                raise DraftError(f"there are {MOST} drafts already; publish or throw away one of them first")
            row = {"title": draft.title, "began": began, "version": 1, "by": by, "changed_at": now}
            connection.execute(insert(drafts).values(id=draft.id, **row))
            for version in (BASE, draft.version):
                _put(connection, draft.id, version, files, by)
        return draft

    def all(self) -> tuple[Draft, ...]:
        """Every draft, the latest changed first."""
        with self._store.read() as connection:
            return tuple(map(_draft, connection.execute(_NEWEST_FIRST)))

    def find(self, id_: str) -> tuple[Draft, Mapping[str, bytes]] | None:
        """A draft with its files, by name."""
        with self._store.read() as connection:
            row = connection.execute(_NEWEST_FIRST.where(drafts.c.id == id_)).one_or_none()
            return (_draft(row), _files(connection, id_, row.version)) if row else None

    def files(self, id_: str, version: int) -> Mapping[str, bytes]:
        """The files of a version; none if it is not kept any more."""
        with self._store.read() as connection:
            return _files(connection, id_, version)

    def authors(self, id_: str, after: int) -> tuple[str, ...]:
        """Who made the versions after one, as far as they are kept, in order."""
        later = (draft_files.c.draft == id_) & (draft_files.c.version > after) & draft_files.c.by.is_not(None)
        one = select(draft_files.c.version, draft_files.c.by).where(later).distinct().order_by(draft_files.c.version)
        with self._store.read() as connection:
            return tuple(row.by for row in connection.execute(one))

    def made_by(self, id_: str, sent: str) -> int | None:
        """The version that a form with this hash made, if it is kept."""
        this = (draft_files.c.draft == id_) & (draft_files.c.sent == sent)
        with self._store.read() as connection:
            found: int | None = connection.execute(select(func.max(draft_files.c.version)).where(this)).scalar_one()
        return found

    def save(
        self,
        id_: str,
        version: int,
        files: Mapping[str, bytes],
        by: str,
        now: int,
        base: tuple[str, Mapping[str, bytes]] | None = None,
        sent: str | None = None,
    ) -> Draft:
        """Puts files in place of those of a version. With a `base`, a revision and its files, the draft counts as begun
        from that. `sent` is a hash of the form that asked for it. Raises DraftOutdatedError when the version is another
        one by now, DraftGoneError when there is no such draft, and DraftError when they are too large."""
        refuse_large(files)
        with self._store.changing(drafts) as connection:
            row = connection.execute(_NEWEST_FIRST.where(drafts.c.id == id_)).one_or_none()
            if row is None:
                raise DraftGoneError
            if row.version != version:
                raise DraftOutdatedError
            changed = {"version": version + 1, "by": by, "changed_at": now, "began": base[0] if base else row.began}
            connection.execute(update(drafts).where(drafts.c.id == id_).values(changed))
            _put(connection, id_, version + 1, files, by, sent)
            if base:
                _put(connection, id_, BASE, base[1], by)
            old = (draft_files.c.version > BASE) & (draft_files.c.version <= version + 1 - MOST_VERSIONS)
            connection.execute(delete(draft_files).where((draft_files.c.draft == id_) & old))
            return _draft(connection.execute(_NEWEST_FIRST.where(drafts.c.id == id_)).one())

    def drop(self, id_: str, version: int | None = None) -> None:
        """Deletes a draft, if it has this version still. One that is gone already is no error."""
        this = (drafts.c.id == id_) if version is None else (drafts.c.id == id_) & (drafts.c.version == version)
        with self._store.write() as connection:
            connection.execute(delete(drafts).where(this))


def refuse_large(files: Mapping[str, bytes]) -> None:
    """Raises DraftError when files are too large for a draft."""
    size = sum(map(len, files.values()))
    if size > MOST_BYTES:
        most = MOST_BYTES // 1024
        largest = max(files, key=lambda name: len(files[name]))
        of_one = f"{largest} alone {len(files[largest]) // 1024} kB"
        raise DraftError(
            f"the files have {size // 1024} kB, {of_one}, and a draft {most} kB at most; edit them by hand"
        )
    lines = sum(data.count(b"\n") for data in files.values())
    if lines > MOST_LINES:
        raise DraftError(f"the files have {lines} lines, and a draft {MOST_LINES} at most; edit them by hand")


def _put(
    connection: Connection, id_: str, version: int, files: Mapping[str, bytes], by: str, sent: str | None = None
) -> None:
    this = (draft_files.c.draft == id_) & (draft_files.c.version == version)
    connection.execute(delete(draft_files).where(this))
    made = {"draft": id_, "version": version, "sent": sent, "by": by}
    rows = [{**made, "file": name, "data": data} for name, data in files.items()]
    connection.execute(insert(draft_files), rows)


def _files(connection: Connection, id_: str, version: int) -> Mapping[str, bytes]:
    this = (draft_files.c.draft == id_) & (draft_files.c.version == version)
    found = connection.execute(select(draft_files).where(this).order_by(draft_files.c.file))
    return {row.file: row.data for row in found}


def _draft(row: Row[Any]) -> Draft:
    return Draft(row.id, row.title, row.began, row.version, row.by, row.changed_at)
