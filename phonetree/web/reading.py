"""The tree as chapters to read: a heading for every choice, and under it what is said there.

A node that a caller comes to without pressing a key stands under the choice that led there. Outside lines are no
chapters; the page lists them apart, once each.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from phonetree.core.tree import Language, NodeId, Resource
from phonetree.core.wording import Piece
from phonetree.view.outline import Section


@dataclass(frozen=True, slots=True)
class Part:
    """A node under a heading. `then` is where its words lead to another heading by themselves."""

    section: Section
    then: NodeId | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """One heading, None where a call begins. The first part is what the choice leads to."""

    heading: Piece | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """Chapters; outside lines in the order in which the choices come to them; for every node its anchor, and the
    heading that it stands under."""

    chapters: tuple[Chapter, ...]
    lines: tuple[Resource, ...]
    anchors: Mapping[NodeId, str]
    headings: Mapping[NodeId, Piece | None]


def reading(sections: Iterable[Section], language: Language) -> Reading:
    """An outline in a language, whose first section is where a call begins, as something to read."""
    sections = tuple(sections)
    labels = _labels(sections)
    heads: dict[NodeId, NodeId] = {}
    chapters: dict[NodeId, list[Section]] = {}
    lines: dict[str, Resource] = {}
    anchors: dict[NodeId, str] = {}
    for section in sections:
        if section.resource:
            lines.setdefault(section.resource.id, section.resource)
            anchors[section.node] = line_anchor(section.resource)
            continue
        head = section.node if section.node in labels else heads[_before(section, sections).node]
        heads[section.node] = head
        chapters.setdefault(head, []).append(section)
        anchors[section.node] = f"at-{section.node}"
    headings = {node: labels[head] for node, head in heads.items()}
    return Reading(
        tuple(Chapter(labels[head], tuple(_parts(parts, heads))) for head, parts in chapters.items()),
        tuple(lines.values()),
        anchors,
        headings | {section.node: first for section in sections if (first := _name(section, language))},
    )


def _parts(sections: Iterable[Section], heads: Mapping[NodeId, NodeId]) -> Iterator[Part]:
    for section in sections:
        same = section.go is not None and heads.get(section.go) == heads[section.node]
        yield Part(section, None if same else section.go)


def line_anchor(line: Resource) -> str:
    """The anchor of an outside line."""
    return f"line-{line.id}"


def _labels(sections: tuple[Section, ...]) -> Mapping[NodeId, Piece | None]:
    """What the first choice that leads to a node is called, for all that choices lead to."""
    labels: dict[NodeId, Piece | None] = {sections[0].node: None}
    for section in sections:
        for entry in section.entries:
            labels.setdefault(entry.node, Piece(entry.label, language=entry.language))
    return labels


def _before(section: Section, sections: tuple[Section, ...]) -> Section:
    """The section that leads to this one without a key. In an outline it comes earlier."""
    return next(each for each in sections if each.go == section.node)


def _name(section: Section, language: Language) -> Piece | None:
    """What the outside line of a section is called, if it is one."""
    if section.resource is None:
        return None
    named, name = next(iter(section.resource.names.items()))
    return Piece(name, language=None if named == language else named)
