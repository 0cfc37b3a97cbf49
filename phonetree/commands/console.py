"""`console`: the staff console."""

import click

DEFAULT_PORT = 8100


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True)
def console(*, host: str, port: int) -> None:
    """Serve the staff console, until stopped: a process of its own beside the servers that answer calls.

    Example: python -m phonetree console --port 8100
    """
    from phonetree.commands.work import console as work

    work.console(host=host, port=port)
