"""An outline as lines, for text and SVG."""

from collections.abc import Iterator
from dataclasses import dataclass

from phonetree.core.schedule import first_name
from phonetree.core.tree import NodeId
from phonetree.view.outline import Section

MOST_WORDS = 12
"""How many words of a prompt identify it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the tree: a node, or what leads to the node below it."""

    depth: int
    section: Section | None
    text: str
    offered: bool = True


def rows(sections: tuple[Section, ...]) -> Iterator[Row]:
    """The tree as lines, each node below the key that first leads to it."""
    by_name = {section.node: section for section in sections}
    return _branch(by_name, sections[0].node, 0, set())


def _branch(by_name: dict[NodeId, Section], name: NodeId, depth: int, seen: set[NodeId]) -> Iterator[Row]:
    section = by_name[name]
    if name in seen:
        yield Row(depth, None, f"{name} (above)")
        return
    seen.add(name)
    yield Row(depth, section, f"{name}: {summary(section)}")
    for entry in section.entries:
        closed = "" if entry.offered else " (not open at this hour)"
        yield Row(depth + 1, None, f"{entry.key}  {entry.label}{closed}", entry.offered)
        yield from _branch(by_name, entry.node, depth + 2, seen)
    if section.go:
        yield Row(depth + 1, None, "then")
        yield from _branch(by_name, section.go, depth + 2, seen)


def summary(section: Section) -> str:
    """A node in one line: its kind and first words, or whom it reaches."""
    if section.resource:
        name = first_name(section.resource.names)
        return f"connects with {name}, {section.resource.number}"
    words = section.says.split()
    said = " ".join(words[:MOST_WORDS]) + (" ..." if len(words) > MOST_WORDS else "")
    return f'{section.kind}, "{said}"' if said else section.kind
