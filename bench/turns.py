"""Turns per second beside the least that a signed webhook can do.

    .venv/bin/python -m bench.turns [--rounds 15] [--seconds 1]

Each server runs in a process of its own (granian, one worker), and is asked by two connections that wait
for each answer. All run at once, and rounds alternate between them. A request is a menu
turn, signed, with the twenty-odd parameters that the network sends. `bare` and `WSGI` run in granian's WSGI mode with
two threads, the others as `serve` runs them.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode

from bench.apps import TOKEN, URL
from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.simulator.transport import sign
from tests.support.lines import VPR

ROOT = Path(__file__).parents[1]
CONNECTIONS = 2
_FACTORIES = {"bare": "bare", "WSGI": "site"}
FIELDS = {
    "CallSid": "CA" + "0" * 32, "AccountSid": "AC" + "0" * 32, "ApiVersion": "2010-04-01", "CallStatus": "in-progress",
    "From": "+16175550123", "Caller": "+16175550123", "To": "+16175550100", "Called": "+16175550100",
    "Direction": "inbound", "FinishedOnKey": "", "msg": "Gather End",
    **{who + what: "X" for who in ("From", "To", "Caller", "Called") for what in ("City", "State", "Zip", "Country")},
}  # fmt: skip


def request_bytes(path: str, digits: str) -> bytes:
    """A signed request as it goes over the wire."""
    fields = {**FIELDS, "Digits": digits}
    body = urlencode(fields).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: tree.example.org\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nX-Twilio-Signature: {sign(TOKEN, URL + path, fields)}\r\n\r\n"
    )
    return head.encode() + body


def turns(revision: str, node: str) -> list[bytes]:
    """Menu turns: keys right and wrong, and silence, at several counts."""
    return [
        request_bytes(f"/voice/{revision}/{language}/{node}/ask?menu={node}&misses={misses}", digits)
        for language in ("en", "es")
        for misses in (1, 2)
        for digits in ("1", "2", "7", "")
    ]


@contextmanager
def server(factory: str, port: int, config: Path) -> Iterator[int]:
    """A server in a process of its own."""
    mode = ["rsgi", "--http", "1"] if factory == "served" else ["wsgi", "--blocking-threads", "2"]
    command = [
        sys.executable, "-m", "granian", "--factory", "--port", str(port), "--workers", "1",
        "--log-level", "error", "--interface", *mode, f"bench.apps:{factory}",
    ]  # fmt: skip
    environ = {**os.environ, "BENCH_CONFIG": str(config)}
    process = subprocess.Popen(command, cwd=ROOT, env=environ)  # noqa: S603
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def ask(port: int, requests: list[bytes], seconds: float, latencies: list[float]) -> None:
    """One connection, one request after the other."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        until, number = time.perf_counter() + seconds, 0
        while (began := time.perf_counter()) < until:
            connection.sendall(requests[number % len(requests)])
            number += 1
            answer = connection.recv(65536)
            while b"</Response>" not in answer and b"<Response />" not in answer:
                assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
                answer += connection.recv(65536)
            latencies.append(time.perf_counter() - began)


def measure(port: int, requests: list[bytes], seconds: float) -> tuple[float, list[float]]:
    """Turns per second, and the seconds that each took."""
    latencies: list[list[float]] = [[] for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    threads = [Thread(target=ask, args=(port, requests, seconds, each)) for each in latencies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [latency for each in latencies for latency in each]
    return len(every) / (time.perf_counter() - began), every


def site_of(folder: Path, count: int) -> Path:
    """A site of `count` menus in a chain of keys."""
    folder.mkdir()
    base = ROOT / "tests" / "sites" / "harbour"
    (folder / "hours.yaml").write_text((base / "hours.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    label = {"en": "to go on", "es": "para seguir"}
    nodes: dict[str, Any] = {
        "line": {"transfer": {"resource": "crisis", "otherwise": "bye"}},
        "bye": {"goodbye": {}},
    }
    for number in range(count):
        keys = {str(key): {"label": label, "go": f"menu{min(number + key, count - 1)}"} for key in range(1, 5)}
        nodes[f"menu{number}"] = {"menu": {"say": label, "choices": keys}}
    routing = {
        "helpline": {"name": "Bench", "number": "+16175550100"},
        "languages": {"en": {"voice": "Polly.Joanna-Neural"}, "es": {"voice": "Polly.Lupe-Neural"}},
        "start": {"open": "menu0", "closed": "menu0", "holiday": "menu0"},
        "last_resort": "crisis",
        "always": {"0": {"label": label, "go": "line"}},
        "resources": {
            "crisis": {"name": "the line", "number": "+16175550101", "open": "always", "confidential": "true"}
        },
        "nodes": nodes,
    }
    (folder / "routing.yaml").write_text(json.dumps(routing), encoding="utf-8")
    return folder


def main() -> None:
    """Runs the comparison and prints it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    rules = NumberRules({}, fictional=True, stand_in=True)
    with tempfile.TemporaryDirectory() as scratch:
        configs = {
            "bare": VPR,
            "WSGI": VPR,
            "this site": VPR,
            "10 nodes": site_of(Path(scratch) / "10", 10),
            "1000 nodes": site_of(Path(scratch) / "1000", 1000),
        }
        nodes = {
            "bare": "welcome",
            "WSGI": "welcome",
            "this site": "welcome",
            "10 nodes": "menu5",
            "1000 nodes": "menu500",
        }
        asked = {name: turns(load(path, rules).site.revision, nodes[name]) for name, path in configs.items()}
        rates: dict[str, list[float]] = {name: [] for name in configs}
        latencies: dict[str, list[float]] = {name: [] for name in configs}
        with ExitStack() as running:
            ports = {
                name: running.enter_context(server(_FACTORIES.get(name, "served"), 8700 + number, path))
                for number, (name, path) in enumerate(configs.items())
            }
            for round_ in range(options.rounds + 1):
                for name, port in ports.items():
                    rate, every = measure(port, asked[name], options.seconds)
                    if round_:  # the first one warms the machine
                        rates[name].append(rate)
                        latencies[name] += every
    report(rates, latencies)


def report(rates: dict[str, list[float]], latencies: dict[str, list[float]]) -> None:
    """The table. A ratio is the median of each round's, beside the bare server in the same round."""
    print(f"{'':12}{'turns/s':>9}{'ratio':>8}{'p50 ms':>9}{'p99 ms':>9}")
    for name, each in rates.items():
        ratio = statistics.median(rate / bare for rate, bare in zip(each, rates["bare"], strict=True))
        cuts = statistics.quantiles(latencies[name], n=100)
        print(f"{name:12}{statistics.median(each):9.0f}{ratio:8.2f}{cuts[49] * 1000:9.3f}{cuts[98] * 1000:9.3f}")


if __name__ == "__main__":
    main()
