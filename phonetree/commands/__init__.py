"""The commands, one file each. Each is a plain function that returns an exit status, or None for 0."""

from pathlib import Path

import click

from phonetree import __version__
from phonetree.commands.call import call
from phonetree.commands.changes import changes_command
from phonetree.commands.check import check
from phonetree.commands.counts import counts
from phonetree.commands.doctor import doctor
from phonetree.commands.fallback import fallback_command
from phonetree.commands.files import PATH, read_text
from phonetree.commands.hours import hours
from phonetree.commands.keys import keys
from phonetree.commands.migrate import migrate_command
from phonetree.commands.override import override
from phonetree.commands.phrases import phrases
from phonetree.commands.prove import prove_command
from phonetree.commands.provision import provision
from phonetree.commands.serve import serve
from phonetree.commands.staff import staff
from phonetree.commands.tree import tree
from phonetree.commands.voicemail import voicemail
from phonetree.commands.worker import worker
from phonetree.settings import PROGRAM, take_lines


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="phonetree")
@click.option("--settings", "file", type=PATH, help="A file with NAME=value lines, such as the server's own.")
def phonetree(file: Path | None) -> None:
    """A telephone tree for a confidential helpline."""
    if file:
        take_lines(read_text(file), str(file))


def _call_as_called(command: click.Command) -> None:
    """Shows examples as the reader has to type them."""
    command.help = (command.help or "").replace("python -m phonetree", PROGRAM)
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        _call_as_called(inner)


for command in (
    serve, check, hours, tree, prove_command, changes_command, call, phrases, override, counts, voicemail, keys, staff,
    worker, migrate_command, fallback_command, provision, doctor,
):  # fmt: skip
    phonetree.add_command(command)

_call_as_called(phonetree)
