"""The pictures of docs/performance.md, from the numbers that `python -m bench --save` kept.

.venv/bin/python -m bench.pictures
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

DOCS = Path(__file__).parents[1] / "docs"
NUMBERS = DOCS / "performance.json"
FOLDER = DOCS / "performance"

WIDTH, ROW, LEFT, RIGHT = 640, 28, 190, 130
_STYLE = "font: 14px system-ui, sans-serif"

Bar = tuple[str, float, str]
"""A name, a number, and how that is written."""


def bars(title: str, rows: Iterable[Bar], goal: float | None = None) -> str:
    """Horizontal bars as SVG, readable on light and dark; `goal` is drawn as a line."""
    rows = tuple(rows)
    most = max(number for _, number, _ in rows)
    scale = (WIDTH - LEFT - RIGHT) / max(most, goal or 0)
    height = ROW * (len(rows) + 1) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" style="{_STYLE}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="8" y="20" font-weight="600">{escape(title)}</text>',
    ]
    if goal is not None:
        x = LEFT + goal * scale
        lines.append(f'<path d="M{x:.1f} {ROW}V{height - 8}" stroke="#b3261e" stroke-dasharray="4 3"/>')
    for number, (name, value, written) in enumerate(rows, 1):
        top = ROW * number + 4
        lines += [
            f'<text x="{LEFT - 8}" y="{top + 16}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{max(1.0, value * scale):.1f}" height="{ROW - 8}" fill="#3b6ea5"/>',
            f'<text x="{LEFT + value * scale + 6:.1f}" y="{top + 16}">{escape(written)}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


def pictures(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The name and content of each picture."""
    turns = found["turns"]
    yield "turns", bars("Turns per second, one worker", ((r["name"], r["rate"], f"{r['rate']:,.0f}") for r in turns))
    yield (
        "ratio",
        bars(
            "Turns beside a bare signed Flask view",
            ((r["name"], r["ratios"]["bare"][0], "{:.2f} ({:.2f}-{:.2f})".format(*r["ratios"]["bare"])) for r in turns),
            goal=1.5,
        ),
    )
    yield "p99", bars("99 of 100 turns within ms", ((r["name"], r["p99"], f"{r['p99']:.1f} ms") for r in turns))
    first, *others = found["proof"]
    proof = [("the shipped site", first), *((f"{row['nodes']:,} nodes", row) for row in others)]
    yield "proof", bars("Seconds to prove a site", ((name, r["prove"], f"{r['prove']:.2f} s") for name, r in proof))
    yield "memory", bars("Memory of a proof", ((name, r["megabytes"], f"{r['megabytes']:.0f} MB") for name, r in proof))
    yield (
        "changes",
        bars("Seconds to compare two versions", ((name, r["changes"], f"{r['changes']:.2f} s") for name, r in proof)),
    )
    commands = [each for each in found["startup"]["commands"] if not each[0].endswith(" --help")]
    yield (
        "commands",
        bars(
            'Commands beside python -c "import flask"',
            ((name.removeprefix("-c "), ratio, f"{ratio:.2f} ({ms:.0f} ms)") for name, ratio, ms in commands),
            goal=1.6,
        ),
    )
    heard = (
        ("the shipped site", found["reload"]["shipped"]),
        (f"{found['reload']['nodes']:,} nodes", found["reload"]["large"]),
    )
    yield (
        "reload",
        bars("Seconds until an edit is heard", ((name, each[0], f"{each[0]:.2f} s") for name, each in heard)),
    )


def draw() -> None:
    """Writes every picture."""
    FOLDER.mkdir(exist_ok=True)
    for name, picture in pictures(json.loads(NUMBERS.read_text(encoding="utf-8"))):
        (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    draw()
