"""Where the values of a YAML file stand in its text, by the parser that the compiler reads with."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

BOM = "\ufeff"

Path = tuple[str | int, ...]
"""The way to a value from the whole file: keys of tables, and numbers in lists, from 0."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_COMMENT = re.compile(r"(?:^|(?<=[\s,\[\]{}]))#[^\r\n]*", re.MULTILINE)


class ByHandError(Exception):
    """This cannot be done to the text safely; the text says why, `line` where. Lines count from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands: from `begin` to before `end`, which comes right after its last character."""

    begin: int
    end: int
    place: tuple[int, int]
    flow: bool = True
    """Whether it is written in brackets or braces; true of single values."""
    inside: bool = False
    """Whether it stands between brackets or braces."""
    items: tuple["Node", ...] = ()
    keys: tuple[str, ...] | None = None
    """Of a table; its `items` are then key, value, key, value."""
    value: str | None = None
    """Of a single value: what it says."""
    style: str = ""
    """Of a single value: its quotes, | or >, or nothing."""

    @property
    def length(self) -> int:
        """How many entries a table or a list has."""
        return len(self.items) if self.keys is None else len(self.keys)

    def entry(self, number: int) -> tuple["Node", "Node"]:
        """The key and the value of an entry; in a list both are the item."""
        if self.keys is None:
            return self.items[number], self.items[number]
        return self.items[2 * number], self.items[2 * number + 1]

    def range(self, number: int) -> tuple[int, int]:
        """Where an entry begins and ends."""
        key, value = self.entry(number)
        return key.begin, value.end

    def number(self, key: str | int) -> int | None:
        """The number of the entry under a key; None if there is none."""
        if isinstance(key, int):
            return key if self.keys is None and key < len(self.items) else None
        return self.keys.index(key) if self.keys and key in self.keys else None

    def find(self, path: Path) -> tuple["Node", "Node"] | None:
        """The nodes of the last key of a path and of its value."""
        found = self, self
        for key in path:
            number = found[1].number(key)
            if number is None:
                return None
            found = found[1].entry(number)
        return found

    def way_to(self, at: int) -> Iterator[str | int]:
        """The keys of tables and the numbers in lists on the way to a place in it."""
        for number in range(self.length):
            begin, end = self.range(number)
            if begin <= at <= end:
                yield number if self.keys is None else self.keys[number]
                yield from self.entry(number)[1].way_to(at)
                return

    def scalars(self) -> Iterator["Node"]:
        """Every single value in it."""
        if self.value is not None:
            yield self
        for item in self.items:
            yield from item.scalars()


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file that `document.parse` accepts, without a byte order mark."""

    text: str
    root: Node

    @property
    def line_break(self) -> str:
        """How its lines end."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def at(self, path: Path) -> Node:
        """The value at a path that there is."""
        return self.entry(path)[1]

    def entry(self, path: Path) -> tuple[Node, Node]:
        """The last key of a path that there is, and its value."""
        found = self.root.find(path)
        if found is None:
            raise KeyError(path)
        return found

    def line_of(self, index: int) -> int:
        return self.text.count("\n", 0, index) + 1

    def index_of(self, line: int, column: int) -> int:
        """The opposite of a place, which counts from 1."""
        begin = 0
        for _ in range(line - 1):
            begin = self.text.find("\n", begin) + 1 or len(self.text)
        return begin + column - 1

    def begin_of_line(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def end_of_line(self, index: int) -> int:
        """After the line break; the end of the text if there is none."""
        return self.text.find("\n", index) + 1 or len(self.text)

    def begins_a_line(self, index: int) -> bool:
        return not self.text[self.begin_of_line(index) : index].strip(" \t")

    def column(self, index: int) -> int:
        return index - self.begin_of_line(index)

    def with_(self, begin: int, end: int, new: str) -> "Text":
        """The text with another part in place of one."""
        return read(self.text[:begin] + new + self.text[end:])

    def comments(self) -> tuple[str, ...]:
        """Every comment, in order."""
        return self.comments_in(0, len(self.text))

    def comments_in(self, begin: int, end: int) -> tuple[str, ...]:
        """The comments that begin in a part of it, in order."""
        return tuple(self.text[at:until] for at, until in _comments(self) if begin <= at < end)


def read(text: str) -> Text:
    """A text with its nodes."""
    events: Iterator[Any] = iter(yaml.parse(text, Loader=_Loader))
    found = [_node(event, events, text, inside=False) for event in events if isinstance(event, yaml.NodeEvent)]
    return Text(text, found[0])


def _node(event: Any, events: Iterator[Any], text: str, *, inside: bool) -> Node:
    starts, ends = event.start_mark, event.end_mark
    begin, place = starts.index, (starts.line + 1, starts.column + 1)
    if isinstance(event, yaml.ScalarEvent):
        written = text[begin : ends.index]
        end = begin + len(written.rstrip())
        return Node(begin, end, place, inside=inside, value=event.value, style=event.style or "")
    table, flow = isinstance(event, yaml.MappingStartEvent), bool(event.flow_style)
    inner: Any
    items: list[Node] = []
    keys: list[str] = []
    for inner in events:
        ends = inner.end_mark
        if isinstance(inner, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            end = ends.index if flow else max((item.end for item in items), default=begin)
            return Node(begin, end, place, flow, inside, tuple(items), tuple(keys) if table else None)
        if table and len(items) % 2 == 0:
            keys.append(inner.value)
        items.append(_node(inner, events, text, inside=flow))
    raise AssertionError("the parser ends what it begins")


def _comments(file: Text) -> Iterator[tuple[int, int]]:
    """Where each comment begins and ends. A # in a single value is none, except behind the | or > of a block."""
    begin = 0
    for scalar in file.root.scalars():
        head = scalar.begin + 1 if scalar.style in ("|", ">") else scalar.begin
        yield from (found.span() for found in _COMMENT.finditer(file.text, begin, head))
        if head != scalar.begin:
            yield from (found.span() for found in _COMMENT.finditer(file.text, head, file.end_of_line(head)))
        begin = max(begin, scalar.end)
    yield from (found.span() for found in _COMMENT.finditer(file.text, begin))
