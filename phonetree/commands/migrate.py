"""`migrate`: the store's schema."""

import click

from phonetree.store.schema import SCHEMA


@click.command("migrate")
@click.option("--to", default=SCHEMA, show_default=True, metavar="SCHEMA", help="An earlier schema, to roll back.")
def migrate_command(to: str) -> None:
    """Bring the database at DATABASE_URL to the schema that this version needs.

    Does nothing if it already has it; several servers may run it at the same time. Before going back to an
    earlier version of this product, use --to with that version's schema. Data of later schemas is lost;
    messages are not.

    Example: python -m phonetree migrate
    """
    from phonetree.commands.work import migrate as work

    work.migrate_command(to)
