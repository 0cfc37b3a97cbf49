"""How the proof grows: seconds and memory for sites of 10, 100, 1,000 and 5,000 nodes.

    .venv/bin/python -m bench.growth [--sizes 10,100,1000,5000]

Each site is proved in a process of its own, on one core. The sites are trees of menus: under each there is
an outside line, a message, a voicemail, a team, and two more menus; every word in two languages.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.proof.prove import prove

SINCE = date(2026, 11, 23)


def words(text: str) -> dict[str, str]:
    return {"en": text, "es": text}


def nodes(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """About `count` nodes: menu n leads to menus 2n + 1 and 2n + 2."""
    menus = max(1, (count - 4) // 5)
    for n in range(menus):
        targets = [f"team_{n}", f"line_{n}", f"about_{n}", f"voicemail_{n}"]
        targets += [f"menu_{child}" for child in (2 * n + 1, 2 * n + 2) if child < menus][:1]
        keys = {str(key): {"label": words(f"for choice {n}"), "go": node} for key, node in enumerate(targets, 1)}
        after = f"menu_{2 * n + 2 if 2 * n + 2 < menus else n}"  # so menus stay at five choices
        yield f"menu_{n}", {"menu": {"say": words(f"This is menu {n}."), "choices": keys, "mention": ["8", "0"]}}
        line = "evening" if n % 2 else "line"
        yield f"line_{n}", {"transfer": {"resource": line, "otherwise": f"voicemail_{n}"}}
        yield f"about_{n}", {"message": {"say": words(f"These are the words of {n}."), "go": after}}
        yield f"voicemail_{n}", {"voicemail": {"say": words("Leave a message."), "go": "goodbye"}}
        yield f"team_{n}", {"connect": {"team": "team", "closed": f"line_{n}", "otherwise": f"voicemail_{n}"}}
    yield "person", {"hours": {"open": "team_0", "closed": "line_0", "holiday": "line_0"}}
    yield "goodbye", {"goodbye": {"say": words("Goodbye.")}}


def routing(count: int) -> dict[str, Any]:
    """routing.yaml of a site of about `count` nodes."""
    members = [{"name": f"Member {n}", "number": f"+1617555011{n}"} for n in range(3)]
    evening = {"monday-friday": "8:00-20:00"}
    return {
        "helpline": {"name": "A helpline", "number": "+16175550100"},
        "languages": {"en": {"voice": "Polly.Joanna-Neural"}, "es": {"voice": "Polly.Lupe-Neural"}},
        "start": dict.fromkeys(("open", "closed", "holiday"), "menu_0"),
        "last_resort": "line",
        "always": {"0": {"label": words("to speak with a person"), "go": "person"}, "8": {"language": "es"}},
        "teams": {"team": {"ring": "together", "seconds": 20, "longest_wait": 60, "members": members}},
        "resources": {
            "line": {"name": "the line", "number": "+16175550120", "open": "always", "confidential": True,
                     "verified": "2026-11-01"},
            "evening": {"name": "the evening line", "number": "+16175550121", "open": evening, "confidential": True,
                        "verified": "2026-11-01"},
        },
        "nodes": dict(nodes(count)),
    }  # fmt: skip


def measure(count: int) -> dict[str, Any]:
    """Proves one site, here."""
    hours = {"timezone": "America/New_York", "open": {"monday-friday": "9:00-17:00"}, "holidays": {"calendars": ["US"]}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "hours.yaml").write_text(json.dumps(hours))
        (folder / "routing.yaml").write_text(json.dumps(routing(count)))
        before = time.perf_counter()
        site = load(folder, NumberRules({}, fictional=True)).site
        loaded = time.perf_counter()
        proof = prove(site, SINCE)
        proved = time.perf_counter()
    return {
        "nodes": len(site.nodes),
        "turns": proof.turns,
        "load": loaded - before,
        "prove": proved - loaded,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "broken": [verdict.id for verdict in proof.verdicts if not verdict.kept],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="10,100,1000,5000")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one)))
        return
    print(f"{'nodes':>6}{'turns':>12}{'load s':>9}{'prove s':>9}{'us/turn':>9}{'MB':>7}  broken")
    for size in arguments.sizes.split(","):
        command = [sys.executable, "-m", "bench.growth", "--one", size]
        row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
        print(
            f"{row['nodes']:>6,}{row['turns']:>12,}{row['load']:>9.1f}{row['prove']:>9.1f}"
            f"{1e6 * row['prove'] / row['turns']:>9.0f}{row['megabytes']:>7.0f}  {', '.join(row['broken'])}",
            flush=True,
        )


if __name__ == "__main__":
    main()
