"""`check`: every problem and warning of both files."""

from pathlib import Path

import click

from phonetree.commands.options import config_option, load_for_reading
from phonetree.errors import ConfigError


@click.command()
@config_option
def check(config: Path) -> int:
    """Find every problem in hours.yaml and routing.yaml.

    Each is one line: file, line, column, what is wrong and what to do. Problems keep an edit from going
    live; warnings are advice.

    Example: python -m phonetree check --config config
    """
    try:
        loaded = load_for_reading(config)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(problem)
        click.echo(f"{_count(len(error.problems), 'problem')}. Callers do not hear this edit.")
        return 1
    for warning in loaded.warnings:
        click.echo(warning)
    click.echo(f"No problems, {_count(len(loaded.warnings), 'warning')}. This is revision {loaded.site.revision}.")
    return 0


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
