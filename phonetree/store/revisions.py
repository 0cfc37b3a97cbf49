"""Published revisions: what both files were, so that any server can go on with a call that another one began."""

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from phonetree.store.database import Store
from phonetree.store.tables import revisions


class Revisions:
    """The revisions of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, name: str, contents: tuple[bytes, bytes], author: str, now: int) -> None:
        """Keeps hours.yaml and routing.yaml of a revision, once. Raises StoreError."""
        row = {"name": name, "published_at": now, "author": author, "hours": contents[0], "routing": contents[1]}
        with self._store.write() as connection:
            if connection.execute(select(revisions.c.name).where(revisions.c.name == name)).first():
                return
            try:
                with connection.begin_nested():
                    connection.execute(insert(revisions).values(row))
            except IntegrityError:
                return  # another server was quicker

    def find(self, name: str) -> tuple[bytes, bytes] | None:
        """Both files of a revision. Raises StoreError."""
        with self._store.read() as connection:
            query = select(revisions.c.hours, revisions.c.routing).where(revisions.c.name == name)
            row = connection.execute(query).one_or_none()
        return (row.hours, row.routing) if row else None
