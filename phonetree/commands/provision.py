"""`provision`: the number's addresses at the provider."""

import click


@click.command()
@click.option("--apply", is_flag=True, help="Make the changes. Without this nothing is changed.")
@click.option("--undo", is_flag=True, help="Show, or with --apply set, what the number had before.")
def provision(*, apply: bool, undo: bool) -> None:
    """Show what would change at the helpline's number at the provider, and change it on request.

    Everything changes at once, so calls never see half of it; the previous values are saved in
    var/number-before.json. Nothing is changed until the public address answers a signed request.

    Example: python -m phonetree provision --apply
    """
    from phonetree.commands.work import provision as work

    work.provision(apply=apply, undo=undo)
