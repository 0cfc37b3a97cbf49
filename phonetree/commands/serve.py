"""`serve`: answers calls."""

import click

DEFAULT_PORT = 8080
"""The port where scripts/call expects the demo."""


@click.command()
@click.option("--demo", is_flag=True, help="No account, no settings: random secrets for this run, fictional numbers.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(1, 65535), default=DEFAULT_PORT, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
def serve(*, demo: bool, host: str, port: int, workers: int) -> None:
    """Answer calls, until stopped.

    Example: python -m phonetree serve --demo
    """
    from phonetree.commands.work import serve as work

    work.serve(demo=demo, host=host, port=port, workers=workers)
