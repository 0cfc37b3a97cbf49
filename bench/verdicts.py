"""The proof beside that of an earlier version: the same verdicts, breaches, shortest calls and seconds?

    .venv/bin/python -m bench.verdicts --against COMMIT [--sites 2000] [--seed 1]

Both prove the shipped site, the sites of the tests, every mutation of them and random sites. Prints every difference,
and the seconds that each version took.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from tests.proof.mutations import BREAKING, HARMLESS
from tests.support import trees
from tests.support.lines import ROOT, VPR

WORKER = """
import json, sys, time
from datetime import date
from pathlib import Path
from phonetree.config.numbers import NumberRules
try:
    from phonetree.config.documents import DOCUMENTS
except ImportError:  # in earlier versions
    from phonetree.config.rendering import DOCUMENTS
from phonetree.config.site import load
from phonetree.errors import PhonetreeError
from phonetree.proof.counterexample import replay
from phonetree.proof.prove import prove
rules = NumberRules({f"ADVOCATE_{n}": f"+1617555010{n}" for n in range(1, 5)}, fictional=True)
for line in sys.stdin:
    folder = Path(line.strip())
    began, found = time.process_time(), []
    try:
        site = load(folder, rules).site
        began = time.process_time()
        proof = prove(site, date(2026, 11, 22), DOCUMENTS)
        for verdict in proof.verdicts:
            for breach in verdict.breaches:
                call = str(replay(breach.path, proof.walk, proof.moments)) if breach.path else ""
                found.append([verdict.id, breach.text, breach.node, len(breach.path), call])
        found += [[str(time)] for time in proof.times_to_help]
    except PhonetreeError as error:
        found.append([type(error).__name__])
    print(json.dumps([str(folder), found, time.process_time() - began]), flush=True)
"""


def folders(scratch: Path, count: int, seed: int) -> Iterator[Path]:
    """The folders of all sites."""
    yield ROOT / "config"
    yield from sorted(path for path in (ROOT / "tests" / "sites").iterdir() if (path / "routing.yaml").is_file())
    for number, (_, name, old, new, _) in enumerate((*BREAKING, *HARMLESS)):
        folder = Path(copytree(VPR, scratch / f"mutation-{number}"))
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
        yield folder
    yield from _random(scratch, count, seed)


def _random(scratch: Path, count: int, seed: int) -> list[Path]:
    made: list[Path] = []
    pick = random.Random(seed)  # noqa: S311 -- no secret

    @seeded(seed)
    @settings(max_examples=count, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(trees.sites())
    def make(files: trees.Files) -> None:
        hours, routing = files
        if pick.random() < 0.5:  # a key, a silence or a failure that leads to the wrong place
            routing = _spoilt(routing, pick)
        folder = scratch / f"random-{len(made)}"
        folder.mkdir()
        made.append(trees.write(folder, (hours, routing)))

    make()
    return made


def _spoilt(routing: dict[str, Any], pick: random.Random) -> dict[str, Any]:
    routing = json.loads(json.dumps(routing))
    nodes = [body for node in routing["nodes"].values() for body in node.values()]
    body = pick.choice(nodes)
    ways = [key for key in ("silence", "otherwise", "go", "closed", "after", "open", "holiday") if key in body]
    if ways and isinstance(body[way := pick.choice(ways)], str):
        body[way] = pick.choice(["leave", "bye", "person", "line", "message"])
    return routing


def proved(tree: Path, sites: list[Path]) -> list[list[Any]]:
    """What the version in a tree finds."""
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", WORKER],
        input="\n".join(map(str, sites)),
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        check=True,
        capture_output=True,
        text=True,
    )
    return [json.loads(line) for line in run.stdout.splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--against", required=True)
    parser.add_argument("--sites", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        earlier = Path(name) / "earlier"
        earlier.mkdir()
        archive = subprocess.run(["git", "archive", options.against], cwd=ROOT, check=True, capture_output=True)  # noqa: S603, S607
        subprocess.run(["tar", "x"], cwd=earlier, input=archive.stdout, check=True)  # noqa: S607
        sites = list(folders(Path(name), options.sites, options.seed))
        with ThreadPoolExecutor() as pool:
            before, now = pool.map(lambda tree: proved(tree, sites), (earlier, ROOT))
        broken = sum(any(len(each) > 1 for each in found) for _, found, _ in now)
        for (folder, was, _), (_, found, _) in zip(before, now, strict=True):
            if was != found:
                print(f"{Path(folder).name} differs:")
                print("\n".join(f"  - {each}" for each in was if each not in found))
                print("\n".join(f"  + {each}" for each in found if each not in was))
        differ = sum(one[1] != other[1] for one, other in zip(before, now, strict=True))
        seconds = [sum(each[2] for each in found) for found in (before, now)]
    print(
        f"{len(sites)} sites, {broken} with a broken promise; {differ} differ; {seconds[0]:.1f} s, {seconds[1]:.1f} s"
    )


if __name__ == "__main__":
    main()
