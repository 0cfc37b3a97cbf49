"""Overrides: changes of the hours, and announcements before the menu, at short notice."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from phonetree.core.schedule import COVER_LEAD_SECONDS, Cover, Kind, Override
from phonetree.errors import StoreError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.kept import Kept
from phonetree.store.tables import overrides

LONGEST_RINGING_SECONDS = 600
"""More than any team rings for one caller (`longest_wait` in routing.yaml)."""


class Overrides:
    """The overrides of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, override: Override, by: str, what: str, now: int) -> int:
        """Stores an override; returns its number. `what` describes it in the list of actions."""
        cover = override.cover
        row = {
            "begins_at": int(override.begins.timestamp()),
            "ends_at": int(override.ends.timestamp()),
            "kind": override.kind,
            "words": json.dumps(dict(override.words), ensure_ascii=False),
            "by": by,
            "away": cover.away if cover else None,
            "taken_by": cover.by if cover else None,
            "accepted": json.dumps(override.accepted),
        }
        with self._store.write() as connection:
            number: int = connection.execute(insert(overrides).values(row).returning(overrides.c.number)).scalar_one()
            actions.note(connection, by, f"override {number}: {what}", now)
            connection.execute(overrides.delete().where(overrides.c.ends_at < now - actions.KEEP_SECONDS))
        return number

    def withdraw(self, number: int, by: str, now: int) -> None:
        """Ends an override before its time: a cover in force soon, so that every server knows it by then. Raises
        StoreError when it is not in force or coming."""
        current = (overrides.c.number == number) & overrides.c.withdrawn_at.is_(None) & (overrides.c.ends_at > now)
        cover_in_force = current & overrides.c.away.is_not(None) & (overrides.c.begins_at <= now)
        soon = now + COVER_LEAD_SECONDS
        with self._store.write() as connection:
            ended = connection.execute(
                update(overrides).where(cover_in_force, overrides.c.ends_at > soon).values(ends_at=soon)
            )
            if not ended.rowcount:
                withdrawn = connection.execute(
                    update(overrides).where(current, ~cover_in_force).values(withdrawn_at=now)
                )
                if not withdrawn.rowcount:
                    raise StoreError(f"there is no current or coming override {number}; see: override list")
            actions.note(connection, by, f"override {number}: withdrawn", now)

    def kept(self, now: int) -> tuple[Kept, ...]:
        """Current and coming ones, newest first."""
        query = select(overrides).where(overrides.c.withdrawn_at.is_(None), overrides.c.ends_at > now)
        with self._store.read() as connection:
            rows = connection.execute(query.order_by(overrides.c.number.desc())).all()
        return tuple(Kept(row.number, _override(row), row.by) for row in rows)

    def followed(self, now: int) -> tuple[Kept, ...]:
        """What a server answers with: also those that ended lately, for they say who was on shift when a ringing began
        that goes on."""
        return self.kept(now - LONGEST_RINGING_SECONDS)


def _override(row: Row[Any]) -> Override:
    return Override(
        datetime.fromtimestamp(row.begins_at, UTC),
        datetime.fromtimestamp(row.ends_at, UTC),
        Kind(row.kind) if row.kind else None,
        json.loads(row.words),
        Cover(row.away, row.taken_by or "") if row.away else None,
        tuple(json.loads(row.accepted or "[]")),
    )
