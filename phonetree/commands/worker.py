"""`worker`: the background work alone."""

from datetime import UTC, datetime
from threading import Event

import click

from phonetree import log, settings
from phonetree.config.numbers import NumberRules
from phonetree.config.site import Sites
from phonetree.config.watch import watch
from phonetree.errors import SettingsError
from phonetree.mailbox.worker import Streak
from phonetree.store.counts import Counts
from phonetree.web.background import background


@click.command()
@click.option("--once", is_flag=True, help="One round, then end.")
def worker(*, once: bool) -> None:
    """Collect messages, send notices and delete what is due, without answering calls.

    `serve` does this too, unless PHONETREE_BACKGROUND is off.

    Example: python -m phonetree worker
    """
    environment = settings.read()
    sites = Sites(environment.config, NumberRules(environment.names, fictional=environment.demo))
    work = background(environment, sites, Counts(), Streak(), lambda: datetime.now(UTC))
    if work is None:
        raise SettingsError("DATABASE_URL is not set; it is where messages are kept")
    if once:
        work.round(int(datetime.now(UTC).timestamp()))
        return
    log.take_in_libraries()
    watch(sites)
    work.start()
    Event().wait()
