"""The console as an operator runs it: a process of its own; and beside a demo."""

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copytree

import pytest
import requests

from phonetree.commands.work.demo_console import free_port_beyond
from phonetree.commands.work.ports import why_not
from phonetree.console import MOST_BODY_BYTES
from phonetree.console.edge import BODY_SECONDS, THREADS
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from tests.support.console import SECRET, TOKEN
from tests.support.lines import NAMES, VPR
from tests.support.programs import ROOT, answers, free_port, start, stop, until


def _environ(folder: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/nonexistent", "PHONETREE_DEMO": "1",
        "PHONETREE_CONFIG": str(VPR), "DATABASE_URL": f"sqlite:///{folder}/phonetree.db", "SECRET_KEY": SECRET,
        "PHONETREE_PUBLIC_URL": "https://helpline.example.org", **NAMES, **more,
    }  # fmt: skip


@contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """A console in a process, and its address."""
    port = free_port()
    command = [sys.executable, "-m", "phonetree", "console", "--port", str(port)]
    with (folder / "log").open("a") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)  # noqa: S603
    url = f"http://127.0.0.1:{port}"
    until(lambda: answers(url) or process.poll() is not None, "the console does not answer")
    assert process.poll() is None, (folder / "log").read_text()
    try:
        yield process, url
    finally:
        if process.poll() is None:
            stop(process)


@pytest.mark.slow
def test_it_runs_without_a_database_waits_for_others_and_ends_when_told(tmp_path: Path) -> None:
    with running(tmp_path, _environ(tmp_path)) as (process, url):
        assert requests.get(f"{url}/staff/sign-in", timeout=5).status_code == 200
        session = requests.Session()
        found = TOKEN.search(session.get(f"{url}/staff/sign-in", timeout=5).text)
        assert found
        sent = {"csrf_token": found[1], "name": "Ada", "password": "wrong"}
        away = session.post(f"{url}/staff/sign-in", sent, timeout=30)
        assert away.status_code == 503
        assert "The database cannot be reached" in away.text
        store = Store(f"sqlite:///{tmp_path}/phonetree.db")
        migrate(store)
        store.close()
        assert session.post(f"{url}/staff/sign-in", sent, timeout=30).status_code == 401
        for pid in (process.pid, *_children(process.pid)):
            assert os.getpriority(os.PRIO_PROCESS, pid) == 5
            assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
        assert stop(process) == 0
    log = (tmp_path / "log").read_text()
    assert log.count("\n") == 1, "that there was no database, and no line for a request"
    assert '"event": "console"' in log


@pytest.mark.slow
def test_one_that_is_killed_leaves_no_worker_at_its_port(tmp_path: Path) -> None:
    with running(tmp_path, _environ(tmp_path)) as (process, url):
        process.kill()
        process.wait()
        until(lambda: not answers(url))


@pytest.mark.long
def test_clients_that_send_slowly_hold_nobody_up_and_are_cut_off(tmp_path: Path) -> None:
    """Without a proxy, which would wait for bodies: with many more of them than the console has threads."""
    head = b"POST /staff/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\nname=a"
    with running(tmp_path, _environ(tmp_path)) as (_, url), ExitStack() as stack:
        where = "127.0.0.1", int(url.rpartition(":")[2])
        slow = [stack.enter_context(socket.create_connection(where, 30)) for _ in range(THREADS * 6)]
        for each in slow:
            each.sendall(head)
        began = time.monotonic()
        while time.monotonic() - began < BODY_SECONDS / 2:
            for each in slow:
                each.sendall(b"a")
            assert requests.get(f"{url}/healthz", timeout=3).ok
            assert requests.get(f"{url}/staff/sign-in", timeout=3).ok
        for each in slow:
            assert each.recv(1000).startswith(b"HTTP/1.1 408")
        assert time.monotonic() - began < BODY_SECONDS + 5


@pytest.mark.slow
def test_a_form_that_is_too_large_is_refused_before_it_is_there(tmp_path: Path) -> None:
    with running(tmp_path, _environ(tmp_path)) as (_, url):
        where = "127.0.0.1", int(url.rpartition(":")[2])
        for kind in (f"Content-Length: {MOST_BODY_BYTES + 1}", "Content-Length: -1"):
            with socket.create_connection(where, 5) as line:
                line.sendall(f"POST /staff/sign-in HTTP/1.1\r\nHost: x\r\n{kind}\r\n\r\n".encode())
                assert line.recv(1000)[:12] in (b"HTTP/1.1 413", b"HTTP/1.1 400")
        pieces = (b"a" * 64 * 1024 for _ in range(5))
        refused = requests.post(f"{url}/staff/sign-in", pieces, timeout=5)
        assert refused.status_code == 413
        assert "larger than a form can be, which is 256 kB" in refused.text


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.slow
def test_it_does_not_start_without_its_settings_or_at_a_port_in_use(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "phonetree", "console", "--port"]
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    lacking = subprocess.run([*command, "1"], cwd=tmp_path, env=bare, capture_output=True, text=True, check=False)  # noqa: S603
    assert lacking.returncode == 1
    assert lacking.stderr.startswith("SECRET_KEY is not set; it is what sessions are signed with")
    assert "PHONETREE_PUBLIC_URL is not set" in lacking.stderr
    with requests.Session(), _taken() as port:
        used = subprocess.run(  # noqa: S603
            [*command, str(port)], cwd=tmp_path, env=_environ(tmp_path), capture_output=True, text=True, check=False
        )
    assert used.returncode == 1
    assert "another server is running there" in used.stderr


@contextmanager
def _taken() -> Iterator[int]:
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port: int = held.getsockname()[1]
        yield port


def test_the_console_of_a_demo_is_at_the_next_free_port() -> None:
    with _taken() as port:
        assert why_not("127.0.0.1", port)
        assert port < free_port_beyond("127.0.0.1", port - 100) < port + 20, "others may have taken some, too"
    assert 1024 < free_port_beyond("127.0.0.1", 65500) < 65500


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_has_a_console_with_an_account_for_each_role_which_ends_with_it(
    how: signal.Signals, tmp_path: Path
) -> None:
    copytree(VPR, tmp_path / "config")
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    server = start(tmp_path, free_port(), environment, "--demo")
    said = (tmp_path / "log").read_text(encoding="utf-8")
    (console,) = re.findall(r"Open the staff console: +(http://127.0.0.1:\d+)/staff/", said)
    until(lambda: answers(console), "the console does not answer")
    names = re.findall(r'"(demo \w+)"', said)
    assert names == ["demo member", "demo listener", "demo editor", "demo admin"]
    for name in names:
        session = requests.Session()
        page = session.get(f"{console}/staff/", timeout=10).text
        found = TOKEN.search(page)
        assert found
        assert "This is a demo" in page
        sent = {"csrf_token": found[1], "name": name, "password": "only for the demo"}
        today = session.post(f"{console}/staff/sign-in", sent, timeout=10)
        assert today.url == f"{console}/staff/"
        assert ("Accounts" in today.text) == (name == "demo admin")
    server.send_signal(how)
    assert server.wait(30) == 0
    assert why_not("127.0.0.1", int(console.rpartition(":")[2])) is None, "it is gone when the demo is"
