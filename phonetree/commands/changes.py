"""`changes`: what callers would hear differently between two folders."""

from pathlib import Path

import click

from phonetree.commands.files import PATH
from phonetree.commands.options import at_option


@click.command("changes")
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
@at_option
def changes_command(old: Path, new: Path, at: str | None) -> None:
    """Say what callers would hear, reach or no longer reach if folder NEW replaced folder OLD.

    Both are played through the same calls. Ignores moved lines, comments and renamed nodes.

    Example: python -m phonetree changes config draft
    """
    from phonetree.commands.work import changes as work

    work.changes_command(old, new, at)
