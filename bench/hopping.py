"""Calls that hop between three servers behind nginx, while the files are edited and servers are killed.

    .venv/bin/python -m bench.hopping [--calls 10000] [--edit 10] [--kill 60]

Every request goes to any of the three, but for those of a ringing call. Each `--edit` seconds the three folders get an
edit, one after the other within two seconds; each `--kill` seconds one server is killed (SIGKILL) and started anew.
The database is Postgres. Time is virtual for callers, and real for servers. A call

- is unanswered if the network had to ask for the fallback, or failed;
- lost its place if it heard so;
- rang wrong if a phone rang again after its voicemail had picked up, or if an advocate who accepted did not get it.

Ringing calls whose server is killed between two of their turns may ring a voicemail once more, by design; the bench
counts them among those that rang wrong.
"""

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from shutil import copytree
from threading import Event, Thread

from phonetree.simulator.caller import Script
from phonetree.simulator.network import Clock, Network, NumberSettings
from phonetree.simulator.phone import Call
from phonetree.simulator.transport import OverHttp, Reply
from phonetree.simulator.world import parse_world
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from tests.support.databases import address
from tests.support.lines import VPR
from tests.support.programs import TOKEN, environ, free_port, missing, proxied, start, stop

SERVERS = 3
CALLERS = 8
PAUSE_SECONDS = 0.04
"""Before each request, so that all callers together stay below what nginx.conf allows one client: 200 a second."""
ADA, BEN = "+16175550101", "+16175550102"
ALWAYS = "monday-sunday: 0:00-24:00"
"""Advocates are there whenever the bench is run."""
KINDS: tuple[tuple[str, str, list[str] | None], ...] = (
    ("1,hangup@70", f"{ADA}=machine after 5; {BEN}=accepts after 8", [BEN]),
    ("1,hangup@70", f"{ADA}=accepts after 4; {BEN}=machine after 9", [ADA]),
    ("1,hangup@70", f"{ADA}=machine after 5; {BEN}=machine after 6", []),
    ("8,1,hangup@70", f"{ADA}=declines after 3; {BEN}=accepts after 5", None),
    ("2,*,*,1,hangup", "", None),
    ("3,20s#,hangup", "", None),
    ("9!,7,wait,wait,0,hangup", f"{ADA}=no-answer; {BEN}=no-answer", None),
)
"""Keys, phones, and whom the caller has to have spoken with (None: whoever it is)."""


class _Line(OverHttp):
    """To the proxy, with its certificate; counts requests for the fallback."""

    def __init__(self, trusted: Path) -> None:
        super().__init__()
        self._session.verify = str(trusted)
        self.fallbacks = 0

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:
        self.fallbacks += "/voice/fallback" in url
        time.sleep(PAUSE_SECONDS)
        return super().post(url, fields, headers, limit)


def _judged(number: int, url: str, trusted: Path, began: datetime) -> Counter[str]:
    """One call, and what was wrong with it."""
    keys, phones, expected = KINDS[number % len(KINDS)]
    line = _Line(trusted)
    settings = NumberSettings("+16172532300", f"{url}/voice", f"{url}/voice/fallback", f"{url}/voice/status")
    network = Network(line, TOKEN, settings, unique_ids=True)
    call = Call(network, Clock(began), Script(keys), parse_world(phones), number=f"+161755501{number % 100:02}")
    found = Counter(calls=1)
    try:
        call.run()
    except Exception as error:  # noqa: BLE001 -- whatever it is, the call was not answered
        return found + Counter({"unanswered": 1, f"unanswered ({type(error).__name__})": 1})
    heard = str(call.transcript)
    spoke = [phone for phone in call.spoke_with if phone in (ADA, BEN)]
    found["turns"] = network.requests
    found["unanswered"] += bool(line.fallbacks)
    found["lost their place"] += "lost my place" in heard or "perdí el hilo" in heard
    found["rang wrong"] += _rang_again(heard) or (expected is not None and spoke != expected)
    return found


def _rang_again(heard: str) -> bool:
    """Whether a phone rang again after a machine had picked it up."""
    machines: set[str] = set()
    for line in heard.splitlines():
        if " rings " in line and any(phone in line for phone in machines):
            return True
        if " is picked up by a machine" in line:
            machines |= set(re.findall(r"\+\d+", line))
    return False


def _every(seconds: float, over: Event, do: Callable[[], object]) -> Thread:
    def run() -> None:
        while not over.wait(seconds):
            do()

    made = Thread(target=run, daemon=True)
    made.start()
    return made


def hopping(calls: int, edit_seconds: float, kill_seconds: float, folder: Path) -> Counter[str]:
    """What became of so many calls."""
    found = Counter[str](unanswered=0, **{"lost their place": 0, "rang wrong": 0})
    database = address("postgres", folder)
    migrate(Store(database))
    folders = [folder / str(number) for number in range(SERVERS)]
    for each in folders:
        each.mkdir()
        hours = copytree(VPR, each / "config") / "hours.yaml"
        hours.write_text(hours.read_text("utf-8").replace("monday-friday: 9:00-17:00", ALWAYS), "utf-8")
    ports, front = tuple(free_port() for _ in folders), free_port()
    url = f"https://localhost:{front}"
    settings = environ(url, DATABASE_URL=database)
    over = Event()
    with ExitStack() as stack:
        servers = [start(each, port, settings) for each, port in zip(folders, ports, strict=True)]
        stack.callback(lambda: [stop(server) for server in servers])
        trusted = stack.enter_context(proxied("nginx", folder, front, ports))
        words, victims = cycle(["help", "other", "crisis"]), cycle(range(SERVERS))

        def edit() -> None:
            text = (VPR / "routing.yaml").read_text("utf-8").replace("crisis lines", f"{next(words)} lines")
            for each in folders:
                (each / "config" / "routing.yaml").write_text(text, "utf-8")
                time.sleep(1)
            found["edits"] += 1

        def kill() -> None:
            which = next(victims)
            servers[which].kill()
            servers[which].wait()
            servers[which] = start(folders[which], ports[which], settings)
            found["servers killed"] += 1

        threads = [_every(edit_seconds, over, edit), _every(kill_seconds, over, kill)]
        began = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
        with ThreadPoolExecutor(CALLERS) as pool:
            for judged in pool.map(lambda number: _judged(number, url, trusted, began), range(calls)):
                found.update(judged)
        over.set()
        for thread in threads:
            thread.join()
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--edit", type=float, default=10)
    parser.add_argument("--kill", type=float, default=60)
    arguments = parser.parse_args()
    if what := missing("nginx"):
        sys.exit(what)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        found = hopping(arguments.calls, arguments.edit, arguments.kill, Path(name))
    print(
        f"{time.monotonic() - began:.0f} s: {', '.join(f'{number:,} {what}' for what, number in sorted(found.items()))}"
    )
    sys.exit(bool(found["unanswered"] or found["lost their place"] or found["rang wrong"]))


if __name__ == "__main__":
    main()
