"""The one database engine of a process, and whether it can be used."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from phonetree.errors import SettingsError, StoreError

WAIT_SECONDS = 5
"""How long to wait for a connection, and for a lock that somebody else holds."""

SCHEMA = "0002"
"""The revision of the schema that this code needs."""


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
        if self.sqlite:
            if parsed.database:
                with suppress(OSError):  # calls are answered without a database; `problem` says that there is none
                    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            arguments: dict[str, object] = {"timeout": WAIT_SECONDS}
        else:
            options = f"-c statement_timeout={WAIT_SECONDS * 6000} -c lock_timeout={WAIT_SECONDS * 1000}"
            arguments = {"connect_timeout": WAIT_SECONDS, "options": options}
        self.engine: Engine = create_engine(
            parsed, connect_args=arguments, hide_parameters=True, pool_pre_ping=True, pool_timeout=WAIT_SECONDS
        )
        if self.sqlite:
            event.listen(self.engine, "connect", _prepare)
            event.listen(self.engine, "begin", _begin)

    @property
    def made(self) -> bool:
        """Whether there may be a database: SQLite would make an empty file by looking for it."""
        name = self.engine.url.database
        return not self.sqlite or bool(name and Path(name).exists())

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all of it is kept, or nothing. Raises StoreError when the database cannot be used."""
        with _known_errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to look only. Raises StoreError when the database cannot be used."""
        with _known_errors(), self.engine.connect().execution_options(reading=True) as connection:
            yield connection

    def problem(self) -> str | None:
        """Why the database cannot be used just now, and what to do; None when it can."""
        try:
            with self.read() as connection:
                found = MigrationContext.configure(connection).get_current_revision()
        except StoreError as error:
            return str(error)
        if found != SCHEMA:
            return f"the database has schema {found or 'none'}, not {SCHEMA}; run: python -m phonetree migrate"
        return None

    def forget(self) -> None:
        """Leaves nothing of what was deleted in the write-ahead log (SQLite). On Postgres see docs/running.md."""
        if self.sqlite:
            with _known_errors(), self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Gives every connection back."""
        self.engine.dispose()


@contextmanager
def _known_errors() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise StoreError(f"the database cannot be used ({type(cause).__name__}); look at DATABASE_URL") from error


def _prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Durable, since a message is deleted at the provider once it is stored; and what is deleted is overwritten."""
    connection.isolation_level = None  # transactions are begun below
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """A writer takes its turn at once, rather than finding at its end that somebody else was quicker."""
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reading") else "BEGIN IMMEDIATE")
