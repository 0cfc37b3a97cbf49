"""`voicemail`: the messages that callers left."""

import shutil
import subprocess
import time
from pathlib import Path

import click

from phonetree import settings
from phonetree.commands.files import read_text, refuse_unwritable, write_private
from phonetree.commands.work.keys import passphrase
from phonetree.commands.work.place import Place
from phonetree.commands.work.reading import stamp
from phonetree.errors import PhonetreeError, SealError
from phonetree.mailbox import keyring
from phonetree.mailbox.keys import sealing_keys
from phonetree.mailbox.notices import Notices, channels
from phonetree.mailbox.sealing import SHOWN, Envelope, opened, unwrap
from phonetree.store.actions import note
from phonetree.store.keys import SealingKeys
from phonetree.store.voicemails import Voicemail, Voicemails, VoicemailState

PLAYERS = (
    ("aplay", "-q", "-"),
    ("play", "-q", "-t", "wav", "-"),
    ("ffplay", "-nodisp", "-autoexit", "-v", "error", "-"),
)
"""Programs that read sound from a pipe, so it is never written to a disk."""

MOST_LISTED = 10_000


def list_(place: Place, *, everything: bool) -> None:
    """Runs `voicemail list`."""
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


def play(place: Place, message: str, key: Path, passphrase_file: Path | None) -> None:
    """Runs `voicemail play`."""
    player = next((one for one in PLAYERS if shutil.which(one[0])), None)
    if player is None:
        raise PhonetreeError("found no program to play sound (aplay, sox, ffplay); install one, or use: voicemail save")
    sound = _sound(Voicemails(place.store), message, key, passphrase_file)
    if subprocess.run(player, input=sound, check=False).returncode:  # noqa: S603 -- one of the three above
        raise PhonetreeError(f"{player[0]} could not play it; see the lines above, or use: voicemail save")


def save(place: Place, message: str, file: Path, key: Path, passphrase_file: Path | None) -> None:
    """Runs `voicemail save`."""
    refuse_unwritable(file, new=True)
    write_private(file, _sound(Voicemails(place.store), message, key, passphrase_file))
    click.echo(f"Saved as {file}, unencrypted. Delete it after listening.")


def claim(place: Place, message: str, who: str) -> None:
    """Runs `voicemail claim`."""
    voicemails = Voicemails(place.store)
    click.echo(_line(voicemails.claim(voicemails.find(message).id, who, int(time.time())), place))


def release(place: Place, message: str) -> None:
    """Runs `voicemail release`."""
    voicemails = Voicemails(place.store)
    found = voicemails.find(message)
    change = voicemails.reopen if found.state is VoicemailState.HANDLED else voicemails.release
    click.echo(_line(change(found.id, int(time.time())), place))


def handled(place: Place, message: str, who: str) -> None:
    """Runs `voicemail handled`."""
    voicemails = Voicemails(place.store)
    click.echo(_line(voicemails.handled(voicemails.find(message).id, who, int(time.time())), place))


def delete(place: Place, message: str) -> None:
    """Runs `voicemail delete`."""
    voicemails = Voicemails(place.store)
    voicemails.delete(voicemails.find(message).id)
    click.echo("Deleted.")


def reseal(place: Place, key: Path, passphrase_file: Path | None, who: str) -> None:
    """Runs `voicemail reseal`."""
    voicemails = Voicemails(place.store)
    private = keyring.unlock(read_text(key), passphrase(passphrase_file))
    kept = SealingKeys(place.store, place.secrets)
    if any(key.doubtful for key in kept.listed()):
        raise SealError(
            "keys of the console that an admin approved cannot be verified here, and would open nothing any more; set "
            "SECRET_KEY as the servers have it, or withdraw these keys in the console"
        )
    public = sealing_keys(place.keys, kept)
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
