"""Servers that follow the revisions of one Postgres database, callers who have them busy meanwhile, and staff who
publish with the console's form; consoles and servers are killed."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from threading import Event, Thread

import requests

from phonetree.config.site import ROUTING, Contents
from phonetree.console import identity
from phonetree.core.state import from_address
from phonetree.settings import STORE, ConsoleSettings
from phonetree.simulator.transport import sign
from phonetree.store.database import Store
from phonetree.store.drafts import Drafts
from phonetree.store.revisions import Publication, Revisions
from phonetree.store.roles import Role
from tests.support.console import OURS, TOKEN, Console
from tests.support.databases import tables
from tests.support.lines import VPR
from tests.support.programs import TOKEN as AUTH_TOKEN
from tests.support.programs import answers, environ, free_port, start, stop, until

URL = "https://tree.example.org"
SECRET = "s" * 40
OLD, NEW = "for crisis lines", "for help lines"
"""What the two revisions say that are published by turns."""

CALLERS = 3
TURNS = 20
"""Of a call."""

_PLACE = re.compile(rf'action="{URL}/voice([^"#]*)')


@dataclass
class Heard:
    """What callers heard: how many turns, and what the calls of each revision were offered."""

    turns: int = 0
    said: dict[str, set[str]] = field(default_factory=dict)


class House:
    """Servers, each with a folder of its own, over one database."""

    def __init__(self, folder: Path, stack: ExitStack, servers: int = 3) -> None:
        self.folder = folder
        self.database = tables("postgres", folder)
        self.settings = environ(URL, DATABASE_URL=self.database, PHONETREE_SOURCE="store", SECRET_KEY=SECRET)
        self.ports: list[int] = []
        self._servers: dict[int, subprocess.Popen[bytes]] = {}
        for number in range(servers):
            (folder / str(number)).mkdir()
            copytree(VPR, folder / str(number) / "config")
            self.ports.append(free_port())
            self.begin(number)
        stack.callback(lambda: [stop(each) for each in self._servers.values()])
        self.store = Store(self.database)
        stack.callback(self.store.close)
        self.published = Revisions(self.store, (SECRET,), strict=True)

    def begin(self, server: int) -> None:
        """Starts a server."""
        self._servers[server] = start(self.folder / str(server), self.ports[server], self.settings)

    def kill(self, server: int) -> None:
        """Kills a server and its workers."""
        killed = self._servers.pop(server)
        workers = Path(f"/proc/{killed.pid}/task/{killed.pid}/children").read_text().split()
        killed.kill()
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(int(worker), signal.SIGKILL)
        killed.wait()

    def run(self, *arguments: str) -> str:
        """What a command says."""
        command = [sys.executable, "-m", "phonetree", *arguments]
        return subprocess.run(  # noqa: S603
            command, cwd=self.folder / "0", env=self.settings, capture_output=True, text=True, check=True
        ).stdout

    def post(self, server: int, path: str, session: requests.Session | None = None, **fields: str) -> str:
        """A signed turn at one of the servers, or, if that was killed, at the next: so a proxy does."""
        fields = {"CallSid": "CA" + "1" * 32, "From": "+16175550123", "CallStatus": "in-progress", **fields}
        headers = {"X-Twilio-Signature": sign(AUTH_TOKEN, URL + path, fields)}
        for number in range(len(self.ports)):
            address = f"http://127.0.0.1:{self.ports[(server + number) % len(self.ports)]}{path}"
            with suppress(requests.ConnectionError):
                answer = (session or requests).post(address, fields, headers=headers, timeout=10)
                assert answer.status_code == 200
                return str(answer.text)
        raise AssertionError("a turn was unanswered")

    def revisions(self) -> set[str]:
        """What the servers answer with."""
        found = (requests.get(f"http://127.0.0.1:{self.ports[each]}/readyz", timeout=10) for each in self._servers)
        return {each.json()["revision"] for each in found}

    @contextmanager
    def busy(self, pause: float) -> Iterator[Heard]:
        """Callers call meanwhile, one call after the other."""
        over, heard = Event(), Heard()
        with ThreadPoolExecutor(CALLERS) as pool:
            callers = [pool.submit(self._call, over, pause, heard) for _ in range(CALLERS)]
            try:
                yield heard
            finally:
                over.set()
            heard.turns = sum(each.result() for each in callers)

    def _call(self, over: Event, pause: float, heard: Heard) -> int:
        """Calls that go from server to server, each of which keeps its menu; how many turns they took."""
        turns, session = 0, requests.Session()
        while not over.is_set():
            (place,) = _PLACE.findall(self.post(turns, "/voice", session, CallStatus="ringing"))
            path, _, query = place.removeprefix("/").partition("?")
            menu = self.post(turns + 1, f"/voice{place}", session, Digits="7")
            heard.said.setdefault(from_address(path, query).revision, set()).update(
                words for words in (OLD, NEW) if words in menu.lower()
            )
            for _ in range(TURNS):
                turns += 1
                assert self.post(turns, f"/voice{place}", session, Digits="7") == menu
                if over.wait(pause):
                    break
        return turns


class Staff:
    """An editor at a console, which is a process of its own."""

    def __init__(self, house: House, stack: ExitStack) -> None:
        self._house, self._port = house, free_port()
        self._drafts = Drafts(house.store)
        stack.callback(self._end)
        self._group = 0
        with (house.folder / "console").open("a") as log:
            self._forker = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "tests.support.consoles", str(self._port)],
                cwd=house.folder / "0", env=house.settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                text=True,
            )  # fmt: skip
        self.begin()
        self._browser, self._token = self._signed_in()

    def begin(self) -> None:
        """Starts the console."""
        assert self._forker.stdin
        assert self._forker.stdout
        self._forker.stdin.write("\n")
        self._forker.stdin.flush()
        self._group = int(self._forker.stdout.readline())
        until(lambda: answers(f"http://127.0.0.1:{self._port}"))

    def kill(self) -> None:
        """Kills the console and its worker."""
        if self._group:
            os.killpg(self._group, signal.SIGKILL)
            self._group = 0

    def draft(self, contents: Contents) -> Mapping[str, str]:
        """Begins a draft; the fields of the form that publishes it, and `id`, that of the draft."""
        newest, now = self.newest, int(time.time())
        begun = self._drafts.start("other words", newest[0].revision, newest[1], "Ada", now)
        self._drafts.save(begun.id, 1, contents, "Ada", now)
        return {"id": begun.id, "version": "2", "over": newest[0].revision, "note": "other words"}

    def publish(self, fields: Mapping[str, str]) -> int:
        """Sends the form; the status of the answer, 0 if the console was killed before."""
        address = f"http://127.0.0.1:{self._port}/staff/edit/{fields['id']}/publish"
        sent = {name: value for name, value in fields.items() if name != "id"} | {"csrf_token": self._token}
        try:
            return self._browser.post(address, sent, headers=OURS, timeout=60, allow_redirects=False).status_code
        except requests.ConnectionError:
            return 0

    def killed(self, fields: Mapping[str, str], after: float, server: int | None = None) -> None:
        """The same, and the console, or one of the servers, is killed so many seconds later."""
        sending = Thread(target=self.publish, args=(fields,))
        sending.start()
        time.sleep(after)
        if server is None:
            self.kill()
        else:
            self._house.kill(server)
        sending.join()
        if server is None:
            self.begin()

    @property
    def newest(self) -> tuple[Publication, Contents]:
        """What is published."""
        found = self._house.published.newest()
        assert found
        return found

    def _signed_in(self) -> tuple[requests.Session, str]:
        """A browser that is signed in to an account, and the token of its forms."""
        house, browser = self._house, requests.Session()
        made = Console(
            ConsoleSettings(
                URL, VPR, house.settings, house.database, (SECRET,), demo=True, fictional=True, source=STORE
            ),
            datetime.now(UTC),
        )
        try:
            cookie = made.cookie(made.staff(Role.EDITOR, name="Ada", factor=False))
        finally:
            made.services.store.close()
        browser.cookies.set(identity.DEMO_COOKIE, cookie, domain="127.0.0.1", path="/")
        page = browser.get(f"http://127.0.0.1:{self._port}/staff/you", timeout=60)
        found = TOKEN.search(page.text)
        assert found, page.text
        return browser, found[1]

    def _end(self) -> None:
        with self._forker:  # which ends with its input
            pass


@dataclass
class Outcome:
    """What became of publications during which something was killed: how many were published all the same, and every
    breach of what is promised."""

    published: int = 0
    breaches: list[str] = field(default_factory=list)


def killed(house: House, staff: Staff, kills: int, *, restart: bool, seed: int = 0) -> Outcome:
    """Publishes again and again, by turns two revisions, and kills the console at a random point each time, but every
    fourth time a server; if `restart`, that one is started again."""
    choose, outcome = random.Random(seed), Outcome()  # noqa: S311 -- for a test
    _, first = staff.newest
    one, other = (OLD, NEW) if OLD.encode() in first[ROUTING] else (NEW, OLD)
    second = {**first, ROUTING: first[ROUTING].replace(one.encode(), other.encode())}
    longest = _publish(staff, second, first)
    for number in range(kills):
        before, contents = staff.newest
        wanted = second if dict(contents) == first else first
        fields, rows = staff.draft(wanted), len(house.published.history())
        server = choose.randrange(len(house.ports)) if number % 4 == 3 else None
        staff.killed(fields, choose.uniform(0, longest), server)
        if restart and server is not None:
            house.begin(server)
        after, now = staff.newest
        added = len(house.published.history()) - rows
        new = (after.number, added, dict(now)) == (before.number + 1, 1, wanted)
        old = (after.number, added, now) == (before.number, 0, contents)
        if not (new or old):
            outcome.breaches.append(f"kill {number}: {added} rows more, number {after.number} after {before.number}")
        outcome.published += new
        if staff.publish(fields) != 303:
            outcome.breaches.append(f"kill {number}: it could not be published afterwards")
    return outcome


def _publish(staff: Staff, *revisions: Contents) -> float:
    """Publishes one after the other, so that all are proved; how long the last took."""
    took = 0.0
    for wanted in revisions:
        fields, began = staff.draft(wanted), time.monotonic()
        assert staff.publish(fields) == 303
        took = time.monotonic() - began
    return took
