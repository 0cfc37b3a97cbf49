"""What a database keeps besides its rows: free pages, row numbers, statistics, moments of files. It is forgotten every
hour, whether or not anything happened; what is done only when there is something to forget shows that there was.

SQLite cuts off free pages when a transaction ends, but the order of pages may still show that there were more rows. In
Postgres deleted rows stay in their pages until a VACUUM, large values are numbered by a counter, indexes never shrink,
and a table's file has the moment of its last change. So the rows about messages are all written anew.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, text, update

from phonetree.store.database import CUT_OFF, Store
from phonetree.store.noise import discrete_laplace
from phonetree.store.proofs import forget_proofs
from phonetree.store.tables import ABOUT_MESSAGES, parts

EVERY_SECONDS = 3600

TRANSACTIONS = 100
"""How many transactions that change nothing are made every hour, but for noise. Both databases count transactions, and
whoever has two copies sees how many there were in between."""

TRANSACTIONS_SCALE = 16
"""Of that noise. A message takes about eight, from its arrival until it is gone: epsilon is 1/2 for each, but for the
one hour in about a thousand in which the number would be negative."""

QUIET = {
    "track_counts": "off",
    "track_commit_timestamp": "off",
    "archive_mode": "off",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_transaction_sample_rate": "0",
    "log_duration": "off",
    "log_connections": "",
    "log_disconnections": "off",
    "log_checkpoints": "off",
    "log_lock_waits": "off",
    "log_temp_files": "-1",
}
"""Settings of Postgres under which it keeps and logs nothing of when something was written, as SHOW tells them."""

_OURS = (  # all tables, for a superuser: where track_counts is off, nobody else vacuums
    "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'm') AND relpersistence = 'p' "
    "AND pg_has_role(relowner, 'USAGE') ORDER BY oid"
)
_RESET = "SELECT pg_stat_reset() WHERE has_function_privilege('pg_stat_reset()', 'EXECUTE')"


@dataclass
class Upkeep:
    """The upkeep of a store, once in each hour and when a process starts."""

    store: Store
    _hour: int | None = None

    def round(self, now: int) -> None:
        """Does what is due. Raises StoreError; then it is due again in the next hour."""
        before, self._hour = self._hour, now // EVERY_SECONDS
        if before != self._hour:
            forget(self.store)
            forget_proofs(self.store, now)
            if before is not None:
                blur(self.store)


def forget(store: Store) -> None:
    """Writes the rows about messages anew, as if each had come now and there had been no other. Raises StoreError."""
    if store.sqlite:
        with store.alone() as run:
            _write_anew(run)
        return
    with store.write() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for table in ABOUT_MESSAGES:  # rows and large values are numbered anew, one after the other
            column = next(iter(table.primary_key))
            new = {parts.c.sealed: func.byteacat(parts.c.sealed, b"")} if table is parts else {column: column}
            connection.execute(update(table).values(new))
    with store.alone() as run:
        run(f"VACUUM (FULL) {', '.join(table.name for table in ABOUT_MESSAGES)}")
        run(f"VACUUM (INDEX_CLEANUP ON) {', '.join(name for (name,) in run(_OURS))}")
        run(_RESET)


def blur(store: Store, noise: Callable[[int], int] = discrete_laplace) -> None:
    """Makes transactions that change nothing, about as many each time. Raises StoreError."""
    nothing = "PRAGMA user_version = 0" if store.sqlite else "SELECT txid_current()"
    with store.alone() as run:
        for _ in range(TRANSACTIONS + noise(TRANSACTIONS_SCALE)):
            run(nothing)


def cut_off_free_pages(store: Store) -> None:
    """Has free pages cut off at the end of each transaction, in the file of an earlier version too (SQLite). Raises
    StoreError."""
    if store.sqlite:
        with store.alone() as run:
            if run("PRAGMA auto_vacuum") != [(1,)]:
                _write_anew(run)


def _write_anew(run: Callable[[str], object]) -> None:
    """Writes a file anew, without free pages, now and at the end of each transaction (SQLite)."""
    run(CUT_OFF)
    run("VACUUM")


def told_besides(store: Store) -> tuple[str, ...]:
    """Settings under which Postgres keeps or logs when something was written, such as "track_counts is on". Raises
    StoreError."""
    if store.sqlite:
        return ()
    with store.read() as connection:
        query = text("SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(:names) ORDER BY name")
        found = [(name, value) for name, value in connection.execute(query, {"names": list(QUIET)})]
        counted = connection.execute(text("SELECT extname FROM pg_extension WHERE extname = 'pg_stat_statements'"))
        extensions = tuple(f"the extension {name} counts statements" for name in counted.scalars())
    return (*(f"{name} is {value}" for name, value in found if value not in (QUIET[name], "off")), *extensions)
