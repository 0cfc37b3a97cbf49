"""The caller id of a forwarded helpline: whether the provider lets it be shown is looked at, and staff are told."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from phonetree.runtime.alerts import REFUSED, SHOWN, Alerts
from phonetree.runtime.background import background
from phonetree.runtime.sites import Sites
from phonetree.runtime.worker import CALLER_ID_SECONDS, Worker
from phonetree.simulator.provider import Failing, Fault, TestProvider, serve
from phonetree.store.counts import Counts
from phonetree.store.database import Store
from tests.support.lines import ROOT, RULES, settings
from tests.support.mail import ACCOUNT, TOKEN

NOW = 1_800_000_000
FORWARDED = ROOT / "tests" / "sites" / "forwarded"
DIALLED = "+16175550150"


@dataclass
class Watch:
    """A worker over a site, with a provider; and what staff were told."""

    provider: TestProvider
    worker: Worker
    told: list[str] = field(default_factory=list)

    def asked(self) -> int:
        return sum("OutgoingCallerIds" in what for what in self.provider.asked)


@pytest.fixture
def watch(database: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Watch]:
    def made(config: Path) -> Watch:
        provider = TestProvider(ACCOUNT, TOKEN)
        configured = replace(settings(config), account_sid=ACCOUNT, provider_url=serve(provider), database=database)
        told: list[str] = []
        alerts = Alerts(told.append, lambda: UTC)
        sites = Sites(config, RULES)
        return Watch(
            provider,
            background(
                configured, Store(database), sites, Counts(datetime.now(UTC)), alerts, lambda: datetime.now(UTC)
            ),
            told,
        )

    return made


def test_staff_are_told_once_when_it_is_refused_and_once_when_that_is_over(
    watch: Callable[[Path], Watch], capsys: pytest.CaptureFixture[str]
) -> None:
    watched = watch(FORWARDED)
    watched.provider.verified.add(DIALLED)
    watched.worker.round(NOW)
    assert watched.told == []
    watched.provider.verified.clear()
    for minute in range(3):
        watched.worker.round(NOW + 60 * minute)
    assert (watched.told, watched.asked()) == ([], 1), "asked once an hour"
    for minute in range(3):
        watched.worker.round(NOW + CALLER_ID_SECONDS + 60 * minute)
    assert (watched.told, watched.asked()) == ([REFUSED], 2)
    watched.provider.verified.add(DIALLED)
    watched.worker.round(NOW + 2 * CALLER_ID_SECONDS)
    assert watched.told == [REFUSED, SHOWN]
    logged = capsys.readouterr()
    assert DIALLED[2:] not in logged.out + logged.err


def test_a_provider_that_cannot_be_asked_is_asked_again_in_the_next_round(watch: Callable[[Path], Watch]) -> None:
    watched = watch(FORWARDED)
    watched.provider.failing.append(Failing(Fault.SERVER_ERROR, ".*OutgoingCallerIds.*"))
    watched.worker.round(NOW)
    assert watched.told == []
    watched.worker.round(NOW + 60)
    assert watched.told == [REFUSED]


def test_a_provider_that_does_not_tell_is_taken_to_show_it(watch: Callable[[Path], Watch]) -> None:
    watched = watch(FORWARDED)
    watched.provider.failing.append(Failing(Fault.NOT_FOUND, ".*OutgoingCallerIds.*"))
    watched.worker.round(NOW)
    watched.worker.round(NOW + 60)
    assert (watched.told, watched.asked()) == ([], 1)


def test_where_nothing_is_forwarded_nothing_is_asked(watch: Callable[[Path], Watch], config: Path) -> None:
    watched = watch(config)
    watched.worker.round(NOW)
    assert (watched.told, watched.asked()) == ([], 0)
