"""`tree`: draws the tree."""

from pathlib import Path

import click

from phonetree.commands.work.reading import load_for_reading, moment, tell_if_not_heard
from phonetree.errors import PhonetreeError
from phonetree.view.outline import outline
from phonetree.view.text import as_text


def tree(at: str | None, form: str, language: str | None, config: Path) -> None:
    """Runs `tree`."""
    tell_if_not_heard(config)
    site = load_for_reading(config).site
    shown = language or site.first_language
    if shown not in site.languages:
        raise PhonetreeError(f"'{shown}' is not one of the languages; known: {', '.join(site.languages)}")
    now = moment(at, site.schedule.zone)
    sections = outline(site, shown, now)
    match form:
        case "mermaid":  # imported here, as both escape with a module that brings half of the web along
            from phonetree.view.mermaid import as_mermaid

            drawn = as_mermaid(sections)
        case "svg":
            from phonetree.view.svg import as_svg

            kind = site.schedule.status(now).kind
            drawn = as_svg(sections, f"{site.helpline.name}: the tree on {now:%A %d %B %Y at %H:%M} ({kind})")
        case _:
            drawn = as_text(sections)
    click.echo(drawn, nl=False)
