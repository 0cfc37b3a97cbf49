"""`changes`: what callers would hear differently between two folders."""

from datetime import UTC, datetime
from pathlib import Path

import click

from phonetree.commands.files import PATH
from phonetree.commands.options import at_option, load_for_reading, moment
from phonetree.diff.changes import changes


@click.command("changes")
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
@at_option
def changes_command(old: Path, new: Path, at: str | None) -> None:
    """Say what callers would hear, reach or no longer reach if folder NEW replaced folder OLD.

    Both are played through the same calls. Ignores moved lines, comments and renamed nodes.

    Example: python -m phonetree changes config draft
    """
    before, after = load_for_reading(old).site, load_for_reading(new).site
    zone = after.schedule.zone
    since = moment(at, zone) if at else datetime.now(UTC).astimezone(zone)
    found = changes(before, after, since.date())
    for line in found or ("Callers will notice no difference.",):
        click.echo(line)
