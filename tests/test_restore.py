"""Restoring as docs/running.md says, word for word, while a server runs: no message is lost, nothing is restarted."""

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest
import requests

from phonetree.simulator.provider import Held, TestProvider, serve
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.voicemails import Voicemails
from tests.support.lines import ROOT, VPR
from tests.support.mail import ACCOUNT, NUMBER, TOKEN, heard, pair
from tests.support.programs import environ, free_port, start, stop, until

pytestmark = pytest.mark.long

QUICKLY = "import phonetree.runtime.worker as work\nwork.ROUND_SECONDS = 0.3\n"
"""Read by Python at its start: rounds come quicker than once a minute."""


@dataclass
class Running:
    """A server over a database, and its provider."""

    folder: Path
    url: str
    provider: TestProvider

    def leave(self, number: int) -> Held:
        return self.provider.leave(f"CA{number:032x}", 2, number=NUMBER)

    def collected(self) -> None:
        """Waits until the provider holds nothing any more."""
        until(lambda: not self.provider.recordings, "a message is not collected")

    def database(self) -> str:
        """What /readyz says of it, in full."""
        answer = requests.get(f"{self.url}/readyz", timeout=5).json()
        return " ".join(answer["problems"].get("database", [answer["database"]]))

    def sounds(self, name: str = "var/phonetree.db") -> list[bytes]:
        return sorted(heard(Voicemails(Store(f"sqlite:///{self.folder}/{name}"))))

    def run(self, *lines: str) -> None:
        """Runs lines of a document as an operator does."""
        for line in lines:
            subprocess.run(["/bin/sh", "-c", line], cwd=self.folder, check=True)  # noqa: S603


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    copytree(VPR, tmp_path / "config")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "advocates.pem").write_bytes(pair()[2].public)
    (tmp_path / "quick").mkdir()
    (tmp_path / "quick" / "sitecustomize.py").write_text(QUICKLY)
    provider = TestProvider(ACCOUNT, TOKEN)
    migrate(Store(f"sqlite:///{tmp_path}/var/phonetree.db"))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = environ(
        url, TWILIO_ACCOUNT_SID=ACCOUNT, PHONETREE_BACKGROUND="on", PHONETREE_KEYS=str(tmp_path / "keys"),
        PHONETREE_PROVIDER_URL=serve(provider), PYTHONPATH=f"{ROOT}:{tmp_path / 'quick'}",
    )  # fmt: skip
    server = start(tmp_path, port, settings)
    try:
        yield Running(tmp_path, url, provider)
    finally:
        assert stop(server) == 0


def _documented(words: str) -> str:
    """The line of running.md with these words, which an operator would copy."""
    text = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^    (.*{re.escape(words)}.*)$", text, re.MULTILINE)
    return str(line)


def _by_sqlite(running: Running) -> None:
    running.run(_documented(".restore"))


def _by_hand(running: Running) -> None:
    running.run(_documented("cp backup.db var/restored.db"), _documented("mkdir var/before"))


needs_sqlite = pytest.mark.skipif(
    not shutil.which("sqlite3"), reason="sqlite3 is not installed: apt-get install sqlite3"
)


@needs_sqlite
@pytest.mark.parametrize("way", [_by_sqlite, _by_hand], ids=lambda way: way.__name__.strip("_"))
def test_a_backup_is_brought_back_under_a_running_server(way, running: Running) -> None:  # type: ignore[no-untyped-def]
    first = running.leave(2)
    running.collected()
    running.run(_documented('".backup'))
    assert (running.folder / "backup.db").stat().st_mode & 0o077 == 0, "for nobody else of the machine"
    second = running.leave(2)
    running.collected()
    way(running)
    assert (running.folder / "var" / "phonetree.db").stat().st_mode & 0o077 == 0
    third = running.leave(3)
    running.collected()
    assert running.sounds() == sorted([first.sound, third.sound])
    until(lambda: running.database() == "good")
    if way is _by_hand:
        assert running.sounds("var/before/phonetree.db") == sorted([first.sound, second.sound])


def test_while_the_file_is_gone_or_damaged_messages_wait_and_readyz_says_so(running: Running) -> None:
    path, backup = running.folder / "var" / "phonetree.db", running.folder / "backup.db"
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(backup)) as copy:
        live.backup(copy)
    until(lambda: running.database() == "good")
    path.unlink()
    until(lambda: "there is no file at" in running.database())
    held = running.leave(2)
    assert requests.get(f"{running.url}/readyz", timeout=5).status_code == 503
    path.write_bytes(backup.read_bytes()[:20_000])  # as `cp` from a slow disk
    until(lambda: "its file is damaged" in running.database())
    assert held.id in running.provider.recordings
    path.write_bytes(backup.read_bytes())
    running.collected()
    assert running.sounds() == [held.sound]
    until(lambda: running.database() == "good")
