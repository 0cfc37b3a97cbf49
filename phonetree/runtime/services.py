"""All parts of a running server, assembled from its settings."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from os import getppid
from urllib.parse import clear_cache  # type: ignore[attr-defined]  # not in typeshed

from phonetree import log
from phonetree.config.site import Loaded
from phonetree.core.tree import Site
from phonetree.core.turn import Outcome
from phonetree.errors import StoreError
from phonetree.mailbox.notices import channels, tell
from phonetree.provider.request import Request
from phonetree.provider.signature import Verifier
from phonetree.provider.twiml import Renderer
from phonetree.runtime.alerts import ALERT_SECONDS, Alerts
from phonetree.runtime.background import background
from phonetree.runtime.canary import CALL_SECONDS, Canary, call_id
from phonetree.runtime.gathered import Gathered
from phonetree.runtime.legs import LegTracker
from phonetree.runtime.outcomes import OutcomeRecorder
from phonetree.runtime.overrides import POLL_SECONDS, OverridePoller
from phonetree.runtime.periodic import STOP_SECONDS, Periodic
from phonetree.runtime.phones import POLL_SECONDS as PHONES_SECONDS
from phonetree.runtime.phones import PhonePoller, number_rules, phones_in
from phonetree.runtime.prover import Prover, prover_of
from phonetree.runtime.reports import POLL_SECONDS as REPORT_SECONDS
from phonetree.runtime.reports import Reporter, place
from phonetree.runtime.revisions import Publisher, RevisionLookup
from phonetree.runtime.sites import Sites
from phonetree.runtime.source import keep_in, revisions_in, source_in
from phonetree.runtime.watch import poller_of_revisions, watcher
from phonetree.runtime.worker import Worker
from phonetree.settings import STORE, Settings
from phonetree.simulator.transport import OverHttp
from phonetree.store.counts import Counts
from phonetree.store.database import Store
from phonetree.store.heartbeat import Heartbeat
from phonetree.store.overrides import Overrides
from phonetree.store.revisions import Revisions
from phonetree.store.servers import Servers, left_out, servers

FORGET_SECONDS = 60
"""How often what tells of calls is dropped from memory, whether calls come or not."""


@dataclass
class Services:
    """A server's parts. The last ones are None without a store, `phones` without a SECRET_KEY too."""

    settings: Settings
    now: Callable[[], datetime]
    sites: Sites
    verifier: Verifier
    renderer: Renderer
    legs: LegTracker
    outcomes: OutcomeRecorder
    revisions: RevisionLookup
    alerts: Alerts
    gathered: Gathered
    canary: Canary
    prover: Prover
    worker: Worker | None = None
    overrides: OverridePoller | None = None
    heartbeat: Heartbeat | None = None
    phones: PhonePoller | None = None
    reporter: Reporter | None = None

    def __post_init__(self) -> None:
        canary = Periodic("canary", CALL_SECONDS, lambda: self._call_soon(canary))
        self.background = self.worker.periodic() if self.worker else None
        self._canary_failed = False
        self._loops = [
            poller_of_revisions(self.sites) if self.settings.source == STORE else watcher(self.sites),
            canary,
            Periodic("alerts", ALERT_SECONDS, self.tell),
            Periodic("forget", FORGET_SECONDS, self.forget),
        ]
        if self.worker and self.background:
            self._loops += [self.background, self.worker.reminding()]
        if self.overrides:
            self._loops.append(Periodic("overrides", POLL_SECONDS, self.overrides.poll))
        if self.phones:
            self._loops.append(Periodic("phones", PHONES_SECONDS, self.phones.poll))
        if self.reporter:
            self._loops.append(Periodic("reports", REPORT_SECONDS, self.reporter.poll, jitter=True))

    def start(self) -> None:
        """Starts all periodic work."""
        for loop in self._loops:
            loop.start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Stops all periodic work; returns when it has ended, or after so many seconds."""
        for loop in self._loops:
            loop.stopping.set()
        self.prover.stop()
        if self.worker:
            self.worker.finish()  # before the wait, which may last until this process is killed
        if self.reporter:
            self.reporter.leave()
        for loop in self._loops:
            loop.stop(seconds)
        self.gathered.write()

    def collect_soon(self) -> None:
        """There may be a message at the provider."""
        if self.background:
            self.background.wake()

    def record(self, outcome: Outcome | None, request: Request, *, counted: bool = False) -> None:
        """Records the outcome of a turn; `counted` is whether the call was counted before for what it came to."""
        if outcome:
            now = self.now().astimezone(self.sites.current.schedule.zone)
            self.outcomes.record(outcome, request, now, counted=counted)

    def failed(self, event: str, error: Exception | str, **fields: str) -> None:
        """A turn failed. In a demo nobody is harmed by a line that says when."""
        write = log.failure if self.settings.demo else self.gathered.add
        write(event, error, **fields)

    def tell(self) -> None:
        """Once a minute: alerts staff. What was gathered is written and told at fixed times, and once when the server
        begins to fail its own test calls: then it is not the failure of a call."""
        before, self._canary_failed = self._canary_failed, self.canary.ok is False
        now = self.gathered.due() or (self._canary_failed and not before)
        if now:
            self.gathered.write()
        self.alerts.round(gathered=now)

    def forget(self) -> None:
        """Once a minute: nothing in memory says what callers heard, nor who rang two minutes ago. Python keeps the last
        addresses that were split, such as those of recordings."""
        clear_cache()
        self.renderer.forget()
        self.legs.expire()
        self.outcomes.recent.expire()

    def test_call(self) -> None:
        """Once a minute: the server calls itself, and if that succeeds, marks itself as up."""
        well = self.canary.call()
        if well is not None:
            self.alerts.test_call(well=well)
        if well and self.heartbeat:
            try:
                outage = self.heartbeat.mark(int(self.now().timestamp()))
            except StoreError:
                return  # the worker reports an unavailable store
            if outage:
                self.alerts.outage(outage)

    def _call_soon(self, periodic: Periodic) -> None:
        self.canary.wait_for_the_server(periodic.stopping)
        if not periodic.stopping.is_set():
            self.test_call()


def services(
    settings: Settings,
    now: Callable[[], datetime],
    address: str | None = None,
    sites: Sites | None = None,
    at_start: Loaded | None = None,
) -> Services:
    """A server's parts, with nothing started.

    Raises SettingsError or ConfigError when it could not answer calls. `address` (host and port) is where it listens
    and where its test calls go; without it there are none. With it this is a worker, which ends with the process that
    started it. `sites` are those that it answers with, if not those of the settings; `at_start` as in `Sites`.
    """
    store = Store(settings.database) if settings.database else None
    revisions = revisions_in(store, settings.secrets, source=settings.source) if store else None
    publisher = Publisher(partial(_keep, revisions, now, settings.source)) if revisions else None
    phones = phones_in(store, settings)
    rules = number_rules(settings, phones)
    prover = prover_of(settings.config, rules, now, store, settings.secrets)
    sites = sites or Sites(
        settings.config,
        rules,
        prover.broken,
        revisions.heard if revisions else tuple,
        publisher.publish if publisher else lambda _: None,
        prover.broken_by_override,
        source_in(settings.config, revisions, source=settings.source),
        at_start,
    )

    def find(name: str) -> Site | None:
        found = revisions.find(name) if revisions else None
        return sites.recall(name, found) if found else None

    staff = channels(settings.notify)
    alerts = Alerts(lambda text: tell(staff, text), lambda: sites.current.schedule.zone)

    def local_now() -> datetime:
        return now().astimezone(sites.current.schedule.zone)

    counts, gathered = Counts(local_now()), Gathered(local_now)
    canary_id = call_id(settings.auth_token)
    line = OverHttp(at=f"http://{address}") if address else None
    canary = Canary(line, settings.auth_token, settings.public_url, sites, now, canary_id)
    overrides = OverridePoller(Overrides(store), sites, now, partial(_refused, store)) if store else None
    poller = PhonePoller(phones, sites) if phones else None
    return Services(
        settings,
        now,
        sites,
        Verifier(settings.public_url, settings.auth_token, settings.old_token),
        Renderer(settings.public_url),
        LegTracker(),
        OutcomeRecorder(counts, alerts, canary_id),
        RevisionLookup(find, gathered.add),
        alerts,
        gathered,
        canary,
        prover,
        background(settings, store, sites, counts, alerts, now, collects=settings.background) if store else None,
        overrides,
        Heartbeat(store) if store else None,
        poller,
        Reporter(
            Servers(store),
            sites,
            canary,
            overrides,
            poller,
            now,
            alerts.unkept,
            place(address),
            getppid() if address else None,
        )
        if store and overrides
        else None,
    )


def _refused(store: Store, now: int) -> dict[int, str]:
    return left_out(servers(store, now))


def _keep(revisions: Revisions, now: Callable[[], datetime], source: str, loaded: Loaded) -> None:
    keep_in(revisions, loaded.site.revision, loaded.contents, int(now().timestamp()), source=source)
