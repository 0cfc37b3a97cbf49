"""`migrate`: the store's schema."""

import click

from phonetree import settings
from phonetree.store.database import Store
from phonetree.store.migrate import migrate


def migrate_command(to: str) -> None:
    """Runs `migrate`."""
    store = Store(settings.database_url())
    try:
        before = migrate(store, to)
    finally:
        store.close()
    click.echo(f"The database has schema {to}{_since(before, to)}.")


def _since(before: str, to: str) -> str:
    """What was done, as the end of a sentence."""
    if before == to:
        return ", as before; nothing was changed"
    return f"; before it had {before}" if before else "; it is new"
