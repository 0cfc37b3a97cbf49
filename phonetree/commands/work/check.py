"""`check`: every problem and warning of the files."""

from collections.abc import Sequence
from pathlib import Path

import click

from phonetree.commands.work.reading import load_for_reading, moment, tell_if_not_heard
from phonetree.config.advice import advice
from phonetree.config.promises import broken_promises
from phonetree.config.unstaffed import unstaffed
from phonetree.errors import ConfigError, Problem

LACKING = "team '{}': nobody is on shift at some hours at which it is open, such as {}; what follows may come from that"


def check(at: str | None, config: Path) -> int:
    """Runs `check`."""
    tell_if_not_heard(config)
    try:
        loaded = load_for_reading(config)
        today = moment(at, loaded.site.schedule.zone).date()
        problems = broken_promises(loaded.site, config, today)
    except ConfigError as error:
        return _refused(error.problems)
    if problems:
        for team, first in unstaffed(loaded.site, today).items():
            click.echo(LACKING.format(team, first))
        return _refused(problems)
    warnings = (*loaded.warnings, *advice(loaded.site, config, today))
    for warning in warnings:
        click.echo(warning)
    click.echo(f"No problems, {_count(len(warnings), 'warning')}. This is revision {loaded.site.revision}.")
    return 0


def _refused(problems: Sequence[Problem]) -> int:
    for problem in problems:
        click.echo(problem)
    click.echo(f"{_count(len(problems), 'problem')}. Callers do not hear this edit.")
    return 1


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
