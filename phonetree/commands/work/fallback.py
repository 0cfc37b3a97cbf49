"""`fallback`: the document for when the server is down."""

from pathlib import Path

import click

from phonetree import settings
from phonetree.commands.work.reading import load_heard, with_phones
from phonetree.config.numbers import NumberRules, number_of
from phonetree.core.fallback import fallback
from phonetree.provider.twiml import Renderer


def fallback_command(config: Path, caller_id: str | None) -> None:
    """Runs `fallback`."""
    fictional = settings.is_demo()
    site = load_heard(config, with_phones(NumberRules(settings.names(), fictional=fictional))).loaded.site
    shown = number_of(caller_id, "--caller-id", fictional=fictional) if caller_id else None
    click.echo(Renderer("").write(fallback(site, shown)).decode())
