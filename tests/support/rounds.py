"""A server's background work over a store of its own, in time of our own: rounds, calls, messages, and staff."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from phonetree.core.turn import Outcome
from phonetree.runtime.alerts import Alerts
from phonetree.runtime.background import background
from phonetree.runtime.sites import Sites
from phonetree.runtime.worker import Worker
from phonetree.simulator.provider import HeldCall, TestProvider, serve
from phonetree.store.counts import Counts
from phonetree.store.database import Store
from phonetree.store.heartbeat import Heartbeat
from phonetree.store.servers import Report, Servers
from phonetree.store.voicemails import Voicemails
from tests.support.databases import store
from tests.support.lines import RULES, VPR, settings
from tests.support.mail import ACCOUNT, NUMBER, TOKEN, pair

ROUND_SECONDS = 60


@dataclass
class Server:
    """What a server does while it runs. `now` is its moment, in seconds since 1970."""

    store: Store
    provider: TestProvider
    worker: Worker
    counts: Counts
    now: int
    heartbeat: Heartbeat = field(init=False)
    servers: Servers = field(init=False)
    calls: int = 0

    def __post_init__(self) -> None:
        self.heartbeat, self.servers = Heartbeat(self.store), Servers(self.store)

    @property
    def voicemails(self) -> Voicemails:
        return self.worker.voicemails

    def rounds(self, number: int = 1, seconds: int = ROUND_SECONDS) -> None:
        """So many rounds, each with the server's own mark that it answers, and its report."""
        for _ in range(number):
            self.now += seconds
            self.heartbeat.mark(self.now)
            self.servers.tell("a" * 32, Report("0" * 12, test_call=True), self.now)
            self.worker.round(self.now)

    def call(self, outcome: Outcome = Outcome.LINE, message_seconds: int = 0) -> None:
        """A call that ends now, with a message of so many seconds."""
        self.calls += 1
        id_, began = f"CA{self.calls:032x}", datetime.fromtimestamp(self.now, UTC)
        if message_seconds:
            self.provider.leave(id_, message_seconds, number=NUMBER).made_at = began
        self.provider.calls[id_] = HeldCall(id_, NUMBER, "+16175550123", began_at=began)
        for counted in (Outcome.CALL, outcome):
            self.counts.add(counted, began)
        self.worker.collect(self.now)

    def settle(self, *, but: int = 0) -> None:
        """Staff claim, handle and delete what waits, but so many of the oldest; then the provider's names of it are
        forgotten, and an hour begins."""
        for message in reversed(self.voicemails.listed()[: len(self.voicemails.listed()) - but]):
            self.voicemails.claim(message.id, "Ada", self.now)
            self.voicemails.handled(message.id, "Ada", self.now)
            self.voicemails.delete(message.id)
        self.rounds(2, 3600)


@contextmanager
def server(kind: str, folder: Path, began: int) -> Iterator[Server]:
    """A server over a new database of a kind, before its first round."""
    (folder / "keys").mkdir(parents=True)
    (folder / "keys" / "advocates.pem").write_bytes(pair()[2].public)
    provider = TestProvider(ACCOUNT, TOKEN)
    configured = replace(settings(VPR), provider_url=serve(provider), keys=folder / "keys")
    sites = Sites(VPR, RULES)
    counts = Counts(datetime.fromtimestamp(began, UTC))
    with store(kind, folder) as opened:
        worker = background(
            configured, opened, sites, counts, Alerts(lambda _: None, lambda: UTC),
            lambda: datetime.fromtimestamp(made.now, UTC),
        )  # fmt: skip
        made = Server(opened, provider, worker, counts, began)
        yield made
