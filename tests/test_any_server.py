"""Any server, any turn: golden calls over three servers, asked twice, late, out of order, and when a server is gone."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest

from phonetree.runtime.sites import Sites
from phonetree.simulator.network import Clock
from phonetree.simulator.transport import InProcess, Reply, Transport
from phonetree.web import create_app
from phonetree.web.context import of
from tests.support.lines import ROOT, play, read_golden, settings

CALLS = sorted(
    path
    for folder in ("people", "forwarded", "message")
    for path in (ROOT / "tests" / "calls" / folder).glob("*.call")
    if "edit" not in read_golden(path).headers
)
SERVERS = 3
_TOKEN = re.compile(r"[?&]token=(\d+)")


class Balanced:
    """Servers that know nothing of each other. What has a token goes to one of them, everything else to any."""

    def __init__(self, servers: list[InProcess]) -> None:
        self.servers = servers
        self.seen: list[tuple[str, Mapping[str, str], Mapping[str, str]]] = []
        self._random = Random(1)  # noqa: S311

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:
        self.seen.append((url, fields, headers))
        return self._server(url).post(url, fields, headers, limit)

    def _server(self, url: str) -> InProcess:
        token = _TOKEN.search(url)
        return self.servers[int(token[1]) % SERVERS] if token else self._random.choice(self.servers)


class Repeated(Balanced):
    """The first answer to each request gets lost on the way; and after each turn an earlier one is asked for again, one
    that had got stuck."""

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:
        super().post(url, fields, headers, limit)
        reply = super().post(url, fields, headers, limit)
        earlier = self._random.choice(self.seen)
        self._server(earlier[0]).post(*earlier, limit)
        return reply


class Scattered(Balanced):
    """No turn meets the server that the one before it met."""

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:
        self.servers.append(self.servers.pop(0))
        return self.servers[0].post(url, fields, headers, limit)


def _over(line: Callable[[list[InProcess]], Transport]) -> Callable[[Path, Clock], tuple[Transport, Sites]]:
    def connect(config: Path, clock: Clock) -> tuple[Transport, Sites]:
        apps = [create_app(settings(config), now=clock.now, watching=False) for _ in range(SERVERS)]
        return line([InProcess(app) for app in apps]), of(apps[0]).services.sites

    return connect


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", CALLS, ids=_name)
def test_a_call_is_the_same_over_three_servers_that_are_asked_again_and_again(path: Path, tmp_path: Path) -> None:
    golden = read_golden(path)
    assert str(play(golden, _over(Repeated), tmp_path).transcript) == golden.transcript


@pytest.mark.parametrize("path", CALLS, ids=_name)
def test_where_no_server_remembers_an_advocate_who_took_the_call_is_still_believed(path: Path, tmp_path: Path) -> None:
    golden = read_golden(path)
    usual, scattered = play(golden, _over(Balanced), tmp_path), play(golden, _over(Scattered), tmp_path)
    if golden.rules().says_bridged and not golden.rules().late_acceptance:
        assert scattered.spoke_with == usual.spoke_with
    alone = [ringing.numbers[0] for ringing in scattered.dialled[1:] if len(ringing.numbers) == 1]
    assert len(alone) == len(set(alone)), "no phone rings alone twice"
