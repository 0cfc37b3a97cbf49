"""`hours`: open or closed, why, and what is next."""

from pathlib import Path

import click

from phonetree.commands.options import at_option, config_option


@click.command()
@at_option
@click.option("--days", type=click.IntRange(0, 4000), default=14, show_default=True, help="How many days to list.")
@config_option
def hours(at: str | None, days: int, config: Path) -> None:
    """Say whether the helpline is open, why, and when that changes; list the coming days.

    Includes overrides, if there is a database; the list of days is from hours.yaml.

    Example: python -m phonetree hours --at "2026-11-27 10:00" --days 400
    """
    from phonetree.commands.work import hours as work

    work.hours(at, days, config)
