"""`worker`: the background work alone."""

import signal
from dataclasses import replace
from datetime import UTC, datetime

from phonetree import log, settings
from phonetree.commands.work.limits import forbid_core_dumps
from phonetree.errors import StoreError
from phonetree.mailbox.notices import channels, tell
from phonetree.runtime.alerts import Alerts
from phonetree.runtime.background import background
from phonetree.runtime.periodic import Periodic
from phonetree.runtime.phones import POLL_SECONDS, PhonePoller, number_rules, phones_in
from phonetree.runtime.sites import Sites
from phonetree.runtime.source import revisions_in, source_in
from phonetree.runtime.watch import poller_of_revisions, watcher
from phonetree.store.counts import Counts
from phonetree.store.database import Store


def worker(*, once: bool) -> None:
    """Runs `worker`."""
    forbid_core_dumps()
    configured = settings.read()
    store = Store(settings.database_url())
    phones = phones_in(store, configured)
    revisions = revisions_in(store, configured.secrets, source=configured.source)
    sites = Sites(
        configured.config,
        replace(number_rules(configured, phones), stand_in=False),
        published=revisions.heard,
        source=source_in(configured.config, revisions, source=configured.source),
    )
    staff = channels(configured.notify)
    alerts = Alerts(lambda text: tell(staff, text), lambda: sites.current.schedule.zone)
    counts = Counts(datetime.now(UTC).astimezone(sites.current.schedule.zone))
    work = background(configured, store, sites, counts, alerts, lambda: datetime.now(UTC), publishes=False)
    if once:
        now = int(datetime.now(UTC).timestamp())
        work.round(now)
        work.remind_members(now)
        if work.problem:
            raise StoreError(work.problem)
        return
    log.take_in_libraries()
    log.write_apart()
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before any thread starts, so that none of them handles these
    follow = poller_of_revisions if configured.source == settings.STORE else watcher
    loops = [follow(sites), work.periodic(), work.reminding()]
    if phones:
        loops.append(Periodic("phones", POLL_SECONDS, PhonePoller(phones, sites).poll))
    for loop in loops:
        loop.start()
    signal.sigwait(ends)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
    work.finish()
    for loop in loops:
        loop.stop(None)
