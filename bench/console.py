"""The staff console: how long a page takes beside a bare Flask page, and what its use does to calls.

    .venv/bin/python -m bench.console [--rounds 30] [--seconds 20]

Pages are of a helpline with 30 members and as many accounts, and two years of what staff did, in SQLite; each is asked
in alternating rounds beside a Flask page that makes one query and renders a line: a number is the median of the ratios.
Then a server and the console run as they are shipped, 20 browsers ask for pages without a pause, and 5 sign in again
and again, while ten signed turns a second are asked, each over a connection of its own.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.sharedctypes import SynchronizedArray
from multiprocessing.synchronize import Event
from pathlib import Path
from shutil import copytree

import requests
from flask import Flask, render_template_string
from sqlalchemy import func, select

from phonetree.core.schedule import Cover, Kind, Override
from phonetree.settings import ConsoleSettings
from phonetree.simulator.transport import sign
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.overrides import Overrides
from phonetree.store.roles import Role
from phonetree.store.tables import actions as actions_table
from tests.support.console import PASSWORD, SECRET, URL, Console
from tests.support.lines import VPR
from tests.support.programs import TOKEN, environ, free_port, start, stop, until

MEMBERS = 30
DAYS = 2 * 365
ACTIONS_EACH_DAY = 4
BROWSERS, SIGN_INS = 20, 5
TURNS_EACH_SECOND = 10
PAGES = (
    "/staff/",
    "/staff/today/close",
    "/staff/schedule",
    "/staff/people",
    "/staff/tree",
    "/staff/accounts",
    "/staff/accounts/actions",
)
NUMBERS = {f"ADVOCATE_{number}": f"+161755501{number:02}" for number in range(1, MEMBERS + 1)}


def large(folder: Path) -> Path:
    """The tests' site with 30 members."""
    config = Path(copytree(VPR, folder / "config"))
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    line = "      - {name: First advocate, number: $ADVOCATE_1}\n"
    assert line in text
    more = "".join(
        f"      - {{name: Advocate {number}, number: $ADVOCATE_{number}}}\n" for number in range(3, MEMBERS + 1)
    )
    routing.write_text(text.replace(line, line + more), encoding="utf-8")
    return config


def filled(folder: Path, address: str, config: Path) -> Console:
    """A console over a database with two years in it."""
    store = Store(address)
    migrate(store)
    now = datetime.now(UTC).replace(microsecond=0)
    seconds = int(now.timestamp())
    with store.write() as connection:
        for number in range(DAYS * ACTIONS_EACH_DAY):
            at = seconds - number * 24 * 3600 // ACTIONS_EACH_DAY
            actions.note(connection, f"Member {number % MEMBERS}", f"override {number}: closed", at)
    overrides = Overrides(store)
    for number in range(20):
        begins = now + timedelta(days=number)
        what = Override(
            begins, begins + timedelta(hours=4), None, {}, Cover("First advocate", f"Advocate {number + 3}")
        )
        overrides.add(what, "Member 1", "a cover", seconds)
    overrides.add(Override(now, now + timedelta(hours=1), Kind.OPEN, {}), "Member 1", "open", seconds)
    settings = ConsoleSettings(URL, config, NUMBERS, address, (SECRET,), fictional=True, keys=folder, backups=folder)
    made = Console(settings, now)
    for number in range(MEMBERS):
        made.staff(*Role, name=f"Member {number}")
    store.close()
    return made


def bare(address: str) -> Callable[[], object]:
    """A Flask page with one query."""
    store, app = Store(address), Flask(__name__)

    @app.get("/")
    def page() -> str:
        with store.read() as connection:
            number = connection.execute(select(func.count()).select_from(actions_table)).scalar_one()
        return render_template_string("<!doctype html><title>Bare</title><p>{{ number }}</p>", number=number)

    client = app.test_client()
    return lambda: client.get("/")


def pages(rounds: int, folder: Path) -> None:
    """Prints what each page takes."""
    address = f"sqlite:///{folder}/console.db"
    made = filled(folder, address, large(folder))
    account = next(each for each in made.services.accounts.all() if each.name == "Member 0")
    client = made.client(account)
    found = [path for path in PAGES if client.get(path).status_code == 200]
    asked: dict[str, Callable[[], object]] = {"bare": bare(address)}
    asked |= {path: (lambda path=path: client.get(path)) for path in found}  # type: ignore[misc]
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(rounds + 2):
        for name, ask in asked.items():
            began = time.perf_counter()
            ask()
            if number > 1:  # the first ones warm
                taken[name].append(time.perf_counter() - began)
    print(f"\n{MEMBERS} members and accounts, {DAYS * ACTIONS_EACH_DAY} actions; {rounds} rounds")
    for name, all_ in taken.items():
        ratio = statistics.median(one / other for one, other in zip(all_, taken["bare"], strict=True))
        size = len(client.get(name).data) / 1000 if name != "bare" else 0
        print(f"{name:<26} {statistics.median(all_) * 1000:6.1f} ms  {ratio:5.1f} times  {size:6.1f} kB")
    made.services.store.close()


@contextmanager
def both(folder: Path) -> Iterator[tuple[str, str]]:
    """A server and a console as they are shipped, over one database: their addresses."""
    import subprocess
    import sys

    port, behind = free_port(), free_port()
    database = f"sqlite:///{folder}/both.db"
    more = {"DATABASE_URL": database, "SECRET_KEY": SECRET, "PHONETREE_CONFIG": str(VPR), "PYTHONPATH": str(Path.cwd())}
    settings = environ(f"http://127.0.0.1:{port}", **more)
    migrate(Store(database))
    server = start(folder, port, settings)
    command = [sys.executable, "-m", "phonetree", "console", "--port", str(behind)]
    with (folder / "console.log").open("w") as log:
        console = subprocess.Popen(command, cwd=folder, env=settings, stdout=log, stderr=log)  # noqa: S603
    try:
        until(lambda: _listens(f"http://127.0.0.1:{behind}"))
        yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{behind}"
    finally:
        stop(console)
        stop(server)


def _listens(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.ConnectionError:
        return False


def turn(url: str) -> float:
    """A signed turn over a connection of its own; its seconds."""
    fields = {"CallSid": "CA" + "1" * 32, "From": "+16175550123"}
    headers = {"X-Twilio-Signature": sign(TOKEN, f"{url}/voice", fields), "Connection": "close"}
    began = time.perf_counter()
    answer = requests.post(f"{url}/voice", data=fields, headers=headers, timeout=10)
    assert answer.status_code == 200
    assert b"<Gather" in answer.content
    return time.perf_counter() - began


def measured(url: str, seconds: float) -> list[float]:
    """Turns, ten a second, each in its place."""
    taken: list[float] = []
    threads = []
    for number in range(int(seconds * TURNS_EACH_SECOND)):
        began = time.perf_counter()
        thread = threading.Thread(target=lambda: taken.append(turn(url)), name=f"turn {number}")
        thread.start()
        threads.append(thread)
        time.sleep(max(0.0, 1 / TURNS_EACH_SECOND - (time.perf_counter() - began)))
    for thread in threads:
        thread.join()
    assert len(taken) == len(threads), "a turn was not answered"
    return taken


def _use(console: str, stopping: Event, done: "SynchronizedArray[int]") -> None:
    """The browsers and those who sign in, in a process of their own: its threads hold up no turn that is timed. `done`
    counts pages and tries to sign in."""

    def browse() -> None:
        with requests.Session() as session:
            while not stopping.is_set():
                session.get(f"{console}/staff/sign-in", timeout=60)
                _count(done, 0)

    def sign_in() -> None:
        while not stopping.is_set():
            with requests.Session() as session:
                page = session.get(f"{console}/staff/sign-in", timeout=60).text
                token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
                form = {"csrf_token": token, "name": "nobody", "password": PASSWORD}
                session.post(f"{console}/staff/sign-in", data=form, timeout=60)
                _count(done, 1)

    threads = [threading.Thread(target=browse) for _ in range(BROWSERS)]
    threads += [threading.Thread(target=sign_in) for _ in range(SIGN_INS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _count(done: "SynchronizedArray[int]", which: int) -> None:
    with done.get_lock():
        done[which] += 1


def calls(seconds: float, folder: Path) -> None:
    """Prints what the console's use does to calls."""
    apart = multiprocessing.get_context("spawn")
    with both(folder) as (line, console):
        alone = measured(line, seconds)
        stopping, done = apart.Event(), apart.Array("q", 2)
        users = apart.Process(target=_use, args=(console, stopping, done))
        users.start()
        until(lambda: done[0] > BROWSERS and done[1] > SIGN_INS, "nobody uses the console")
        busy = measured(line, seconds)
        stopping.set()
        users.join()
    print(f"\n{len(alone)} turns alone, and {len(busy)} beside {BROWSERS} browsers ({done[0]} pages) and")
    print(f"{SIGN_INS} that sign in ({done[1]} times): every turn was answered")
    for name, taken in (("alone", alone), ("beside them", busy)):
        ordered = sorted(taken)
        p50, p99 = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.99))
        print(f"{name:<12} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   worst {ordered[-1] * 1000:6.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        pages(options.rounds, Path(name))
    with tempfile.TemporaryDirectory() as name:
        calls(options.seconds, Path(name))


if __name__ == "__main__":
    main()
