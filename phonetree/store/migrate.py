"""Brings the database to the schema that this code needs: once, however many ask for it at the same moment."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from phonetree.store.database import Store

LOCK = 617_253_2300
"""Which advisory lock of Postgres is ours."""


def migrate(store: Store) -> None:
    """Creates or changes the tables. Raises StoreError when the database cannot be used."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with store.write() as connection:  # SQLite: the transaction is the lock
        if not store.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
