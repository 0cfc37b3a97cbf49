"""Published revisions: their files, so that any server can continue a call that another one began."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from phonetree.errors import StoreError
from phonetree.store.database import Store
from phonetree.store.tables import revision_files, revisions

HOURS, ROUTING = "hours.yaml", "routing.yaml"
"""The files that every revision has, in columns of their own; others are rows of `revision_files`."""

MOST_NEWEST = 5
"""How many of the newest are tried to find a usable one."""

_NEWEST = select(revisions.c.name).order_by(revisions.c.published_at.desc()).limit(MOST_NEWEST)


class Revisions:
    """The revisions of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, name: str, contents: Mapping[str, bytes], author: str, now: int) -> None:
        """Stores the files of a revision by name, once; one that is published again becomes the newest.
        Raises StoreError."""
        with self._store.write() as connection:
            query = select(revisions.c.name, revisions.c.published_at).order_by(revisions.c.published_at.desc())
            known = {found.name: found.published_at for found in connection.execute(query)}
            if next(iter(known), None) == name:
                return
            at = max(now, max(known.values(), default=0) + 1)
            if name in known:
                stored = revisions.c.name == name
                connection.execute(update(revisions).where(stored).values(published_at=at))
                return
            row = {
                "name": name,
                "published_at": at,
                "author": author,
                "hours": contents[HOURS],
                "routing": contents[ROUTING],
            }
            more = [
                {"revision": name, "file": file, "data": data}
                for file, data in contents.items()
                if file not in (HOURS, ROUTING)
            ]
            try:
                with connection.begin_nested():
                    connection.execute(insert(revisions).values(row))
                    if more:
                        connection.execute(insert(revision_files), more)
            except IntegrityError:
                return  # another server was faster

    def find(self, name: str) -> Mapping[str, bytes] | None:
        """The files of a revision by name. Raises StoreError."""
        with self._store.read() as connection:
            return next(iter(self._files(connection, [name])), None)

    def newest_names(self) -> tuple[str, ...]:
        """The names of the latest revisions, newest first. Raises StoreError."""
        with self._store.read() as connection:
            return tuple(connection.execute(_NEWEST).scalars())

    def newest(self) -> tuple[Mapping[str, bytes], ...]:
        """The files of the latest revisions, newest first; none when the store is unavailable."""
        try:
            with self._store.read() as connection:
                return tuple(self._files(connection, list(connection.execute(_NEWEST).scalars())))
        except StoreError:
            return ()

    def _files(self, connection: Connection, names: list[str]) -> Iterator[Mapping[str, bytes]]:
        """The files of these revisions, in their order; of those that are stored."""
        for name in names:
            both = select(revisions.c.hours, revisions.c.routing).where(revisions.c.name == name)
            more = select(revision_files.c.file, revision_files.c.data).where(revision_files.c.revision == name)
            if row := connection.execute(both).one_or_none():
                yield {HOURS: row.hours, ROUTING: row.routing} | {
                    file.file: file.data for file in connection.execute(more)
                }
