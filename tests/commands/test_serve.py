"""The demo as a newcomer runs it: a server in a process of its own, called over HTTP, edited, stopped."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree

import pytest
import requests

from phonetree.__main__ import main
from phonetree.simulator.provider import sound
from phonetree.simulator.transport import OverHttp, Reply
from tests.support.lines import VPR
from tests.support.programs import ROOT, free_port, start, stop, until

pytestmark = pytest.mark.long


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "phonetree", *arguments]
    return subprocess.run(command, cwd=folder, env=_environ(), capture_output=True, text=True, timeout=60, check=False)  # noqa: S603


def _environ() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": "/nonexistent"}


Demo = tuple[Path, str]
"""A folder in which a demo runs, and its address."""


@contextmanager
def running(folder: Path) -> Iterator[Demo]:
    """A demo that runs in a folder, where others may run as well."""
    copytree(VPR, folder / "config", dirs_exist_ok=True)
    port = free_port()
    server = start(folder, port, _environ(), "--demo")
    try:
        yield folder, f"http://127.0.0.1:{port}"
    finally:
        stop(server)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo of the test's own."""
    with running(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo in which no test leaves anything."""
    with running(tmp_path_factory.mktemp("untouched")) as made:
        yield made


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs commands in this process, which is quicker than one for each."""

    def in_process(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
        monkeypatch.chdir(folder)
        capfd.readouterr()
        status = main(list(arguments))
        return subprocess.CompletedProcess(arguments, status, *capfd.readouterr())

    return in_process


def test_a_call_over_http_an_edit_and_what_is_left_behind(demo: Demo, run: Run) -> None:
    folder, url = demo
    called = _run(folder, "call", "--url", url, "--keys", "2,1")
    assert called.returncode == 0, called.stderr
    assert "rings     +18008418371; they see +16172532300" in called.stdout

    routing = folder / "config" / "routing.yaml"
    good = routing.read_text(encoding="utf-8")
    routing.write_text(good.replace("go: crisis}", "go: crisys}"), encoding="utf-8")
    until(lambda: requests.get(f"{url}/readyz", timeout=2).status_code == 503)
    again = run(folder, "call", "--url", url, "--keys", "2,1")
    assert "rings     +18008418371" in again.stdout, "a bad edit changes nothing, and can be heard to change nothing"

    routing.write_text(good.replace("for crisis lines", "for help lines"), encoding="utf-8")
    until(lambda: requests.get(f"{url}/readyz", timeout=2).status_code == 200)
    assert "For help lines, press 2." in run(folder, "call", "--url", url, "--keys", "hangup@30").stdout

    log = (folder / "log").read_text(encoding="utf-8")
    assert log.count("\n{") == 2, "one line for each edit, none for a call"
    for secret in ("+1617555", "5550199", "CA0000"):
        assert secret not in log
    token = folder / "var" / "demo" / url.rpartition(":")[2] / "demo.json"
    assert token.stat().st_mode & 0o077 == 0


def test_a_message_left_in_the_demo_is_listed_and_heard(demo: Demo, run: Run) -> None:
    folder, url = demo
    assert run(folder, "call", "--url", url, "--keys", "3,5s#").returncode == 0
    until(lambda: "5 s  new" in run(folder, "voicemail", "--demo", "list").stdout)
    message = _run(folder, "voicemail", "--demo", "list").stdout.split()[0]
    (folder / "passphrase").write_text("only for the demo\n")
    key = ["--key", f"var/demo/{url.rpartition(':')[2]}/advocates.key.json", "--passphrase-file", "passphrase"]
    saved = _run(folder, "voicemail", "--demo", "save", message, "heard.wav", *key)
    assert saved.returncode == 0, saved.stderr
    assert (folder / "heard.wav").read_bytes() == sound(5, 301)


def test_no_two_calls_to_a_running_server_have_the_same_id(
    untouched: Demo, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server remembers for two minutes whose caller has gone: another call of that name would be taken for it."""
    folder, url = untouched
    posted: list[set[str]] = []
    post = OverHttp.post

    def watched(self: OverHttp, to: str, fields: Mapping[str, str], headers: Mapping[str, str], wait: float) -> Reply:
        posted[-1] |= {fields["CallSid"]} if "CallSid" in fields else set()
        return post(self, to, fields, headers, wait)

    monkeypatch.setattr(OverHttp, "post", watched)
    for _ in range(3):
        posted.append(set())
        assert run(folder, "call", "--url", url, "--keys", "0", "--world", "*=accepts talks 5").returncode == 0
        assert posted[-1]
    assert len(set.union(*posted)) == sum(map(len, posted))
    assert all(re.fullmatch("CA[0-9a-f]{32}", each) for each in set.union(*posted))


def test_unsigned_requests_to_a_running_server_get_a_bare_403(untouched: Demo) -> None:
    _, url = untouched
    for path in ("/voice", "/voice/a/b/c/d", "/voice/fallback"):
        response = requests.post(f"{url}{path}", data={"From": "+16175550123"}, timeout=5)
        assert (response.status_code, response.content) == (403, b"")
    large = requests.post(f"{url}/voice", data=b"x" * 1_000_000, timeout=5)
    assert (large.status_code, large.content) == (403, b"")


def test_a_second_demo_at_the_same_port_leaves_the_first_alone(untouched: Demo, run: Run) -> None:
    folder, url = untouched
    second = _run(folder, "serve", "--demo", "--port", url.rpartition(":")[2])
    assert second.returncode == 1
    assert "choose another port with --port" in second.stderr
    assert run(folder, "call", "--url", url, "--keys", "9!").returncode == 0


@pytest.fixture
def second(demo: Demo) -> Iterator[str]:
    """Another demo, started from the same folder at another port."""
    with running(demo[0]) as (_, url):
        yield url


def _port(url: str) -> str:
    return url.rpartition(":")[2]


def test_two_demos_from_one_folder_leave_each_other_alone(demo: Demo, second: str, run: Run) -> None:
    folder, first = demo
    for url, seconds in ((first, 5), (second, 7)):
        called = run(folder, "call", "--url", url, "--keys", f"3,{seconds}s#")
        assert called.returncode == 0, called.stderr
    for url, seconds in ((first, 5), (second, 7)):
        listing = ("voicemail", "--demo", "--port", _port(url), "list")
        until(lambda listing=listing, seconds=seconds: f"{seconds} s  new" in run(folder, *listing).stdout)  # type: ignore[misc]
        assert len(run(folder, *listing).stdout.splitlines()) == 1, "its own message and no other"
    (folder / "passphrase").write_text("only for the demo\n")
    for url, seconds in ((first, 5), (second, 7)):
        at = ("voicemail", "--demo", "--port", _port(url))
        key = ("--key", f"var/demo/{_port(url)}/advocates.key.json", "--passphrase-file", "passphrase")
        saved = run(folder, *at, "save", run(folder, *at, "list").stdout.split()[0], f"{seconds}.wav", *key)
        assert saved.returncode == 0, saved.stderr
        assert (folder / f"{seconds}.wav").read_bytes()[:4] == b"RIFF"
    at_second = ("--demo", "--port", _port(second))
    assert run(folder, "override", *at_second, "add", "closed", "--until", "today").returncode == 0
    assert "closed from" in run(folder, "override", *at_second, "list").stdout
    assert "There is no override" in run(folder, "override", "--demo", "--port", _port(first), "list").stdout
    ports = ", ".join(sorted((_port(first), _port(second)), key=int))
    for command in (("override", "--demo", "list"), ("counts", "--demo"), ("voicemail", "--demo", "list")):
        either = run(folder, *command)
        assert (either.returncode, either.stderr) == (
            1,
            f"several demos are running, at ports {ports}; choose one with --port\n",
        )


def test_a_demo_is_found_while_it_runs_and_after(untouched: Demo, run: Run) -> None:
    """What the README shows works at once; the machine's other name is the same place."""
    folder, url = untouched
    assert "There is no override" in run(folder, "override", "--demo", "list").stdout
    assert "calls" in run(folder, "counts", "--demo").stdout
    options = ("--demo", "--port", _port(url))
    until(lambda: "account demo admin: added" in run(folder, "staff", *options, "actions").stdout, "no accounts")
    for group, command, said in (
        ("staff", "actions", "account demo admin: added"),
        ("override", "list", "There is no override"),
        ("voicemail", "list", "No message is waiting"),
    ):
        for words in ((*options, command), (command, *options), ("--demo", command, *options[1:]), (command, "--demo")):
            found = run(folder, group, *words)
            assert said in found.stdout, (group, words, found.stderr)
        refused = run(folder, group, command, "--port", _port(url))
        assert refused.returncode != 0
        assert "--port names a demo; add --demo" in refused.stderr
    assert run(folder, "call", "--url", f"http://localhost:{_port(url)}", "--keys", "hangup").returncode == 0
    port = free_port()
    elsewhere = run(folder, "call", "--url", f"http://127.0.0.1:{port}", "--keys", "hangup")
    assert f"no demo runs at http://127.0.0.1:{port} from this folder; one runs at {url}" in elsewhere.stderr
    assert f"no demo was started from this folder at port {port}" in (
        run(folder, "counts", "--demo", "--port", str(port)).stderr
    )


def test_demos_from_two_folders_know_nothing_of_each_other(untouched: Demo, tmp_path: Path, run: Run) -> None:
    folder, url = untouched
    with running(tmp_path) as (other, its_url):
        assert run(other, "override", "--demo", "add", "closed", "--until", "today").returncode == 0
        assert "There is no override" in run(folder, "override", "--demo", "list").stdout
        for at, one in ((folder, url), (other, its_url)):
            assert run(at, "call", "--url", one, "--keys", "hangup").returncode == 0
        assert "from this folder" in run(other, "call", "--url", url, "--keys", "hangup").stderr
