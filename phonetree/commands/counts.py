"""`counts`: how calls ended, and when they came, for staffing."""

import calendar
from datetime import UTC, datetime
from pathlib import Path

import click

from phonetree.commands.options import Which, config_option, demo_options
from phonetree.core.turn import Outcome
from phonetree.store.counts import by_hour, by_month

WORDS = {
    Outcome.CALL: "calls",
    Outcome.ADVOCATE: "advocate",
    Outcome.UNANSWERED: "unanswered",
    Outcome.LINE: "other line",
    Outcome.MESSAGE: "message",
    Outcome.FALLBACK: "fallback",
}
"""Each outcome as a heading."""


@click.command()
@click.option("--year", type=int, help="The year to show hours of; default this one.")
@demo_options("The counts of the demo.")
@config_option
def counts(year: int | None, *, demo: bool, port: int | None, config: Path) -> None:
    """Show how calls ended by month, and when they came by weekday and hour.

    Each call adds five with a chance of one in five: totals are right over many calls, and no number here proves
    that somebody called. Numbers below about 50 mean little.

    Example: python -m phonetree counts --year 2026
    """
    with Which(demo, port).opened(config) as place:
        year = year or datetime.now(UTC).astimezone(place.zone).year
        months, hours = by_month(place.store), by_hour(place.store, year)
    click.echo("          " + "".join(f"{WORDS[outcome]:>12}" for outcome in Outcome))
    for month in sorted({month for month, _ in months}):
        click.echo(f"{month:<10}" + "".join(f"{months.get((month, outcome), 0):>12}" for outcome in Outcome))
    click.echo(f"\n{year}     " + "".join(f"{calendar.day_abbr[weekday]:>6}" for weekday in range(7)))
    for hour in range(24):
        click.echo(f"{hour:>2}:00    " + "".join(f"{hours.get((weekday, hour), 0):>6}" for weekday in range(7)))
