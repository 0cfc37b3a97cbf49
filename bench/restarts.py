"""Servers restarted again and again under a steady load of signed turns: none may go unanswered.

    .venv/bin/python -m bench.restarts [--times 200] [--way reload|nginx|caddy]

`reload` replaces the workers of one server (SIGHUP). `nginx` ends one of two servers and starts it anew, by turns,
`caddy` the only one, each behind the proxy with the file in deploy/ (apt-get install nginx-light caddy).
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.support.programs import PROXIES, missing
from tests.support.restarting import WAYS, restarted


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--way", choices=WAYS, action="append")
    arguments = parser.parse_args()
    failed = False
    for way in arguments.way or WAYS:
        if way in PROXIES and (what := missing(way)):
            sys.exit(what)
        with tempfile.TemporaryDirectory() as name:
            found = restarted(way, arguments.times, Path(name))
        print(f"{way}: {', '.join(f'{number:,} {what}' for what, number in sorted(found.items()))}", flush=True)
        failed = failed or bool(found["unanswered"])
    sys.exit(failed)


if __name__ == "__main__":
    main()
