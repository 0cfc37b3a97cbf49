"""`fallback`: the document for when the server is down."""

from pathlib import Path

import click

from phonetree.commands.options import config_option


@click.command("fallback")
@click.option("--caller-id", metavar="NUMBER", help="For a second provider: a number that you have there.")
@config_option
def fallback_command(config: Path, caller_id: str | None) -> None:
    """Print the document that callers hear when this server does not answer.

    It is made from the folder's files or, with PHONETREE_SOURCE=store, from the newest revision in the database. It is
    self-contained and valid at any hour: host it where it does not go down with the server, and set its address at the
    number, as "primary handler fails". Numbers like $ADVOCATE_1 have to be set, as on the server. A second provider
    shows only numbers that you own or verified there, so pass one of those; without --caller-id the helpline's number
    at the provider is shown, which that provider never refuses.

    Example: python -m phonetree fallback > fallback.xml
    """
    from phonetree.commands.work import fallback as work

    work.fallback_command(config, caller_id)
