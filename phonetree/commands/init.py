"""`init`: the files of a new helpline."""

from pathlib import Path

import click

from phonetree.commands.files import PATH


@click.command("init")
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--name", metavar="TEXT", help="What the helpline is called; callers hear it first.")
@click.option("--number", metavar="NUMBER", help="The number that callers dial; $HELPLINE_NUMBER if you have none yet.")
@click.option("--zone", metavar="ZONE", help="The time zone, such as America/Chicago.")
@click.option("--emergency", metavar="NUMBER", help="What callers dial in danger; asked where it is not known, as 911.")
@click.option("--hours", metavar="DAYS: TIMES", multiple=True, help='When you answer: "monday-friday: 9:00-17:00".')
@click.option("--holidays", metavar="CALENDARS", help='Holidays on which you are closed: "US, US-MA", or none.')
@click.option("--language", metavar="LANGUAGE", multiple=True, help="en or es; calls begin in the first one.")
@click.option("--team", metavar="TEAM: NAMES", multiple=True, help='Who answers: "advocates: Ada, Bo".')
@click.option("--line", metavar="NAME, NUMBER", multiple=True, help="An outside line that answers day and night.")
@click.option("--yes", is_flag=True, help="Ask nothing: take the default of whatever is not given.")
def init_command(
    folder: Path,
    *,
    name: str | None,
    number: str | None,
    zone: str | None,
    emergency: str | None,
    hours: tuple[str, ...],
    holidays: str | None,
    language: tuple[str, ...],
    team: tuple[str, ...],
    line: tuple[str, ...],
    yes: bool,
) -> None:
    """Make the two files of a new helpline, with comments that explain them.

    Asks a few questions; those whose options are given are not asked. --hours, --language, --team and --line may be
    repeated. DIR must not exist yet, or be empty. What is written keeps every promise to callers, and can be called at
    once: the command ends by saying how.

    Example: python -m phonetree init line --name "Lantern Line" --hours "daily: 18:00-2:00" --yes
    """
    from phonetree.commands.work import init as work

    given = {
        "name": name,
        "number": number,
        "zone": zone,
        "hours": "; ".join(hours) or None,
        "holidays": holidays,
        "language": ", ".join(language) or None,
        "team": "; ".join(team) or None,
        "line": "; ".join(line) or None,
    }
    if emergency is not None:  # it is asked where it is not known
        given["emergency"] = emergency
    work.init_command(folder, given, yes=yes)
