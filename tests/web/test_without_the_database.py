"""The voice path stands alone: the database gone, locked or slow, a turn is answered as ever."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree
from threading import Barrier, Event
from typing import Any, ClassVar

import pytest
from werkzeug.test import Client

from phonetree.config.site import Loaded
from phonetree.core.turn import Outcome
from phonetree.errors import ConfigError, StoreError
from phonetree.runtime.alerts import UNANSWERED, UNANSWERED_IN_A_ROW, Alerts
from phonetree.runtime.revisions import LIMIT_SECONDS, Publisher, RevisionLookup
from phonetree.runtime.sites import Sites
from phonetree.simulator.provider import TestProvider, serve
from phonetree.simulator.transport import sign
from phonetree.store.counts import by_month
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.revisions import Revisions
from phonetree.store.voicemails import Voicemails
from phonetree.web import create_app
from phonetree.web.context import of
from tests.support.databases import KINDS, address
from tests.support.lines import RULES, SHOWN, TOKEN, URL, VPR, settings
from tests.support.mail import ACCOUNT, pair
from tests.support.proving import here

pytestmark = pytest.mark.slow

DAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
LONGEST_TURN_SECONDS = LIMIT_SECONDS + 0.5
"""What a turn may wait for a revision that it has not met, once; one that waited for the database would take five."""


class Server:
    """An application with a store, its worker run by hand."""

    made: ClassVar[list["Server"]] = []

    def __init__(self, database: str, config: Path, folder: Path) -> None:
        keys = folder / "keys"
        keys.mkdir(exist_ok=True)
        (keys / "advocates.pem").write_bytes(pair()[2].public)
        self.provider = TestProvider(ACCOUNT, TOKEN)
        made = replace(settings(config), database=database, provider_url=serve(self.provider), keys=keys)
        self.app = create_app(made, now=lambda: DAY, watching=False)
        self.client = Client(self.app)
        self.services = of(self.app).services
        here(self.services.prover)
        assert self.services.worker
        self.worker, self.alerts, self.sites = self.services.worker, self.services.alerts, self.services.sites
        self.made.append(self)

    def post(self, path: str, **fields: str) -> str:
        fields = {"CallSid": "CA" + "1" * 32, "From": "+16175550123", **fields}
        signature = sign(TOKEN, URL + path, fields)
        began = time.monotonic()
        response = self.client.post(path, data=fields, headers={"X-Twilio-Signature": signature})
        assert time.monotonic() - began < LONGEST_TURN_SECONDS
        assert response.status_code in (200, 204)
        return response.get_data(as_text=True)

    def place(self, revision: str = "") -> str:
        return f"/voice/{revision or self.sites.current.revision}/en/welcome/ask?menu=welcome"

    def ready(self) -> int:
        return self.client.get("/readyz").status_code


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Gives every connection back after a test."""
    yield
    while Server.made:
        Server.made.pop().worker.store.close()


def test_a_database_that_is_gone_is_said_and_comes_back_by_itself(tmp_path: Path) -> None:
    server = Server("postgresql://nobody@127.0.0.1:9/none", VPR, tmp_path)
    server.worker.round(0)
    assert server.ready() == 503
    assert server.client.get("/readyz").json["database"] == "away"  # type: ignore[index]
    assert "database cannot be used" in server.client.get("/readyz", headers=SHOWN).text
    assert "advocate" in server.post("/voice")
    assert "crisis" in server.post(server.place(), Digits="2")
    server.post("/voice/recording", RecordingSid="RE" + "1" * 32)
    server.worker.store.close()
    server.worker.store = Store(address("postgres", tmp_path))
    migrate(server.worker.store)
    server.worker.round(60)
    assert server.ready() == 200


def test_while_somebody_holds_the_database_turns_are_answered_at_once(tmp_path: Path) -> None:
    server = Server(address("sqlite", tmp_path), VPR, tmp_path)
    migrate(server.worker.store)
    server.worker.round(0)
    assert server.ready() == 200
    holder = sqlite3.connect(tmp_path / "phonetree.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    for _ in range(20):
        assert "advocate" in server.post("/voice")
        assert "crisis" in server.post(server.place(), Digits="2")
        assert "lost my place" in server.post(server.place("0123456789ab"), Digits="2")
    holder.execute("ROLLBACK")
    holder.close()


@pytest.mark.parametrize("kind", KINDS)
def test_another_server_goes_on_with_a_call_by_the_tree_that_it_heard(kind: str, tmp_path: Path) -> None:
    """Edited here, not there yet; and the other way round."""
    database = address(kind, tmp_path)
    edited = Path(copytree(VPR, tmp_path / "config"))
    routing = edited / "routing.yaml"
    routing.write_text(routing.read_text(encoding="utf-8").replace("for crisis lines", "for help lines"), "utf-8")
    old, new = Server(database, VPR, tmp_path), Server(database, edited, tmp_path)
    migrate(old.worker.store)
    lost = new.post(old.place(), Digits="7")
    assert "lost my place" in lost, "it is not published yet"
    for server in (old, new):
        server.worker.round(0)
    one, two = Server(database, VPR, tmp_path), Server(database, edited, tmp_path)
    assert "For help lines" in one.post(new.place(), Digits="7")
    assert "For crisis lines" in two.post(old.place(), Digits="7")
    assert "lost my place" in two.post(old.place("0123456789ab"), Digits="7")
    with one.worker.store.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO revisions SELECT '0123456789ab', published_at, author, hours, routing FROM revisions LIMIT 1"
        )
    three = Server(database, VPR, tmp_path)
    assert "lost my place" in three.post(three.place("0123456789ab"), Digits="7"), "files under a name not theirs"


def test_a_callback_wakes_the_worker_and_turns_are_counted(tmp_path: Path) -> None:
    server = Server(address("sqlite", tmp_path), VPR, tmp_path)
    migrate(server.worker.store)
    server.services.outcomes.counts._noise = lambda _: 0
    server.provider.leave("CA" + "1" * 32, 3)
    assert server.services.background
    assert not server.services.background._wake.is_set()
    server.post("/voice/recording", RecordingSid="RE" + "1" * 32)
    assert server.services.background._wake.is_set()
    server.post("/voice")
    revision = server.sites.current.revision
    server.post(f"/voice/{revision}/en/voicemail/recorded", RecordingDuration="9")
    bridged = {"CallSid": "CA" + "3" * 32, "DialCallStatus": "completed", "DialBridged": "true"}
    server.post(f"/voice/{revision}/en/line_barcc/bridged", **bridged)
    server.post(f"/voice/{revision}/en/advocate/accept", Digits="1", ParentCallSid="CA" + "2" * 32)
    server.worker.round(int(DAY.timestamp()))
    assert not by_month(server.worker.store), "their month is not over"
    server.worker.finish()
    assert {cell: found.number for cell, found in by_month(server.worker.store).items()} == {
        ("2026-11", Outcome.CALL): 1,
        ("2026-11", Outcome.MESSAGE): 1,
        ("2026-11", Outcome.LINE): 1,
        ("2026-11", Outcome.ADVOCATE): 1,
        ("2026-11", Outcome.UNANSWERED): 0,
        ("2026-11", Outcome.FALLBACK): 0,
    }
    assert len(Voicemails(server.worker.store).listed()) == 1


def test_messages_go_when_their_days_are_over(tmp_path: Path) -> None:
    server = Server(address("sqlite", tmp_path), VPR, tmp_path)
    store = server.worker.store
    migrate(store)
    voicemails = Voicemails(store)
    for number in range(3):
        server.provider.leave(f"CA{number:032x}", 2)
    now = int(datetime.now(UTC).timestamp())
    server.worker.round(now)
    first, second, _ = voicemails.listed()
    voicemails.handled(first.id, "Ada", now)
    server.worker.round(now + 29 * 86400)
    assert len(voicemails.listed()) == 3
    server.worker.retention = replace(server.worker.retention, handled_days=0)
    server.worker.round(now + 1)
    assert [message.id for message in voicemails.listed()] == [
        one.id for one in voicemails.listed() if one.id != first.id
    ]
    assert len(voicemails.listed()) == 2
    assert second.id in {one.id for one in voicemails.listed()}
    server.worker.round(now + 31 * 86400)
    assert voicemails.listed() == ()


def test_a_task_that_fails_keeps_no_other_back_and_is_logged_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Server(address("sqlite", tmp_path), VPR, tmp_path)
    migrate(server.worker.store)
    server.provider.token = "another"
    for moment in range(3):
        server.worker.round(moment * 1000)
    log = capsys.readouterr().err
    assert log.count("listing recordings: the provider answered 401") == 1
    assert Revisions(server.worker.store).heard(), "it publishes all the same"
    server.provider.token = TOKEN
    server.worker.round(4000)
    assert '"problem": "over"' in capsys.readouterr().err
    assert date(2026, 11, 23) == DAY.date()


def test_staff_are_told_when_nobody_could_be_reached_several_times_in_a_row() -> None:
    told: list[str] = []
    alerts = Alerts(told.append, lambda: UTC)
    for _ in range(UNANSWERED_IN_A_ROW - 1):
        alerts.unanswered()
    alerts.round()
    assert told == []
    alerts.unanswered()
    assert told == [], "not at the caller's time"
    for _ in range(2):
        alerts.round()
    assert told == [UNANSWERED], "once"
    alerts.unanswered()
    alerts.answered()
    for _ in range(UNANSWERED_IN_A_ROW - 1):
        alerts.unanswered()
    alerts.round()
    assert told == [UNANSWERED], "not in a row"


def test_a_callback_that_brings_no_message_writes_and_sends_nothing(tmp_path: Path) -> None:
    """It would tell, by the file's time or the notice's, when somebody called."""
    server = Server(address("sqlite", tmp_path), VPR, tmp_path)
    migrate(server.worker.store)
    server.worker.round(0)
    told: list[str] = []
    server.alerts.tell = told.append
    for _ in range(UNANSWERED_IN_A_ROW):
        server.alerts.unanswered()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path, tmp_path / "phonetree.db")}
    server.worker.collect(100_000)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert told == []
    server.alerts.round()
    assert told == [UNANSWERED], "with the next round"
    server.worker.round(100_000)
    assert {path: path.stat().st_mtime_ns for path in before} != before, "it would be seen"


def test_a_server_that_starts_over_bad_files_goes_on_with_what_was_published_last(tmp_path: Path) -> None:
    """As one that runs does: a restart in the midst of an edit does not take the line down."""
    database, config = address("sqlite", tmp_path), Path(copytree(VPR, tmp_path / "config"))
    with pytest.raises(ConfigError):
        Server(database, tmp_path / "nowhere", tmp_path)
    routing = config / "routing.yaml"
    good = routing.read_text(encoding="utf-8")
    migrated = Store(database)
    migrate(migrated)
    migrated.close()
    for text in (good, good.replace("for crisis lines", "for help lines"), good):
        routing.write_text(text, encoding="utf-8")
        server = Server(database, config, tmp_path)
        server.sites.reload()
        server.worker.round(int(time.time()))
    before = server.sites.current.revision
    routing.write_text(good.replace("go: crisis}", "go: crisys}"), encoding="utf-8")
    for folder in (config, tmp_path / "nowhere"):
        again = Server(database, folder, tmp_path)
        assert again.sites.current.revision == before, "not the one that was gone back from"
        assert "Advocates are here" in again.post("/voice")
        assert again.client.get("/readyz").status_code == 503
        again.sites.reload()
        assert again.sites.problems
    routing.write_text(good.replace("for crisis lines", "for other lines"), encoding="utf-8")
    again = Server(database, config, tmp_path)
    assert again.sites.problems == ()
    assert again.sites.current.revision == before, "until the edit is proved"
    assert again.sites.reload()
    assert again.sites.current.revision != before


@pytest.mark.parametrize("kind", KINDS)
def test_a_revision_is_in_the_store_before_callers_hear_it(kind: str, tmp_path: Path) -> None:
    database, config = address(kind, tmp_path), Path(copytree(VPR, tmp_path / "config"))
    migrate(Store(database))
    one = Server(database, config, tmp_path)
    stored = Revisions(one.worker.store)
    assert stored.find(one.sites.current.revision), "at its start"
    two = Server(database, Path(copytree(config, tmp_path / "elsewhere")), tmp_path)
    _edit(config)
    assert one.sites.reload()
    assert stored.find(one.sites.current.revision), "after an edit"
    together = Barrier(8)

    def ask(_: int) -> str:
        client, path = Client(two.app), one.place()
        fields = {"CallSid": "CA" + "1" * 32, "Digits": "7"}
        together.wait(5)
        headers = {"X-Twilio-Signature": sign(TOKEN, URL + path, fields)}
        return client.post(path, data=fields, headers=headers).get_data(as_text=True)

    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(ask, range(8)))
    assert all("for other lines" in document.lower() for document in heard), "all go on where they were"


def test_a_closure_goes_live_while_the_store_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("phonetree.runtime.revisions.PUBLISH_SECONDS", 0.05)
    never = Event()
    config = Path(copytree(VPR, tmp_path / "config"))
    for keep in (lambda _: never.wait(5), _raises(StoreError("away")), _raises(ZeroDivisionError())):
        sites = Sites(config, RULES, publish=Publisher(keep).publish)
        before = sites.current.revision
        _edit(config)
        assert sites.reload()
        assert sites.current.revision != before
        (config / "routing.yaml").write_bytes((VPR / "routing.yaml").read_bytes())
    never.set()
    assert capsys.readouterr().err.count("ZeroDivisionError") == 2, "a bug is logged"


def _raises(error: Exception) -> Callable[[Loaded], None]:
    def keep(_: Loaded) -> None:
        raise error

    return keep


def _edit(config: Path) -> None:
    routing = config / "routing.yaml"
    routing.write_text(routing.read_text("utf-8").replace("for crisis lines", "for other lines"), "utf-8")


def test_all_who_ask_for_a_revision_at_once_get_it(tmp_path: Path) -> None:
    begun, go = Event(), Event()

    def find(name: str) -> Any:
        begun.set()
        go.wait(5)
        return name

    recall = RevisionLookup(find)
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(recall.site, "a") for _ in range(8)]
        begun.wait(5)
        go.set()
        assert {str(each.result()) for each in found} == {"a"}


def test_a_database_that_does_not_answer_is_not_asked_for_one_revision_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("phonetree.runtime.revisions.LIMIT_SECONDS", 0.05)
    never = Event()
    asked: list[str] = []

    def find(name: str) -> None:
        asked.append(name)
        never.wait(5)

    recall = RevisionLookup(find)
    assert [recall.site(name) for name in "abcdef"] == [None] * 6
    assert asked == ["a"]
    never.set()
