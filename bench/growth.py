"""How the proof grows, and what `changes` takes: seconds and memory for the shipped site (0) and larger ones.

    .venv/bin/python -m bench.growth [--sizes 0,10,100,1000,5000]

Each site is proved in a process of its own, on one core. The sites are trees of menus: under each there is
an outside line, a message, a voicemail, a team, and two more menus; every word in two languages.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from shutil import copytree
from typing import Any

from phonetree.config.documents import DOCUMENTS
from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.diff.changes import changes
from phonetree.proof.prove import prove

ROOT = Path(__file__).parents[1]

SINCE = date(2026, 11, 23)
EARLIER = ("hours.yaml", "9:00-17:00", "9:00-16:00")
FEWER_TRIES = ("routing.yaml", "tries: 2", "tries: 1")


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


def written(folder: Path, count: int, label: str = "for choice") -> Path:
    """The files of a site of about `count` nodes."""
    hours = {"timezone": "America/New_York", "open": {"monday-friday": "9:00-17:00"}, "holidays": {"calendars": ["US"]}}
    folder.mkdir()
    (folder / "hours.yaml").write_text(json.dumps(hours))
    (folder / "routing.yaml").write_text(json.dumps(routing(count)).replace("for choice 0", f"{label} 0"))
    return folder


def shipped(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """The files of the shipped site, with edits: in a file, what stands there and what is written instead."""
    copytree(ROOT / "config", folder)
    for name, old, new in edits:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text, f"'{old}' is not in {name}"
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    return folder


def measure(count: int) -> dict[str, Any]:
    """Proves one site (0: the shipped one), and compares it with an edited one, here."""
    rules = NumberRules({"ADVOCATE_1": "+16175550101", "ADVOCATE_2": "+16175550102"}, fictional=True)
    with tempfile.TemporaryDirectory() as name:
        folder, edited = Path(name) / "site", Path(name) / "edited"
        if count:
            both = written(folder, count), written(edited, count, "to choose")
        else:
            both = shipped(folder), shipped(edited, EARLIER, FEWER_TRIES)
        before = time.perf_counter()
        site = load(both[0], rules).site
        loaded = time.perf_counter()
        proof = prove(site, SINCE, DOCUMENTS)
        proved = time.perf_counter()
        megabytes = _peak_megabytes()
        row = {
            "nodes": len(site.nodes),
            "turns": proof.turns,
            "load": loaded - before,
            "prove": proved - loaded,
            "megabytes": megabytes,
            "broken": [verdict.id for verdict in proof.verdicts if not verdict.kept],
        }
        del proof
        other = load(both[1], rules).site
        before = time.perf_counter()
        found = changes(site, other, SINCE)
        row["changes"] = time.perf_counter() - before
        assert found
    return row


def _peak_megabytes() -> float:
    """The most memory that this process had (`getrusage` would begin with that of the process which started it)."""
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def results(sizes: Iterable[int], rounds: int = 1) -> list[dict[str, Any]]:
    """Each size, proved in a process of its own: medians of so many rounds."""
    return [_median([_apart(size) for _ in range(rounds)]) for size in sizes]


def _apart(size: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.growth", "--one", str(size)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def _median(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return rows[0] | {
        name: statistics.median(row[name] for row in rows) for name in ("load", "prove", "megabytes", "changes")
    }


def report(rows: list[dict[str, Any]]) -> None:
    """The table."""
    print(f"{'nodes':>6}{'turns':>12}{'load s':>9}{'prove s':>9}{'us/turn':>9}{'MB':>7}{'changes s':>11}  broken")
    for row in rows:
        print(
            f"{row['nodes']:>6,}{row['turns']:>12,}{row['load']:>9.2f}{row['prove']:>9.2f}"
            f"{1e6 * row['prove'] / row['turns']:>9.0f}{row['megabytes']:>7.0f}{row['changes']:>11.2f}  "
            f"{', '.join(row['broken'])}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="0,10,100,1000,5000")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(measure(arguments.one)))
        return
    report(results(map(int, arguments.sizes.split(","))))


if __name__ == "__main__":
    main()
