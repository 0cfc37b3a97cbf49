"""What each server process reports, and what was found at the provider: for the console's page Today.

It is written by periodic work, whether anybody calls or not, and nothing in it changes because of a call. Moments are
whole minutes.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from phonetree.core.schedule import Override
from phonetree.store.database import Store
from phonetree.store.kept import Kept, standing
from phonetree.store.tables import looks
from phonetree.store.tables import servers as table

MINUTE_SECONDS = 60

GONE_SECONDS = 300
"""A process that has not reported for so long is gone: several reports are missing."""

FRESH_SECONDS = 120
"""How far apart the minutes of two reports may be if both processes run: they report once a minute at least."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a process says of itself.

    `revision` is what callers hear from it; `overrides` are those that it answers with, by number and end; `phones` is
    the digest of the phones that it follows, as of `Phones.followed`, "" without any. `problems` are those of an edit
    that was refused, `refused` are overrides that it does not answer with, by number, and why; `unkept` is what is
    broken with the phones of now; each is empty if there are none. `test_call` is whether its test call succeeds, None
    before the first one.
    """

    revision: str
    overrides: tuple[tuple[int, int], ...] = ()
    phones: str = ""
    problems: tuple[str, ...] = ()
    refused: tuple[tuple[int, str], ...] = ()
    unkept: str = ""
    test_call: bool | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """A server process: a random name, when it last reported (a minute, in seconds since 1970), and what."""

    name: str
    seen_at: int
    report: Report


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that is not as it should be, and what to do."""

    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Look:
    """What was wrong at the provider, at a minute (in seconds since 1970)."""

    at: int
    found: tuple[Wrong, ...]


class Servers:
    """The reports of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tell(self, name: str, report: Report, now: int) -> bool:
        """Keeps a process's report, in place of its last one, and forgets those of processes that are gone. Returns
        whether it is the first to say that promises are broken so, and should tell staff. Raises StoreError.

        What is written is read at once, as a heartbeat is (store/heartbeat.py).
        """
        told = {"seen_at": _minute(now), "report": json.dumps(asdict(report), sort_keys=True)}
        with self._store.write() as connection:
            others = connection.execute(select(table.c.report).where(table.c.name != name)).scalars()
            first = bool(report.unkept) and report.unkept not in {json.loads(each)["unkept"] for each in others}
            connection.execute(delete(table).where(table.c.seen_at < now - GONE_SECONDS))
            if not connection.execute(update(table).where(table.c.name == name).values(told)).rowcount:
                connection.execute(insert(table).values(name=name, **told))
        servers(self._store, now)
        return first

    def leave(self, name: str) -> None:
        """Forgets a process that ends. Raises StoreError."""
        with self._store.write() as connection:
            connection.execute(delete(table).where(table.c.name == name))
        servers(self._store, 0)

    def look(self, about: str, found: Iterable[tuple[str, str]], now: int) -> None:
        """Keeps what was found wrong about something at the provider: texts, each with what to do. Raises
        StoreError."""
        told = {"at": _minute(now), "found": json.dumps(list(found))}
        with self._store.write() as connection:
            if not connection.execute(update(looks).where(looks.c.about == about).values(told)).rowcount:
                try:
                    with connection.begin_nested():
                        connection.execute(insert(looks).values(about=about, **told))
                except IntegrityError:
                    return  # another process looked at the same time
        looked(self._store)


def servers(store: Store, now: int) -> tuple[Server, ...]:
    """The processes that answer calls now, by name. Raises StoreError."""
    query = select(table).where(table.c.seen_at >= now - GONE_SECONDS).order_by(table.c.name)
    with store.read() as connection:
        rows = connection.execute(query).all()
    return tuple(Server(row.name, row.seen_at, _report(row.report)) for row in rows)


def left_out(found: Iterable[Server]) -> dict[int, str]:
    """The overrides that servers do not answer with, by number, and why. A report that is older than its process would
    have let it become, beside a newer one, says nothing."""
    found = tuple(found)
    newest = max((each.seen_at for each in found), default=0)
    fresh = (each for each in found if each.seen_at >= newest - FRESH_SECONDS)
    return {number: why for each in fresh for number, why in each.report.refused}


def in_force(kept: Iterable[Kept], found: Iterable[Server]) -> tuple[Override, ...]:
    """The overrides that callers meet, of those that are kept: all but what servers leave out."""
    out = left_out(found)
    return standing(each for each in kept if each.number not in out)


def looked(store: Store) -> dict[str, Look]:
    """What was found at the provider when it was last looked at, by what it is about. Raises StoreError."""
    with store.read() as connection:
        rows = connection.execute(select(looks)).all()
    return {row.about: Look(row.at, tuple(Wrong(*each) for each in json.loads(row.found))) for row in rows}


def _report(text: str) -> Report:
    told = json.loads(text)
    return Report(
        told["revision"],
        tuple((number, ends) for number, ends in told["overrides"]),
        told["phones"],
        tuple(told["problems"]),
        tuple((number, text) for number, text in told["refused"]),
        told["unkept"],
        told["test_call"],
    )


def _minute(now: int) -> int:
    return now - now % MINUTE_SECONDS
