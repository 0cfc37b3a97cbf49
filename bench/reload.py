"""How an edit is heard: how soon, and what turns notice of its proof.

    .venv/bin/python -m bench.reload [--nodes 1000] [--rounds 5]

`serve` runs with two workers. First the shipped site and one of so many nodes are edited while nobody calls: the
seconds from the write of the file until a turn has the new words, and until every turn has. Then the large one is
edited while two connections ask for turns without a pause, on the same two cores: turns per second and their p99 while
it is proved, beside those of the seconds before, in the same run.
"""

import argparse
import json
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from threading import Event, Thread

from bench.apps import TOKEN, URL
from bench.growth import routing
from bench.turns import request_bytes
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from tests.support.lines import VPR
from tests.support.programs import environ, free_port, start, stop

CONNECTIONS = 2
IDLE_SECONDS = 5.0
LOOK_SECONDS = 0.01
AT_ONCE = 20
"""As many turns in a row have the new words when every worker has them: each goes over a connection of its own."""

Edit = Callable[[int], str]
"""Writes an edit with a number; returns the words that callers hear then."""


@contextmanager
def serving(config: Path, folder: Path) -> Iterator[int]:
    """The port of a server with two workers and a database."""
    database = f"sqlite:///{folder}/phonetree.db"
    store = Store(database)
    migrate(store)
    store.close()
    port = free_port()
    more = {
        "TWILIO_AUTH_TOKEN": TOKEN,
        "PHONETREE_CONFIG": str(config),
        "DATABASE_URL": database,
        "SECRET_KEY": "bench " * 8,
    }
    server = start(folder, port, environ(URL, **more), "--workers", "2")
    try:
        yield port
    finally:
        stop(server)


def shipped(folder: Path) -> tuple[Path, Edit]:
    """A copy of the shipped site, and edits of it."""
    config = Path(copytree(VPR, folder / "config"))
    file = config / "routing.yaml"
    text = file.read_text(encoding="utf-8")

    def edit(number: int) -> str:
        words = f"For edit {number} of crisis lines"
        assert "for crisis lines" in text
        file.write_text(text.replace("for crisis lines", words), encoding="utf-8")
        return words

    return config, edit


def large(folder: Path, nodes: int) -> tuple[Path, Edit]:
    """A site of so many nodes, and edits of it."""
    config = folder / "config"
    config.mkdir()
    hours = {"timezone": "America/New_York", "open": {"monday-friday": "9:00-17:00"}, "holidays": {"calendars": ["US"]}}
    (config / "hours.yaml").write_text(json.dumps(hours))

    def edit(number: int) -> str:
        words = f"This is edit {number}."
        site = routing(nodes)
        site["nodes"]["menu_0"]["menu"]["say"] = {"en": words, "es": words}
        (config / "routing.yaml").write_text(json.dumps(site))
        return words

    edit(0)
    return config, edit


def said(port: int) -> str:
    """What a new caller hears."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request_bytes(URL, "/voice", ""))
        return _answer(connection).decode()


def _answer(connection: socket.socket) -> bytes:
    """A whole answer."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return body


def heard(port: int, edit: Edit, number: int) -> tuple[float, float]:
    """The seconds until a turn has the words of an edit, and until every turn has."""
    began = time.perf_counter()
    words = edit(number)
    first = 0.0
    in_a_row = 0
    while in_a_row < AT_ONCE:
        new = words in said(port)
        in_a_row = in_a_row + 1 if new else 0
        first = first or (time.perf_counter() - began if new else 0.0)
        last = time.perf_counter() - began
        assert last < 600, "the edit is not heard"
        if not new:
            time.sleep(LOOK_SECONDS)
    return first, last


class Load:
    """Connections that ask for turns without a pause, in the background."""

    def __init__(self, port: int) -> None:
        self._stopping = Event()
        self._turns: list[tuple[float, float]] = []
        self._threads = [Thread(target=self._ask, args=(port, n)) for n in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, port: int, number: int) -> None:
        requests = [request_bytes(URL, "/voice", digits) for digits in "12"]
        with socket.create_connection(("127.0.0.1", port)) as connection:
            while not self._stopping.is_set():
                began = time.perf_counter()
                connection.sendall(requests[number % 2])
                _answer(connection)
                self._turns.append((began, time.perf_counter() - began))

    def between(self, begin: float, end: float) -> tuple[float, float]:
        """Turns per second and the p99 of their seconds, of those that began in between."""
        found = [seconds for began, seconds in self._turns if begin <= began < end]
        return len(found) / (end - begin), statistics.quantiles(found, n=100)[98]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    for name in ("shipped", "large"):
        with tempfile.TemporaryDirectory() as folder:
            config, edit = shipped(Path(folder)) if name == "shipped" else large(Path(folder), arguments.nodes)
            with serving(config, Path(folder)) as port:
                time.sleep(IDLE_SECONDS)
                heard(port, edit, 1)  # the proof that the start asked for is over, too
                both = [heard(port, edit, 2 + n) for n in range(arguments.rounds)]
                first, every = (statistics.median(each) for each in zip(*both, strict=True))
                what = "the shipped site" if name == "shipped" else f"{arguments.nodes:,} nodes"
                print(f"{what}: an edit is heard after {first:.2f} s, by every caller after {every:.2f} s", flush=True)
                if name == "large":
                    _under_load(port, edit, arguments.rounds)


def _under_load(port: int, edit: Edit, rounds: int) -> None:
    rates, waits, seconds = [], [], []
    for n in range(rounds):
        load = Load(port)
        time.sleep(IDLE_SECONDS + 1)
        began = time.perf_counter()
        idle = load.between(began - IDLE_SECONDS, began)
        first, _ = heard(port, edit, 100 + n)
        proved = load.between(began, began + first)
        load.stop()
        rates.append(proved[0] / idle[0])
        waits.append(proved[1] / idle[1])
        seconds.append(first)
        print(
            f"  {idle[0]:,.0f} turns/s, p99 {1000 * idle[1]:.2f} ms; while proved {proved[0]:,.0f} turns/s, p99 "
            f"{1000 * proved[1]:.2f} ms, for {first:.1f} s",
            flush=True,
        )
    print(
        f"under full load: {statistics.median(rates):.2f} of the turns per second, {statistics.median(waits):.2f} of "
        f"their p99, an edit is heard after {statistics.median(seconds):.1f} s"
    )


if __name__ == "__main__":
    main()
