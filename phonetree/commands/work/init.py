"""`init`: the files of a new helpline."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TypeVar

import click
import pytz

from phonetree.commands.files import fill_folder, refuse_used_folder
from phonetree.commands.serve import DEFAULT_PORT
from phonetree.commands.work import init_answers as answers
from phonetree.commands.work.init_answers import Answers
from phonetree.commands.work.init_files import files_of
from phonetree.config.advice import advice
from phonetree.config.site import HOURS, ROUTING
from phonetree.core.phrases import PHRASES
from phonetree.errors import PhonetreeError
from phonetree.settings import PROGRAM

ZONE = "America/New_York"
"""Where this machine does not say where it is."""

T = TypeVar("T")
Given = Mapping[str, str | None]

_ABOUT = """\
A few questions, and {folder} is a helpline that can be called. Enter takes what is in brackets; Ctrl-C leaves
everything as it is. All of it can be changed in the files later.
"""

_DONE = """
Wrote {hours} and {routing}. Every promise to callers is kept.

  Answer calls on this machine:  PHONETREE_CONFIG={folder} {serve}
  Call it, in another terminal:  {call}
  After each change:             {program} check --config {folder}

`check` has {left}: what is left to do before you go live. docs/own-line.md goes on from here.
"""


def init_command(folder: Path, given: Given, *, yes: bool) -> None:
    """Runs `init`."""
    refuse_used_folder(folder)
    if not yes and None in given.values():
        click.echo(_ABOUT.format(folder=folder))
    made = _asked(given, yes=yes)
    now = datetime.now(UTC).astimezone(pytz.timezone(made.zone))
    contents, loaded = files_of(made, folder, now.date())
    fill_folder(folder, contents)
    warnings = len({*loaded.warnings, *advice(loaded.site, folder, now.date())})
    has_scripts = PROGRAM.startswith("scripts/")
    click.echo(
        _DONE.format(
            hours=folder / HOURS,
            routing=folder / ROUTING,
            folder=quote(str(folder)),
            program=PROGRAM,
            serve="scripts/serve" if has_scripts else f"{PROGRAM} serve --demo",
            call="scripts/call" if has_scripts else f"{PROGRAM} call --url http://127.0.0.1:{DEFAULT_PORT}",
            left=f"{warnings} warning{'' if warnings == 1 else 's'}",
        ),
        nl=False,
    )


# -- questions


def _asked(given: Given, *, yes: bool) -> Answers:
    """The answers of options, of whoever is asked, or (`yes`) the defaults."""

    def ask(option: str, question: str, default: str | None, check: Callable[[str], T]) -> T:
        if (text := given.get(option)) is not None or yes:
            if text is None and default is None:
                raise click.UsageError(f"there is no default for --{option} here; give it")
            return _checked(check, text if text is not None else default or "", f"--{option}")
        return _prompted(question, default, check)

    name = ask("name", "What is the helpline called? Callers hear it first", "Our Helpline", answers.name_of)
    number = ask(
        "number",
        "Which number do callers dial? Such as +1 617 253 2300; if you have none yet, press Enter",
        answers.NO_NUMBER_YET,
        answers.helpline_number_of,
    )
    zone = ask("zone", "In which time zone?", _zone_here(), answers.zone_of)
    known = answers.usual_emergency(number, zone)
    emergency = (
        known
        if known and given.get("emergency") is None
        else ask("emergency", "Which number do callers dial in danger? Such as 112", None, answers.emergency_of)
    )
    hours = ask(
        "hours",
        "When do you answer? Such as monday-friday: 18:00-2:00; saturday: 9:00-12:00, 13:00-17:00",
        "monday-friday: 9:00-17:00",
        answers.hours_of,
    )
    holidays = ask(
        "holidays",
        "On which public holidays are you closed? Calendars such as US, US-MA, or none",
        answers.usual_holidays(zone, hours),
        answers.holidays_of,
    )
    languages = ask(
        "language",
        f"In which languages? {' or '.join(PHRASES)}, or both with a comma, the first one first",
        "en",
        answers.languages_of,
    )
    teams = ask(
        "team",
        "Who answers? Names, without their numbers; several teams are like advocates: Ada, Bo; legal advice: Cy",
        "First advocate, Second advocate",
        answers.teams_of,
    )
    lines = ask(
        "line",
        "Which outside lines answer day and night, for when you do not? Name, number; the best one first",
        answers.usual_lines(zone),
        partial(answers.lines_of, helpline=number),
    )
    return Answers(name, number, zone, emergency, hours, holidays, languages, teams, lines)


def _prompted(question: str, default: str | None, check: Callable[[str], T]) -> T:
    """The answer of whoever is asked, again until it can be used."""
    click.echo(f"{question}.".replace("?.", "?"))
    checked: T = click.prompt(">", default=default, prompt_suffix=" ", value_proc=partial(_checked, check, option=None))
    click.echo()
    return checked


def _checked(check: Callable[[str], T], text: str, option: str | None) -> T:
    """What an answer means. Raises BadParameter with a sentence."""
    try:
        return check(text.strip())
    except PhonetreeError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _zone_here() -> str:
    """The time zone of this machine, if it is one that a helpline can have."""
    _, found, zone = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")
    if found:
        with suppress(PhonetreeError):
            return answers.zone_of(zone)
    return ZONE
