"""Brings the database to the schema that this code needs: once, even if several processes ask at the same time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from phonetree.errors import StoreError
from phonetree.store.database import Store, schema_of
from phonetree.store.schema import SCHEMA
from phonetree.store.upkeep import cut_off_free_pages

LOCK = 617_253_2300
"""The number of our advisory lock in Postgres."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def schemas() -> list[str]:
    """The schemas that this version knows."""
    return sorted(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def migrate(store: Store, to: str = SCHEMA) -> str:
    """Creates or changes the tables; `to` an earlier schema for going back to the version that needs it. Returns the
    schema that was there; "" for none.

    `to` is one of `schemas`. Raises StoreError when the database cannot be used, or has one that is not.
    """
    config, known = _config(), schemas()
    store.make()
    store.leave_the_log()
    with store.write() as connection:  # SQLite: the transaction is the lock
        if not store.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        found = schema_of(connection)
        if found and found not in known:
            raise StoreError(
                f"the database has schema {found}, of a newer version; go back with that version: migrate --to {SCHEMA}"
            )
        config.attributes["connection"] = connection
        (command.downgrade if found and to < found else command.upgrade)(config, to)
    cut_off_free_pages(store)
    return found or ""
