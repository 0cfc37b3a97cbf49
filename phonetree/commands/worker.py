"""`worker`: the background work alone."""

import click


@click.command()
@click.option("--once", is_flag=True, help="Run one round, then exit.")
def worker(*, once: bool) -> None:
    """Collect messages, send notices of them and delete what is due, without answering calls.

    `serve` does this too, unless PHONETREE_BACKGROUND is off. On SIGTERM or Ctrl-C it exits after the current round; on
    the second one at once, and even then no message is lost.

    Example: python -m phonetree worker
    """
    from phonetree.commands.work import worker as work

    work.worker(once=once)
