"""Published revisions: both files, so that any server can continue a call that another one began."""

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from phonetree.errors import StoreError
from phonetree.store.database import Store
from phonetree.store.tables import revisions

MOST_NEWEST = 5
"""How many of the newest are tried to find a usable one."""


class Revisions:
    """The revisions of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, name: str, contents: tuple[bytes, bytes], author: str, now: int) -> None:
        """Stores hours.yaml and routing.yaml of a revision, once; one that is published again becomes the newest.
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
            row = {"name": name, "published_at": at, "author": author, "hours": contents[0], "routing": contents[1]}
            try:
                with connection.begin_nested():
                    connection.execute(insert(revisions).values(row))
            except IntegrityError:
                return  # another server was faster

    def find(self, name: str) -> tuple[bytes, bytes] | None:
        """Both files of a revision. Raises StoreError."""
        with self._store.read() as connection:
            query = select(revisions.c.hours, revisions.c.routing).where(revisions.c.name == name)
            row = connection.execute(query).one_or_none()
        return (row.hours, row.routing) if row else None

    def newest(self) -> tuple[tuple[bytes, bytes], ...]:
        """Both files of the latest revisions, newest first; none when the store is unavailable."""
        query = select(revisions.c.hours, revisions.c.routing).order_by(revisions.c.published_at.desc())
        try:
            with self._store.read() as connection:
                return tuple((row.hours, row.routing) for row in connection.execute(query.limit(MOST_NEWEST)))
        except StoreError:
            return ()
