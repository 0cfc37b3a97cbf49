"""`tree`: draws the tree."""

from pathlib import Path

import click

from phonetree.commands.options import at_option, config_option


@click.command()
@at_option
@click.option("--format", "form", type=click.Choice(["text", "mermaid", "svg"]), default="text", show_default=True)
@click.option("--language", help="The language to show it in. Without it: the first one.")
@config_option
def tree(at: str | None, form: str, language: str | None, config: Path) -> None:
    """Draw the tree of the folder's files, as callers meet it at a moment.

    Example: python -m phonetree tree --at "2026-11-23 20:00" --format mermaid
    """
    from phonetree.commands.work import tree as work

    work.tree(at, form, language, config)
