"""Overrides: changes of the hours, and announcements before the menu, at short notice."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import Connection, Row, case, func, insert, select, update

from phonetree.core.schedule import COVER_LEAD_SECONDS, Accepted, Cover, Kind, Override
from phonetree.errors import ChangedMeanwhileError, OverrideError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.kept import Kept, in_a_line
from phonetree.store.tables import overrides

LONGEST_RINGING_SECONDS = 600
"""More than any team rings for one caller (`longest_wait` in routing.yaml)."""

MOST_STANDING = 100
"""How many covers, and how many other overrides, may be in force or to come: each makes every proof longer."""


class Overrides:
    """The overrides of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, override: Override, by: str, what: str, now: int, checked: Iterable[Kept] | None = None) -> int:
        """Stores an override; returns its number. `what` describes it in the list of actions. Raises
        ChangedMeanwhileError when what stands is not what it was `checked` with, if that is given, and OverrideError
        when too many stand."""
        cover = override.cover
        row = {
            "begins_at": int(override.begins.timestamp()),
            "ends_at": int(override.ends.timestamp()),
            "kind": override.kind,
            "words": json.dumps(dict(override.words), ensure_ascii=False),
            "by": by,
            "away": cover.away if cover else None,
            "taken_by": cover.by if cover else None,
            "accepted": json.dumps(sorted({each.node for each in override.accepted})),
            "gaps": json.dumps([_told(each) for each in override.accepted]),
        }
        with self._store.changing(overrides) as connection:
            kept = _kept(connection, now)
            if checked is not None and _ends(checked, now) != _ends(kept, now):
                raise ChangedMeanwhileError
            if sum(bool(each.override.cover) == bool(cover) for each in kept) >= MOST_STANDING:
                many = f"{MOST_STANDING} {'covers' if cover else 'overrides'} stand already, now or later"
                raise OverrideError([f"{many}; end one that is not needed first"])
            number: int = connection.execute(insert(overrides).values(row).returning(overrides.c.number)).scalar_one()
            actions.note(connection, by, f"override {number}: {what}", now)
            connection.execute(overrides.delete().where(overrides.c.ends_at < now - actions.KEEP_SECONDS))
        return number

    def withdraw(self, number: int, by: str, now: int, zone: tzinfo) -> None:
        """Ends an override before its time: a cover in force soon, so that every server knows it by then. The list of
        actions says what it was, in the times of a zone. Raises OverrideError when it is not in force or coming."""
        current = (overrides.c.number == number) & overrides.c.withdrawn_at.is_(None) & (overrides.c.ends_at > now)
        in_force = overrides.c.away.is_not(None) & (overrides.c.begins_at <= now)
        soon = case((in_force, now + COVER_LEAD_SECONDS), else_=now)
        with self._store.write() as connection:
            change = update(overrides).where(current).values(withdrawn_at=soon).returning(overrides)
            row = connection.execute(change).one_or_none()
            if row is None:
                raise OverrideError([f"there is no current or coming override {number}; see: override list"])
            actions.note(connection, by, f"override {number}: withdrawn ({in_a_line(_override(row, None), zone)})", now)

    def kept(self, now: int) -> tuple[Kept, ...]:
        """Current and coming ones, newest first."""
        with self._store.read() as connection:
            return _kept(connection, now)

    def withdrawn(self, number: int, now: int) -> Kept | None:
        """One that was ended before its time, as it was meant; None if it would be over by now, or was not ended."""
        query = select(overrides).where(overrides.c.number == number, overrides.c.ends_at > now)
        with self._store.read() as connection:
            row = connection.execute(query.where(overrides.c.withdrawn_at.is_not(None))).one_or_none()
        return Kept(row.number, _override(row, None), row.by) if row else None

    def followed(self, now: int) -> tuple[Kept, ...]:
        """What a server answers with: also those that ended lately, since they say who was on shift when a ringing that
        goes on began."""
        return self.kept(now - LONGEST_RINGING_SECONDS)


def _kept(connection: Connection, now: int) -> tuple[Kept, ...]:
    ends = func.coalesce(overrides.c.withdrawn_at, overrides.c.ends_at)
    query = select(overrides).where(ends > now, overrides.c.ends_at > now, ends > overrides.c.begins_at)
    rows = connection.execute(query.order_by(overrides.c.number.desc())).all()
    return tuple(Kept(row.number, _override(row, row.withdrawn_at), row.by) for row in rows)


def _ends(kept: Iterable[Kept], now: int) -> dict[int, datetime]:
    """When those end that stand at a moment, by number."""
    return {each.number: each.override.ends for each in kept if each.override.ends.timestamp() > now}


def _override(row: Row[Any], withdrawn_at: int | None) -> Override:
    ends_at = row.ends_at if withdrawn_at is None else min(row.ends_at, withdrawn_at)
    return Override(
        datetime.fromtimestamp(row.begins_at, UTC),
        datetime.fromtimestamp(ends_at, UTC),
        Kind(row.kind) if row.kind else None,
        json.loads(row.words),
        Cover(row.away, row.taken_by or "") if row.away else None,
        tuple(_accepted(row)),
    )


def _told(accepted: Accepted) -> tuple[str, int, int, str]:
    return accepted.team, int(accepted.begins.timestamp()), int(accepted.ends.timestamp()), accepted.node


def _accepted(row: Row[Any]) -> Iterator[Accepted]:
    """What was accepted. An earlier version kept the nodes alone: they were accepted for any team, all the time."""
    if row.gaps is None:
        gaps = [("", row.begins_at, row.ends_at, node) for node in json.loads(row.accepted or "[]")]
    else:
        gaps = json.loads(row.gaps)
    for team, begins, ends, node in gaps:
        yield Accepted(team, datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC), node)
