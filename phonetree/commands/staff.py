"""`staff`: what staff did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phonetree.commands.place import Which, demo_options, pass_place

if TYPE_CHECKING:
    from phonetree.commands.work.place import Place


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
    from phonetree.commands.work import staff as work

    work.actions(place, days)
