"""`staff`: what staff did."""

import time

import click

from phonetree.commands.options import stamp
from phonetree.commands.place import Place, Which, demo_options, pass_place
from phonetree.runtime.worker import DAY_SECONDS
from phonetree.store.actions import since


@click.group()
@demo_options("The actions in the demo.")
@click.pass_context
def staff(context: click.Context, *, demo: bool, port: int | None) -> None:
    """What staff did to the helpline.

    Example: python -m phonetree staff actions
    """
    context.obj = Which(demo, port)


@staff.command()
@click.option("--days", type=click.IntRange(1, 732), default=30, show_default=True, help="How far back.")
@pass_place
def actions(place: Place, days: int) -> None:
    """List what staff did, newest first: overrides, resealing. Nothing about messages is listed.

    Example: python -m phonetree staff actions --days 7
    """
    found = since(place.store, int(time.time()) - days * DAY_SECONDS)
    for each in found:
        click.echo(f"{stamp(each.at, place.zone)}  {each.by}  {each.what}")
    if not found:
        click.echo(f"Nothing was done in the last {days} days.")
