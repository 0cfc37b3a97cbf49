"""A mailbox of many messages: how quick listing is, and whether the collector's memory stays flat.

    .venv/bin/python -m bench.mailbox [--messages 10000]

Voicemails of ten seconds are collected from the test provider; memory is that of the collecting process alone. One
long message is collected at the end: its sound is held nowhere in one piece.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

from phonetree.mailbox.collector import Collector
from phonetree.mailbox.sealing import read_public_key
from phonetree.provider.rest import Provider
from phonetree.simulator.provider import TestProvider, serve
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.voicemails import Voicemails
from tests.support.databases import KINDS, address
from tests.support.mail import ACCOUNT, HELPLINE, TOKEN, pair

BATCH = 500
LONG_SECONDS = 3600


def provider(waiting: int, address_file: Path, orders: "multiprocessing.Queue[int]") -> None:
    """Holds a batch of messages whenever it is asked to."""
    made = TestProvider(ACCOUNT, TOKEN)
    address_file.write_text(serve(made))
    short = made.leave("CA" + "0" * 32, 10)
    made.recordings.clear()
    number = 0
    while (seconds := orders.get()) >= 0:
        for _ in range(waiting if not seconds else 1):
            number += 1
            held = made.leave(f"CA{number:032x}", 1)
            held.sound = short.sound if not seconds else bytes(16000 * seconds)
            held.seconds = seconds or 10
        address_file.with_suffix(".done").touch()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(kind: str, messages: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        orders: multiprocessing.Queue[int] = multiprocessing.Queue()
        where, done = folder / "address", folder / "address.done"
        process = multiprocessing.Process(target=provider, args=(BATCH, where, orders), daemon=True)
        process.start()
        while not where.exists() or not where.read_text():
            time.sleep(0.05)
        store = Store(address(kind, folder))
        migrate(store)
        kept = Voicemails(store)
        public = (read_public_key(pair()[2].public, "advocates"),)
        collector = Collector(Provider(where.read_text(), ACCOUNT, TOKEN), kept, lambda: HELPLINE, lambda: public, True)

        def collect(seconds: int) -> float:
            done.unlink(missing_ok=True)
            orders.put(seconds)
            while not done.exists():
                time.sleep(0.05)
            began = time.perf_counter()
            collector.round(int(time.time()))
            return time.perf_counter() - began

        spent = 0.0
        for batch in range(messages // BATCH):
            spent += collect(0)
            if batch in (0, messages // BATCH - 1):
                timed = []
                for _ in range(20):
                    began = time.perf_counter()
                    shown = len(kept.listed())
                    timed.append(time.perf_counter() - began)
                number = (batch + 1) * BATCH
                print(
                    f"{kind:<9}{number:>7,} messages: listing {shown} takes {1000 * sorted(timed)[10]:.1f} ms, "
                    f"collecting {1000 * spent / number:.1f} ms each, peak memory {_peak():.0f} MB",
                    flush=True,
                )
        took = collect(LONG_SECONDS)
        size = 16 * LONG_SECONDS / 1000
        print(f"{kind:<9}a message of {LONG_SECONDS} s ({size:.0f} MB): {took:.1f} s, peak memory {_peak():.0f} MB")
        orders.put(-1)
        store.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kind", choices=KINDS)
    arguments = parser.parse_args()
    for kind in [arguments.kind] if arguments.kind else KINDS:
        child = multiprocessing.get_context("spawn").Process(target=measure, args=(kind, arguments.messages))
        child.start()
        child.join()


if __name__ == "__main__":
    main()
