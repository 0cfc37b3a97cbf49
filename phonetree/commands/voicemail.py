"""`voicemail`: the messages that callers left."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from phonetree import settings
from phonetree.commands.files import PATH, read_text, refuse_unwritable, write_private
from phonetree.commands.keys import PASSPHRASE, passphrase
from phonetree.commands.options import stamp, who_option
from phonetree.commands.place import Place, Which, demo_options, pass_place
from phonetree.errors import PhonetreeError, SealError
from phonetree.mailbox import keyring
from phonetree.mailbox.notices import Notices, channels
from phonetree.mailbox.sealing import SHOWN, Envelope, opened, public_keys, unwrap
from phonetree.store.actions import note
from phonetree.store.voicemails import Voicemail, Voicemails, VoicemailState

PLAYERS = (
    ("aplay", "-q", "-"),
    ("play", "-q", "-t", "wav", "-"),
    ("ffplay", "-nodisp", "-autoexit", "-v", "error", "-"),
)
"""Programs that read sound from a pipe, so it is never written to a disk."""

MOST_LISTED = 10_000
F = TypeVar("F", bound=Callable[..., object])


def key_option(function: F) -> F:
    """`--key FILE`: the private key."""
    return click.option(
        "--key",
        type=PATH,
        metavar="FILE",
        required=True,
        help="The file of your private key.",
    )(function)


@click.group()
@demo_options("The messages of the demo.")
@click.pass_context
def voicemail(context: click.Context, *, demo: bool, port: int | None) -> None:
    """Listen to and handle the messages that callers left.

    Example: python -m phonetree voicemail list
    """
    context.obj = Which(demo, port)


@voicemail.command("list")
@click.option("--all", "everything", is_flag=True, help="Include handled messages.")
@pass_place
def list_(place: Place, *, everything: bool) -> None:
    """List waiting messages, recordings that could not be fetched yet, and failing notices.

    Example: python -m phonetree voicemail list
    """
    voicemails = Voicemails(place.store)
    found = voicemails.listed(MOST_LISTED, handled=everything)
    for message in found:
        click.echo(_line(message, place))
    if not found:
        click.echo("No message is waiting.")
    for failure in voicemails.failures().values():
        since = stamp(failure.since, place.zone)
        click.echo(f"One message could not be fetched, {failure.attempts} times since {since}: {failure.failure}")
    for failing in Notices(voicemails.store, voicemails, channels(settings.notify())).failing():
        click.echo(f"Notices are not arriving by {failing.kind} ({failing.attempts} attempts); check PHONETREE_NOTIFY.")


@voicemail.command()
@click.argument("message")
@key_option
@PASSPHRASE
@pass_place
def play(place: Place, message: str, key: Path, passphrase_file: Path | None) -> None:
    """Play MESSAGE (the beginning of its id) on this machine. Nothing is written to a disk.

    Example: python -m phonetree voicemail play 3f2a --key ~/director.key.json
    """
    player = next((one for one in PLAYERS if shutil.which(one[0])), None)
    if player is None:
        raise PhonetreeError("found no program to play sound (aplay, sox, ffplay); install one, or use: voicemail save")
    sound = _sound(Voicemails(place.store), message, key, passphrase_file)
    if subprocess.run(player, input=sound, check=False).returncode:  # noqa: S603 -- one of the three above
        raise PhonetreeError(f"{player[0]} could not play it; see the lines above, or use: voicemail save")


@voicemail.command()
@click.argument("message")
@click.argument("file", type=PATH)
@key_option
@PASSPHRASE
@pass_place
def save(place: Place, message: str, file: Path, key: Path, passphrase_file: Path | None) -> None:
    """Save MESSAGE as a WAV FILE that only you can read. Delete it after listening.

    Example: python -m phonetree voicemail save 3f2a message.wav --key ~/director.key.json
    """
    refuse_unwritable(file, new=True)
    write_private(file, _sound(Voicemails(place.store), message, key, passphrase_file))
    click.echo(f"Saved as {file}, unencrypted. Delete it after listening.")


@voicemail.command()
@click.argument("message")
@who_option
@pass_place
def claim(place: Place, message: str, who: str) -> None:
    """Claim MESSAGE, so that nobody else calls back too.

    Example: python -m phonetree voicemail claim 3f2a
    """
    voicemails = Voicemails(place.store)
    click.echo(_line(voicemails.claim(voicemails.find(message).id, who, int(time.time())), place))


@voicemail.command()
@click.argument("message")
@pass_place
def release(place: Place, message: str) -> None:
    """Release MESSAGE, so that somebody else can claim it.

    Example: python -m phonetree voicemail release 3f2a
    """
    voicemails = Voicemails(place.store)
    click.echo(_line(voicemails.release(voicemails.find(message).id, int(time.time())), place))


@voicemail.command()
@click.argument("message")
@who_option
@pass_place
def handled(place: Place, message: str, who: str) -> None:
    """Mark MESSAGE as handled; it is deleted when it expires.

    Example: python -m phonetree voicemail handled 3f2a
    """
    voicemails = Voicemails(place.store)
    click.echo(_line(voicemails.handled(voicemails.find(message).id, who, int(time.time())), place))


@voicemail.command()
@click.argument("message")
@click.confirmation_option(prompt="Delete the message? It cannot be restored")
@pass_place
def delete(place: Place, message: str) -> None:
    """Delete MESSAGE, here and at the provider.

    Example: python -m phonetree voicemail delete 3f2a
    """
    voicemails = Voicemails(place.store)
    voicemails.delete(voicemails.find(message).id)
    click.echo("Deleted.")


@voicemail.command()
@key_option
@PASSPHRASE
@who_option
@pass_place
def reseal(place: Place, key: Path, passphrase_file: Path | None, who: str) -> None:
    """Reseal every message for the current keys: including those of new staff, without those of former staff.

    Example: python -m phonetree voicemail reseal --key ~/director.key.json
    """
    voicemails = Voicemails(place.store)
    private = keyring.unlock(read_text(key), passphrase(passphrase_file))
    public = public_keys(place.keys)
    if not public:
        raise SealError("there is no key to seal with; make one with: keys create")
    done = failed = 0
    for message in voicemails.listed(limit=1_000_000):
        try:
            content_key = unwrap(private, Envelope(*voicemails.envelope(message.id)))
        except SealError:
            failed += 1
            continue
        voicemails.reseal(message.id, {each.id: each.wrap(content_key) for each in public})
        done += 1
    names = ", ".join(each.name for each in public)
    with voicemails.store.write() as connection:
        note(connection, who, f"messages were resealed for {names}", int(time.time()))
    click.echo(
        f"{done} messages were resealed for {names}." + (f" {failed} do not open with this key." if failed else "")
    )


def _sound(voicemails: Voicemails, beginning: str, key: Path, passphrase_file: Path | None) -> bytes:
    message = voicemails.find(beginning)
    private = keyring.unlock(read_text(key), passphrase(passphrase_file))
    return opened(private, Envelope(*voicemails.envelope(message.id)), voicemails.sealed(message.id))


def _line(message: Voicemail, place: Place) -> str:
    by = f" by {message.by}" if message.by and message.state is not VoicemailState.NEW else ""
    return f"{message.id[:SHOWN]}  {stamp(message.left_at, place.zone)}  {message.seconds:>4} s  {message.state}{by}"
