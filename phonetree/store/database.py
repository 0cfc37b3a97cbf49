"""The database of a process, and whether it can be used.

Every transaction has a connection of its own: it goes to what stands at the database's address at that moment, and
never to a file that was deleted or replaced, or to a server that another has taken over from. On SQLite a transaction
is good only if the file is still the same one when it ends, and nobody has copied another over it while it was read.
So what is read back before something is deleted elsewhere is read from where the next reader will look.

SQLite keeps a rollback journal and no write-ahead log: between transactions the one file is the whole database. A log
that is left beside a file that was replaced would be played into the new one
(https://sqlite.org/howtocorrupt.html, 1.4).
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import monotonic
from urllib.parse import quote

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from phonetree.errors import SettingsError, StoreError
from phonetree.settings import PROGRAM
from phonetree.store.faults import DAMAGED, MOVED, RESTORE, SQLITE, UNUSABLE, told

WAIT_SECONDS = 5
"""How long to wait for a connection, and for a lock that somebody else holds."""

SCHEMA = "0002"
"""The revision of the schema that this code needs."""

LEAST_FREE_BYTES = 20 * 2**20
"""With less room on the disk a message of some minutes, and what writing it takes besides, may not fit (SQLite)."""

CACHE_KIBIBYTES = 16 * 1024
"""What one transaction writes is held in memory up to here, and then written in one go: readers wait for that (SQLite).
"""

SEARCH_SHARE = 0.01
"""Looking for damage in a file takes so much of the time at most."""

_NO_FILE = (
    "there is no file at {path}; look at the path in DATABASE_URL, " + RESTORE + ", or, "
    f"if it is to be a new one, run: {PROGRAM} migrate"
)


class Store:
    """A database, SQLite or Postgres, by its address."""

    def __init__(self, url: str) -> None:
        """Opens nothing yet. Raises SettingsError when `url` is no address of a database."""
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
                raise SettingsError("DATABASE_URL names no file; write it like sqlite:///var/phonetree.db")
            # absolute, so that it leads to whatever stands there, even when the folder of the program is swapped
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
        """Makes an empty file, which nobody else may read, and its folder, where there is none (SQLite). SQLite gives
        the journal beside it the same mode. Raises StoreError."""
        if self.sqlite:
            with suppress(OSError):  # what cannot be made cannot be opened either, which is said
                self._path.parent.mkdir(parents=True, exist_ok=True)
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            with _known_errors(), closing(self._connect("rwc")):
                pass

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all of it is kept, or nothing. Raises StoreError when the database cannot be used, or when
        what was written is not in the file that stands at its place now."""
        with self._transaction(reading=False) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction to look only. Raises StoreError when the database cannot be used, or when what was read is not
        from the file that stands at its place now."""
        with self._transaction(reading=True) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, reading: bool) -> Iterator[Connection]:
        before = self._file()
        with _known_errors(), self.engine.connect().execution_options(reading=reading) as connection:
            with connection.begin():
                locked = self._file()
                yield connection
                if reading and self._file() != locked:  # by our lock nobody who keeps to SQLite's rules writes now
                    raise StoreError(UNUSABLE + MOVED)
            # the file is still open, so that its number cannot be another's by now
            if self._file()[:2] != before[:2]:
                raise StoreError(UNUSABLE + MOVED)

    def _file(self) -> tuple[int, ...]:
        """What stands at the path (SQLite): device and number, which say whether it is the same file, and size and
        time, which say whether somebody has written into it."""
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
        """Opens the file; makes none by looking for it, unless the mode is rwc."""
        address = f"file:{quote(str(self._path))}?mode={mode}"
        return sqlite3.connect(address, uri=True, timeout=WAIT_SECONDS, isolation_level=None)

    def problem(self, *, thorough: bool = False) -> str | None:
        """Why the database cannot be used just now, and what to do; None when it can. A `thorough` look also tries to
        write, and looks for room and for damage: at fixed times only, for the write moves the file's time."""
        try:
            with self.read() as connection:
                found = MigrationContext.configure(connection).get_current_revision()
            if found != SCHEMA:
                return f"the database has schema {found or 'none'}, not {SCHEMA}; run: {PROGRAM} migrate"
            if thorough:
                self._examine()
        except StoreError as error:
            return str(error)
        return None

    def _examine(self) -> None:
        """Raises StoreError when the database takes nothing, or is damaged."""
        if self.sqlite:
            self.leave_the_log()
            self._search()
        same = "PRAGMA user_version = 0" if self.sqlite else "UPDATE alembic_version SET version_num = version_num"
        with self.write() as connection:
            connection.exec_driver_sql(same)  # says nothing, and is written all the same
        if self.sqlite and (free := shutil.disk_usage(self._path.parent).free) < LEAST_FREE_BYTES:
            raise StoreError(f"{UNUSABLE}only {free // 2**20} MB are free on its disk; make room")

    def _search(self) -> None:
        """Looks for damage, if it was found or not looked for lately."""
        began = monotonic()
        if not self._damage and began - self._searched < self._search_seconds / SEARCH_SHARE:
            return
        self._damage = True
        with self.read() as connection:
            if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one() != "ok":
                raise StoreError(UNUSABLE + DAMAGED)
        self._damage, self._searched, self._search_seconds = False, monotonic(), monotonic() - began

    def leave_the_log(self) -> None:
        """A file of an earlier version has a write-ahead log (SQLite): leaves it, unless that version still runs."""
        if self.sqlite:
            with _known_errors(), closing(self._connect()) as connection, suppress(sqlite3.OperationalError):
                connection.execute("PRAGMA journal_mode = DELETE")

    def close(self) -> None:
        """Gives every connection back."""
        self.engine.dispose()


@contextmanager
def _known_errors() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(told(error)) from error


def _prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Durable, since a message is deleted at the provider once it is stored; and what is deleted is overwritten."""
    cursor = connection.cursor()
    for pragma in ("synchronous=EXTRA", f"cache_size=-{CACHE_KIBIBYTES}", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """A writer takes its turn at once, rather than finding at its end that somebody else was quicker; a reader has its
    lock from the beginning."""
    reading = connection.get_execution_options().get("reading")
    for statement in ("BEGIN", "SELECT 1 FROM sqlite_master LIMIT 1") if reading else ("BEGIN IMMEDIATE",):
        connection.exec_driver_sql(statement)
