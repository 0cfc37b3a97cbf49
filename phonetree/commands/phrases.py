"""`phrases`: a file in which somebody translates what the product itself says."""

from pathlib import Path

import click

from phonetree.commands.files import PATH
from phonetree.commands.options import config_option


@click.command()
@click.option("--language", required=True, metavar="LANGUAGE", help="The language to add, such as pt.")
@click.option("--out", type=PATH, metavar="FILE", help="Default: phrases/LANGUAGE.yaml in the folder.")
@config_option
def phrases(language: str, out: Path | None, config: Path) -> None:
    """Write a file to translate what the product itself says, on the phone and on the page.

    It has every phrase below its English. Run it again, and it adds what is missing and changes nothing else.

    Example: python -m phonetree phrases --language pt
    """
    from phonetree.commands.work import phrases as work

    work.phrases(language, out, config)
