"""The database of a process, and whether it can be used.

Every transaction opens a new connection: to whatever is at the database's address at that moment, never to a deleted or
replaced file, or to a server that another has taken over from. On SQLite a transaction is valid only if the file is
still the same at its end, and was not overwritten while it was read. So data that is read back before something is
deleted elsewhere comes from where the next reader will look.

SQLite uses a rollback journal and no write-ahead log: between transactions the one file is the whole database. A log
left next to a replaced file would be applied to the new one
(https://sqlite.org/howtocorrupt.html, 1.4).
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    String,
    Table,
    column,
    create_engine,
    event,
    inspect,
    make_url,
    select,
    table,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from phonetree.errors import SettingsError, StoreError, StoreFullError
from phonetree.settings import PROGRAM
from phonetree.store.faults import DAMAGED, MOVED, RESTORE, SQLITE, UNUSABLE, full, told
from phonetree.store.schema import SCHEMA

WAIT_SECONDS = 5
"""How long to wait for a connection, and for another process's lock."""

_version = table("alembic_version", column("version_num", String))
"""Where Alembic writes down the schema: one row, read here without Alembic, which servers do not import."""

LEAST_FREE_BYTES = 20 * 2**20
"""With less free space a message of some minutes, and the overhead of writing it, may not fit (SQLite)."""

CACHE_KIBIBYTES = 16 * 1024
"""A transaction's writes are buffered in memory up to this size, then written at once, while readers wait (SQLite)."""

SEARCH_SHARE = 0.01
"""The largest share of the time spent on integrity checks of a file."""

CUT_OFF = "PRAGMA auto_vacuum = FULL"
"""Free pages are cut off the file when a transaction ends; in a file that has tables, after a VACUUM (SQLite)."""

_NO_FILE = (
    "there is no file at {path}; check the path in DATABASE_URL, " + RESTORE + ", or, "
    f"for a new database, run: {PROGRAM} migrate"
)


class Store:
    """A database, SQLite or Postgres, by its address."""

    def __init__(self, url: str) -> None:
        """Opens nothing yet. Raises SettingsError when `url` is not a database address."""
        try:
            parsed = make_url(url)
            driver = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
            parsed = parsed.set(drivername=driver.get(parsed.drivername, parsed.drivername))
            self.sqlite = parsed.get_backend_name() == "sqlite"
            if not self.sqlite and parsed.get_backend_name() != "postgresql":
                raise SettingsError("DATABASE_URL is neither SQLite nor Postgres")
        except ArgumentError:
            raise SettingsError(
                "DATABASE_URL is malformed; write it like sqlite:///var/phonetree.db or postgresql://user@host/name"
            ) from None
        self._damage, self._searched, self._search_seconds = False, 0.0, 0.0
        if self.sqlite:
            if parsed.database in (None, "", ":memory:"):
                raise SettingsError("DATABASE_URL has no file name; write it like sqlite:///var/phonetree.db")
            # absolute, so that it stays valid when the program's folder is swapped
            self._path = Path(str(parsed.database)).absolute()
            self.engine: Engine = create_engine(parsed, creator=self._connect, hide_parameters=True, poolclass=NullPool)
            event.listen(self.engine, "connect", _prepare)
            event.listen(self.engine, "begin", _begin)
        else:
            options = f"-c statement_timeout={WAIT_SECONDS * 6000} -c lock_timeout={WAIT_SECONDS * 1000}"
            arguments = {"connect_timeout": WAIT_SECONDS, "options": options}
            self.engine = create_engine(parsed, connect_args=arguments, hide_parameters=True, poolclass=NullPool)

    @property
    def made(self) -> bool:
        """Whether there may be a database."""
        return not self.sqlite or self._path.exists()

    @property
    def folder(self) -> Path | None:
        """The folder on whose disk the file is or will be: the nearest one that exists (SQLite)."""
        return next((each for each in self._path.parents if each.is_dir()), None) if self.sqlite else None

    def make(self) -> None:
        """Creates an empty file that nobody else may read, and its folder, unless they exist (SQLite). SQLite gives
        its journal the same mode. Free pages will be cut off at the end of each transaction. Raises StoreError."""
        if self.sqlite:
            with suppress(OSError):  # if it cannot be created, opening it fails below
                self._path.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            with _known_errors(), closing(self._connect("rwc")) as connection:
                if connection.execute("PRAGMA page_count").fetchone() == (0,):
                    for statement in (CUT_OFF, "PRAGMA user_version = 0"):  # an empty file has no settings
                        connection.execute(statement)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: committed completely, or not at all. Raises StoreError when the database cannot be used, or
        when what was written is not in the current file."""
        with self._transaction(reading=False) as connection:
            yield connection

    @contextmanager
    def changing(self, which: Table) -> Iterator[Connection]:
        """A transaction that is the only one to change a table, while others read it. Raises StoreError."""
        with self.write() as connection:
            if not self.sqlite:  # there a writer is alone
                name = connection.dialect.identifier_preparer.quote(which.name)
                connection.exec_driver_sql(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE")
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only transaction. Raises StoreError when the database cannot be used, or when what was read is not
        from the current file."""
        with self._transaction(reading=True) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, reading: bool) -> Iterator[Connection]:
        before = self._file()
        with _known_errors(), self.engine.connect().execution_options(reading=reading) as connection:
            with connection.begin():
                locked = self._file()
                yield connection
                if reading and self._file() != locked:  # while we hold the lock, nobody using SQLite's locks writes
                    raise StoreError(UNUSABLE + MOVED)
            # the file is still open, so its inode cannot have been reused
            if self._file()[:2] != before[:2]:
                raise StoreError(UNUSABLE + MOVED)

    @contextmanager
    def alone(self) -> Iterator[Callable[[str], Sequence[tuple[Any, ...]]]]:
        """Runs statements that may be in no transaction, each for as long as it takes. Raises StoreError."""
        with _known_errors():
            if self.sqlite:
                with closing(self._connect()) as file:
                    _prepare(file)
                    yield lambda statement: file.execute(statement).fetchall()
                return
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("SET statement_timeout = 0")
                yield lambda statement: _rows(connection.exec_driver_sql(statement))

    def _file(self) -> tuple[int, ...]:
        """The file at the path (SQLite): device and inode, which show whether it is the same file, and size and
        time, which show whether it was written to."""
        if not self.sqlite:
            return ()
        try:
            found = self._path.stat()
        except FileNotFoundError:
            raise StoreError(UNUSABLE + _NO_FILE.format(path=self._path)) from None
        except OSError:
            raise StoreError(UNUSABLE + SQLITE["SQLITE_CANTOPEN"]) from None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def _connect(self, mode: str = "rw") -> sqlite3.Connection:
        """Opens the file; creates it only if the mode is rwc."""
        address = f"file:{quote(str(self._path))}?mode={mode}"
        return sqlite3.connect(address, uri=True, timeout=WAIT_SECONDS, isolation_level=None)

    def problem(self, *, thorough: bool = False) -> str | None:
        """Why the database cannot be used now, and what to do; None when it can. A `thorough` check also tests
        writing, free space and integrity: only at fixed times, because the write changes the file's timestamp."""
        try:
            with self.read() as connection:
                found = schema_of(connection)
            if found != SCHEMA:
                return f"the database has schema {found or 'none'}, not {SCHEMA}; run: {PROGRAM} migrate"
            if thorough:
                self._examine()
        except StoreError as error:
            return str(error)
        return None

    def _examine(self) -> None:
        """Raises StoreError when the database cannot be written, or is damaged."""
        if self.sqlite:
            self.leave_the_log()
            self._search()
        same = "PRAGMA user_version = 0" if self.sqlite else "UPDATE alembic_version SET version_num = version_num"
        with self.write() as connection:
            connection.exec_driver_sql(same)  # changes nothing, but is a write
        if not self.sqlite:  # the first to read a row may mark its page, and write that: now, not when somebody calls
            with self.read() as connection:
                connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        if (free := self._free()) is not None and free < LEAST_FREE_BYTES:
            raise StoreError(f"{UNUSABLE}only {free // 2**20} MB are free on its disk; free some space")

    @property
    def full(self) -> bool:
        """Whether its disk is known to be full: of Postgres nobody knows that here."""
        free = self._free()
        return free is not None and free < LEAST_FREE_BYTES

    def _free(self) -> int | None:
        """The bytes that are free on its disk (SQLite)."""
        return shutil.disk_usage(self._path.parent).free if self.sqlite else None

    def _search(self) -> None:
        """Checks the integrity, if damage was found before or the last check is not recent."""
        began = monotonic()
        if not self._damage and began - self._searched < self._search_seconds / SEARCH_SHARE:
            return
        self._damage = True
        with self.read() as connection:
            if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one() != "ok":
                raise StoreError(UNUSABLE + DAMAGED)
        self._damage, self._searched, self._search_seconds = False, monotonic(), monotonic() - began

    def leave_the_log(self) -> None:
        """Turns off the write-ahead log of an earlier version's file (SQLite), unless that version is still running."""
        if self.sqlite:
            with _known_errors(), closing(self._connect()) as connection, suppress(sqlite3.OperationalError):
                connection.execute("PRAGMA journal_mode = DELETE")

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()


def schema_of(connection: Connection) -> str | None:
    """The schema that a database has; None if it has none."""
    if not inspect(connection).has_table(_version.name):
        return None
    return connection.execute(select(_version.c.version_num)).scalar()


@contextmanager
def _known_errors() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise (StoreFullError if full(error) else StoreError)(told(error)) from error


def _rows(result: CursorResult[Any]) -> Sequence[tuple[Any, ...]]:
    return [tuple(row) for row in result] if result.returns_rows else ()


def _prepare(connection: DBAPIConnection | sqlite3.Connection, _record: ConnectionPoolEntry | None = None) -> None:
    """Durable writes, since a message is deleted at the provider once it is stored; deleted data is overwritten."""
    cursor = connection.cursor()
    for pragma in ("synchronous=EXTRA", f"cache_size=-{CACHE_KIBIBYTES}", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """A writer takes its lock at once, instead of failing at its end because another was faster; a reader has its lock
    from the beginning."""
    reading = connection.get_execution_options().get("reading")
    for statement in ("BEGIN", "SELECT 1 FROM sqlite_master LIMIT 1") if reading else ("BEGIN IMMEDIATE",):
        connection.exec_driver_sql(statement)
