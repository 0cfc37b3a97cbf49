"""The commands of the program, and those of its groups."""

import click


def inner(command: click.Command) -> dict[str, click.Command]:
    """The commands of a group by name; none of another command."""
    if not isinstance(command, click.Group):
        return {}
    context = click.Context(command)
    found = {name: command.get_command(context, name) for name in command.list_commands(context)}
    return {name: each for name, each in found.items() if each}
