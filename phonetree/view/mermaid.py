"""An outline as Mermaid, for documents."""

from xml.sax.saxutils import escape

from phonetree.core.tree import NodeId
from phonetree.view.outline import Section
from phonetree.view.rows import summary


def as_mermaid(sections: tuple[Section, ...]) -> str:
    """The tree as a Mermaid flowchart: solid arrows for keys, dotted ones for what follows without a key."""
    lines = ["flowchart TD"]
    for section in sections:
        lines.append(f'  {_id(section.node)}["{_quoted(f"{section.node}: {summary(section)}")}"]')
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
