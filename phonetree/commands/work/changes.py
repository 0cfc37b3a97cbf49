"""`changes`: what callers would hear differently between two folders."""

from datetime import UTC, datetime
from pathlib import Path

import click

from phonetree.commands.work.reading import load_for_reading, moment
from phonetree.diff.changes import changes


def changes_command(old: Path, new: Path, at: str | None) -> None:
    """Runs `changes`."""
    before, after = load_for_reading(old).site, load_for_reading(new).site
    zone = after.schedule.zone
    since = moment(at, zone) if at else datetime.now(UTC).astimezone(zone)
    found = changes(before, after, since.date())
    for line in found or ("Callers will notice no difference.",):
        click.echo(line)
