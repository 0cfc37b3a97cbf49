"""Nothing is kept of who used the console, when, and from where: only what staff changed."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
import requests

from phonetree.console import create_app, identity
from phonetree.console.services import of
from phonetree.settings import read_console
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.roles import Role
from phonetree.store.voicemails import Voicemails
from tests.support.console import PASSWORD, SECRET, TOKEN
from tests.support.lines import VPR
from tests.support.programs import answers, environ, free_port, stop, until
from tests.support.voicemails import leave

pytestmark = pytest.mark.slow

ADDRESS, PROGRAM = "203.0.113.77", "Mozilla/5.0 (a-rare-browser)"
TRACES = (ADDRESS.encode(), b"127.0.0.1", b"a-rare-browser")

TOMORROW = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}"

SCREENS = (
    "",
    "today/close",
    "today/cover",
    "schedule",
    "messages",
    "keys",
    "people",
    "counts",
    "calendar",
    "accounts",
    "accounts/actions",
    "you",
)


@dataclass
class Console:
    """A console in a process of its own, and all that it leaves."""

    folder: Path
    url: str

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        with sqlite3.connect(self.folder / "phonetree.db") as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=str) for table in tables}  # noqa: S608

    def sign_in(self, password: str = PASSWORD) -> requests.Session:
        """A browser that has tried to sign in."""
        session = requests.Session()
        session.headers.update({"User-Agent": PROGRAM, "X-Forwarded-For": ADDRESS, "X-Real-IP": ADDRESS})
        form = {"csrf_token": _token(session.get(f"{self.url}/staff/sign-in")), "name": "Ada", "password": password}
        session.post(f"{self.url}/staff/sign-in", data=form)
        return session


def _token(page: requests.Response) -> str:
    found = TOKEN.search(page.text)
    assert found, page.text
    return found[1]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    copytree(VPR, folder / "config")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    database = f"sqlite:///{folder}/phonetree.db"
    settings = environ(url, DATABASE_URL=database, SECRET_KEY=SECRET, PHONETREE_CONFIG=str(folder / "config"))
    migrate(Store(database))
    app = create_app(read_console(settings))
    with app.app_context():
        now = of(app).seconds()
        _, token = of(app).accounts.add("Ada", list(Role), "a test", now, now + 60)
        of(app).accounts.accept(token, identity.hashed(PASSWORD), now)
    of(app).store.close()
    with (folder / "log").open("w") as log:
        command = [sys.executable, "-m", "phonetree", "console", "--port", str(port)]
        process = subprocess.Popen(command, cwd=folder, env=settings, stdout=log, stderr=log)  # noqa: S603
    try:
        until(lambda: answers(url))
        yield Console(folder, url)
    finally:
        stop(process)


def test_looking_leaves_nothing(console: Console) -> None:
    before, log = console.rows(), (console.folder / "log").read_bytes()
    session = console.sign_in()
    for screen in SCREENS:
        answer = session.get(f"{console.url}/staff/{screen}")
        assert (answer.status_code, answer.url) == (200, f"{console.url}/staff/{screen}")
    sent = {
        "csrf_token": _token(session.get(f"{console.url}/staff/today/close")),
        "until": "other",
        "until_at": TOMORROW,
        "begins": "now",
    }
    preview = session.post(f"{console.url}/staff/today/close", data={**sent, "action": "try"})
    assert "transcript" in preview.text
    session.post(f"{console.url}/staff/sign-out", data={"csrf_token": sent["csrf_token"]})
    assert console.rows() == before, "not even that somebody signed in"
    assert (console.folder / "log").read_bytes() == log


def test_a_night_of_listening_leaves_nothing(console: Console) -> None:
    store = Store(f"sqlite:///{console.folder}/phonetree.db")
    before, log, voicemails = console.rows(), (console.folder / "log").read_bytes(), Voicemails(store)
    messages = [leave(voicemails, b"sound" * 20_000, 1_795_000_000 + number) for number in range(5)]
    session = console.sign_in()
    token = _token(session.get(f"{console.url}/staff/messages"))
    for number, message in enumerate(messages):
        address = f"{console.url}/staff/messages/{message}"
        for part in range(session.get(f"{address}/envelope").json()["parts"]):
            assert session.get(f"{address}/parts/{part}").ok
        for change in ("claim", "release", "claim", "handled")[number:]:
            session.post(f"{address}/{change}", data={"csrf_token": token})
            session.get(f"{console.url}/staff/messages/list")
        assert session.post(f"{address}/delete", data={"csrf_token": token}).ok
    assert voicemails.listed() == ()
    for message in messages:  # as the collector does, half an hour later
        voicemails.gone_at_the_provider(f"RE{message}", 0)
    voicemails.settle(1)
    assert console.rows() == before
    assert (console.folder / "log").read_bytes() == log
    left = (console.folder / "phonetree.db").read_bytes()
    assert not [message for message in messages if message.encode() in left]
    store.close()


def test_what_is_kept_of_a_failure_and_of_a_change_names_no_address(console: Console) -> None:
    console.sign_in("wrong")
    session = console.sign_in()
    page = session.get(f"{console.url}/staff/today/close")
    sent = {"csrf_token": _token(page), "until": "other", "until_at": TOMORROW, "begins": "now", "action": "save"}
    assert "Done" in session.post(f"{console.url}/staff/today/close", data=sent).text
    actions = [str(row) for row in console.rows()["actions"]]
    assert sum("closed from" in row for row in actions) == 1
    for path in (path for path in console.folder.rglob("*") if path.is_file() and "config" not in path.parts):
        assert not [trace for trace in TRACES if trace in path.read_bytes()], path
