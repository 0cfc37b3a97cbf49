"""How soon a command begins, how soon a started server answers, and how much memory its workers take.

    .venv/bin/python -m bench.startup [--rounds 9] [--starts 5]

Each command is run beside `python -c "import flask"`, in alternating rounds: a number is the median of its ratios to
the run of Flask in the same round. `serve` is measured from the start of its process to the end of the first answer to
a signed `POST /voice`: as a new demo (its database and key are made, too), as a demo that ran before, and as a usual
server with a database in SQLite. The memory is that of a worker after `TURNS` turns and a while, from
/proc/PID/smaps_rollup (Linux): RSS counts what is shared with other processes fully, PSS in proportion.

Everything is compiled once, in the first round or start, which does not count.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from phonetree.commands import NAMES
from phonetree.simulator.transport import sign
from tests.support.programs import free_port

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable
FLASK = ("-c", "import flask")
MOST_RATIO = 1.6
"""What a command may take beside Flask."""

NEW, USUAL = "new demo", "usual"

TURNS = 200
SETTLE_SECONDS = 8.0
"""Until a started server has proven its site, polled its overrides, gone through a round and called itself."""

MB = 1024  # smaps_rollup has kilobytes

_NOT_PASSED = ("PHONETREE_", "TWILIO_", "PYTHONDONTWRITEBYTECODE")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED)} | {
    "PYTHONPATH": str(ROOT),
    "PHONETREE_CONFIG": str(ROOT / "config"),
}


def commands() -> list[tuple[str, ...]]:
    """What is measured: the commands that only look, and the help of every command."""
    program = ("-m", "phonetree")
    looking = ("hours",), ("tree",), ("--help",)
    return [(*program, *each) for each in (*looking, *((name, "--help") for name in NAMES))]


def seconds(command: tuple[str, ...], folder: Path) -> float:
    """How long a command takes."""
    began = time.perf_counter()
    subprocess.run([PYTHON, *command], check=True, stdout=subprocess.DEVNULL, cwd=folder, env=ENVIRONMENT)  # noqa: S603
    return time.perf_counter() - began


def ratios(rounds: int, folder: Path) -> Iterator[tuple[str, float, float]]:
    """Each command, its median ratio to Flask and its median in milliseconds."""
    every = [FLASK, *commands()]
    taken: dict[tuple[str, ...], list[float]] = {command: [] for command in every}
    for number in range(rounds + 1):
        for command in every:
            took = seconds(command, folder)
            if number:  # the first one warms the machine
                taken[command].append(took)
    for command, all_ in taken.items():
        ratio = statistics.median(took / flask for took, flask in zip(all_, taken[FLASK], strict=True))
        yield " ".join(command).removeprefix("-m phonetree "), ratio, statistics.median(all_) * 1000


@contextmanager
def started(folder: Path, port: int, options: tuple[str, ...], more: Mapping[str, str]) -> Iterator[int]:
    """The process of a server that has just been started."""
    environment = ENVIRONMENT | dict(more) | ({"PHONETREE_PUBLIC_URL": f"http://127.0.0.1:{port}"} if more else {})
    arguments = [PYTHON, "-m", "phonetree", "serve", *options, "--port", str(port)]
    process = subprocess.Popen(arguments, cwd=folder, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def turn(port: int, token: str) -> bool:
    """Whether the beginning of a call is answered."""
    fields = {"CallSid": "CA" + "0" * 32, "From": "+16175550123", "CallStatus": "ringing"}
    url = f"http://127.0.0.1:{port}/voice"
    try:
        answer = requests.post(url, fields, headers={"X-Twilio-Signature": sign(token, url, fields)}, timeout=10)
    except requests.ConnectionError:
        return False
    assert answer.status_code == 200, answer.status_code
    return b"<Response>" in answer.content


def token_of(folder: Path, port: int) -> str:
    """The token of a demo; "" before it has written its file."""
    try:
        return str(json.loads((folder / f"var/demo/{port}/demo.json").read_text(encoding="utf-8"))["token"])
    except (OSError, ValueError):
        return ""


def first_answer(folder: Path, port: int, token: str, began: float) -> float:
    """Seconds until a call is answered."""
    while not ((known := token or token_of(folder, port)) and turn(port, known)):
        assert time.perf_counter() - began < 30, "the server does not answer"
        time.sleep(0.005)
    return time.perf_counter() - began


def worker_of(server: int) -> int:
    """The process of a server that answers calls: the child that was not started as another program."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
    ours = Path(f"/proc/{server}/cmdline").read_bytes()
    (worker,) = (int(child) for child in children if Path(f"/proc/{child}/cmdline").read_bytes() == ours)
    return worker


def memory(process: int) -> tuple[float, float]:
    """RSS and PSS in MB."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    found = {name: int(rest.split()[0]) for line in lines[1:] for name, _, rest in [line.partition(":")]}
    return found["Rss"] / MB, found["Pss"] / MB


def serve(way: str, starts: int, scratch: Path) -> Iterator[tuple[float, float, float]]:
    """The seconds to the first answer, and the RSS and PSS of the worker, of each start."""
    token = "0" * 32
    settings = {
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": token,
        "PHONETREE_PROVIDER_URL": "http://127.0.0.1:9",
        "PHONETREE_DEMO": "1",  # fictional numbers may be rung
        "ADVOCATE_1": "+16175550101",
        "ADVOCATE_2": "+16175550102",
    }
    usual = way == USUAL
    folder = scratch / way
    folder.mkdir()
    port = free_port()
    if usual:
        subprocess.run([PYTHON, "-m", "phonetree", "migrate"], check=True, cwd=folder, env=ENVIRONMENT)  # noqa: S603
    for number in range(starts + 1):
        if way == NEW:
            shutil.rmtree(folder / "var", ignore_errors=True)
        began = time.perf_counter()
        with started(folder, port, () if usual else ("--demo",), settings if usual else {}) as server:
            took = first_answer(folder, port, token if usual else "", began)
            if not number:  # the first one compiles
                continue
            known = token if usual else token_of(folder, port)
            assert all(turn(port, known) for _ in range(TURNS))
            time.sleep(SETTLE_SECONDS)
            yield (took, *memory(worker_of(server)))


def results(rounds: int, starts: int) -> dict[str, Any]:
    """Of each command its ratio to Flask and milliseconds; of each way to serve the seconds until the first answer,
    and the RSS and PSS of a worker in MB. Medians."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        ENVIRONMENT["PYTHONPYCACHEPREFIX"] = str(scratch / "compiled")
        served = {
            way: [statistics.median(each) for each in zip(*serve(way, starts, scratch), strict=True)]
            for way in ((NEW, "demo", USUAL) if starts else ())
        }
        return {"commands": list(ratios(rounds, scratch)) if rounds else [], "serve": served}


def report(found: dict[str, Any]) -> bool:
    """Prints them; whether a command is slower than it may be."""
    for command, ratio, milliseconds in found["commands"]:
        print(f"{command:20}{ratio:6.2f}{milliseconds:8.0f} ms{'  too slow' if ratio > MOST_RATIO else ''}")
    for way, (first, rss, pss) in found["serve"].items():
        print(f"serve ({way}): first answer after {first:.2f} s, a worker has {rss:.0f} MB (PSS {pss:.0f} MB)")
    return any(ratio > MOST_RATIO for _, ratio, _ in found["commands"])


def main() -> None:
    """Measures and prints; fails when a command is slower than it may be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--starts", type=int, default=5)
    options = parser.parse_args()
    sys.exit(report(results(options.rounds, options.starts)))


if __name__ == "__main__":
    main()
