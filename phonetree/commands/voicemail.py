"""`voicemail`: the messages that callers left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from phonetree.commands.files import PATH
from phonetree.commands.options import key_option, passphrase_option, who_option
from phonetree.commands.place import Which, demo_options, pass_place

if TYPE_CHECKING:
    from phonetree.commands.work.place import Place


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
    from phonetree.commands.work import voicemail as work

    work.list_(place, everything=everything)


@voicemail.command()
@click.argument("message")
@key_option
@passphrase_option
@pass_place
def play(place: Place, message: str, key: Path, passphrase_file: Path | None) -> None:
    """Play MESSAGE (the beginning of its id) on this machine. Nothing is written to a disk.

    Example: python -m phonetree voicemail play 3f2a --key ~/director.key.json
    """
    from phonetree.commands.work import voicemail as work

    work.play(place, message, key, passphrase_file)


@voicemail.command()
@click.argument("message")
@click.argument("file", type=PATH)
@key_option
@passphrase_option
@pass_place
def save(place: Place, message: str, file: Path, key: Path, passphrase_file: Path | None) -> None:
    """Save MESSAGE as a WAV FILE that only you can read. Delete it after listening.

    Example: python -m phonetree voicemail save 3f2a message.wav --key ~/director.key.json
    """
    from phonetree.commands.work import voicemail as work

    work.save(place, message, file, key, passphrase_file)


@voicemail.command()
@click.argument("message")
@who_option
@pass_place
def claim(place: Place, message: str, who: str) -> None:
    """Claim MESSAGE, so that nobody else calls back too.

    Example: python -m phonetree voicemail claim 3f2a
    """
    from phonetree.commands.work import voicemail as work

    work.claim(place, message, who)


@voicemail.command()
@click.argument("message")
@pass_place
def release(place: Place, message: str) -> None:
    """Release MESSAGE, so that somebody else can claim it; one that was handled waits again.

    Example: python -m phonetree voicemail release 3f2a
    """
    from phonetree.commands.work import voicemail as work

    work.release(place, message)


@voicemail.command()
@click.argument("message")
@who_option
@pass_place
def handled(place: Place, message: str, who: str) -> None:
    """Mark MESSAGE as handled; it is deleted when it expires.

    Example: python -m phonetree voicemail handled 3f2a
    """
    from phonetree.commands.work import voicemail as work

    work.handled(place, message, who)


@voicemail.command()
@click.argument("message")
@click.confirmation_option(prompt="Delete the message? It cannot be restored")
@pass_place
def delete(place: Place, message: str) -> None:
    """Delete MESSAGE, here and at the provider.

    Example: python -m phonetree voicemail delete 3f2a
    """
    from phonetree.commands.work import voicemail as work

    work.delete(place, message)


@voicemail.command()
@key_option
@passphrase_option
@who_option
@pass_place
def reseal(place: Place, key: Path, passphrase_file: Path | None, who: str) -> None:
    """Reseal every message for the current keys: including those of new staff, without those of former staff.

    Example: python -m phonetree voicemail reseal --key ~/director.key.json
    """
    from phonetree.commands.work import voicemail as work

    work.reseal(place, key, passphrase_file, who)
