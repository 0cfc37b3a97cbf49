"""What each server process reports, and what was found at the provider: for the console's page Today.

It is written by periodic work, whether anybody calls or not, and nothing in it changes because of a call. Moments are
whole minutes.

A process that ends takes its report back. The report of one that was killed stays, so that it is known that it does not
answer any more, until another process has begun in its place or staff say that it was taken away. Also that of one that
ended while the store was away.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from phonetree.core.schedule import Override
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.kept import Kept, standing
from phonetree.store.overrides import Overrides
from phonetree.store.tables import looks
from phonetree.store.tables import servers as table

MINUTE_SECONDS = 60

SILENT_SECONDS = 120
"""A process that has not reported for so long does not run. It reports every 37 seconds at least (runtime/reports.py),
of which the minute does not show up to 59; the rest is for a slow store, and for clocks that differ."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a process says of itself.

    `revision` is what callers hear from it; `overrides` are those that it answers with, by number and end; `phones` is
    the digest of the phones that it follows, as of `Phones.followed`, "" without any. `problems` are those of an edit
    that was refused, `refused` are overrides that it does not answer with, by number, and why; `unkept` is what is
    broken with the phones of now; each is empty if there are none. `test_call` is whether its test call succeeds, None
    before the first one. `place` is where it runs: the machine and the port, the same after it is started again; `pid`
    is its id there, 0 in a version that does not say it.
    `number` is that of the publication that it found last, if the store is the source.
    """

    revision: str
    overrides: tuple[tuple[int, int], ...] = ()
    phones: str = ""
    problems: tuple[str, ...] = ()
    refused: tuple[tuple[int, str], ...] = ()
    unkept: str = ""
    test_call: bool | None = None
    place: str = ""
    pid: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Server:
    """A server process: a random name, when it last reported (a minute, in seconds since 1970), and what."""

    name: str
    seen_at: int
    report: Report

    def silent(self, now: int) -> bool:
        """Whether it does not report any more."""
        return self.seen_at <= now - SILENT_SECONDS


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

    def tell(
        self,
        name: str,
        report: Report,
        now: int,
        began: int | None = None,
        runs: Callable[[int], bool] = lambda _: True,
    ) -> bool:
        """Keeps a process's report, in place of its last one. Returns whether it is the first to say that promises are
        broken so, and should tell staff. `began` is when the process did: those that were killed in its place before
        that are forgotten, with its first report if their ids show that they do not run any more (`runs` says which
        do), otherwise once they are silent. Raises StoreError.

        What is written is read at once, as a heartbeat is (store/heartbeat.py).
        """
        told = {"seen_at": _minute(now), "report": json.dumps(asdict(report), sort_keys=True)}
        with self._store.write() as connection:
            every = _known(connection)
            others = [each for each in every if each.name != name]
            running = [each for each in others if not each.silent(now)]
            first = bool(report.unkept) and report.unkept not in {each.report.unkept for each in running}
            before, begins = now if began is None else began, len(others) == len(every)
            ended = [each for each in others if each.silent(now) or (begins and _ended(each.report, report, runs))]
            replaced = [each.name for each in ended if _replaced(each, report.place, before)]
            connection.execute(delete(table).where(table.c.name.in_(replaced)))
            if not connection.execute(update(table).where(table.c.name == name).values(told)).rowcount:
                connection.execute(insert(table).values(name=name, **told))
        known(self._store)
        return first

    def leave(self, name: str) -> None:
        """Forgets a process that ends. Raises StoreError."""
        with self._store.write() as connection:
            connection.execute(delete(table).where(table.c.name == name))
        known(self._store)

    def forget(self, names: Iterable[str], by: str, now: int) -> None:
        """Forgets those of these processes that do not report any more: somebody says that they were taken away. Raises
        StoreError."""
        silent = table.c.name.in_(list(names)) & (table.c.seen_at <= now - SILENT_SECONDS)
        with self._store.write() as connection:
            if number := connection.execute(delete(table).where(silent)).rowcount:
                actions.note(connection, by, f"servers taken away: {number}", now)

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


def known(store: Store) -> tuple[Server, ...]:
    """Every process that reported and did not end in good order, by name. Raises StoreError."""
    with store.read() as connection:
        return _known(connection)


def highest_number(connection: Connection) -> int:
    """The highest number of a publication that a process reported."""
    return max((each.report.number for each in _known(connection)), default=0)


def servers(store: Store, now: int) -> tuple[Server, ...]:
    """The processes that answer calls now, by name. Raises StoreError."""
    return tuple(each for each in known(store) if not each.silent(now))


def left_out(found: Iterable[Server]) -> dict[int, str]:
    """The overrides that servers do not answer with, by number, and why. The report of a process that was silent at
    the moment of a newer one says nothing."""
    found = tuple(found)
    newest = max((each.seen_at for each in found), default=0)
    return {number: why for each in found if not each.silent(newest) for number, why in each.report.refused}


def in_force(kept: Iterable[Kept], found: Iterable[Server]) -> tuple[Override, ...]:
    """The overrides that callers meet, of those that are kept: all but what servers leave out."""
    out = left_out(found)
    return standing(each for each in kept if each.number not in out)


def met(store: Store, now: int) -> tuple[Override, ...]:
    """The overrides that callers meet at a moment or later, newest first. Raises StoreError."""
    return in_force(Overrides(store).kept(now), servers(store, now))


def looked(store: Store) -> dict[str, Look]:
    """What was found at the provider when it was last looked at, by what it is about. Raises StoreError."""
    with store.read() as connection:
        rows = connection.execute(select(looks)).all()
    return {row.about: Look(row.at, tuple(Wrong(*each) for each in json.loads(row.found))) for row in rows}


def _replaced(killed: Server, place: str, began: int) -> bool:
    """Whether a process that began in a place is there instead of one that was killed, which may be of a version that
    did not say where it ran."""
    return not killed.report.place or (killed.report.place == place and killed.seen_at <= began)


def _ended(other: Report, mine: Report, runs: Callable[[int], bool]) -> bool:
    """Whether a process of the place where this one runs does not any more; its id may be this one's by now."""
    return other.place == mine.place and other.pid > 0 and (other.pid == mine.pid or not runs(other.pid))


def _known(connection: Connection) -> tuple[Server, ...]:
    return tuple(map(_server, connection.execute(select(table).order_by(table.c.name))))


def _server(row: Row[Any]) -> Server:
    told = json.loads(row.report)
    report = Report(
        told["revision"],
        tuple((number, ends) for number, ends in told["overrides"]),
        told["phones"],
        tuple(told["problems"]),
        tuple((number, text) for number, text in told["refused"]),
        told["unkept"],
        told["test_call"],
        told.get("place", ""),
        told.get("pid", 0),
        told.get("number", 0),
    )
    return Server(row.name, row.seen_at, report)


def _minute(now: int) -> int:
    return now - now % MINUTE_SECONDS
