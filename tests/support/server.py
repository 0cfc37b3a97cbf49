"""A signed phone line to an application under test, without the simulated phone."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from werkzeug.test import Client, TestResponse

from phonetree.core.turn import Outcome
from phonetree.runtime.worker import Worker
from phonetree.simulator.provider import TestProvider, serve
from phonetree.simulator.transport import InProcess, sign
from phonetree.store.counts import Counts
from phonetree.web import create_app
from phonetree.web.context import of
from tests.support.lines import TOKEN, URL, settings
from tests.support.proving import here

DAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def gathered(counts: Counts) -> Counter[Outcome]:
    """What was counted and not released yet."""
    return sum((month.outcomes for month in counts._months.values()), Counter[Outcome]())


@dataclass
class Server:
    """An application over a folder of files, and signed requests to it. It proves what it has to in this process, or in
    `provers` as it really does."""

    config: Path
    now: datetime = DAY
    database: str | None = None
    provider: TestProvider | None = None
    keys: Path = Path("config/keys")
    public_url: str = URL
    secrets: tuple[str, ...] = ()
    notify: str = ""
    provers: bool = False
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        made = replace(
            settings(self.config), database=self.database, keys=self.keys, public_url=self.public_url,
            secrets=self.secrets, notify=self.notify,
        )  # fmt: skip
        if self.provider:
            made = replace(made, provider_url=serve(self.provider))
        self.app = create_app(made, now=lambda: self.now, watching=False)
        self.client = Client(self.app)
        self.services = of(self.app).services
        self.sites = self.services.sites
        if not self.provers:
            here(self.services.prover)
        self.services.canary.line = InProcess(self.app)

    @property
    def worker(self) -> Worker:
        """The background work, of a server with a database."""
        assert self.services.worker
        return self.services.worker

    def close(self) -> None:
        """Gives its connections back."""
        if self.services.worker:
            self.services.worker.store.close()

    def post(self, path: str, *, method: str = "POST", **fields: str) -> TestResponse:
        """A request as the provider signs it."""
        fields = {"CallSid": "CA" + "1" * 32, "From": "+16175550123", "CallStatus": "in-progress", **fields}
        data = fields if method != "GET" else {}
        signature = sign(TOKEN, URL + path, data)
        return self.client.open(path, method=method, data=data or None, headers={"X-Twilio-Signature": signature})

    def state(self, node: str, step: str, language: str = "en", query: str = "") -> str:
        """An address of today's tree."""
        return f"/voice/{self.sites.current.revision}/{language}/{node}/{step}{query}"
