"""`publish`: has every server answer with a folder's files."""

from pathlib import Path

import click

from phonetree.commands.files import PATH
from phonetree.commands.options import who_option


@click.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--note", required=True, metavar="TEXT", help="What changes, and why; History shows it.")
@click.option("--over", metavar="REVISION", help="Publish in place of this revision, whatever the files began from.")
@who_option
def publish(folder: Path, note: str, over: str | None, who: str) -> int:
    """Publish the files of folder DIR: every server answers with them within seconds. For PHONETREE_SOURCE=store.

    They are checked like an edit. If another revision was published since DIR was exported, nothing is published, and
    what changed on both sides is shown.

    Example: python -m phonetree publish draft --note "Closed on 23 December"
    """
    from phonetree.commands.work import publish as work

    return work.publish(folder, note, over, who)
