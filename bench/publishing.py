"""The console killed (SIGKILL) at random points while it publishes, and servers, under callers without a pause.

.venv/bin/python -m bench.publishing [--times 200] [--seed 0]
"""

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.support.programs import until
from tests.support.published import House, Staff, killed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        house = House(Path(folder), stack)
        staff = Staff(house, stack)
        began = time.monotonic()
        with house.busy(0) as heard:
            outcome = killed(house, staff, arguments.times, restart=True, seed=arguments.seed)
            newest, _ = staff.newest
            until(lambda: house.revisions() == {newest.revision}, "every server follows")
    breaches = [*outcome.breaches, *(f"a call heard {each}" for each in heard.said.values() if len(each) > 1)]
    print(f"{arguments.times} kills in {time.monotonic() - began:.0f} s, {outcome.published} published all the same;")
    print(f"{heard.turns:,} turns, none unanswered; {'; '.join(breaches) or 'nothing half, no menu changed'}")
    sys.exit(1 if breaches else 0)


if __name__ == "__main__":
    main()
