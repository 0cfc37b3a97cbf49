"""`migrate`: the store's schema."""

import click

from phonetree import settings
from phonetree.store.database import Store
from phonetree.store.migrate import migrate


def migrate_command(to: str) -> None:
    """Runs `migrate`."""
    store = Store(settings.database_url())
    try:
        migrate(store, to)
    finally:
        store.close()
    click.echo(f"The database has schema {to}.")
