"""`staff`: what those who keep the helpline did."""

import time
from datetime import datetime

import click

from phonetree import settings
from phonetree.commands.options import open_store
from phonetree.store.actions import since

DAY_SECONDS = 24 * 3600


@click.group()
def staff() -> None:
    """Those who keep the helpline.

    Example: python -m phonetree staff actions
    """


@staff.command()
@click.option("--days", type=click.IntRange(1, 732), default=30, show_default=True, help="How far back.")
def actions(days: int) -> None:
    """List what staff did, the last first: overrides, new seals. Nothing about messages is listed.

    Example: python -m phonetree staff actions --days 7
    """
    with open_store(settings.database_url()) as store:
        found = since(store, int(time.time()) - days * DAY_SECONDS)
    for each in found:
        click.echo(f"{datetime.fromtimestamp(each.at).astimezone():%a %d %b %Y %H:%M}  {each.by}  {each.what}")
    if not found:
        click.echo(f"Nothing was done in the last {days} days.")
