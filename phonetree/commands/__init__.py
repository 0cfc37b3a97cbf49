"""The commands, one file each. Each is a plain function that returns an exit status, or None for 0."""

import click

from phonetree import __version__
from phonetree.commands.call import call
from phonetree.commands.changes import changes_command
from phonetree.commands.check import check
from phonetree.commands.hours import hours
from phonetree.commands.prove import prove_command
from phonetree.commands.serve import serve
from phonetree.commands.tree import tree


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="phonetree")
def phonetree() -> None:
    """A telephone tree for a confidential helpline."""


for command in (serve, check, hours, tree, prove_command, changes_command, call):
    phonetree.add_command(command)
