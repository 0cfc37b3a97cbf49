"""Everything that docs/performance.md shows, measured by one command.

    .venv/bin/python -m bench [--small] [--save]

It installs what it compares with (wrk from Debian, gunicorn from PyPI) and takes a quarter of an hour; use a machine
that does nothing else. `--save` keeps the numbers in docs/performance.json and draws the pictures anew. `--small` only
shows that everything runs.
"""

import argparse
import json
from typing import Any

from bench import growth, pictures, reload, startup, turns


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    small = options.small
    found: dict[str, Any] = {
        "turns": turns.compare(*((1, 1, (10,)) if small else (7, 1, (10, 1_000, 10_000))), warm=not small),
        "proof": growth.results((0, 10) if small else (0, 100, 1_000, 5_000), 1 if small else 3),
        "startup": startup.results(*((0, 0) if small else (5, 5))),
        "reload": reload.results(*((10, 1, 1.0) if small else (1_000, 3))),
    }
    turns.report(found["turns"])
    growth.report(found["proof"])
    startup.report(found["startup"])
    reload.report(found["reload"])
    if options.save:
        pictures.NUMBERS.write_text(json.dumps(found, indent=1), encoding="utf-8")
        pictures.draw()


if __name__ == "__main__":
    main()
