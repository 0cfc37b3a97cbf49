"""Options shared by several commands."""

import getpass
from collections.abc import Callable
from typing import TypeVar

import click

from phonetree import settings
from phonetree.commands.files import PATH
from phonetree.core.characters import refusal
from phonetree.core.numbers_in_texts import refusal_in_name

F = TypeVar("F", bound=Callable[..., object])


def config_option(function: F) -> F:
    """`--config DIR`: the folder with the two YAML files."""
    return click.option(
        "--config",
        type=PATH,
        default=settings.config_folder,
        show_default="$PHONETREE_CONFIG or config",
        help="The folder with hours.yaml and routing.yaml.",
    )(function)


def at_option(function: F) -> F:
    """`--at T`: a moment in the helpline's time."""
    return click.option(
        "--at", metavar="T", help='The moment, in the helpline\'s time: "2026-11-27 16:59". Default: now.'
    )(function)


def who_option(function: F) -> F:
    """`--who NAME`: who does it."""
    return click.option(
        "--who", default=getpass.getuser, show_default="you", callback=_who, help="Who does it."
    )(function)  # fmt: skip


def _who(_context: click.Context, _option: click.Parameter, who: str) -> str:
    """A name that fits into a line of a list. Raises BadParameter."""
    if not who.strip():
        raise click.BadParameter("it is empty; write who does it")
    if bad := refusal(who) or refusal_in_name(who):
        raise click.BadParameter(f"it {bad}")
    return who.strip()


def key_option(function: F) -> F:
    """`--key FILE`: the private key."""
    return click.option("--key", type=PATH, metavar="FILE", required=True, help="The file of your private key.")(
        function
    )


def passphrase_option(function: F) -> F:
    """`--passphrase-file FILE`: where the passphrase is."""
    return click.option(
        "--passphrase-file", type=PATH, metavar="FILE", help="Read the passphrase there instead of asking for it."
    )(function)
