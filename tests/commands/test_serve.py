"""The demo as a newcomer runs it: a server in a process of its own, called over HTTP, edited, stopped."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
import requests

from phonetree.simulator.provider import sound
from tests.support.programs import ROOT, free_port, start, stop, until


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "phonetree", *arguments]
    return subprocess.run(command, cwd=folder, env=_environ(), capture_output=True, text=True, timeout=60, check=False)  # noqa: S603


def _environ() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": "/nonexistent"}


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder in which a demo runs, and its address."""
    copytree(ROOT / "config", tmp_path / "config")
    port = free_port()
    server = start(tmp_path, port, _environ(), "--demo")
    yield tmp_path, f"http://127.0.0.1:{port}"
    stop(server)


def test_a_call_over_http_an_edit_and_what_is_left_behind(demo: tuple[Path, str]) -> None:
    folder, url = demo
    called = _run(folder, "call", "--url", url, "--keys", "2,1")
    assert called.returncode == 0, called.stderr
    assert "rings     +18008418371; they see +16172532300" in called.stdout

    routing = folder / "config" / "routing.yaml"
    good = routing.read_text(encoding="utf-8")
    routing.write_text(good.replace("go: crisis}", "go: crisys}"), encoding="utf-8")
    until(lambda: requests.get(f"{url}/readyz", timeout=2).status_code == 503)
    again = _run(folder, "call", "--url", url, "--keys", "2,1")
    assert "rings     +18008418371" in again.stdout, "a bad edit changes nothing, and can be heard to change nothing"

    routing.write_text(good.replace("for crisis lines", "for help lines"), encoding="utf-8")
    until(lambda: requests.get(f"{url}/readyz", timeout=2).status_code == 200)
    assert "For help lines, press 2." in _run(folder, "call", "--url", url, "--keys", "hangup@30").stdout

    log = (folder / "log").read_text(encoding="utf-8")
    assert log.count("\n{") == 2, "one line for each edit, none for a call"
    for secret in ("+1617555", "5550199", "CA0000"):
        assert secret not in log
    token = folder / "var" / "demo" / url.rpartition(":")[2] / "demo.json"
    assert token.stat().st_mode & 0o077 == 0


def test_a_message_left_in_the_demo_is_listed_and_heard(demo: tuple[Path, str]) -> None:
    folder, url = demo
    assert _run(folder, "call", "--url", url, "--keys", "3,5s#").returncode == 0
    until(lambda: "5 s  new" in _run(folder, "voicemail", "--demo", "list").stdout)
    message = _run(folder, "voicemail", "--demo", "list").stdout.split()[0]
    (folder / "passphrase").write_text("only for the demo\n")
    key = ["--key", f"var/demo/{url.rpartition(':')[2]}/advocates.key.json", "--passphrase-file", "passphrase"]
    saved = _run(folder, "voicemail", "--demo", "save", message, "heard.wav", *key)
    assert saved.returncode == 0, saved.stderr
    assert (folder / "heard.wav").read_bytes() == sound(5, 301)


def test_unsigned_requests_to_a_running_server_get_a_bare_403(demo: tuple[Path, str]) -> None:
    _, url = demo
    for path in ("/voice", "/voice/a/b/c/d", "/voice/fallback"):
        response = requests.post(f"{url}{path}", data={"From": "+16175550123"}, timeout=5)
        assert (response.status_code, response.content) == (403, b"")
    large = requests.post(f"{url}/voice", data=b"x" * 1_000_000, timeout=5)
    assert (large.status_code, large.content) == (403, b"")


def test_a_second_demo_at_the_same_port_leaves_the_first_alone(demo: tuple[Path, str]) -> None:
    folder, url = demo
    second = _run(folder, "serve", "--demo", "--port", url.rpartition(":")[2])
    assert second.returncode == 1
    assert "choose another port with --port" in second.stderr
    assert _run(folder, "call", "--url", url, "--keys", "9!").returncode == 0
