"""`check`: every problem and warning of both files."""

from collections.abc import Sequence
from pathlib import Path

import click

from phonetree.commands.options import config_option, load_for_reading, moment
from phonetree.config.promises import broken_promises
from phonetree.errors import ConfigError, Problem


@click.command()
@config_option
def check(config: Path) -> int:
    """Find every problem in hours.yaml and routing.yaml, and every promise that they would break.

    Each is one line: file, line, column, what is wrong and what to do. Problems and broken promises keep
    an edit from going live; warnings are advice.

    Example: python -m phonetree check --config config
    """
    try:
        loaded = load_for_reading(config)
        problems = broken_promises(loaded.site, config, moment(None, loaded.site.schedule.zone).date())
    except ConfigError as error:
        return _refused(error.problems)
    if problems:
        return _refused(problems)
    for warning in loaded.warnings:
        click.echo(warning)
    click.echo(f"No problems, {_count(len(loaded.warnings), 'warning')}. This is revision {loaded.site.revision}.")
    return 0


def _refused(problems: Sequence[Problem]) -> int:
    for problem in problems:
        click.echo(problem)
    click.echo(f"{_count(len(problems), 'problem')}. Callers do not hear this edit.")
    return 1


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
