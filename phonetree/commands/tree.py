"""`tree`: draws the tree."""

from pathlib import Path

import click

from phonetree.commands.options import at_option, config_option, load_for_reading, moment
from phonetree.core.drawing import as_mermaid, as_text
from phonetree.core.outline import outline
from phonetree.errors import PhonetreeError


@click.command()
@at_option
@click.option("--format", "form", type=click.Choice(["text", "mermaid"]), default="text", show_default=True)
@click.option("--language", help="The language to show it in. Without it: the first one.")
@config_option
def tree(at: str | None, form: str, language: str | None, config: Path) -> None:
    """Draw the tree as callers meet it at a moment.

    Example: python -m phonetree tree --at "2026-11-23 20:00" --format mermaid
    """
    site = load_for_reading(config).site
    shown = language or site.first_language
    if shown not in site.languages:
        raise PhonetreeError(f"'{shown}' is not one of the languages; known: {', '.join(site.languages)}")
    sections = outline(site, shown, moment(at, site.schedule.zone))
    click.echo(as_mermaid(sections) if form == "mermaid" else as_text(sections), nl=False)
