"""Whether some server answered, minute by minute: a gap is a time in which callers heard the fallback.

The moments are the servers' own, once a minute, whether anybody calls or not.
"""

from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from phonetree.store.database import Store
from phonetree.store.tables import outages, presence

AWAY_SECONDS = 180
"""No sign of any server for so long is an outage; a restart is shorter."""

KEEP_SECONDS = 7 * 24 * 3600
"""For so long the provider may still list the record of a call that fell into an outage."""

_ONLY = 1


@dataclass(frozen=True, slots=True)
class Outage:
    """No server answered from `began` to `ended`, in seconds since 1970."""

    began: int
    ended: int

    def holds(self, moment: int) -> bool:
        return self.began <= moment < self.ended


class Heartbeat:
    """The servers' signs of life in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._here = 0

    def mark(self, now: int) -> Outage | None:
        """A server answers. The outage that is over with it, to one server only. Raises StoreError.

        That it was there itself meanwhile, a server knows without the store: one that was away, or brought back from a
        backup, makes no outage.
        """
        here, self._here = self._here, now
        with self._store.write() as connection:
            row = presence.c.id == _ONLY
            last = connection.execute(select(presence.c.answered_at).where(row)).scalar_one_or_none()
            if last is None:
                try:
                    with connection.begin_nested():
                        connection.execute(insert(presence).values(id=_ONLY, answered_at=now))
                except IntegrityError:
                    pass  # another server was quicker
                return None
            mine = update(presence).where(row, presence.c.answered_at == last).values(answered_at=max(now, last))
            began = max(last, here)
            if not connection.execute(mine).rowcount or now - began < AWAY_SECONDS:
                return None
            connection.execute(outages.delete().where(outages.c.ended_at < now - KEEP_SECONDS))
            connection.execute(insert(outages).values(began_at=began, ended_at=now))
        return Outage(began, now)

    def outages(self, now: int) -> tuple[Outage, ...]:
        """Those of the last days, and one that goes on until now. Raises StoreError."""
        with self._store.read() as connection:
            found = [Outage(*row) for row in connection.execute(select(outages.c.began_at, outages.c.ended_at))]
            last = connection.execute(select(presence.c.answered_at)).scalar_one_or_none()
        if last is not None and now - last >= AWAY_SECONDS:
            found.append(Outage(last, now))
        return tuple(found)
