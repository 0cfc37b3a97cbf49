"""`worker`: the background work alone."""

import signal
from datetime import UTC, datetime

import click

from phonetree import log, settings
from phonetree.config.numbers import NumberRules
from phonetree.errors import SettingsError, StoreError
from phonetree.runtime.background import background
from phonetree.runtime.sites import Sites
from phonetree.runtime.watch import watch
from phonetree.runtime.worker import Streak
from phonetree.store.counts import Counts


@click.command()
@click.option("--once", is_flag=True, help="One round, then end.")
def worker(*, once: bool) -> None:
    """Collect messages, send notices of them and delete what is due, without answering calls.

    `serve` does this too, unless PHONETREE_BACKGROUND is off. Ends at SIGTERM or Ctrl-C, after the round that is going
    on; at the second one at once, and even then no message is lost.

    Example: python -m phonetree worker
    """
    environment = settings.read()
    sites = Sites(environment.config, NumberRules(environment.names, fictional=environment.demo))
    work = background(environment, sites, Counts(), Streak(), lambda: datetime.now(UTC), publishes=False)
    if work is None:
        raise SettingsError("DATABASE_URL is not set; it is where messages are kept")
    if once:
        work.round(int(datetime.now(UTC).timestamp()))
        if work.problem:
            raise StoreError(work.problem)
        return
    log.take_in_libraries()
    log.write_apart()
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before any thread begins, so that they all leave them to us
    watch(sites)
    work.start()
    signal.sigwait(ends)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
    work.stop(None)
