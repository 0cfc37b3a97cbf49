"""Whether any server answered, minute by minute: during a gap callers heard the fallback.

Servers mark the times themselves, once a minute, whether anybody calls or not.
"""

from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from phonetree.store.database import Store
from phonetree.store.tables import outages, presence

AWAY_SECONDS = 180
"""An outage is at least this long without any server; a restart is shorter."""

KEEP_SECONDS = 7 * 24 * 3600
"""How long the provider may still list the record of a call during an outage."""

_ONLY = 1


@dataclass(frozen=True, slots=True)
class Outage:
    """No server answered from `began` to `ended`, in seconds since 1970."""

    began: int
    ended: int

    def holds(self, moment: int) -> bool:
        return self.began <= moment < self.ended


class Heartbeat:
    """The servers' heartbeat in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._answered = 0

    def mark(self, now: int) -> Outage | None:
        """Marks that a server answers; returns the outage that this ends, to one server only. Raises StoreError.

        What it writes is read at once: the first to read a row may write too (Postgres marks that its transaction is
        over), and the next would be whoever ends a call.

        A server knows without the store that it was up itself: a store that was unavailable, or restored from a backup,
        is not an outage.
        """
        found = self._mark(now)
        self.outages(now)
        return found

    def _mark(self, now: int) -> Outage | None:
        answered, self._answered = self._answered, now
        with self._store.write() as connection:
            row = presence.c.id == _ONLY
            last = connection.execute(select(presence.c.answered_at).where(row)).scalar_one_or_none()
            if last is None:
                try:
                    with connection.begin_nested():
                        connection.execute(insert(presence).values(id=_ONLY, answered_at=now))
                except IntegrityError:
                    pass  # another server was faster
                return None
            mine = update(presence).where(row, presence.c.answered_at == last).values(answered_at=max(now, last))
            began = max(last, answered)
            if not connection.execute(mine).rowcount or now - began < AWAY_SECONDS:
                return None
            connection.execute(outages.delete().where(outages.c.ended_at < now - KEEP_SECONDS))
            connection.execute(insert(outages).values(began_at=began, ended_at=now))
        return Outage(began, now)

    def outages(self, now: int) -> tuple[Outage, ...]:
        """Those of the last days, and a current one until now. Raises StoreError."""
        with self._store.read() as connection:
            found = [Outage(*row) for row in connection.execute(select(outages.c.began_at, outages.c.ended_at))]
            last = connection.execute(select(presence.c.answered_at)).scalar_one_or_none()
        if last is not None and now - last >= AWAY_SECONDS:
            found.append(Outage(last, now))
        return tuple(found)
