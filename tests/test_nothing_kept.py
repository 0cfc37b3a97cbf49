"""Nothing is kept: a server that took calls is, at rest, like one that took none."""

import hashlib
import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest
import requests
from sqlalchemy import update

from phonetree.simulator.caller import Script
from phonetree.simulator.golden import Golden
from phonetree.simulator.network import Clock, Network, NumberSettings
from phonetree.simulator.phone import Call
from phonetree.simulator.provider import TestProvider, serve
from phonetree.simulator.transport import OverHttp
from phonetree.simulator.world import parse_world
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.phones import Phones
from phonetree.store.tables import phones
from phonetree.store.voicemails import Voicemails
from tests.support.lines import ROOT, VPR, read_golden
from tests.support.mail import ACCOUNT, NUMBER, TOKEN, pair
from tests.support.programs import environ, free_port, start, stop, until
from tests.support.traces import held
from tests.support.traces import traces as traces_of

pytestmark = pytest.mark.long

CALLERS = [f"+161755501{number:02}" for number in range(10, 100)]
"""Not the advocates' numbers, which stand in the settings."""


@dataclass
class Night:
    """A server, and all that it leaves."""

    folder: Path
    url: str
    process: int
    provider: TestProvider
    voicemails: Voicemails
    calls: list[Call] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)

    def call(self, golden: Golden, caller: str, number: int) -> None:
        """A call, with its own id, over HTTP."""
        addresses = NumberSettings(
            NUMBER, f"{self.url}/voice", f"{self.url}/voice/fallback", f"{self.url}/voice/status"
        )
        call = Call(
            Network(OverHttp(), TOKEN, addresses), Clock(datetime.now(UTC)), Script(golden.headers.get("keys", "")),
            parse_world(golden.headers.get("world", "")), golden.rules(), caller,
        )  # fmt: skip
        call.id = f"CA{hashlib.md5(str(number).encode()).hexdigest()}"  # noqa: S324 -- any 32 digits
        call.keep = lambda id_, seconds: self.recordings.append(
            self.provider.leave(id_, max(1, seconds), number=NUMBER, caller=caller).id
        )
        self.calls.append(call.run())

    def files(self) -> dict[str, bytes]:
        """Everything on the disk: the folder, and what the process has open, deleted or not."""
        paths = [path for path in self.folder.rglob("*") if path.is_file() and "config" not in path.parts]
        named = {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}
        for descriptor in Path(f"/proc/{self.process}/fd").iterdir():
            with suppress(FileNotFoundError):  # the server, which still works, has closed it since
                target = str(descriptor.readlink())
                if target.startswith("/") and not target.startswith(("/dev", "/proc", "/sys")):
                    named[f"open: {target}"] = descriptor.read_bytes()
        return named


@contextmanager
def night(folder: Path) -> Iterator[Night]:
    """A server of its own over a database of its own."""
    folder.mkdir()
    copytree(VPR, folder / "config")
    (folder / "keys").mkdir()
    (folder / "keys" / "advocates.pem").write_bytes(pair()[2].public)
    (folder / "tmp").mkdir()
    provider = TestProvider(ACCOUNT, TOKEN)
    store = Store(f"sqlite:///{folder}/phonetree.db")
    migrate(store)
    Phones(store, ("another secret",)).propose("ADVOCATE_3", "+16175550133", "Ada", 0)
    with store.write() as connection:  # sealed differently each time
        connection.execute(update(phones).values(new=b"the same in both nights"))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = environ(
        url, TMPDIR=str(folder / "tmp"), HOME=str(folder), TWILIO_ACCOUNT_SID=ACCOUNT, PHONETREE_BACKGROUND="on",
        PHONETREE_PROVIDER_URL=serve(provider), DATABASE_URL=f"sqlite:///{folder}/phonetree.db",
        PHONETREE_KEYS=str(folder / "keys"), SECRET_KEY="a secret of the tests, of enough characters",
    )  # fmt: skip
    server = start(folder, port, settings)
    try:
        until(lambda: _ready(url))
        yield Night(folder, url, _worker(server.pid), provider, Voicemails(store))
    finally:
        stop(server)
        store.close()


def _worker(parent: int) -> int:
    """The process that answers calls."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int(children[-1]) if children else parent


def _ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=2).ok
    except requests.ConnectionError:
        return False


def _settled(one: Night) -> bool:
    """Whether a server has told the console how it is, with all that it finds out after it was started, and has proved
    what it answers with."""
    rows = _rows(one.folder / "phonetree.db")
    reports = [json.loads(str(row[-1])) for row in rows["servers"]]
    return bool(reports and rows["proofs"]) and all(report["test_call"] and report["phones"] for report in reports)


def _said(report: object) -> dict[str, object]:
    """What a server says of itself, but for the port on which it was started, and its process id."""
    return {name: value for name, value in json.loads(str(report)).items() if name not in ("place", "pid")}


def _rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(path) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=str) for table in tables}  # noqa: S608


def _log(path: Path) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]
    return [{name: value for name, value in line.items() if name != "timestamp"} for line in lines]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Night, Night, tuple[int, int]]]:
    """A night with calls of every kind, a night without, and when the calls were."""
    folder = tmp_path_factory.mktemp("nights")
    golden = [read_golden(path) for path in sorted((ROOT / "tests" / "calls").rglob("*.call"))]
    golden = [one for one in golden if not {"config", "edit", "from"} & one.headers.keys()]
    with night(folder / "with") as busy, night(folder / "without") as quiet:
        until(lambda: _settled(busy) and _settled(quiet), "they did not report a test call")
        time.sleep(1.5)  # apart from the moment at which it was started
        began = int(time.time())
        for number, one in enumerate(golden):
            busy.call(one, CALLERS[number % len(CALLERS)], number)
        until(
            lambda: not busy.provider.recordings and all(busy.voicemails.sources().values()) and not busy.provider.calls
        )
        over = int(time.time()) + 1
        for message in busy.voicemails.listed(limit=1000):
            busy.voicemails.claim(message.id, "Ada", over)
            busy.voicemails.delete(message.id)
        busy.voicemails.settle(over + 100_000)  # as half an hour later
        yield busy, quiet, (began, over)


Nights = tuple[Night, Night, tuple[int, int]]


def test_enough_calls_of_every_kind_were_made(nights: Nights) -> None:
    busy, _, _ = nights
    assert len(busy.calls) >= 100
    assert len(busy.recordings) >= 10
    assert sum(bool(call.spoke_with) for call in busy.calls) >= 20
    assert not busy.provider.calls, "records of calls are deleted at the provider as well"


def test_no_callers_number_and_no_call_is_found_anywhere(nights: Nights) -> None:
    busy, quiet, _ = nights
    numbers = {call.number for call in busy.calls}
    ids = {call.id for call in busy.calls} | set(busy.recordings)
    files = busy.files()
    assert any(name.endswith("phonetree.db") for name in files)
    ours = b"".join(path.read_bytes() for path in (busy.folder / "config").glob("*.yaml"))
    traces = {trace for text in numbers | ids for trace in traces_of(text) if trace not in ours}
    for name, data in files.items():
        assert not held(data, traces), f"a trace of a call is in {name}"
    assert held(b"x" + next(iter(traces)) + b"x", traces), "they would be found"
    shown = requests.get(f"{busy.url}/readyz", timeout=2).content + requests.get(busy.url, timeout=2).content
    assert not any(call.number[2:].encode() in shown for call in busy.calls)
    assert {_without(name, busy) for name in files} == {_without(name, quiet) for name in quiet.files()}


def _without(name: str, one: Night) -> str:
    return name.replace(str(one.folder), "")


def test_no_moment_of_a_call_is_found(nights: Nights) -> None:
    busy, _, (began, over) = nights
    for table, rows in _rows(busy.folder / "phonetree.db").items():
        if table in ("presence", "servers", "looks"):  # the server's own minute, whether anybody calls or not
            continue
        for value in (value for row in rows for value in row):
            assert not (isinstance(value, int) and began <= value <= over), f"a moment of a call is in {table}"
    for stamp in re.findall(r'"timestamp": "([^"]+)"', (busy.folder / "log").read_text()):
        assert not began <= datetime.fromisoformat(stamp).timestamp() <= over, "a line was logged while calls came in"


def test_at_rest_a_night_with_calls_is_like_a_night_without(nights: Nights) -> None:
    busy, quiet, _ = nights
    assert _log(busy.folder / "log") == _log(quiet.folder / "log")
    rows, others = _rows(busy.folder / "phonetree.db"), _rows(quiet.folder / "phonetree.db")
    for table in others:
        if table == "revisions":  # kept when a server starts
            assert [row[0] for row in rows[table]] == [row[0] for row in others[table]]
        elif table == "servers":  # a random name, and its own minute
            assert [_said(row[2]) for row in rows[table]] == [_said(row[2]) for row in others[table]] != []
        elif table == "publications":  # the revision that a server answers with, kept when it starts
            assert [row[1:3] for row in rows[table]] == [row[1:3] for row in others[table]] != []
        elif table == "looks":
            assert [(row[0], row[2]) for row in rows[table]] == [(row[0], row[2]) for row in others[table]] != []
        elif table not in ("outcomes", "times", "presence"):  # noise is on every number
            assert rows[table] == others[table], table
    for table in ("outcomes", "times"):  # month and cell, number, draws
        assert [(*row[:-2], row[-1]) for row in rows[table]] == [(*row[:-2], row[-1]) for row in others[table]]


def test_a_call_alone_touches_no_file(tmp_path: Path) -> None:
    with night(tmp_path / "night") as one:
        until(lambda: _settled(one), "it did not report a test call")
        time.sleep(1.5)
        before = {path: path.stat().st_mtime_ns for path in one.folder.rglob("*")}
        for number in range(20):
            one.call(Golden("A call.", {"keys": "2,1"}), CALLERS[number], number)
        assert {path: path.stat().st_mtime_ns for path in one.folder.rglob("*")} == before
