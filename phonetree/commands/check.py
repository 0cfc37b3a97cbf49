"""`check`: every problem and warning of the files."""

from pathlib import Path

import click

from phonetree.commands.options import at_option, config_option


@click.command()
@at_option
@config_option
def check(at: str | None, config: Path) -> int:
    """Find every problem in hours.yaml, routing.yaml and phrases, and every promise that they would break.

    Each is one line: file, line, column, what is wrong and what to do. Problems and broken promises block
    an edit from going live; warnings are advice. It goes by the folder's files, whatever callers hear.

    Example: python -m phonetree check --config config
    """
    from phonetree.commands.work import check as work

    return work.check(at, config)
