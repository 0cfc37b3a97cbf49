"""A server process reports how it is: when that changes, once a minute, and never because of a call."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copytree
from unittest.mock import Mock

import pytest

from phonetree.core.schedule import Kind, Override
from phonetree.errors import Problem, Where
from phonetree.runtime.reports import POLL_SECONDS, Reporter, place, runs
from phonetree.runtime.services import services
from phonetree.simulator.provider import TestProvider
from phonetree.store.overrides import Overrides
from phonetree.store.servers import Report, Servers, known, looked, servers
from phonetree.store.tables import servers as table
from tests.support.databases import KINDS, tables
from tests.support.lines import VPR, settings
from tests.support.mail import ACCOUNT, TOKEN
from tests.support.server import DAY, Server

NOW = int(DAY.timestamp())
SECRET = "a secret of the tests, of enough characters"


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    config = Path(copytree(VPR, tmp_path / "config"))
    made = Server(config, database=tables(request.param, tmp_path), secrets=(SECRET,))
    yield made
    made.close()


def reporter(server: Server) -> Reporter:
    assert server.services.reporter
    return server.services.reporter


def report(server: Server) -> Report:
    (found,) = servers(server.worker.store, NOW)
    return found.report


@contextmanager
def counted(one: Reporter) -> Iterator[Mock]:
    """How often it writes."""
    told = Mock(wraps=one.servers.tell)
    one.servers.tell = told  # type: ignore[method-assign]
    yield told


def test_what_changes_is_reported_at_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    one = reporter(server)
    one.poll()
    assert report(server) == Report(server.sites.current.revision, place=one.place, pid=os.getpid())
    server.services.test_call()
    assert server.services.phones
    server.services.phones.poll()
    number = Overrides(server.worker.store).add(
        Override(DAY, DAY + timedelta(hours=1), Kind.CLOSED, {}), "Ada", "x", NOW
    )
    assert server.services.overrides
    server.services.overrides.poll()
    routing = server.config / "routing.yaml"
    routing.write_text(routing.read_text(encoding="utf-8").replace("go: crisis}", "go: +1 617 253 2300}"))
    server.sites.reload()
    monkeypatch.setattr(server.sites.source, "number", 4)
    one.poll()
    found = report(server)
    assert found.number == 4, "that of the publication, where the store is the source"
    assert (found.test_call, found.overrides) == (True, ((number, int(DAY.timestamp()) + 3600),))
    assert found.phones == server.services.phones.digest != ""
    assert found.problems
    assert "253" not in str(found), "no number that somebody mistyped"


def test_otherwise_it_reports_about_twice_a_minute(server: Server) -> None:
    one = reporter(server)
    with counted(one) as told:
        for _ in range(12 * 10):  # every five seconds
            one.poll()
            server.now += timedelta(seconds=5)
    assert 20 <= told.call_count <= 28


def test_calls_change_nothing(server: Server) -> None:
    one = reporter(server)
    one.poll()
    with counted(one) as told:
        for path in ("/voice", server.state("advocate", "ring"), "/voice/status", "/voice/recording", "/voice/nowhere"):
            server.post(path)
            one.poll()
    assert not told.called


def test_a_store_that_is_away_changes_nothing_else(server: Server, tmp_path: Path) -> None:
    from phonetree.store.database import Store

    one = reporter(server)
    there = one.servers
    one.servers = Servers(Store(f"sqlite:///{tmp_path}/away.db"))
    one.poll()
    one.servers = there
    one.poll()
    assert report(server)
    one.servers = Servers(Store(f"sqlite:///{tmp_path}/away.db"))
    one.leave()
    anew(server).poll()
    assert report(server), "that of the one alone that was started again meanwhile"


def anew(server: Server) -> Reporter:
    """That of a process which begins now where the server is."""
    one = reporter(server)
    return Reporter(
        Servers(server.worker.store), one.sites, one.canary, one.overrides, one.phones, one.now, place=one.place
    )


@pytest.mark.slow
@pytest.mark.parametrize("server", ["sqlite"], indirect=True)
def test_a_server_that_runs_never_counts_as_silent(server: Server) -> None:
    """However its polls and reports fall, and whatever the second of the minute."""
    one = reporter(server)
    for _ in range(600):
        one.poll()
        server.now += timedelta(seconds=POLL_SECONDS * 1.25)
        now = int(server.now.timestamp())
        assert servers(server.worker.store, now), "just before its next report"
        assert servers(server.worker.store, now + 20), "also by a clock that is ahead"


def test_a_server_that_stops_takes_its_report_back(server: Server) -> None:
    reporter(server).poll()
    server.services.stop()
    server.now += timedelta(minutes=1)
    reporter(server).poll()
    with server.worker.store.read() as connection:
        assert connection.execute(table.select()).all() == [], "also when a report was just about to be written"


def test_a_report_stays_while_a_server_that_was_killed_has_threads_left(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = reporter(server)
    one.poll()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)  # a zombie from now on
    monkeypatch.setattr(os, "getppid", lambda: dead.pid)
    one.parent = dead.pid
    one.leave()
    dead.wait()
    assert [each.name for each in known(server.worker.store)] == [one.name]


def test_a_worker_whose_server_was_killed_stays_until_another_begins(server: Server) -> None:
    one = reporter(server)
    one.parent = os.getpid()  # which is not that of this process any more
    one.poll()
    server.services.stop()
    assert [each.name for each in known(server.worker.store)] == [one.name]
    other = anew(server)
    other.poll()
    assert [each.name for each in known(server.worker.store)] == [other.name]


def test_a_worker_knows_its_server_and_another_application_none(tmp_path: Path) -> None:
    made = replace(settings(VPR), database=tables("sqlite", tmp_path))
    of_a_worker, another = (services(made, lambda: DAY, address).reporter for address in ("127.0.0.1:8080", None))
    assert of_a_worker
    assert another
    assert (of_a_worker.parent, another.parent) == (os.getppid(), None)


def test_whether_a_process_runs() -> None:
    assert runs(os.getpid())
    assert runs(1), "also one of another user"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not runs(ended.pid)


def test_a_server_that_is_started_again_is_in_the_same_place() -> None:
    assert place("127.0.0.1:8080") == place("0.0.0.0:8080") != place("127.0.0.1:8081")
    assert place("[::1]:8080") == place("127.0.0.1:8080")
    assert place(None)


def test_staff_are_told_once_that_a_promise_is_broken(server: Server) -> None:
    one = reporter(server)
    told: list[str] = []
    one.warn = told.append
    problem = Problem(Where("routing.yaml"), "nobody is rung")
    for broken in ((), (problem,), (problem,), (), (problem,)):
        server.sites.unkept = broken
        one.poll()
    assert told == ["A member's phone is gone: nobody is rung"] * 2


def test_an_hourly_look_at_the_provider(tmp_path: Path) -> None:
    provider = TestProvider(ACCOUNT, TOKEN)
    server = Server(VPR, database=tables("sqlite", tmp_path), provider=provider)
    server.worker.look(NOW)
    found = looked(server.worker.store)
    assert {name: [wrong.text for wrong in each.found] for name, each in found.items()} == {
        "caller id": [],
        "number": ["the account does not have the helpline's number"],
        "fallback": ["the fallback is on this server, and goes down with it"],
    }
    server.close()
