"""`keys`: the keys that messages are sealed with."""

from pathlib import Path

import click

from phonetree.commands.files import PATH
from phonetree.commands.options import passphrase_option


@click.group()
def keys() -> None:
    """Make and list the keys that messages are sealed with.

    Example: python -m phonetree keys create director
    """


@keys.command()
@click.argument("name")
@click.option(
    "--out", type=PATH, metavar="FILE", help="The private key's file. Without it: NAME.key.json in your home folder."
)
@passphrase_option
def create(name: str, out: Path | None, passphrase_file: Path | None) -> None:
    """Make a pair of keys for NAME.

    Run it on the machine of the person who will listen, not on the server. The public key goes to the server, into
    the folder `keys` next to the two YAML files; the private key's file stays with that person. It must not be in this
    product's folder, the configuration or a git checkout, from where it could reach others.

    Example: python -m phonetree keys create director --out ~/director.key.json
    """
    from phonetree.commands.work import keys as work

    work.create(name, out, passphrase_file)


@keys.command("list")
def list_() -> None:
    """List the public keys that new messages are sealed for.

    Example: python -m phonetree keys list
    """
    from phonetree.commands.work import keys as work

    work.list_()


@keys.command("passphrase")
@click.argument("file", type=PATH)
def passphrase_command(file: Path) -> None:
    """Change the passphrase of a private key's FILE.

    Example: python -m phonetree keys passphrase ~/director.key.json
    """
    from phonetree.commands.work import keys as work

    work.passphrase_command(file)
