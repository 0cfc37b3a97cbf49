"""Servers that follow the revisions of one store (PHONETREE_SOURCE=store), as processes over Postgres."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from shutil import copytree
from threading import Event

import pytest
import requests

from phonetree.simulator.transport import sign
from tests.support.databases import tables
from tests.support.lines import VPR
from tests.support.programs import TOKEN, environ, free_port, start, stop, until

pytestmark = pytest.mark.slow

URL = "https://tree.example.org"
WITHIN_SECONDS = 5.0
"""How soon every server answers with what was published."""


class House:
    """Three servers, each with a folder of its own, over one database."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.settings = environ(
            URL, DATABASE_URL=tables("postgres", folder), PHONETREE_SOURCE="store", SECRET_KEY="s" * 40
        )
        self.ports = []
        for number in range(3):
            (folder / str(number)).mkdir()
            copytree(VPR, folder / str(number) / "config")
            self.ports.append(free_port())
            server = start(folder / str(number), self.ports[-1], self.settings)
            stack.callback(stop, server)

    def run(self, *arguments: str) -> str:
        """What a command says."""
        command = [sys.executable, "-m", "phonetree", *arguments]
        return subprocess.run(  # noqa: S603
            command, cwd=self.folder / "0", env=self.settings, capture_output=True, text=True, check=True
        ).stdout

    def post(self, server: int, path: str, **fields: str) -> str:
        """A signed turn at one of the servers."""
        fields = {"CallSid": "CA" + "1" * 32, "From": "+16175550123", "CallStatus": "in-progress", **fields}
        headers = {"X-Twilio-Signature": sign(TOKEN, URL + path, fields)}
        answer = requests.post(f"http://127.0.0.1:{self.ports[server]}{path}", fields, headers=headers, timeout=10)
        assert answer.status_code == 200
        return answer.text

    def revisions(self) -> set[str]:
        """What the servers answer with."""
        found = (requests.get(f"http://127.0.0.1:{port}/readyz", timeout=10).json() for port in self.ports)
        return {each["revision"] for each in found}

    def call(self, over: Event) -> int:
        """A call that goes from server to server until it is over, and keeps its menu; how many turns it took."""
        (there,) = re.findall(rf'action="{URL}([^"#]*)', self.post(0, "/voice", CallStatus="ringing"))
        turns = 0
        while not over.wait(0.02):
            assert "for crisis lines" in self.post(turns % 3, there, Digits="7").lower()
            turns += 1
        return turns


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path, stack)


def test_every_server_follows_within_seconds_and_every_call_keeps_its_menu(house: House) -> None:
    (first,) = house.revisions()
    house.run("export", "draft")
    path = house.folder / "0" / "draft" / "routing.yaml"
    path.write_bytes(path.read_bytes().replace(b"for crisis lines", b"for help lines"))
    over = Event()
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(house.call, over) for _ in range(3)]
        try:
            said = house.run("publish", "draft", "--note", "softer words")
            published = time.monotonic()
            until(lambda: len(found := house.revisions()) == 1 and first not in found)
            took = time.monotonic() - published
        finally:
            over.set()
        assert all(each.result() > 10 for each in calls), "no turn was unanswered"
    (name,) = house.revisions()
    assert f"Published as revision {name}" in said
    assert took < WITHIN_SECONDS
    assert all("for help lines" in house.post(server, "/voice", CallStatus="ringing").lower() for server in range(3))
