"""Where the entries of hours.yaml stand in its text, and the text with one of them added, changed or removed.

Nothing is written anew but the entry itself: every other character stays, whatever style the file is written in. Where
that cannot be done safely, such as in a list on several lines with comments between its commas, it is refused.
Positions are those of the parser that the compiler reads with. Whoever calls this compares what the two texts say
(`config/editing.py`).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from phonetree.core.schedule import DatedHours

BOM = "\ufeff"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_GAP = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_SEPARATORS = re.compile(r"[\s,]*\Z")
_REST_OF_LINE = re.compile(r"[ \t]*,?[ \t]*(#[^\r\n]*)?(\r?\n|\Z)")
_COMMENT = re.compile(r"(?:^|(?<=[\s,\[\]{}]))#[^\r\n]*", re.MULTILINE)
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[ '-]+[A-Za-z0-9]+)*\Z")
"""What needs no quotes wherever it stands. Anything else gets them."""

_BARE = re.compile(r"[^\W\d_]\w*(?:[ '-]+\w+)*\Z")
"""The same in any alphabet: what stays without quotes where there were none."""


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
    items: tuple["Node", ...] = ()
    keys: tuple[str, ...] = ()
    """Of a table; its `items` are then key, value, key, value."""
    value: str | None = None
    """Of a single value: what it says."""

    def entries(self) -> Iterator[tuple[str, "Node", "Node"]]:
        """The keys of a table, each with its node and that of its value."""
        return zip(self.keys, self.items[::2], self.items[1::2], strict=True)

    def find(self, key: str) -> tuple["Node", "Node"] | None:
        """The nodes of a key and its value."""
        return next(((one, two) for name, one, two in self.entries() if name == key), None)

    def scalars(self) -> Iterator["Node"]:
        """Every single value in it."""
        if self.value is not None:
            yield self
        for item in self.items:
            yield from item.scalars()


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file that compiles, without a byte order mark."""

    text: str
    root: Node

    @property
    def line_break(self) -> str:
        """How its lines end."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def line_of(self, index: int) -> int:
        return self.text.count("\n", 0, index) + 1

    def begin_of_line(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def end_of_line(self, index: int) -> int:
        """After the line break; the end of the text if there is none."""
        return self.text.find("\n", index) + 1 or len(self.text)

    def begins_a_line(self, index: int) -> bool:
        return not self.text[self.begin_of_line(index) : index].strip(" \t")

    def column(self, index: int) -> int:
        return index - self.begin_of_line(index)


def read(text: str) -> Text:
    """A text with its nodes."""
    events: Iterator[Any] = iter(yaml.parse(text, Loader=_Loader))
    found = [_node(event, events, text) for event in events if isinstance(event, yaml.NodeEvent)]
    return Text(text, found[0])


def _node(event: Any, events: Iterator[Any], text: str) -> Node:
    starts, ends = event.start_mark, event.end_mark
    begin, place = starts.index, (starts.line + 1, starts.column + 1)
    if isinstance(event, yaml.ScalarEvent):
        written = text[begin : ends.index]
        return Node(begin, begin + len(written.rstrip()), place, value=event.value)
    closes = yaml.MappingEndEvent if isinstance(event, yaml.MappingStartEvent) else yaml.SequenceEndEvent
    items: list[Node] = []
    keys: list[str] = []
    for inner in events:
        ends = inner.end_mark
        if isinstance(inner, closes):
            end = ends.index if event.flow_style else max((item.end for item in items), default=begin)
            return Node(begin, end, place, bool(event.flow_style), tuple(items), tuple(keys))
        if closes is yaml.MappingEndEvent and len(items) % 2 == 0:
            keys.append(inner.value)
        items.append(_node(inner, events, text))
    raise AssertionError("the parser ends what it begins")


def comments(text: str) -> tuple[str, ...]:
    """Every comment of a text, in order."""
    return tuple(_comments(text, read(text).root, 0, len(text)))


def _comments(text: str, node: Node, begin: int, end: int) -> Iterator[str]:
    """The comments in a part of a text that has all of a node and no other."""
    for scalar in node.scalars():
        yield from _COMMENT.findall(text, begin, scalar.begin)
        begin = max(begin, scalar.end)
    yield from _COMMENT.findall(text, begin, end)


# -- adding


def add(file: Text, key: str, written: str, after: int | None) -> str:
    """The text with a new entry in the list `key`: behind its item number `after`, or before all if that is None."""
    section = file.root.find(key)
    if section is None:
        return _with_section(file, key, written)
    listing = section[1]
    if listing.flow:
        return _added_in_brackets(file, listing, written, after)
    return _inserted(file, section, after, f"{' ' * file.column(_dash(file, listing, 0))}- {written}")


def _with_section(file: Text, key: str, written: str) -> str:
    if file.root.flow:
        raise ByHandError(1, "the whole file is in braces")
    nl, text = file.line_break, file.text
    indent = " " * file.column(file.root.begin)
    lines = f"{indent}{key}:{nl}{indent}  - {written}"
    return f"{text}{lines}{nl}" if text.endswith("\n") else f"{text}{nl}{lines}"


def _added_in_brackets(file: Text, listing: Node, written: str, after: int | None) -> str:
    text, items = file.text, listing.items
    if not items:
        if text[listing.begin + 1 : listing.end - 1].strip():
            raise ByHandError(file.line_of(listing.begin), "there is a comment between the brackets")
        return f"{text[: listing.begin + 1]}{written}{text[listing.begin + 1 :]}"
    following = 0 if after is None else after + 1
    beside = items[following] if following < len(items) else items[-1]
    own_line = file.begins_a_line(beside.begin)
    between = file.line_break + " " * file.column(beside.begin) if own_line else " "
    if following < len(items):
        return f"{text[: beside.begin]}{written},{between}{text[beside.begin :]}"
    if "#" in text[beside.end : listing.end]:
        raise ByHandError(file.line_of(beside.end), "a comment follows the last entry between the brackets")
    return f"{text[: beside.end]},{between}{written}{text[beside.end :]}"


def _inserted(file: Text, section: tuple[Node, Node], after: int | None, lines: str) -> str:
    """With lines behind the item number `after` of a block list, or directly below its key."""
    text, nl = file.text, file.line_break
    key, listing = section
    at = file.end_of_line(key.end if after is None else listing.items[after].end)
    if after is None and _dash(file, listing, 0) < at:
        raise ByHandError(file.line_of(key.end), "the first entry stands on the line of its list")
    if at == len(text) and not text.endswith("\n"):
        return f"{text}{nl}{lines}"
    return f"{text[:at]}{lines}{nl}{text[at:]}"


def _dash(file: Text, listing: Node, number: int) -> int:
    """Where the dash of an item of a block list stands."""
    begins = listing.begin if number == 0 else listing.items[number - 1].end
    gap = _GAP.match(file.text, begins)
    at = gap.end() if gap else begins
    if file.text[at : at + 1] != "-":
        raise ByHandError(file.line_of(listing.items[number].begin), "the list is written in an unusual way")
    return at


# -- removing


def remove(file: Text, key: str, number: int) -> str:
    """The text without an item of the list `key`; without the list if that was the only one."""
    section = file.root.find(key)
    assert section  # noqa: S101 -- the item was found in it
    if section[1].flow:
        return _removed_in_brackets(file, section[1], number)
    if len(section[1].items) == 1:
        return _without_section(file, section)
    return _cut(file, *_lines_of(file, section[1], number))


def _removed_in_brackets(file: Text, listing: Node, number: int) -> str:
    items, item, last = listing.items, listing.items[number], number == len(listing.items) - 1
    if not last:
        begin, end = item.begin, items[number + 1].begin
        gap = file.text[item.end : end]
    elif number:
        begin, end = items[number - 1].end, item.end
        gap = file.text[begin : item.begin]
    else:
        begin, end = item.begin, item.end
        gap = file.text[listing.begin + 1 : begin] + file.text[end : listing.end - 1]
        end = file.text.index(",", end) + 1 if "," in gap else end
    if not _SEPARATORS.match(gap):
        raise ByHandError(file.line_of(item.begin), "a comment stands beside the entry between the brackets")
    return file.text[:begin] + file.text[end:]


def _without_section(file: Text, section: tuple[Node, Node]) -> str:
    """Without a list that has one entry. If a comment stands in it, an empty list keeps its place."""
    key, listing = section
    begin, end = _lines_of(file, listing, 0)
    following = [other.begin for _, other, _ in file.root.entries() if other.begin > key.begin]
    until = file.begin_of_line(following[0]) if following else len(file.text)
    above = file.text[key.end : begin]
    if "#" in above or "#" in file.text[end:until] or not file.begins_a_line(key.begin):
        colon = file.text.index(":", key.end) + 1
        return f"{file.text[:colon]} []{file.text[colon:begin]}{file.text[end:]}"
    return _cut(file, file.begin_of_line(key.begin), end)


def _lines_of(file: Text, listing: Node, number: int) -> tuple[int, int]:
    """Where the lines of an item of a block list begin and end. They have nothing else but a comment."""
    item, dash = listing.items[number], _dash(file, listing, number)
    rest = _REST_OF_LINE.match(file.text, item.end)
    if not (file.begins_a_line(dash) and rest):
        raise ByHandError(file.line_of(item.begin), "something else stands on the line of the entry")
    return file.begin_of_line(dash), rest.end()


def _cut(file: Text, begin: int, end: int) -> str:
    """Without whole lines; a text that ended without a line break still does."""
    before, behind = file.text[:begin], file.text[end:]
    if not behind and not file.text.endswith("\n"):
        before = before.removesuffix("\n").removesuffix("\r")
    return before + behind


# -- changing


def change(file: Text, item: Node, old: DatedHours, new: DatedHours, languages: Sequence[str]) -> str:
    """The text with an entry that says something else: only the values that differ, if it has all of them; otherwise
    the entry is written anew, on one line."""
    replaced = _replaced(file, item, old, new, languages)
    if replaced is None:
        if any(_comments(file.text, item, item.begin, item.end)):
            raise ByHandError(file.line_of(item.begin), "there is a comment inside the entry")
        note = item.find("note")
        replaced = [(item, written(new, languages, note[1].value if note else None))]
    text = file.text
    for node, value in sorted(replaced, key=lambda each: each[0].begin, reverse=True):
        text = text[: node.begin] + value + text[node.end :]
    return text


def _replaced(
    file: Text, item: Node, old: DatedHours, new: DatedHours, languages: Sequence[str]
) -> list[tuple[Node, str]] | None:
    """The values to replace, each with its text; None if the entry has not all of them."""
    values = {name: value for name, _, value in item.entries()}
    wanted = {"open": spans_text(new.spans)} if new.spans else {}
    wanted |= {"date": f"{new.first}"} if "date" in values else {"from": f"{new.first}", "to": f"{new.last}"}
    if ("date" in values) != (new.first == new.last) or set(wanted) != set(values) - {"name", "note"}:
        return None
    had = {"open": spans_text(old.spans), "date": f"{old.first}", "from": f"{old.first}", "to": f"{old.last}"}
    replaced = [(values[key], text) for key, text in wanted.items() if text != had[key]]
    if new.names == old.names:
        return replaced
    name = values.get("name")
    if name is None or not new.names:
        return None
    if name.value is None and set(name.keys) == set(new.names):
        given = ((value, new.names[language], old.names[language]) for language, _, value in name.entries())
        return replaced + [(node, _like(file.text[node.begin], text)) for node, text, was in given if text != was]
    return [*replaced, (name, names_text(new.names, languages))]


def move(file: Text, key: str, number: int, after: int | None) -> str:
    """The text with an item of the list `key` behind its item number `after`, or before all."""
    section = file.root.find(key)
    assert section  # noqa: S101 -- the item was found in it
    listing = section[1]
    if listing.flow:
        item = listing.items[number]
        kept = file.text[item.begin : item.end]
        without = read(_removed_in_brackets(file, listing, number))
        return add(without, key, kept, _less(after, number))
    begin, end = _lines_of(file, listing, number)
    lines = file.text[begin:end].removesuffix("\n").removesuffix("\r")
    without = read(_cut(file, begin, end))
    again = without.root.find(key)
    assert again  # noqa: S101 -- an item that is moved has others beside it
    return _inserted(without, again, _less(after, number), lines)


def _less(after: int | None, number: int) -> int | None:
    """The number of an item once another one was taken out."""
    return after - 1 if after is not None and after > number else after


# -- how an entry is written


def written(entry: DatedHours, languages: Sequence[str], note: str | None = None) -> str:
    """An entry on one line, with a note if it had one."""
    days = f"date: {entry.first}" if entry.first == entry.last else f"from: {entry.first}, to: {entry.last}"
    hours = f", open: {spans_text(entry.spans)}" if entry.spans else ""
    kept = f", note: {quoted(note)}" if note is not None else ""
    name = f", name: {names_text(entry.names, languages)}" if entry.names else ""
    return f"{{{days}{hours}{name}{kept}}}"


def spans_text(spans: Sequence[object]) -> str:
    """Hours as a value; in quotes if there are several, because of the comma."""
    text = ", ".join(map(str, spans))
    return f'"{text}"' if len(spans) > 1 else text


def names_text(names: Mapping[str, str], languages: Sequence[str]) -> str:
    """Names as a value: plain text if only the first language has one."""
    if set(names) <= {languages[0]}:
        return quoted(names.get(languages[0], ""))
    return f"{{{', '.join(f'{language}: {quoted(text)}' for language, text in names.items())}}}"


def _like(first: str, text: str) -> str:
    """A text in the quotes of another value, which begins so."""
    if first == "'":
        return "'" + text.replace("'", "''") + "'"
    return text if first != '"' and _BARE.match(text) else json.dumps(text, ensure_ascii=False)


def quoted(text: str) -> str:
    """A text as a value, in quotes unless it needs none."""
    return text if _PLAIN.match(text) else json.dumps(text, ensure_ascii=False)
