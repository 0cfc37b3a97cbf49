"""`staff`: what staff did."""

import time

import click

from phonetree.commands.work.place import Place
from phonetree.commands.work.reading import stamp
from phonetree.runtime.worker import DAY_SECONDS
from phonetree.store.actions import since


def actions(place: Place, days: int) -> None:
    """Runs `staff actions`."""
    found = since(place.store, int(time.time()) - days * DAY_SECONDS)
    for each in found:
        click.echo(f"{stamp(each.at, place.zone)}  {each.by}  {each.what}")
    if not found:
        click.echo(f"Nothing was done in the last {days} days.")
