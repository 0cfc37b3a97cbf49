"""`staff`: what those who keep the helpline did."""

import time

import click

from phonetree.commands.options import Which, demo_options, stamp
from phonetree.mailbox.worker import DAY_SECONDS
from phonetree.store.actions import since


@click.group()
def staff() -> None:
    """Those who keep the helpline.

    Example: python -m phonetree staff actions
    """


@staff.command()
@click.option("--days", type=click.IntRange(1, 732), default=30, show_default=True, help="How far back.")
@demo_options("What was done in the demo.")
def actions(days: int, *, demo: bool, port: int | None) -> None:
    """List what staff did, the last first: overrides, new seals. Nothing about messages is listed.

    Example: python -m phonetree staff actions --days 7
    """
    with Which(demo, port).opened() as place:
        found = since(place.store, int(time.time()) - days * DAY_SECONDS)
    for each in found:
        click.echo(f"{stamp(each.at, place.zone)}  {each.by}  {each.what}")
    if not found:
        click.echo(f"Nothing was done in the last {days} days.")
