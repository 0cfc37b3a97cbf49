"""A YAML file as text with places: every scalar stays the text that staff typed, with its line and column.

It is built from the parser's events, because loading would lose what matters: `10:00` would become 600,
`+1 617` would lose its plus, `01` and `1` would be one key, and of two equal keys the first would be lost.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

import yaml
from yaml.reader import Reader

from phonetree.config.slips import (
    IN_A_TEXT,
    LOADER,
    LONE_QUOTE,
    LONGEST_SHOWN,
    MARK,
    MARKED_TEXT,
    RESTORE,
    odd_space,
    slip,
)
from phonetree.core.characters import ODD_SPACE, refusal_of, unfit
from phonetree.errors import MOST_PROBLEMS, ConfigError, Problem, Where

MOST_BYTES = 4 * 1024 * 1024
"""A site of 5,000 nodes has about 2 MB."""

MOST_DEPTH = 12
"""How deep values may be nested; nothing needs more than 7."""

MOST_ITEMS = 200_000
"""Keys, values, lists and tables of a file together; a site of 5,000 nodes has about 100,000."""

LONGEST_SCALAR = 10_000
"""Characters of a single value; the longest valid one is a prompt, of at most 3,000."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value, as typed; where a comment begins right after it, which may be meant as part of it; and whether it
    is written without quotes."""

    text: str
    where: Where
    comment: Where | None = None
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Keys and values, in file order. No key occurs twice."""

    entries: tuple[tuple[Scalar, "Item"], ...]
    where: Where


@dataclass(frozen=True, slots=True)
class Listing:
    """Several values."""

    items: tuple["Item", ...]
    where: Where


Item = Scalar | Table | Listing

Value = str | tuple["Value", ...] | Mapping[str, "Value"]
"""What an item says, without its places."""


def said(item: Item) -> Value:
    """An item without its places."""
    match item:
        case Scalar(text):
            return text
        case Table(entries):
            return {key.text: said(value) for key, value in entries}
        case Listing(items):
            return tuple(map(said, items))
        case _:
            assert_never(item)


def parse(data: bytes, name: str) -> Table:
    """The table in a file's bytes. `name` is what problems call the file.

    Raises ConfigError with one problem when they are not a table at all, or with every problem of single words: keys
    that occur twice, characters that no text may contain, wrong quotes around a key, odd spaces in one. Such a file is
    not read further: the same mistakes would be reported again.
    """
    text = _text(data, name)
    try:
        return _Builder(name, text).build(_events(text, name))
    except yaml.MarkedYAMLError as error:
        raise ConfigError([slip(error, text, name)]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise _refused(Where(name), f"is not valid YAML: {_one_line(error)}") from None


_ODD_SPACE = re.compile(ODD_SPACE)
_COMMENT = re.compile(r"[ \t]+(?=#)")
_BREAKS = re.compile(r"[\n\r\t]+")
_CURLY = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b"
"""What editors turn typed quotation marks into."""
_CURLY_DOUBLE = re.compile("[\u201c\u201d\u201e\u201f]")
_CURLY_SINGLE = re.compile("[\u2018\u201a\u201b][^\u2018\u201a\u201b]*[\u2018\u2019]")


def unquoted(text: str) -> str:
    """A text without the curly quotes that it begins or ends with, which YAML takes for part of it."""
    ends = text.endswith(tuple(_CURLY)) and not any(mark in text[:-1] for mark in _CURLY)
    return text.strip(_CURLY) if text.startswith(tuple(_CURLY)) or ends else text


def curly(text: str) -> str:
    """The problem with a text in curly quotes."""
    shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
    return f'{shown} has curly quotes, which YAML does not take for quotes; write straight ones (") or none'


def misquoted(text: str) -> str | None:
    """The problem with the quotes of a sentence that is written without quotes around it: one of a pair is missing, or
    those around it are curly. Others, and apostrophes, are part of the sentence."""
    double = _CURLY_DOUBLE.findall(text)
    if text.count('"') % 2 and not double:
        return LONE_QUOTE
    at_ends = _CURLY_DOUBLE.findall(text[:1] + text[1:][-1:])
    return curly(text) if (at_ends and len(double) == len(at_ends)) or _CURLY_SINGLE.fullmatch(text) else None


def _refused(where: Where, text: str) -> ConfigError:
    return ConfigError([Problem(where, text)])


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def read_bytes(path: Path, name: str) -> bytes:
    """A file's bytes. Raises ConfigError with one problem when it cannot be read, or is too large."""
    whole = Where(name)
    try:
        if path.exists() and not path.is_file():
            raise _refused(whole, "is not a file; it has to be a text file")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise _refused(
            whole,
            "does not exist; restore it (undo, its old name, a copy), or name the folder that has it",
        ) from None
    except PermissionError:
        raise _refused(whole, "cannot be read; give the server permission to read it") from None
    except OSError as error:
        raise _refused(whole, f"cannot be read: {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise _refused(whole, f"is larger than {MOST_BYTES // 1024 // 1024} MB; this cannot be the right file")
    return data


_FOREIGN = (b"{\\rtf", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"<")
"""How word processors' files and web pages begin."""


def _text(data: bytes, name: str) -> str:
    if data.startswith(_FOREIGN) and not data.startswith(MARK.encode()):
        raise _refused(Where(name), "is a word processor's file, or otherwise not plain text; save it as plain text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refused(Where(name, line, 1), "is not text in UTF-8; save it as UTF-8 in your editor") from None
    if found := Reader.NON_PRINTABLE.search(text):  # YAML would refuse it without a line
        line, begins = text.count("\n", 0, found.start()) + 1, text.rfind("\n", 0, found.start()) + 1
        raise _refused(
            Where(name, line, found.start() - begins + 1), refusal_of(found[0], text[begins : found.start()].lstrip())
        )
    return text


def _events(text: str, name: str) -> Iterator[Any]:
    """The parser's events; refuses aliases (YAML bombs), tags, and too deep nesting."""
    depth = documents = items = 0
    event: Any
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.NodeEvent):
            items += 1
            if refused := _not_plain(event, items):
                raise _refused(_place(event, name), refused)
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refused(_place(event, name), "a second document begins here; remove the line with ---")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MOST_DEPTH:
            text = f"values are nested more than {MOST_DEPTH} deep; nothing here needs that"
            raise _refused(_place(event, name), text)
        yield event


def _not_plain(event: Any, items: int) -> str | None:
    """Why the value that is number `items` in the file is refused; None if it is not."""
    if items > MOST_ITEMS:
        return f"the file has more than {MOST_ITEMS:,} keys and values; this cannot be the right file"
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        return "uses & or * to repeat a part; write the part out, or put quotes around the text"
    if event.tag:
        return "uses a tag (!); remove it, or put quotes around the text"
    if isinstance(event, yaml.ScalarEvent) and len(event.value) > LONGEST_SCALAR:
        hint = ", or the quotation mark here is never closed" if event.style in ("'", '"') else ""
        return f"a text of {len(event.value):,} characters begins here; at most {LONGEST_SCALAR:,} are allowed{hint}"
    return None


def _place(event: Any, name: str) -> Where:
    return Where(name, event.start_mark.line + 1, event.start_mark.column + 1)


class _Builder:
    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.lines = text.split("\n")
        self.marked = any(sign * 7 in text for sign in "<|=>")
        self.problems: list[Problem] = []

    def build(self, events: Iterator[Any]) -> Table:
        item: Item | None = None
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                item = self._item(event, events)
        if self.problems:
            raise ConfigError(sorted(self.problems))
        if isinstance(item, Table) and item.entries:
            return item
        if item is None or isinstance(item, Table) or (isinstance(item, Scalar) and not item.text):
            raise _refused(Where(self.name), f"is empty; restore it: {RESTORE}")
        raise _refused(item.where, "the file has to consist of lines like 'name: value'")

    def _item(self, event: Any, events: Iterator[Any]) -> Item:
        where = _place(event, self.name)
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(self._fit(event, where), where, self._comment(event), bare=not event.style)
        if isinstance(event, yaml.SequenceStartEvent):
            return Listing(tuple(self._items(events, yaml.SequenceEndEvent)), where)
        flat = list(self._items(events, yaml.MappingEndEvent))
        return Table(tuple(self._unique(zip(flat[::2], flat[1::2], strict=True))), where)

    def _fit(self, event: Any, where: Where) -> str:
        """The text of a scalar in one line. A character that no text may contain is reported at its place."""
        text: str = event.value
        if self.marked and (mark := IN_A_TEXT.search(text)):
            self._note(Problem(self._standing(event, where, mark[0]), MARKED_TEXT))
        if text.isprintable() and text.isascii():
            return text
        text = _BREAKS.sub(" ", text).strip()
        if (bad := unfit(text)) is None:
            return text
        self._note(Problem(self._standing(event, where, bad), refusal_of(bad, text[: text.index(bad)])))
        return text

    def _standing(self, event: Any, where: Where, part: str) -> Where:
        """Where a part of a scalar stands; the scalar itself if it is written as an escape, such as \\x08."""
        lines = self.lines[event.start_mark.line : event.end_mark.line + 1]
        found = (number for number, line in enumerate(lines) if part in line)
        if (number := next(found, None)) is None:
            return where
        return Where(self.name, where.line + number, lines[number].index(part) + 1)

    def _comment(self, event: Any) -> Where | None:
        """Where a comment begins after a text without quotes, on the same line."""
        end = event.end_mark
        if event.style or end.line >= len(self.lines):  # the parser knows line breaks that editors do not show
            return None
        found = _COMMENT.match(self.lines[end.line], end.column)
        return Where(self.name, end.line + 1, found.end() + 1) if found else None

    def _note(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= MOST_PROBLEMS:
            raise ConfigError(
                [*self.problems, Problem(problem.where, "there are more problems below; fix these first")]
            )

    def _items(self, events: Iterator[Any], end: type) -> Iterator[Item]:
        for event in events:
            if isinstance(event, end):
                return
            yield self._item(event, events)

    def _unique(self, pairs: Iterator[tuple[Item, Item]]) -> Iterator[tuple[Scalar, Item]]:
        seen: dict[str, Where] = {}
        for key, value in pairs:
            if not isinstance(key, Scalar):
                raise _refused(key.where, "a key has to be a single word or number")
            if unquoted(key.text) != key.text:
                self._note(Problem(key.where, curly(key.text)))
            elif key.bare and (wrong := misquoted(key.text)):
                self._note(Problem(key.where, wrong))
            elif odd := self._odd_space(key):
                self._note(Problem(odd, odd_space(self.lines[odd.line - 1][odd.column - 1])))
            elif key.text in seen:
                text = f"'{key.text}' occurs twice, first on line {seen[key.text].line}; remove one of them"
                self._note(Problem(key.where, text))
            seen.setdefault(key.text, key.where)
            yield key, value

    def _odd_space(self, key: Scalar) -> Where | None:
        """Where a space that YAML does not know is before a key or in it, such as after the intended colon."""
        line, begins = "".join(self.lines[key.where.line - 1 : key.where.line]), key.where.column - 1
        found = _ODD_SPACE.search(line[: begins + len(key.text) + 1], begins) if not line.isascii() else None
        return Where(self.name, key.where.line, found.start() + 1) if found else None
