"""Restarts under load: no turn goes unanswered. `python -m bench.restarts` does it two hundred times."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from shutil import copytree
from urllib.parse import urlencode

import pytest
import requests

from phonetree.commands.work.limits import STOP_SECONDS
from phonetree.simulator.transport import sign
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.revisions import Revisions
from phonetree.store.servers import known
from tests.support.attacks import Target
from tests.support.databases import tables
from tests.support.lines import VPR
from tests.support.programs import (
    PROXIES,
    SECONDS,
    TOKEN,
    answers,
    environ,
    free_port,
    missing,
    start,
    stop,
    until,
)
from tests.support.restarting import WAYS, restarted

pytestmark = pytest.mark.long


@pytest.mark.parametrize("way", WAYS)
def test_no_turn_goes_unanswered_while_servers_are_restarted(way: str, tmp_path: Path) -> None:
    if way in PROXIES and (what := missing(way)):
        pytest.skip(what)
    found = restarted(way, 2, tmp_path, pause=0.02)
    assert found["unanswered"] == 0
    assert found["answered at attempt 1"] > 10


@pytest.mark.parametrize("seconds", [0.0, 0.0005, 0.02])
def test_a_server_that_is_told_to_stop_while_its_workers_start_ends_at_once(seconds: float, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "phonetree", "serve", "--port", str(free_port()), "--workers", "2"]
    settings = environ("https://tree.example.org", PHONETREE_CONFIG=str(VPR), PYTHONPATH=str(Path.cwd()))
    for _ in range(3):
        with (tmp_path / "log").open("a") as log:
            server = subprocess.Popen(command, cwd=tmp_path, env=settings, stdout=log, stderr=log)  # noqa: S603
        workers = Path(f"/proc/{server.pid}/task/{server.pid}/children")
        until(lambda there=workers: bool(there.read_text()))  # type: ignore[misc]
        time.sleep(seconds)
        began = time.monotonic()
        assert stop(server) == 0
        assert time.monotonic() - began < STOP_SECONDS / 2


def test_a_turn_that_is_under_way_is_answered_before_the_server_ends(tmp_path: Path) -> None:
    copytree(VPR, tmp_path / "config")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = start(tmp_path, port, environ(url))
    fields = {"CallSid": "CA" + "0" * 32, "From": "+16175550123"}
    body = urlencode(fields).encode()
    head = (
        f"POST /voice HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nX-Twilio-Signature: {sign(TOKEN, f'{url}/voice', fields)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(head.encode() + body[:5])
        time.sleep(0.3)
        server.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port)).close()
        line.sendall(body[5:])
        assert line.recv(100).startswith(b"HTTP/1.1 200 OK")
    assert server.wait(SECONDS) == 0


def _answered(url: str, seconds: float) -> list[bool]:
    """Whether turns were answered, one after the other, for a while."""
    target, found = Target(url), []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            target.turn()
            found.append(True)
        except (requests.RequestException, AssertionError):
            found.append(False)
        time.sleep(0.05)
    return found


def test_new_workers_over_files_with_a_problem_answer_as_the_old_ones_did(tmp_path: Path) -> None:
    copytree(VPR, tmp_path / "config")
    port, database = free_port(), f"sqlite:///{tmp_path}/phonetree.db"
    url = f"http://127.0.0.1:{port}"
    store = Store(database)
    migrate(store)
    server = start(tmp_path, port, environ(url, DATABASE_URL=database))
    until(lambda: Revisions(store).heard() != ())
    with (tmp_path / "config" / "routing.yaml").open("a") as file:
        file.write("nonsense: [\n")
    server.send_signal(signal.SIGHUP)
    assert all(_answered(url, 6))
    assert stop(server) == 0
    server = start(tmp_path, port, environ(url, DATABASE_URL=database))
    assert all(_answered(url, 1))
    assert stop(server) == 0


def test_a_worker_that_is_killed_takes_no_other_with_it(tmp_path: Path) -> None:
    copytree(VPR, tmp_path / "config")
    port, database = free_port(), tables("sqlite", tmp_path)
    url = f"http://127.0.0.1:{port}"
    server = start(tmp_path, port, environ(url, DATABASE_URL=database), "--workers", "2")
    reported = partial(_reported, database)
    until(lambda: len(reported()) == 2)
    before, workers = reported(), _workers(server)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    assert sum(_answered(url, 5)) > 20
    assert _answered(url, 1)[-1]
    assert server.poll() is None
    until(lambda: len(reported() & before) == 1, "the report of the one that was killed is not counted any more")
    assert len(reported()) == 2
    assert stop(server) == 0
    assert reported() == set()


def test_workers_that_are_killed_again_and_again_come_back_whatever_the_files_are_then(tmp_path: Path) -> None:
    """Without a database what callers heard last is in the memory of the server's first process alone."""
    copytree(VPR, tmp_path / "config")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = start(tmp_path, port, environ(url), "--workers", "2")
    try:
        (tmp_path / "config" / "routing.yaml").write_text("[", encoding="utf-8")
        known = {*_workers(server)}
        for _ in range(4):
            os.kill(max(_workers(server)), signal.SIGKILL)
            until(lambda: len({*_workers(server)} - known) == 1 and len(_workers(server)) == 2)
            known.update(_workers(server))
        time.sleep(1)
        assert all(_answered(url, 2))
        assert requests.get(f"{url}/readyz", timeout=5).status_code == 503, "the files have to be put right"
    finally:
        assert stop(server) == 0


def test_a_worker_that_is_killed_comes_back_while_nothing_reads_the_log(tmp_path: Path) -> None:
    copytree(VPR, tmp_path / "config")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, b"x" * 4096)
    command = [sys.executable, "-m", "phonetree", "serve", "--port", str(port)]
    server = subprocess.Popen(command, cwd=tmp_path, env=environ(url), stdout=writer, stderr=writer)  # noqa: S603
    try:
        until(lambda: answers(url))
        known = {*_workers(server)}
        os.kill(max(known), signal.SIGKILL)
        until(lambda: bool({*_workers(server)} - known))
        until(lambda: answers(url))
        assert all(_answered(url, 1))
    finally:
        assert stop(server) == 0
        os.close(reader)
        os.close(writer)


def _workers(server: "subprocess.Popen[bytes]") -> list[int]:
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    return [int(child) for child in children if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_a_server_that_is_killed_leaves_no_worker_at_its_port(tmp_path: Path) -> None:
    copytree(VPR, tmp_path / "config")
    port, database = free_port(), tables("sqlite", tmp_path)
    url = f"http://127.0.0.1:{port}"
    killed = start(tmp_path, port, environ(url, DATABASE_URL=database), "--workers", "2")
    reported = partial(_reported, database)
    until(lambda: len(reported()) == 2)
    before = reported()
    children = Path(f"/proc/{killed.pid}/task/{killed.pid}/children").read_text().split()
    killed.kill()
    killed.wait()
    until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    assert reported() == before, "nobody asked it to end, so staff are told that it does not answer"
    server = start(tmp_path, port, environ(url, DATABASE_URL=database))
    until(lambda: len(reported()) == 1 and not reported() & before, "until it is there again")
    assert stop(server) == 0


def _reported(database: str) -> set[str]:
    """The processes that reported, and did not end in good order."""
    store = Store(database)
    try:
        return {each.name for each in known(store)}
    finally:
        store.close()
