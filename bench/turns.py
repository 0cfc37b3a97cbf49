"""Turns per second beside the least that a signed webhook can do, and beside what Twilio's tutorials do.

    .venv/bin/python -m bench.turns [--rounds 15] [--seconds 1]

Each server runs in a process of its own with one worker, and is asked by two connections that wait for each answer. All
run at once, and rounds alternate between them. A request is a menu turn, signed, with the twenty-odd parameters that
the network sends. `bare` and `WSGI` run in granian's WSGI mode with two threads, `tutorial` in gunicorn with two
threads, the others as `serve` runs them.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bench.apps import SEEN_URL, TOKEN, URL, lift_limits
from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.simulator.transport import sign
from tests.support.lines import VPR
from tests.support.programs import free_port

ROOT = Path(__file__).parents[1]
CONNECTIONS = 16
GUNICORN = "gunicorn==27.0.1"
_GRANIAN = ("-m", "granian", "--factory", "--workers", "1", "--log-level", "error")
_WSGI = (*_GRANIAN, "--interface", "wsgi", "--blocking-threads", "2", "--port", "{port}")
_RSGI = (*_GRANIAN, "--interface", "rsgi", "--loop", "uvloop", "--http", "1", "--port", "{port}", "bench.apps:served")
_GUNICORN = ("-m", "gunicorn", "--threads", "2", "--log-level", "error", "--bind", "127.0.0.1:{port}")
FIELDS = {
    "CallSid": "CA" + "0" * 32, "AccountSid": "AC" + "0" * 32, "ApiVersion": "2010-04-01", "CallStatus": "in-progress",
    "From": "+16175550123", "Caller": "+16175550123", "To": "+16175550100", "Called": "+16175550100",
    "Direction": "inbound", "FinishedOnKey": "", "msg": "Gather End",
    **{who + what: "X" for who in ("From", "To", "Caller", "Called") for what in ("City", "State", "Zip", "Country")},
}  # fmt: skip


class Measured(NamedTuple):
    """The number of turns, turns per second, and the median and the 99th percentile of their milliseconds."""

    turns: int
    rate: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Row:
    """A server, and what was measured of it in each round; seconds of CPU."""

    name: str
    command: tuple[str, ...]
    config: Path = VPR
    node: str = "welcome"
    url: str = URL
    rounds: list[Measured] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def request_bytes(url: str, path: str, digits: str) -> bytes:
    """A signed request as it goes over the wire."""
    fields = {**FIELDS, "Digits": digits}
    body = urlencode(fields).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: tree.example.org\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nX-Twilio-Signature: {sign(TOKEN, url + path, fields)}\r\n\r\n"
    )
    return head.encode() + body


def turns(url: str, revision: str, node: str) -> list[bytes]:
    """Menu turns: keys right and wrong, and silence, at several counts."""
    return [
        request_bytes(url, f"/voice/{revision}/{language}/{node}/ask?menu={node}&misses={misses}", digits)
        for language in ("en", "es")
        for misses in (1, 2)
        for digits in ("1", "2", "7", "")
    ]


@contextmanager
def server(row: Row, port: int, libraries: Path) -> Iterator[tuple[int, int]]:
    """A server in a process of its own: its port, and the id of the process."""
    command = [sys.executable, *(part.format(port=port) for part in row.command)]
    environ = {**os.environ, "BENCH_CONFIG": str(row.config), "PYTHONPATH": str(libraries)}
    process = subprocess.Popen(command, cwd=ROOT, env=environ)  # noqa: S603
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert process.poll() is None, f"{row.name}: the server has ended"
            time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and of its workers so far."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, rest = path.read_text().rpartition(") ")
        except OSError:
            continue  # it has ended
        _, parent, *numbers = rest.split()
        if pid in (int(path.parent.name), int(parent)):
            ticks += int(numbers[9]) + int(numbers[10])
    return ticks / os.sysconf("SC_CLK_TCK")


def gunicorn(scratch: Path) -> bool:
    """Installs gunicorn for this run alone; whether that went well."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(scratch), GUNICORN]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603


_LUA = """
local requests = {%s}
local number = 0
request = function()
  number = number %% #requests + 1
  return requests[number]
end
done = function(summary, latency)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %%d %%d %%d %%f %%f\\n", summary.requests, summary.duration, failed,
    latency:percentile(50), latency:percentile(99)))
end
"""


def install_wrk() -> bool:
    """Whether wrk is there; it comes from Debian, where this may install."""
    if not shutil.which("wrk") and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "wrk"], check=False, stdout=subprocess.DEVNULL)  # noqa: S607
    return bool(shutil.which("wrk"))


def measure(port: int, requests: list[bytes], seconds: float, connections: int = CONNECTIONS) -> Measured:
    """How a server answers connections that each wait for an answer before they ask again."""
    lines = ",".join('"' + "".join(map("\\{:03}".format, request)) + '"' for request in requests)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_LUA % lines)
        script.flush()
        command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds:.0f}s", "-s", script.name]
        run = subprocess.run(  # noqa: S603
            [*command, f"http://127.0.0.1:{port}"], check=True, capture_output=True, text=True
        )
    (result,) = (line.split()[1:] for line in run.stdout.splitlines() if line.startswith("RESULT"))
    count, microseconds, failed, p50, p99 = map(float, result)
    assert not failed, f"{failed:.0f} of {count:.0f} turns were not answered"
    return Measured(int(count), count / microseconds * 1e6, p50 / 1000, p99 / 1000)


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


def compare(
    rounds: int, seconds: float, sizes: tuple[int, ...] = (10, 1_000, 10_000), *, warm: bool = True
) -> list[dict[str, Any]]:
    """What was measured of each server; a ratio is that to another one in the same round: its median, least and
    most. `warm`: after a round that does not count."""
    lift_limits()
    if not install_wrk():
        sys.exit("wrk is missing; install it: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        rows = [Row("bare", (*_WSGI, "bench.apps:bare")), Row("WSGI", (*_WSGI, "bench.apps:site"))]
        if gunicorn(scratch / "libraries"):
            rows.append(Row("tutorial", (*_GUNICORN, "bench.apps:tutorial()"), url=SEEN_URL))
        else:
            print(f"NO ROW tutorial: pip could not install {GUNICORN}")
        rows.append(Row("this site", _RSGI))
        rows.extend(
            Row(f"{count:,} nodes", _RSGI, site_of(scratch / str(count), count), f"menu{count // 2}") for count in sizes
        )
        measure_all(rows, rounds, seconds, scratch / "libraries", warm=warm)
    beside = [row for row in rows if row.name in ("bare", "tutorial", "10 nodes")]
    return [
        {
            "name": row.name,
            "rate": statistics.median(each.rate for each in row.rounds),
            "cpu": sum(row.cpu) / sum(each.turns for each in row.rounds) * 1e6,
            "p50": statistics.median(each.p50 for each in row.rounds),
            "p99": statistics.median(each.p99 for each in row.rounds),
            "ratios": {other.name: _ratio(row, other) for other in beside},
        }
        for row in rows
    ]


def _ratio(row: Row, other: Row) -> tuple[float, float, float]:
    each = [one.rate / beside.rate for one, beside in zip(row.rounds, other.rounds, strict=True)]
    return statistics.median(each), min(each), max(each)


def measure_all(rows: list[Row], rounds: int, seconds: float, libraries: Path, *, warm: bool = True) -> None:
    """Starts the servers and asks each in turn."""
    rules = NumberRules({}, fictional=True, stand_in=True)
    asked = [turns(row.url, load(row.config, rules).site.revision, row.node) for row in rows]
    with ExitStack() as running:
        servers = [running.enter_context(server(row, free_port(), libraries)) for row in rows]
        for round_ in range(0 if warm else 1, rounds + 1):
            for row, (port, pid), requests in zip(rows, servers, asked, strict=True):
                before = cpu_seconds(pid)
                measured = measure(port, requests, seconds)
                if round_:  # the first one warms the machine
                    row.rounds.append(measured)
                    row.cpu.append(cpu_seconds(pid) - before)


def report(rows: list[dict[str, Any]]) -> None:
    """The table."""
    titles = "".join(f"{f'x {name}':>18}" for name in rows[0]["ratios"])
    print(f"{'':13}{'turns/s':>8}{'CPU us':>8}{'p50 ms':>8}{'p99 ms':>8}{titles}")
    for row in rows:
        ratios = ("{:.2f} ({:.2f}-{:.2f})".format(*ratio) for ratio in row["ratios"].values())
        numbers = f"{row['name']:13}{row['rate']:8.0f}{row['cpu']:8.0f}{row['p50']:8.3f}{row['p99']:8.3f}"
        print(numbers + "".join(f"{ratio:>18}" for ratio in ratios))


def main() -> None:
    """Runs the comparison and prints it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=1)
    options = parser.parse_args()
    report(compare(options.rounds, options.seconds))


if __name__ == "__main__":
    main()
