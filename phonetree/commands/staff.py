"""`staff`: accounts for the console, and what staff did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from phonetree.commands.options import who_option
from phonetree.commands.place import Which, demo_options, pass_place
from phonetree.store.roles import Role

if TYPE_CHECKING:
    from phonetree.commands.work.place import Place


@click.group()
@demo_options("The accounts and actions in the demo.")
@click.pass_context
def staff(context: click.Context, *, demo: bool, port: int | None) -> None:
    """Accounts for the staff console, and what staff did to the helpline.

    Example: python -m phonetree staff actions
    """
    context.obj = Which(demo, port)


@staff.command()
@click.argument("name")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]),
    help="What the person may do; several are possible.",
)  # fmt: skip
@who_option
@pass_place
def add(place: Place, name: str, roles: tuple[str, ...], who: str) -> None:
    """Make an account, and print a link that works once: on it the person chooses a password.

    Example: python -m phonetree staff add "Ada" --role admin
    """
    from phonetree.commands.work import staff as work

    work.add(place, name, roles, who)


@staff.command()
@click.argument("name")
@click.option("--reset-second-factor", "reset", is_flag=True, help="Remove the second factor, too.")
@who_option
@pass_place
def link(place: Place, name: str, who: str, *, reset: bool) -> None:
    """Print a new link for an account, such as that of the only admin who forgot the password.

    Until it is used nobody can sign in to the account.

    Example: python -m phonetree staff link "Ada" --reset-second-factor
    """
    from phonetree.commands.work import staff as work

    work.link(place, name, who, reset=reset)


@staff.command("list")
@pass_place
def list_(place: Place) -> None:
    """List the accounts, with their roles, and whether they have a second factor.

    Example: python -m phonetree staff list
    """
    from phonetree.commands.work import staff as work

    work.list_(place)


@staff.command()
@click.option("--days", type=click.IntRange(1, 732), default=30, show_default=True, help="How far back.")
@pass_place
def actions(place: Place, days: int) -> None:
    """List what staff did, newest first: overrides, accounts, resealing. Nothing about messages is listed.

    Example: python -m phonetree staff actions --days 7
    """
    from phonetree.commands.work import staff as work

    work.actions(place, days)
