"""A YAML file as text with places: every scalar stays the text that staff typed, with its line and column.

Built from the parser's events, because loading would lose what matters here: `10:00` would become 600,
`+1 617` would lose its plus, `01` and `1` would be one key, and of two equal keys the first would vanish.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from phonetree.errors import ConfigError, Problem, Where

MOST_BYTES = 4 * 1024 * 1024
"""A site of 5,000 nodes has about 2 MB."""

MOST_DEPTH = 12
"""How deep things may stand in each other; the deepest that means anything is 7."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value, as typed."""

    text: str
    where: Where


@dataclass(frozen=True, slots=True)
class Table:
    """Keys and values, in the order of the file. No key stands twice."""

    entries: tuple[tuple[Scalar, "Item"], ...]
    where: Where


@dataclass(frozen=True, slots=True)
class Listing:
    """Several values."""

    items: tuple["Item", ...]
    where: Where


Item = Scalar | Table | Listing


def parse(data: bytes, name: str) -> tuple[Table, tuple[Problem, ...]]:
    """The table that a file's bytes hold, and the keys that stand in it twice (the first one counts).

    `name` is what problems call the file. Raises ConfigError with one problem when they hold no table at all.
    """
    try:
        return _Builder(name).build(_events(_text(data, name), name))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Where(name, mark.line + 1, mark.column + 1) if mark else Where(name)
        if mark and b"\t" in b"".join(data.splitlines()[mark.line : mark.line + 1]):
            raise _refused(where, "has a tab; YAML wants spaces, so replace the tab by spaces") from None
        raise _refused(where, f"is not valid YAML: {error.problem}; look at this line and the one before it") from None
    except (yaml.YAMLError, ValueError) as error:
        raise _refused(Where(name), f"is not valid YAML: {_one_line(error)}") from None


def _refused(where: Where, text: str) -> ConfigError:
    return ConfigError([Problem(where, text)])


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def read_bytes(path: Path, name: str) -> bytes:
    """A file's bytes. Raises ConfigError with one problem when it cannot be read, or is too large."""
    whole = Where(name)
    if path.exists() and not path.is_file():
        raise _refused(whole, "is not a file; it has to be a text file")
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise _refused(whole, "does not exist; put the file there, or name its folder with --config") from None
    except PermissionError:
        raise _refused(whole, "cannot be read; give the server permission to read it") from None
    except OSError as error:
        raise _refused(whole, f"cannot be read: {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise _refused(whole, f"is larger than {MOST_BYTES // 1024 // 1024} MB; this cannot be the right file")
    return data


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refused(Where(name, line, 1), "is not text in UTF-8; save it as UTF-8 in your editor") from None


def _events(text: str, name: str) -> Iterator[Any]:
    """The parser's events, but no sharing (the road to YAML bombs), no types, and no bottomless depth."""
    depth = documents = 0
    event: Any
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        where = Where(name, event.start_mark.line + 1, event.start_mark.column + 1)
        if documents > 1:
            raise _refused(where, "a second document begins here; remove the line with ---")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused(where, "uses & or * to repeat a part; write the part out, or put quotes around the text")
        if getattr(event, "tag", None):
            raise _refused(where, "uses a tag (!); remove it, or put quotes around the text")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MOST_DEPTH:
            raise _refused(where, f"things stand in each other more than {MOST_DEPTH} deep; nothing here needs that")
        yield event


class _Builder:
    def __init__(self, name: str) -> None:
        self.name = name
        self.doubles: list[Problem] = []

    def build(self, events: Iterator[Any]) -> tuple[Table, tuple[Problem, ...]]:
        item: Item | None = None
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                item = self._item(event, events)
        if isinstance(item, Table):
            return item, tuple(self.doubles)
        if item is None or (isinstance(item, Scalar) and not item.text):
            raise _refused(Where(self.name), "is empty; the README shows a small one to start from")
        raise _refused(item.where, "the file has to consist of lines like 'key: value'")

    def _item(self, event: Any, events: Iterator[Any]) -> Item:
        where = Where(self.name, event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(event.value, where)
        if isinstance(event, yaml.SequenceStartEvent):
            return Listing(tuple(self._items(events, yaml.SequenceEndEvent)), where)
        flat = list(self._items(events, yaml.MappingEndEvent))
        return Table(tuple(self._unique(zip(flat[::2], flat[1::2], strict=True))), where)

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
            if key.text in seen:
                text = f"'{key.text}' stands here twice, first on line {seen[key.text].line}; remove one of them"
                self.doubles.append(Problem(key.where, text))
            else:
                seen[key.text] = key.where
                yield key, value
