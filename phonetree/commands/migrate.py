"""`migrate`: the store's schema."""

import click

from phonetree import settings
from phonetree.store.database import SCHEMA, Store
from phonetree.store.migrate import migrate


@click.command("migrate")
@click.option("--to", default=SCHEMA, show_default=True, metavar="SCHEMA", help="An earlier one, to go back.")
def migrate_command(to: str) -> None:
    """Bring the database at DATABASE_URL to the schema that this version needs.

    Does nothing when it is there already; several servers may ask for it at the same moment. Before going back to an
    earlier version of this product: --to the schema of that version. What came with later schemas is lost with it;
    messages are not.

    Example: python -m phonetree migrate
    """
    store = Store(settings.database_url())
    try:
        migrate(store, to)
    finally:
        store.close()
    click.echo(f"The database has schema {to}.")
