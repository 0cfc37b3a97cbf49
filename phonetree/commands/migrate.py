"""`migrate`: the store's schema."""

import click

from phonetree import settings
from phonetree.store.database import SCHEMA, Store
from phonetree.store.migrate import migrate


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database at DATABASE_URL to the schema that this version needs.

    Does nothing when it is there already; several servers may ask for it at the same moment.

    Example: python -m phonetree migrate
    """
    store = Store(settings.database_url())
    migrate(store)
    store.close()
    click.echo(f"The database has schema {SCHEMA}.")
