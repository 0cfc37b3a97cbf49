"""`fallback`: the document for when the server is gone."""

from pathlib import Path

import click

from phonetree import settings
from phonetree.commands.options import config_option
from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.core.fallback import fallback
from phonetree.provider.twiml import Renderer


@click.command("fallback")
@config_option
def fallback_command(config: Path) -> None:
    """Print the document that callers hear when this server does not answer.

    It stands on its own, at any hour: put it where it does not go down with the server, and its address at the
    number, as "primary handler fails". Numbers like $ADVOCATE_1 have to be set, as on the server.

    Example: python -m phonetree fallback > fallback.xml
    """
    site = load(config, NumberRules(settings.names(), fictional=settings.is_demo())).site
    click.echo(Renderer("").write(fallback(site)).decode())
