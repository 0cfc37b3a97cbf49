"""`keys`: the keys that messages are sealed with."""

from pathlib import Path

import click

from phonetree import settings
from phonetree.commands.files import make_folder, read_text, refuse_unwritable, write_private, write_text
from phonetree.errors import SealError
from phonetree.mailbox import keyring
from phonetree.mailbox.keys import sealing_keys
from phonetree.mailbox.sealing import PublicKey, public_keys
from phonetree.store.database import Store
from phonetree.store.keys import SealingKeys

PRODUCT = Path(__file__).parents[3]
"""The folder of this product."""


def create(name: str, out: Path | None, passphrase_file: Path | None) -> None:
    """Runs `keys create`."""
    if not name.replace("-", "").replace("_", "").isalnum():
        raise SealError("use only letters, digits, - and _ in a name; it becomes a file name")
    public = settings.keys_folder() / f"{name}.pem"
    private = (out or Path("~") / f"{name}.key.json").expanduser()
    refuse_unwritable(private, new=True)
    _refuse_to_give_away(private, public.parent)
    make_folder(public.parent)
    refuse_unwritable(public, new=True)
    pair = keyring.create(name, passphrase(passphrase_file, confirm=True))
    write_private(private, pair.private.encode())  # first: messages are never sealed for a key that nobody has
    write_text(public, pair.public.decode())
    click.echo(
        f"Public key {pair.id}: {public}. Copy it to the server, into the folder `keys` beside the two files\n"
        "there, or where PHONETREE_KEYS says; messages are sealed for it.\n"
        f"Private key: {private}. Keep it, a copy of it elsewhere, and the passphrase. Without them\n"
        "nobody can open the messages; there is no other way in."
    )


def list_() -> None:
    """Runs `keys list`."""
    found = keys_of_the_server()
    for key in found:
        click.echo(f"{key.id}  {key.name}")
    if not found:
        click.echo("There is no key; messages stay at the provider until there is one: keys create")


def keys_of_the_server() -> tuple[PublicKey, ...]:
    """The keys that new messages are sealed with, as far as they are known here: those of files, and, where there is a
    database that can be read, those of the console. Raises SealError, SettingsError."""
    secrets = settings.secret_keys()
    if not (secrets and settings.may_have_database()):
        return public_keys(settings.keys_folder())
    store = Store(settings.database_url())
    try:
        return sealing_keys(settings.keys_folder(), SealingKeys(store, secrets) if store.problem() is None else None)
    finally:
        store.close()


def passphrase_command(file: Path) -> None:
    """Runs `keys passphrase`."""
    wrapped = read_text(file)
    old = click.prompt("Current passphrase", hide_input=True)
    text = keyring.rewrap(wrapped, old, passphrase(None, confirm=True))
    new = file.with_name(f"new-{file.name}")
    write_private(new, text.encode())
    new.replace(file)
    click.echo(f"{file} now has the new passphrase. Change its copies too.")


def passphrase(file: Path | None, *, confirm: bool = False) -> str:
    """The passphrase, typed without echo or from the first line of a file."""
    if file:
        return read_text(file).partition("\n")[0].rstrip("\r")
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm))


def _refuse_to_give_away(private: Path, public: Path) -> None:
    """Keeps a private key out of images, repositories and the server, by refusing places for it.
    `public` is the folder of the public keys."""
    if settings.auth_token():
        raise SealError(
            "this is the server (TWILIO_AUTH_TOKEN is set); make keys on the machine of the person who will listen"
        )
    folder = private.absolute().parent.resolve()
    mine = (PRODUCT, settings.config_folder(), public)
    within = [place for place in (folder, *folder.parents) if place in [each.resolve() for each in mine]]
    checkout = [place for place in (folder, *folder.parents) if (place / ".git").exists()]
    if within or checkout:
        what = "this product's or its configuration's" if within else "a git checkout's"
        raise SealError(
            f"{private} is in {what} folder {(within or checkout)[0]}, and could be copied to others from there; "
            "choose another place with --out"
        )
