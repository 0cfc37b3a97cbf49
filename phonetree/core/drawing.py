"""An outline drawn: as text for a terminal, as Mermaid for a document."""

from collections.abc import Iterator

from phonetree.core.outline import Section
from phonetree.core.tree import NodeId

MOST_WORDS = 12
"""As many words of a prompt as say which one it is."""


def as_text(sections: tuple[Section, ...]) -> str:
    """The tree, each node below the key that first leads to it."""
    by_name = {section.node: section for section in sections}
    return "\n".join(_branch(by_name, sections[0].node, "", set())) + "\n"


def _branch(by_name: dict[NodeId, Section], name: NodeId, indent: str, seen: set[NodeId]) -> Iterator[str]:
    section = by_name[name]
    if name in seen:
        yield f"{indent}{name} (above)"
        return
    seen.add(name)
    yield f"{indent}{name}: {_summary(section)}"
    for entry in section.entries:
        rest = "" if entry.offered else " (not open at this hour)"
        yield f"{indent}  {entry.key}  {entry.label}{rest}"
        yield from _branch(by_name, entry.node, f"{indent}     ", seen)
    if section.go:
        yield f"{indent}  then"
        yield from _branch(by_name, section.go, f"{indent}     ", seen)


def _summary(section: Section) -> str:
    if section.resource:
        name = next(iter(section.resource.names.values()))
        return f"connects with {name}, {section.resource.number}"
    words = section.says.split()
    said = " ".join(words[:MOST_WORDS]) + (" ..." if len(words) > MOST_WORDS else "")
    return f'{section.kind}, "{said}"' if said else section.kind


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
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
