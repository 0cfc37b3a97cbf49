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
from typing import Any

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


def results(nodes: int, rounds: int, idle: float = IDLE_SECONDS) -> dict[str, Any]:
    """Seconds until an edit is heard first, and by every caller: medians, for the shipped site and one of so many
    nodes. And what turns notice of the proof of the large one."""
    found: dict[str, Any] = {"nodes": nodes}
    for name in ("shipped", "large"):
        with tempfile.TemporaryDirectory() as folder:
            config, edit = shipped(Path(folder)) if name == "shipped" else large(Path(folder), nodes)
            with serving(config, Path(folder)) as port:
                time.sleep(idle)
                heard(port, edit, 1)  # the proof that the start asked for is over, too
                both = [heard(port, edit, 2 + n) for n in range(rounds)]
                found[name] = [statistics.median(each) for each in zip(*both, strict=True)]
                if name == "large":
                    found["under load"] = _under_load(port, edit, rounds, idle)
    return found


def _under_load(port: int, edit: Edit, rounds: int, idle: float) -> list[dict[str, float]]:
    """For each round, what turns are like without a proof and during one, and how long that takes."""
    found = []
    for n in range(rounds):
        load = Load(port)
        time.sleep(idle + 1)
        began = time.perf_counter()
        rate, p99 = load.between(began - idle, began)
        first, _ = heard(port, edit, 100 + n)
        proved_rate, proved_p99 = load.between(began, began + first)
        load.stop()
        found.append({"rate": rate, "p99": p99, "proved rate": proved_rate, "proved p99": proved_p99, "seconds": first})
    return found


def report(found: dict[str, Any]) -> None:
    """The lines."""
    for name, what in (("shipped", "the shipped site"), ("large", f"{found['nodes']:,} nodes")):
        first, every = found[name]
        print(f"{what}: an edit is heard after {first:.2f} s, by every caller after {every:.2f} s")
    for one in found["under load"]:
        print(
            f"  {one['rate']:,.0f} turns/s, p99 {1000 * one['p99']:.2f} ms; while proved {one['proved rate']:,.0f} "
            f"turns/s, p99 {1000 * one['proved p99']:.2f} ms, for {one['seconds']:.1f} s"
        )
    rate, p99 = (
        statistics.median(one[f"proved {name}"] / one[name] for one in found["under load"]) for name in ("rate", "p99")
    )
    print(f"under full load: {rate:.2f} of the turns per second, {p99:.2f} of their p99")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    report(results(arguments.nodes, arguments.rounds))


if __name__ == "__main__":
    main()
