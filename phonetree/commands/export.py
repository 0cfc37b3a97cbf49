"""`export`: writes the files of a published revision into a folder."""

from pathlib import Path

import click

from phonetree.commands.files import PATH


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--revision", metavar="REVISION", help="Which one. Default: the newest.")
def export(folder: Path, revision: str | None) -> None:
    """Write the files of a published revision into folder DIR, which is new or empty, to edit and publish them.

    Audio is not part of a revision; it is copied from the server's own folder, if that is on this machine.

    Example: python -m phonetree export draft
    """
    from phonetree.commands.work import export as work

    work.export(folder, revision)
