"""`counts`: how calls ended, and when they came, for staffing."""

from pathlib import Path

import click

from phonetree.commands.options import config_option
from phonetree.commands.place import demo_options


@click.command()
@click.option("--month", help="The month to show times of, such as 2026-11; default the last one that is over.")
@click.option("--year", type=int, help="The year to show the hours of that versions before 0.3.0 counted.")
@demo_options("The counts of the demo.")
@config_option
def counts(month: str | None, year: int | None, *, demo: bool, port: int | None, config: Path) -> None:
    """Show how calls ended by month, and when they came by weekday or weekend and block of three hours.

    A month is counted when it is over, or when a server stops. Noise is added to every number, so that none proves
    that somebody called: each is shown with its standard deviation, and with how often noise was drawn.

    Example: python -m phonetree counts --month 2026-11
    """
    from phonetree.commands.work import counts as work

    work.counts(month, year, demo=demo, port=port, config=config)
