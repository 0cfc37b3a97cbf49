"""Overrides: changes of the hours, and announcements before the menu, at short notice."""

import json
from datetime import UTC, datetime

from sqlalchemy import insert, select, update

from phonetree.core.schedule import Kind, Override
from phonetree.errors import StoreError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.kept import Kept
from phonetree.store.tables import overrides


class Overrides:
    """The overrides of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, override: Override, by: str, what: str, now: int) -> int:
        """Stores an override; returns its number. `what` describes it in the list of actions."""
        row = {
            "begins_at": int(override.begins.timestamp()),
            "ends_at": int(override.ends.timestamp()),
            "kind": override.kind,
            "words": json.dumps(dict(override.words), ensure_ascii=False),
            "by": by,
        }
        with self._store.write() as connection:
            number: int = connection.execute(insert(overrides).values(row).returning(overrides.c.number)).scalar_one()
            actions.note(connection, by, f"override {number}: {what}", now)
            connection.execute(overrides.delete().where(overrides.c.ends_at < now - actions.KEEP_SECONDS))
        return number

    def withdraw(self, number: int, by: str, now: int) -> None:
        """Ends an override before its time. Raises StoreError when it is not in force or coming."""
        current = (overrides.c.number == number) & overrides.c.withdrawn_at.is_(None) & (overrides.c.ends_at > now)
        with self._store.write() as connection:
            if not connection.execute(update(overrides).where(current).values(withdrawn_at=now)).rowcount:
                raise StoreError(f"there is no current or coming override {number}; see: override list")
            actions.note(connection, by, f"override {number}: withdrawn", now)

    def kept(self, now: int) -> tuple[Kept, ...]:
        """Current and coming ones, newest first."""
        query = select(overrides).where(overrides.c.withdrawn_at.is_(None), overrides.c.ends_at > now)
        with self._store.read() as connection:
            rows = connection.execute(query.order_by(overrides.c.number.desc())).all()
        return tuple(
            Kept(
                row.number,
                Override(
                    datetime.fromtimestamp(row.begins_at, UTC),
                    datetime.fromtimestamp(row.ends_at, UTC),
                    Kind(row.kind) if row.kind else None,
                    json.loads(row.words),
                ),
                row.by,
            )
            for row in rows
        )
