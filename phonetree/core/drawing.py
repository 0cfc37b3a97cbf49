"""An outline drawn: as text for a terminal, as Mermaid for a document, as SVG for a page."""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import shorten
from xml.sax.saxutils import escape

from phonetree.core.outline import Section
from phonetree.core.tree import NodeId

MOST_WORDS = 12
"""As many words of a prompt as say which one it is."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the tree: a node, or what leads to the one below it."""

    depth: int
    section: Section | None
    text: str
    offered: bool = True


def _rows(sections: tuple[Section, ...]) -> Iterator[_Row]:
    """The tree in lines, each node below the key that first leads to it."""
    by_name = {section.node: section for section in sections}
    return _branch(by_name, sections[0].node, 0, set())


def _branch(by_name: dict[NodeId, Section], name: NodeId, depth: int, seen: set[NodeId]) -> Iterator[_Row]:
    section = by_name[name]
    if name in seen:
        yield _Row(depth, None, f"{name} (above)")
        return
    seen.add(name)
    yield _Row(depth, section, f"{name}: {_summary(section)}")
    for entry in section.entries:
        rest = "" if entry.offered else " (not open at this hour)"
        yield _Row(depth + 1, None, f"{entry.key}  {entry.label}{rest}", entry.offered)
        yield from _branch(by_name, entry.node, depth + 2, seen)
    if section.go:
        yield _Row(depth + 1, None, "then")
        yield from _branch(by_name, section.go, depth + 2, seen)


def _summary(section: Section) -> str:
    if section.resource:
        name = next(iter(section.resource.names.values()))
        return f"connects with {name}, {section.resource.number}"
    words = section.says.split()
    said = " ".join(words[:MOST_WORDS]) + (" ..." if len(words) > MOST_WORDS else "")
    return f'{section.kind}, "{said}"' if said else section.kind


# -- text


def as_text(sections: tuple[Section, ...]) -> str:
    """The tree as indented lines."""
    return "".join(f"{_indent(row.depth)}{row.text}\n" for row in _rows(sections))


def _indent(depth: int) -> str:
    """Keys stand two columns in, what they lead to three more."""
    return " " * (depth // 2 * 5 + depth % 2 * 2)


# -- Mermaid


def as_mermaid(sections: tuple[Section, ...]) -> str:
    """The tree as a Mermaid flowchart: keys on solid arrows, what follows by itself on dotted ones."""
    lines = ["flowchart TD"]
    for section in sections:
        lines.append(f'  {_id(section.node)}["{_quoted(f"{section.node}: {_summary(section)}")}"]')
        lines += [
            f'  {_id(section.node)} -- "{entry.key}: {_quoted(entry.label)}" --> {_id(entry.node)}'
            for entry in section.entries
        ]
        if section.go:
            lines.append(f"  {_id(section.node)} -.-> {_id(section.go)}")
    return "\n".join(lines) + "\n"


def _id(name: NodeId) -> str:
    return f"n_{name.replace('-', '_')}"


def _quoted(text: str) -> str:
    return escape(text, {'"': "&quot;"})


# -- SVG

WIDTH = 960
ROW = 30
INDENT = 28
MARGIN = 16
LETTER = 7.2
"""How wide a letter is drawn, at most, in pixels."""

_STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#111}"
    ".box{fill:#fff;stroke:#111}.people{stroke-width:3}.wire{stroke:#555;fill:none}.key{font-weight:700}"
    ".rests{fill:#555;font-style:italic}"
)
_CORNERS = {"menu": 0, "message": 12, "goodbye": 12}
"""Kinds differ in shape, not in colour: menus have corners, words are round, people have thick lines."""


def as_svg(sections: tuple[Section, ...], title: str) -> str:
    """The tree as an SVG image, black on white. Its description is the whole tree as text, for those who listen."""
    rows = list(_rows(sections))
    height = 2 * MARGIN + len(rows) * ROW
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="tree-title tree-text">\n<title id="tree-title">{escape(title)}</title>\n'
        f'<desc id="tree-text">{escape(as_text(sections))}</desc>\n<style>{_STYLE}</style>\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n'
    )
    body = "".join(_drawn(row, _parent(rows, number), number) for number, row in enumerate(rows))
    return f"{head}{body}</svg>\n"


def _parent(rows: list[_Row], number: int) -> int | None:
    above = (before for before in range(number - 1, -1, -1) if rows[before].depth < rows[number].depth)
    return next(above, None)


def _drawn(row: _Row, parent: int | None, number: int) -> str:
    left, middle = MARGIN + row.depth * INDENT // 2, MARGIN + number * ROW + ROW // 2
    text = escape(shorten(row.text, max(12, int((WIDTH - MARGIN - left) / LETTER)), placeholder=" ..."))
    wire = ""
    if parent is not None:
        x, top = left - INDENT // 2 + 7, MARGIN + parent * ROW + ROW - 3
        wire = f'<path class="wire" d="M{x} {top}V{middle}H{left}"/>'
    if row.section is None:
        kind = "key" if row.offered else "rests"
        return f'{wire}<text class="{kind}" x="{left + 4}" y="{middle + 5}">{text}</text>\n'
    people = row.section.kind in ("connect", "transfer", "voicemail")
    corner, width = _CORNERS.get(row.section.kind, 4), WIDTH - MARGIN - left
    full = escape(row.section.says or row.text)
    box = (
        f'<rect class="box{" people" if people else ""}" x="{left}" y="{middle - 12}" width="{width}" '
        f'height="24" rx="{corner}"/>'
    )
    return f'{wire}<g><title>{full}</title>{box}<text x="{left + 8}" y="{middle + 5}">{text}</text></g>\n'
