"""Periodic work goes on whatever happens, and ends when it is told to."""

import threading
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from phonetree.runtime import periodic
from phonetree.runtime.periodic import Periodic
from tests.support.databases import tables
from tests.support.lines import VPR
from tests.support.programs import until
from tests.support.server import Server


def test_a_task_that_fails_is_tried_again_and_the_log_says_so_once(capfd: pytest.CaptureFixture[str]) -> None:
    times = count()

    def task() -> None:
        if next(times) < 3:
            raise ValueError

    loop = Periodic("watch", 0.01, task)
    loop.start()
    until(lambda: next(times) > 5)
    loop.stop()
    told = capfd.readouterr().err
    assert told.count('"what": "ValueError"') == 1
    assert told.count('"problem": "over"') == 1


def test_waking_many_times_does_what_is_due_once_and_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "SOON_SECONDS", 0.1)
    rounds: list[str] = []
    loop = Periodic("worker", 1000, lambda: rounds.append("round"), woken=lambda: rounds.append("woken"))
    loop.start()
    until(lambda: rounds == ["round"])
    for _ in range(50):
        loop.wake()
    until(lambda: rounds == ["round", "woken"])
    loop.stop()
    assert rounds == ["round", "woken"]


def test_stopping_waits_for_the_task_that_is_going_on() -> None:
    begun, go, done = Event(), Event(), Event()

    def task() -> None:
        begun.set()
        go.wait(5)
        done.set()

    loop = Periodic("watch", 1000, task)
    loop.start()
    begun.wait(5)
    loop.stop(0.01)
    assert not done.is_set(), "not longer than it is told to"
    go.set()
    loop.stop(None)
    assert done.is_set()


def test_a_server_that_stops_leaves_nothing_running(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    server = Server(VPR, database=tables("sqlite", tmp_path))
    server.services.start()
    loops = {thread.name for thread in set(threading.enumerate()) - before if "Thread-" not in thread.name}
    assert loops == {"watch", "canary", "alerts", "forget", "worker", "overrides", "reports", "reminders"}
    server.services.stop()
    assert set(threading.enumerate()) - before == set()
    server.close()
