"""`keys`: the keys that messages are sealed with."""

import os
from pathlib import Path
from typing import TextIO

import click

from phonetree import settings
from phonetree.errors import SealError
from phonetree.mailbox import keyring
from phonetree.mailbox.sealing import public_keys

PASSPHRASE = click.option(
    "--passphrase-file", type=click.File(encoding="utf-8"), help="Read the passphrase there instead of asking for it."
)


@click.group()
def keys() -> None:
    """Make and list the keys that messages are sealed with.

    Example: python -m phonetree keys create director
    """


@keys.command()
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The private key's file.")
@PASSPHRASE
def create(name: str, out: Path | None, passphrase_file: TextIO | None) -> None:
    """Make a pair of keys for NAME.

    Run it on the machine of whoever is to listen, not on the server. The public key goes to the server, into
    the folder `keys` beside the two YAML files; the private key's file stays with them.

    Example: python -m phonetree keys create director --out director.key.json
    """
    if not name.replace("-", "").replace("_", "").isalnum():
        raise SealError("a name has letters, digits, - and _ only; it becomes the name of a file")
    public, private = settings.keys_folder() / f"{name}.pem", out or Path(f"{name}.key.json")
    for path in (public, private):
        if path.exists():
            raise SealError(f"{path} is there already; choose another name, or move it away")
    pair = keyring.create(name, passphrase(passphrase_file, confirm=True))
    public.parent.mkdir(parents=True, exist_ok=True)
    public.write_bytes(pair.public)
    write_private(private, pair.private.encode())
    click.echo(
        f"Public key {pair.id}: {public}. Copy it to the server, into the same folder; messages are sealed for it.\n"
        f"Private key: {private}. Keep it, a copy of it elsewhere, and the passphrase. Without them no message can be\n"
        "heard, by nobody; there is no other way in."
    )


@keys.command("list")
def list_() -> None:
    """List the public keys that new messages are sealed for.

    Example: python -m phonetree keys list
    """
    found = public_keys(settings.keys_folder())
    for key in found:
        click.echo(f"{key.id}  {key.name}")
    if not found:
        click.echo("There is no key; messages stay at the provider until there is one: keys create")


@keys.command("passphrase")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def passphrase_command(file: Path) -> None:
    """Change the passphrase of a private key's FILE.

    Example: python -m phonetree keys passphrase director.key.json
    """
    old = click.prompt("The passphrase of now", hide_input=True)
    text = keyring.rewrap(file.read_text(encoding="utf-8"), old, passphrase(None, confirm=True))
    new = file.with_suffix(".new")
    write_private(new, text.encode())
    new.replace(file)
    click.echo(f"{file} opens with the new passphrase. Change copies of it too.")


def passphrase(file: TextIO | None, *, confirm: bool = False) -> str:
    """What is typed unseen, or the first line of a file."""
    if file:
        return str(file.readline()).rstrip("\r\n")
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))


def write_private(path: Path, data: bytes) -> None:
    """A new file that only this user can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
