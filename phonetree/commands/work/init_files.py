"""The files of a new helpline: the templates with its answers, compiled and proven before anybody sees them."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from phonetree.commands.work.init_answers import RULES, Answers
from phonetree.config.calendars import public_holidays
from phonetree.config.promises import broken_promises
from phonetree.config.site import HOURS, ROUTING, Contents, Loaded, made_of
from phonetree.errors import ConfigError

TEMPLATES = Path(__file__).parent / "templates"

VOICES = {"en": "Polly.Joanna-Neural", "es": "Polly.Lupe-Neural"}
"""A voice of the provider for each language that comes with the product."""

SPOKEN_HOLIDAYS = {
    "New Year's Day": {"en": "New Year's Day", "es": "el Año Nuevo"},
    "Martin Luther King Jr. Day": {"en": "Martin Luther King Junior Day", "es": "el Día de Martin Luther King"},
    "Washington's Birthday": {"en": "Presidents' Day", "es": "el Día de los Presidentes"},
    "Patriots' Day": {"en": "Patriots' Day", "es": "el Día de los Patriotas"},
    "Memorial Day": {"en": "Memorial Day", "es": "el Día de los Caídos"},
    "Juneteenth National Independence Day": {"en": "Juneteenth", "es": "el 19 de junio"},
    "Independence Day": {"en": "Independence Day", "es": "el Día de la Independencia"},
    "Labor Day": {"en": "Labor Day", "es": "el Día del Trabajo"},
    "Columbus Day": {"en": "Indigenous Peoples' Day", "es": "el Día de los Pueblos Indígenas"},
    "Veterans Day": {"en": "Veterans Day", "es": "el Día de los Veteranos"},
    "Thanksgiving Day": {"en": "Thanksgiving", "es": "el Día de Acción de Gracias"},
    "Christmas Day": {"en": "Christmas", "es": "la Navidad"},
}
"""Holidays of the United States as callers call them, by their names in the calendars."""


def files_of(answers: Answers, folder: Path, today: date) -> tuple[Contents, Loaded]:
    """The files and the site that they make. Raises ConfigError when they break a rule or a promise, so that nothing
    is written which `check` would refuse."""
    contents = {name: _text(name, answers, today).encode() for name in (HOURS, ROUTING)}
    loaded = made_of(contents, folder, RULES)
    if broken := broken_promises(loaded.site, folder, today):
        raise ConfigError(broken)
    return contents, loaded


def _text(name: str, answers: Answers, today: date) -> str:
    """A template with the answers filled in."""
    everybody = dict.fromkeys(member for team in answers.teams for member in team.members)
    phones = {
        member: f"ADVOCATE_{number}" for number, member in enumerate(everybody, 1)
    }  # one each, in however many teams
    teams = [
        {
            "id": team.id,
            "name": team.name,
            "members": [{"name": each, "phone": phones[each]} for each in team.members],
        }
        for team in answers.teams
    ]
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 -- YAML, where `quoted` escapes
    )
    environment.filters["quoted"] = quoted

    environment.globals["say"] = partial(_said, answers.languages)
    environment.globals["below"] = partial(_below, answers.languages)
    return environment.get_template(name).render(
        name=answers.name,
        greeting=answers.name.rstrip(".!?"),
        number=answers.number,
        zone=answers.zone,
        emergency=answers.emergency,
        hours=answers.hours,
        holidays=answers.holidays,
        names=dict(_spoken_holidays(answers, today)),
        languages=answers.languages,
        voices=VOICES,
        teams=teams,
        lines=answers.lines,
        next_phone=len(phones) + 1,
        today=today,
        next_year=today.year + 1,
    )


def _spoken_holidays(answers: Answers, today: date) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The names of holidays that callers hear otherwise, or in another language, as far as the calendars have them."""
    there = {
        each.name
        for calendar in answers.holidays
        for each in public_holidays(calendar[:2], calendar[3:] or None, today.year)
    }
    for holiday, said in SPOKEN_HOLIDAYS.items():
        if holiday in there and (answers.languages != ("en",) or said["en"] != holiday):
            yield holiday, said


def _said(languages: tuple[str, ...], **texts: str) -> str:
    """A text as it is written in the files: in one language by itself, in several as a table."""
    written = _written(languages, texts)
    return written[0].partition(": ")[2] if len(written) == 1 else "{" + ", ".join(written) + "}"


def _below(languages: tuple[str, ...], indent: int, **texts: str) -> str:
    """What follows `say:` with a long text: each language on a line of its own."""
    written = _written(languages, texts)
    if len(written) == 1:
        return f" {_said(languages, **texts)}"
    return "".join(f"\n{' ' * indent}{each}" for each in written)


def _written(languages: tuple[str, ...], texts: Mapping[str, str]) -> list[str]:
    return [f"{language}: {quoted(texts[language])}" for language in languages]


def quoted(text: str) -> str:
    """A text in quotes, as YAML reads it."""
    return json.dumps(text, ensure_ascii=False)
