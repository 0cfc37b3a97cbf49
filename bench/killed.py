"""The collector killed (SIGKILL) at random points, two workers at once, on both databases.

.venv/bin/python -m bench.killed [--times 200] [--seed 0]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.support.databases import KINDS
from tests.support.killing import killed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    worst = 0
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            breaches = killed(kind, Path(folder), arguments.times, arguments.seed)
        worst += len(breaches)
        found = "; ".join(breaches) or "nothing lost, nothing twice, nothing left, nothing in the clear"
        print(f"{kind:<9} {arguments.times} kills in {time.monotonic() - began:.0f} s: {found}", flush=True)
    sys.exit(1 if worst else 0)


if __name__ == "__main__":
    main()
