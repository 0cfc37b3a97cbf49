"""The split set-up of docs/running.md, for real: servers with PHONETREE_BACKGROUND=off, and one `worker`."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree

import pytest
import requests
from werkzeug.wrappers import Request, Response

from phonetree.core.turn import Outcome
from phonetree.errors import StoreError
from phonetree.runtime.alerts import UNANSWERED
from phonetree.simulator.provider import TestProvider, serve
from phonetree.simulator.transport import sign
from phonetree.store.counts import by_month
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.revisions import Revisions
from phonetree.store.voicemails import Voicemails
from tests.support.lines import ROOT, VPR
from tests.support.mail import ACCOUNT, NUMBER, TOKEN, heard, pair
from tests.support.programs import SECONDS, environ, free_port, start, stop, until
from tests.support.serving import served

pytestmark = pytest.mark.long

QUICKLY = """
import phonetree.runtime.worker as work
work.ROUND_SECONDS = 0.3
import phonetree.runtime.alerts as alerts
alerts.ALERT_SECONDS = 0.3
import phonetree.store.counts as counts
counts.Counts.__init__.__defaults__ = (lambda _: 0,)
"""
"""Read by Python at its start: rounds come quicker than once a minute, and counts have no noise."""


@dataclass
class Staff:
    """Where notices arrive."""

    told: list[str] = field(default_factory=list)

    def __call__(self, environ, start_response):  # type: ignore[no-untyped-def]
        self.told.append(json.loads(Request(environ).get_data())["message"])
        return Response()(environ, start_response)


@dataclass
class House:
    """Two servers and a worker over one database, each with files of its own."""

    folder: Path
    provider: TestProvider
    staff: Staff
    settings: dict[str, str]
    stack: ExitStack
    ports: dict[str, int] = field(default_factory=dict)
    servers: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.address = f"sqlite:///{self.folder}/phonetree.db"
        self.store = Store(self.address)
        migrate(self.store)

    def serve(self, name: str) -> None:
        """A server, in a folder of this name."""
        copytree(VPR, self.folder / name / "config")
        self.ports[name] = free_port()
        self.servers[name] = start(self.folder / name, self.ports[name], self.settings)
        self.stack.callback(lambda: stop(self.servers[name]))

    def work(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """A worker."""
        if not (self.folder / "worker").exists():
            copytree(VPR, self.folder / "worker" / "config")
        with (self.folder / "worker" / "log").open("a") as log:
            command = [sys.executable, "-m", "phonetree", "worker", *arguments]
            made = subprocess.Popen(  # noqa: S603
                command, cwd=self.folder / "worker", env=self.settings, stdout=log, stderr=log
            )
        self.stack.callback(made.kill)
        return made

    def post(self, name: str, path: str, **fields: str) -> str:
        """A signed turn at one of the servers."""
        fields = {"CallSid": "CA" + "1" * 32, "From": "+16175550123", **fields}
        headers = {"X-Twilio-Signature": sign(TOKEN, self.settings["PHONETREE_PUBLIC_URL"] + path, fields)}
        url = f"http://127.0.0.1:{self.ports[name]}{path}"
        answer = requests.post(url, data=fields, headers=headers, timeout=10)
        assert answer.ok
        return answer.text

    def revision(self, name: str) -> str:
        """The revision that a server answers by."""
        url = f"http://127.0.0.1:{self.ports[name]}/readyz"
        return str(requests.get(url, timeout=10).json()["revision"])

    def published(self) -> set[str]:
        """What is published; nothing while others hold the database for longer than anybody waits."""
        with suppress(StoreError), self.store.read() as connection:
            return set(connection.exec_driver_sql("SELECT name FROM revisions").scalars())
        return set()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "advocates.pem").write_bytes(pair()[2].public)
    (tmp_path / "quick").mkdir()
    (tmp_path / "quick" / "sitecustomize.py").write_text(QUICKLY)
    provider, staff = TestProvider(ACCOUNT, TOKEN), Staff()
    with ExitStack() as stack:
        office = stack.enter_context(served(staff))
        settings = environ(
            "https://tree.example.org", TWILIO_ACCOUNT_SID=ACCOUNT, PHONETREE_BACKGROUND="off",
            PHONETREE_PROVIDER_URL=serve(provider), DATABASE_URL=f"sqlite:///{tmp_path}/phonetree.db",
            PHONETREE_KEYS=str(tmp_path / "keys"), PYTHONPATH=f"{ROOT}:{tmp_path / 'quick'}",
            PHONETREE_NOTIFY=f"{office.replace('http', 'json')}/staff",
        )  # fmt: skip
        yield House(tmp_path, provider, staff, settings, stack)


def test_what_only_a_server_knows_it_does_itself_and_the_worker_the_rest(house: House) -> None:
    held = house.provider.leave("CA" + "2" * 32, 2, number=NUMBER)
    house.serve("one")
    house.serve("two")
    assert _core_sizes(house.servers["one"].pid) == {("0", "0")}
    first = house.revision("one")
    until(lambda: house.published() == {first})

    routing = house.folder / "one" / "config" / "routing.yaml"
    routing.write_text(routing.read_text("utf-8").replace("for crisis lines", "for help lines"), "utf-8")
    until(lambda: house.revision("one") != first)
    second = house.revision("one")
    until(lambda: house.published() == {first, second}, "the edit is not published")
    heard_there = house.post("two", f"/voice/{second}/en/welcome/ask?menu=welcome", Digits="7")
    assert "For help lines" in heard_there, "another server goes on by it"

    for number in range(3):  # the ceiling on the wait is long past, so that no further round follows
        path = f"/voice/{second}/en/advocate/rung?began=1&round=1"
        house.post("one", path, CallSid=f"CA{number:032x}", DialCallStatus="no-answer")
    until(lambda: UNANSWERED in house.staff.told, "staff are not told")
    assert house.provider.recordings, "a server that is off collects nothing"
    assert Voicemails(house.store).failures() == {}

    worker = house.work()
    until(lambda: not house.provider.recordings and not house.provider.calls, "the worker collects nothing")
    assert heard(Voicemails(house.store)) == [held.sound]
    until(lambda: len(house.staff.told) == 2)
    assert sorted(house.staff.told) == ["A new message is waiting for the advocates.", UNANSWERED], "once"
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(SECONDS) == 0
    assert house.published() == {first, second}
    assert {found.number for found in by_month(house.store).values()} == {0}, "the worker has counted nothing"
    stop(house.servers["one"])
    counted = {outcome: (found.number, found.draws) for (_, outcome), found in by_month(house.store).items()}
    assert counted[Outcome.UNANSWERED] == (3, 2), "a server that stops stores its counts"
    with house.store.read() as connection:
        texts = connection.exec_driver_sql("SELECT text FROM notices").scalars().all()
    assert UNANSWERED not in texts, "it tells of calls"


def _core_sizes(pid: int) -> set[tuple[str, ...]]:
    """How large a core dump of a process and its children may be, softly and hardly."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    limits = [Path(f"/proc/{each}/limits").read_text() for each in (pid, *children)]
    return {tuple(re.findall(r"^Max core file size +(\S+) +(\S+)", text, re.MULTILINE)[0]) for text in limits}


def test_a_worker_publishes_nothing_and_ends_when_it_is_told_to(house: House) -> None:
    for ending in (signal.SIGTERM, signal.SIGINT):
        held = house.provider.leave(f"CA{int(ending):032x}", 2, number=NUMBER)
        worker = house.work()
        until(lambda: not house.provider.recordings)
        assert _core_sizes(worker.pid) == {("0", "0")}
        worker.send_signal(ending)
        assert worker.wait(SECONDS) == 0
        assert held.sound in heard(Voicemails(house.store))
    assert house.published() == set()
    assert Revisions(house.store).find("0" * 12) is None
    assert "Traceback" not in (house.folder / "worker" / "log").read_text()


def test_a_round_that_is_going_on_is_finished_first(house: House) -> None:
    house.provider.stall_seconds = 1.0
    held = house.provider.leave("CA" + "2" * 32, 2, number=NUMBER)
    asked = house.provider.asked
    original = house.provider._sound

    def slow(item, fault):  # type: ignore[no-untyped-def]
        worker.send_signal(signal.SIGTERM)
        return original(item, fault)

    house.provider._sound = slow  # type: ignore[method-assign]
    worker = house.work()
    assert worker.wait(SECONDS) == 0
    assert house.provider.recordings == {}
    assert heard(Voicemails(house.store)) == [held.sound]
    assert sum(each.startswith("GET /media") for each in asked) == 1


def test_one_round_alone_says_when_the_database_cannot_be_used(house: House) -> None:
    assert house.work("--once").wait(SECONDS) == 0
    (house.folder / "phonetree.db").unlink()
    assert house.work("--once").wait(SECONDS) == 1
    assert "there is no file at" in (house.folder / "worker" / "log").read_text()
