"""`hours`: open or closed, why, and what is next."""

from pathlib import Path

import click

from phonetree.commands.options import at_option, config_option
from phonetree.commands.place import Which, demo_options


@click.command()
@at_option
@click.option("--days", type=click.IntRange(0, 4000), default=14, show_default=True, help="How many days to list.")
@config_option
@demo_options("The hours of the demo.")
def hours(at: str | None, days: int, config: Path, *, demo: bool, port: int | None) -> None:
    """Say whether the helpline is open, why, and when that changes; list the coming days.

    It goes by what callers hear, with overrides, if there is a database. With --demo it is about the demo, with its
    overrides and phones.

    Example: python -m phonetree hours --at "2026-11-27 10:00" --days 400
    """
    from phonetree.commands.work import hours as work

    work.hours(at, days, config, Which(demo, port))
