"""The commands, one file each: its options and its help. What it does is in `work`, in a file with the same name.

A command's file imports click alone, and its function imports the file in `work`, which imports whatever it needs. So
help appears at once, and no command waits for another one's libraries. Each function returns an exit status, or None
for 0.
"""

from importlib import import_module
from pathlib import Path

import click

from phonetree import __version__
from phonetree.commands.files import PATH, read_text
from phonetree.settings import PROGRAM, take_lines

NAMES = (
    "init", "serve", "check", "hours", "tree", "prove", "changes", "call", "phrases", "override", "counts", "voicemail",
    "keys", "staff", "console", "worker", "migrate", "fallback", "provision", "doctor",
)  # fmt: skip
"""Every command, by the name of its file, in the order of the help."""


class _Commands(click.Group):
    """The command NAME is the function `NAME_command` or `NAME` of the file NAME.py."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return command(cmd_name) if cmd_name in NAMES else None


def command(name: str) -> click.Command:
    """The command of this name, one of `NAMES`."""
    file = import_module(f"{__name__}.{name}")
    found: click.Command = getattr(file, f"{name}_command", None) or getattr(file, name)
    _call_as_called(found)
    return found


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
