"""An outline as SVG, for pages."""

from textwrap import shorten
from typing import assert_never
from xml.sax.saxutils import escape

from phonetree.core.tree import NodeKind
from phonetree.view.outline import Section
from phonetree.view.rows import Row, rows
from phonetree.view.text import as_text

WIDTH = 960
ROW = 30
INDENT = 28
MARGIN = 16
LETTER = 7.2
"""The greatest width of a letter in pixels."""

_STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#111}"
    ".box{fill:#fff;stroke:#111}.people{stroke-width:3}.wire{stroke:#555;fill:none}.key{font-weight:700}"
    ".closed{fill:#555;font-style:italic}"
)


def as_svg(sections: tuple[Section, ...], title: str) -> str:
    """The tree as an SVG image, black on white. Its description is the whole tree as text, for screen readers."""
    lines = list(rows(sections))
    height = 2 * MARGIN + len(lines) * ROW
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="tree-title tree-text">\n<title id="tree-title">{escape(title)}</title>\n'
        f'<desc id="tree-text">{escape(as_text(sections))}</desc>\n<style>{_STYLE}</style>\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n'
    )
    body = "".join(_drawn(row, _parent(lines, number), number) for number, row in enumerate(lines))
    return f"{head}{body}</svg>\n"


def shape(kind: NodeKind) -> tuple[str, int]:
    """The class of a node's box, and the radius of its corners. Kinds differ in shape, not in colour."""
    match kind:
        case NodeKind.MENU:
            return "box", 0
        case NodeKind.MESSAGE | NodeKind.GOODBYE:
            return "box", 12
        case NodeKind.CONNECT | NodeKind.TRANSFER | NodeKind.VOICEMAIL:
            return "box people", 4
        case NodeKind.HOURS:
            return "box", 4
        case _:
            assert_never(kind)


def _parent(lines: list[Row], number: int) -> int | None:
    above = (before for before in range(number - 1, -1, -1) if lines[before].depth < lines[number].depth)
    return next(above, None)


def _drawn(row: Row, parent: int | None, number: int) -> str:
    left, middle = MARGIN + row.depth * INDENT // 2, MARGIN + number * ROW + ROW // 2
    text = escape(shorten(row.text, max(12, int((WIDTH - MARGIN - left) / LETTER)), placeholder=" ..."))
    wire = ""
    if parent is not None:
        x, top = left - INDENT // 2 + 7, MARGIN + parent * ROW + ROW - 3
        wire = f'<path class="wire" d="M{x} {top}V{middle}H{left}"/>'
    if row.section is None:
        kind = "key" if row.offered else "closed"
        return f'{wire}<text class="{kind}" x="{left + 4}" y="{middle + 5}">{text}</text>\n'
    look, corner = shape(row.section.kind)
    width = WIDTH - MARGIN - left
    full = escape(row.section.says or row.text)
    box = f'<rect class="{look}" x="{left}" y="{middle - 12}" width="{width}" height="24" rx="{corner}"/>'
    return f'{wire}<g><title>{full}</title>{box}<text x="{left + 8}" y="{middle + 5}">{text}</text></g>\n'
