"""The line under attack: the share of signed turns that are answered within a second meanwhile.

    .venv/bin/python -m bench.attack [--way straight|nginx|caddy] [--attack NAME] [--seconds 20]
    .venv/bin/python -m bench.attack --hostile 1000000
    .venv/bin/python -m bench.attack --files

One server with one worker, on its own and behind each proxy with the file in deploy/; ten turns a second, each over a
connection of its own. The attackers run on the same machine and take a share of it. `--hostile` sends so many random
requests, signed, half signed and not, and counts what became of them. `--files` reads files that hold too much, and
says what each refusal costs.
"""

import argparse
import asyncio
import random
import re
import resource
import socket
import ssl
import statistics
import string
import struct
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event as Signal
from pathlib import Path
from shutil import copytree
from threading import Thread
from urllib.parse import quote, urlencode, urlsplit

import requests

from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.errors import ConfigError
from phonetree.simulator.transport import sign
from phonetree.web.limits import MOST_FIELDS
from tests.config.test_limits import BASE, TOO_MUCH
from tests.support.attacks import ELSEWHERE, FIELDS, SHAPED, STALLS, Target, form, head, stalled
from tests.support.lines import VPR
from tests.support.programs import PROXIES, ROOT, TOKEN, environ, free_port, missing, proxied, start, stop

WAYS = ("straight", *PROXIES)
TURNS_EACH_SECOND = 10
LIMIT_SECONDS = 1.0
_FORK = get_context("fork")
_NUMBERS = count()


# -- attackers that ask again and again


def flood(
    target: Target, asked: list[bytes], connections: int, rate: float, at_once: int, over: Signal, found: "Counted"
) -> None:
    """Asks over so many connections, `rate` times a second all in all (0: as fast as answers come), and `at_once`
    times before it waits for the answers."""
    asyncio.run(_all(target, asked, connections, rate, at_once, over, found))


async def _all(
    target: Target, asked: list[bytes], connections: int, rate: float, at_once: int, over: Signal, found: "Counted"
) -> None:
    pause = connections / rate if rate else 0.0
    await asyncio.gather(*(_attacker(target, asked, pause, at_once, over, found) for _ in range(connections)))


async def _attacker(
    target: Target, asked: list[bytes], pause: float, at_once: int, over: Signal, found: "Counted"
) -> None:
    parts = urlsplit(target.url)
    trusted = ssl.create_default_context(cafile=target.trusted) if target.trusted else None
    number = next(_NUMBERS)
    await asyncio.sleep(pause * (number % 16) / 16)
    while not over.is_set():
        with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1",
                parts.port,
                ssl=trusted,
                server_hostname=parts.hostname if trusted else None,
                local_addr=(ELSEWHERE, 0),
            )
            with suppress(OSError):
                while not over.is_set():
                    began = time.monotonic()
                    number += 1
                    writer.write(target.addressed(asked[number % len(asked)]) * at_once)
                    for _ in range(at_once):
                        await asyncio.wait_for(_answer(reader), 10)
                        found.value += 1
                    await asyncio.sleep(max(0.0, pause - (time.monotonic() - began)))
            writer.close()
        await asyncio.sleep(0.01)


async def _answer(reader: asyncio.StreamReader) -> None:
    headers = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", headers, re.IGNORECASE)
    await reader.readexactly(int(length[1]) if length else 0)
    if b"onnection: close" in headers:
        raise ConnectionError


def churn(target: Target, asked: bytes, over: Signal, found: "Counted") -> None:
    """Opens a connection, asks (with a number of its own in place of NUMBER) and resets it, again and again."""
    reset = struct.pack("ii", 1, 0)
    while not over.is_set():
        with suppress(OSError), target.connect() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            target.send(line, asked.replace(b"NUMBER", b"%d" % found.value))
            found.value += 1


class Counted:
    """How many requests of the attackers were answered, or sent by those who do not wait for answers."""

    def __init__(self) -> None:
        self._shared = _FORK.Value("q", 0, lock=False)

    @property
    def value(self) -> int:
        return int(self._shared.value)

    @value.setter
    def value(self, number: int) -> None:
        self._shared.value = number


@contextmanager
def attacking(attack: Callable[[Signal, Counted], None]) -> Iterator[Counted]:
    """The attackers in a process of their own, for a while."""
    over, found = _FORK.Event(), Counted()
    attackers = _FORK.Process(target=attack, args=(over, found))
    attackers.start()
    try:
        yield found
    finally:
        over.set()
        attackers.join(20)
        attackers.kill()


def flooded(
    target: Target, asked: list[bytes], connections: int, rate: float = 0.0, at_once: int = 1
) -> AbstractContextManager[Counted]:
    """Attackers who wait for answers."""
    return attacking(partial(flood, target, asked, connections, rate, at_once))


def capacity(target: Target) -> float:
    """Forged turns a second, as fast as sixteen attackers can ask."""
    with flooded(target, [_forged(keep=True)], 16) as found:
        time.sleep(1)
        before, began = found.value, time.monotonic()
        time.sleep(3)
        return (found.value - before) / (time.monotonic() - began)


def _forged(*, keep: bool = False) -> bytes:
    sent = form(FIELDS, signature=SHAPED)
    return sent.replace(b"Connection: close\r\n", b"") if keep else sent


def _long_header() -> bytes:
    """A forged turn with a header that takes long to take apart."""
    return _forged(keep=True).replace(b"form-urlencoded", b"form-urlencoded" + b';a="x"' * 4500)


def _costly() -> bytes:
    """A forged turn that is as much work as any that is looked at: every field allowed, each character escaped."""
    fields = {f"{chr(0xE9) * 2}{number}": chr(0xE9) * 20 for number in range(MOST_FIELDS - 1)}
    return form(fields, signature=SHAPED).replace(b"Connection: close\r\n", b"")


# -- the attacks


def _stall(sent: bytes, number: int, target: Target) -> AbstractContextManager[object]:
    return stalled(target, sent, number)


def _every_stall(number: int, target: Target) -> AbstractContextManager[object]:
    stack = ExitStack()
    for sent in STALLS.values():
        stack.enter_context(stalled(target, sent, number))
    return stack


def _flooding(
    *asked: bytes, connections: int, share: float = 0.0, at_once: int = 1
) -> Callable[[Target], AbstractContextManager[object]]:
    return lambda target: flooded(target, list(asked), connections, share and capacity(target) * share, at_once)


def _churning(asked: bytes) -> Callable[[Target], AbstractContextManager[object]]:
    return lambda target: attacking(partial(churn, target, asked))


def _fields(number: int) -> bytes:
    return form({f"f{each}": "" for each in range(number)}, signature=SHAPED).replace(b"Connection: close\r\n", b"")


ATTACKS: dict[str, Callable[[Target], AbstractContextManager[object]]] = {
    "nobody": lambda _: ExitStack(),
    "4 bodies of one byte": partial(_stall, STALLS["unsigned"], 4),
    "64 of each half request": partial(_every_stall, 64),
    "500 bodies of one byte, signature of the right form": partial(_stall, STALLS["shaped"], 500),
    "1,100 connections that say nothing": partial(_stall, b"", 1100),
    "forms of 2,000 fields, 8 clients without a pause": _flooding(_fields(2000), connections=8),
    "forms of 9,000 fields (60 kB), 8 clients without a pause": _flooding(_fields(9000), connections=8),
    "forged turns at half the capacity": _flooding(_forged(keep=True), connections=16, share=0.5),
    "forged turns, 16 clients without a pause": _flooding(_forged(keep=True), connections=16),
    "a header of 27 kB, 200 clients without a pause": _flooding(_long_header(), connections=200),
    "forged turns as costly as possible, 200 clients without a pause": _flooding(
        _costly(), _fields(MOST_FIELDS), connections=200
    ),
    "the page at half the capacity, 500 connections": _flooding(head("GET", "/"), connections=500, share=0.5),
    "the page, 500 connections without a pause": _flooding(head("GET", "/"), connections=500),
    "unsigned requests, 64 clients without a pause": _flooding(head(Content_Length=0), connections=64),
    "the page, over connections that are reset at once": _churning(head("GET", "/")),
    "the page with a new query each time, over connections that are reset at once": _churning(
        head("GET", "/?a=NUMBER")
    ),
    "forged turns, over connections that are reset at once": _churning(_forged()),
    "audio that is missing, 20 requests at once, 100 connections": _flooding(
        head("GET", "/audio/none.mp3"), connections=100, at_once=20
    ),
}


@dataclass(frozen=True, slots=True)
class Share:
    """What became of the turns: seconds of each that was answered, and how many were not."""

    seconds: tuple[float, ...]
    failed: int

    def __str__(self) -> str:
        number = len(self.seconds) + self.failed
        soon = sum(each <= LIMIT_SECONDS for each in self.seconds)
        cuts = statistics.quantiles(self.seconds, n=100) if len(self.seconds) > 1 else [0.0] * 99
        worst = max(self.seconds, default=0.0)
        share = f"{100 * soon / number:.1f} %"
        return (
            f"{number} | {share} | {cuts[49] * 1000:.0f} | {cuts[98] * 1000:.0f} | {worst * 1000:.0f} | {self.failed}"
        )


def turns(target: Target, seconds: float) -> Share:
    """Signed turns, at a steady pace whatever becomes of them."""
    answered: list[float] = []
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            answered.append(target.turn())
        except (requests.RequestException, AssertionError) as error:
            failed.append(error)

    asking, began = [], time.monotonic()
    for number in range(int(seconds * TURNS_EACH_SECOND)):
        asking.append(Thread(target=ask))
        asking[-1].start()
        time.sleep(max(0.0, began + (number + 1) / TURNS_EACH_SECOND - time.monotonic()))
    for one in asking:
        one.join()
    return Share(tuple(answered), len(failed))


@contextmanager
def attacked(way: str) -> Iterator[Target]:
    """A server, reached in a way."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        copytree(VPR, folder / "config")
        port, front = free_port(), free_port()
        url = f"http://127.0.0.1:{port}" if way == "straight" else f"https://localhost:{front}"
        server = start(folder, port, environ(url))
        stack.callback(stop, server)
        trusted = stack.enter_context(proxied(way, folder, front, (port,))) if way != "straight" else None
        yield Target(url, trusted)


def run(ways: tuple[str, ...], attacks: tuple[str, ...], seconds: float) -> None:
    """Every attack in every way, a line each."""
    print("| way | attack | attackers' requests/s | turns | within 1 s | p50 ms | p99 ms | worst ms | unanswered |")
    print("|---|---|---|---|---|---|---|---|---|")
    for way in ways:
        for attack in attacks:
            with attacked(way) as target:
                turns(target, 2)  # warm
                with ATTACKS[attack](target) as found:
                    time.sleep(1)
                    before = found.value if isinstance(found, Counted) else 0
                    share = turns(target, seconds)
                    asked = f"{(found.value - before) / seconds:,.0f}" if isinstance(found, Counted) else ""
            print(f"| {way} | {attack} | {asked} | {share} |", flush=True)


# -- random requests


def hostile(number: int, seed: int) -> Counter[str]:
    """Random requests: what became of them. Nothing unsigned may be let in, nothing signed may fail."""
    found = Counter[str]()
    with attacked("straight") as target:
        site = load(VPR, NumberRules({}, fictional=True, stand_in=True)).site
        known = {line.number for line in site.resources.values()} | {"+16175550101", "+16175550102"}
        chance = random.Random(seed)  # noqa: S311 -- the same requests each time
        asker = _Asker(target)
        for _ in range(number):
            signed, sent = _random_request(chance, target.url, site.revision, list(site.nodes))
            status, body = asker.ask(sent)
            dialled = set(re.findall(rb"<Number[^>]*>([^<]+)</Number>|<Dial[^>]*>([^<]+)</Dial>", body))
            outside = {n.decode() for pair in dialled for n in pair if n} - known
            found[f"{'signed' if signed else 'unsigned'} {status}"] += 1
            found["numbers outside the tree"] += len(outside)
            found["rescues"] += b"something went wrong here" in body or "algo falló".encode() in body
    return found


def _random_request(chance: random.Random, url: str, revision: str, nodes: list[str]) -> tuple[bool, bytes]:
    steps = ["ask", "announce", "ring", "rung", "screen", "accept", "bridged", "recorded", "dance"]
    counts = {
        name: str(chance.choice([0, 1, 2, 999, 10**6, 2**40, -1, "x", "%00"]))
        for name in ("misses", "repeats", "round", "rang", "picked", "rung", "ringing", "alone", "began")
        if chance.random() < 0.2
    }
    path = f"/voice/{revision}/{chance.choice(['en', 'es', 'xx'])}/{chance.choice(nodes)}/{chance.choice(steps)}"
    path = chance.choice([path, path, path, "/voice", "/voice/fallback", "/voice/" + quote(_text(chance, 20))])
    if counts:
        path += "?" + urlencode(counts)
    fields = {
        name: chance.choice([_text(chance, 30), "1", "0", "#", "completed", "true", "//[", "9" * 40])
        for name in ("CallSid", "From", "To", "CallStatus", "Digits", "DialCallStatus", "DialBridged",
                     "DialCallDuration", "RecordingDuration", "ErrorUrl", _text(chance, 5))
        if chance.random() < 0.4
    }  # fmt: skip
    signed = chance.random() < 0.5
    signature = sign(TOKEN, url + path, fields) if signed else chance.choice([SHAPED, "", "x", SHAPED[:-1]])
    return signed, form(fields, path, signature).replace(b"Connection: close\r\n", b"")


def _text(chance: random.Random, most: int) -> str:
    letters = string.printable + "é日\u202e\x00<&>"
    return "".join(chance.choice(letters) for _ in range(chance.randrange(1, most)))


class _Asker:
    """One connection after the other, each for as long as the server keeps it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._line: socket.socket | None = None

    def ask(self, sent: bytes) -> tuple[str, bytes]:
        """Status and body of an answer."""
        if self._line is None:
            self._line = self._target.connect()
            self._answers = self._line.makefile("rb")
        self._line.sendall(self._target.addressed(sent))
        status = self._answers.readline().split()[1].decode()
        headers = b"".join(iter(self._answers.readline, b"\r\n")).lower()
        length = re.search(rb"content-length: (\d+)", headers)
        body = self._answers.read(int(length[1]) if length else 0)
        if b"connection: close" in headers:
            self._answers.close()
            self._line.close()
            self._line = None
        return status, body


# -- files that hold too much


def files() -> None:
    """What it costs to refuse each, in a process of its own: a line each."""
    print("| too many or too much | seconds | MB |")
    print("|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        print(f"| (the shipped files) | {_cost(ROOT / 'config')} |")
        for number, (case, (file, edit, _)) in enumerate(TOO_MUCH.items()):
            folder = Path(copytree(BASE, Path(name) / str(number)))
            path = folder / file
            path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
            print(f"| {case} | {_cost(folder)} |", flush=True)


def _cost(folder: Path) -> str:
    said: SimpleQueue[tuple[float, float]] = _FORK.SimpleQueue()
    reader = _FORK.Process(target=_read, args=(folder, said))
    reader.start()
    seconds, megabytes = said.get()
    reader.join()
    return f"{seconds:.2f} | {megabytes:.0f}"


def _read(folder: Path, said: SimpleQueue[tuple[float, float]]) -> None:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    with suppress(ConfigError):
        load(folder, NumberRules({}, fictional=True, stand_in=True))
    taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    said.put((time.perf_counter() - began, taken / 1024))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--way", choices=WAYS, action="append")
    parser.add_argument("--attack", choices=ATTACKS, action="append")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--hostile", type=int, default=0)
    parser.add_argument("--files", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.hostile:
        for kind, number in sorted(hostile(options.hostile, options.seed).items()):
            print(f"{kind}: {number:,}")
        return
    if options.files:
        files()
        return
    ways = tuple(options.way or WAYS)
    for way in ways:
        if way in PROXIES and (what := missing(way)):
            sys.exit(what)
    run(ways, tuple(options.attack or ATTACKS), options.seconds)


if __name__ == "__main__":
    main()
