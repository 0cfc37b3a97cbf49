"""`migrate`: the store's schema."""

import click

from phonetree import settings
from phonetree.store.database import Store
from phonetree.store.migrate import migrate, schemas


def migrate_command(to: str) -> None:
    """Runs `migrate`."""
    if to not in (known := schemas()):
        wrong = f"there is no schema {to}; this version knows {', '.join(known)}"
        raise click.BadParameter(wrong, param_hint="--to")
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
