"""The collector killed at random points of its work, again and again.

    python -m tests.support.killing PROVIDER DATABASE KEY

forks two workers for each line that it reads, kills both (SIGKILL) after the milliseconds on that line, and
answers with a line.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from phonetree.errors import PhonetreeError
from phonetree.mailbox.collector import Collector
from phonetree.mailbox.sealing import read_public_key
from phonetree.provider.rest import Provider
from phonetree.store.database import Store
from phonetree.store.voicemails import Voicemails
from tests.support.lines import ROOT
from tests.support.mail import ACCOUNT, HELPLINE, TOKEN, Mailbox, mailbox, pair

WORKERS = 2
LONGEST_MILLISECONDS = 250
SLICE = 48
"""Bytes of sound that are looked for on the disk."""


def killed(kind: str, folder: Path, times: int, seed: int = 0) -> list[str]:
    """Leaves a message or two before each of `times` kills; every breach of what the collector promises."""
    choose = random.Random(seed)  # noqa: S311 -- for a test
    (folder / "tmp").mkdir()
    (folder / "key.pem").write_bytes(pair()[2].public)
    left: list[bytes] = []
    with mailbox(kind, folder) as box:
        address = box.store.engine.url.render_as_string(hide_password=False)
        command = [sys.executable, "-m", __name__, box.url, address, str(folder / "key.pem")]
        environ = {**os.environ, "TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(ROOT)}
        forker = subprocess.Popen(  # noqa: S603
            command, cwd=folder, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with forker:
            for number in range(times):
                left += [box.leave(2, f"CA{number:030x}{one:02x}").sound for one in range(choose.randint(1, 2))]
                assert forker.stdin
                assert forker.stdout
                forker.stdin.write(f"{choose.uniform(0, LONGEST_MILLISECONDS)}\n")
                forker.stdin.flush()
                forker.stdout.readline()
            forker.stdin.close()  # type: ignore[union-attr]
        breaches = _on_disk(folder, left)
        _finish(box)
        return breaches + _missing(box, left)


def _finish(box: Mailbox) -> None:
    now = int(time.time())
    for later in (0, 100_000):
        box.collector.round(now + later)


def _missing(box: Mailbox, left: list[bytes]) -> list[str]:
    kept = sorted(box.sound(message.id) for message in box.voicemails.listed(limit=100_000))
    breaches = []
    if kept != sorted(left):
        lost, extra = len(set(left) - set(kept)), len(kept) - len(set(kept))
        breaches.append(f"{lost} of {len(left)} messages lost, {extra} kept twice")
    if box.provider.recordings or box.provider.calls:
        held, calls = len(box.provider.recordings), len(box.provider.calls)
        breaches.append(f"{held} recordings and {calls} records of calls left at the provider")
    return breaches


def _on_disk(folder: Path, left: list[bytes]) -> list[str]:
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    middle = [sound[len(sound) // 2 : len(sound) // 2 + SLICE] for sound in left]
    return [
        f"sound of a message in the clear, {len(data)} bytes" for data in files if any(one in data for one in middle)
    ]


def _work(url: str, database: str, key: str) -> None:
    """Rounds until it is killed."""
    public = (read_public_key(Path(key).read_bytes(), "advocates"),)
    voicemails = Voicemails(Store(database))
    collector = Collector(Provider(url, ACCOUNT, TOKEN), voicemails, lambda: HELPLINE, lambda: public)
    while True:
        try:
            collector.round(int(time.time()))
        except PhonetreeError:
            continue  # the other one was quicker, or has the lock


def _fork(arguments: list[str]) -> None:
    for line in sys.stdin:
        children = []
        for _ in range(WORKERS):
            child = os.fork()
            if not child:
                _work(*arguments)
            children.append(child)
        time.sleep(float(line) / 1000)
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        print("killed", flush=True)  # noqa: T201 -- the answer


if __name__ == "__main__":
    _fork(sys.argv[1:])
