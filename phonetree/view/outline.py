"""The tree as text: what each node says, its keys, and whom it reaches.

For the public page (for those who cannot hear the line), and for staff.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from phonetree.core.schedule import Kind
from phonetree.core.tree import (
    Connect,
    Goodbye,
    GoTo,
    HoursNode,
    Language,
    Menu,
    Message,
    NodeId,
    NodeKind,
    Prompt,
    Resource,
    Site,
    Transfer,
    Voicemail,
)
from phonetree.core.wording import Piece, Speaker, sentence


@dataclass(frozen=True, slots=True)
class Entry:
    """One key: its label, the first node that it leads to other than hours nodes, and whether it is offered now.
    `language` is that of the label, if it is not the reader's."""

    key: str
    label: str
    node: NodeId
    offered: bool = True
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One node: its words in pieces, some of which are links. `kind` is the node's; `go` is where it leads without a
    key."""

    node: NodeId
    kind: NodeKind
    pieces: tuple[Piece, ...]
    entries: tuple[Entry, ...] = ()
    go: NodeId | None = None
    resource: Resource | None = None

    @property
    def says(self) -> str:
        """Its words."""
        return "".join(piece.text for piece in self.pieces)


def outline(site: Site, language: Language, now: datetime) -> tuple[Section, ...]:
    """The sections that a call at `now` can reach, in the order in which a caller would encounter them."""
    reader = _Reader(site, language, now)
    waiting, seen = [reader.begin()], {reader.begin()}
    sections: list[Section] = []
    while waiting:
        section = reader.section(waiting.pop(0))
        sections.append(section)
        for after in (*(entry.node for entry in section.entries), *((section.go,) if section.go else ())):
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return tuple(sections)


@dataclass(frozen=True, slots=True)
class _Reader:
    site: Site
    language: Language
    now: datetime

    def begin(self) -> NodeId:
        return self.settle(self.site.start[self._kind()])

    def _kind(self) -> Kind:
        return self.site.schedule.status(self.now).kind

    def settle(self, node: NodeId) -> NodeId:
        """The node that a call reaches at this moment, past any hours nodes."""
        stop = self.site.nodes[node]
        return self.settle(stop.go[self._kind()]) if isinstance(stop, HoursNode) else node

    def section(self, name: NodeId) -> Section:
        node = self.site.nodes[name]
        kind = node.kind
        match node:
            case Menu(say=say):
                return Section(name, kind, self._pieces(say), tuple(self._entries(node)))
            case Message(say=say, go=go):
                return Section(name, kind, self._pieces(say), go=self.settle(go))
            case Connect(otherwise=otherwise, say=say):
                return Section(name, kind, self._pieces(say), go=self.settle(otherwise))
            case Transfer(resource=resource):
                return Section(name, kind, (), resource=self._line(resource))
            case Voicemail(say=say):
                return Section(name, kind, self._pieces(say))
            case Goodbye(say=say):
                return Section(name, kind, self._pieces(say))
            case HoursNode():
                return self.section(self.settle(name))
            case _:
                assert_never(node)

    def _line(self, name: str) -> Resource:
        line = self.site.resources[name]
        language = self._speak.of(line.names).language
        return replace(line, names={language: sentence(line.names[language])})

    def _pieces(self, prompt: Prompt | None) -> tuple[Piece, ...]:
        return tuple(self._speak.pieces(prompt)) if prompt else ()

    @property
    def _speak(self) -> Speaker:
        return Speaker(self.site, self.language, self.now)

    def _entries(self, menu: Menu) -> Iterator[Entry]:
        for choice in menu.choices:
            if isinstance(choice.target, GoTo):
                speak = self._speak.of(choice.label)
                yield Entry(
                    choice.key,
                    sentence(speak.text(choice.label)),
                    self.settle(choice.target.node),
                    self.site.offers(choice, self.now),
                    None if speak.language == self.language else speak.language,
                )
