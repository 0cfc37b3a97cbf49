"""Changes of one value or entry of a YAML file, each with what it replaces; and the text after one.

A step applies to a newer text as long as what it replaces still stands there. Afterwards the text is read by the
compiler's parser, and has to say exactly what was asked; every comment is still there but those on the lines of an
entry that is gone; and every line but those of the entry is the same, byte for byte. Otherwise the editor is sent to
the line.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import assert_never

import yaml

from phonetree.config import document, splicing
from phonetree.config.document import Value
from phonetree.config.positions import BOM, ByHandError, Path, Text, read
from phonetree.config.slips import IN_A_TEXT, KEEP_ONE
from phonetree.core.characters import refusal
from phonetree.errors import ConfigError, EditError


@dataclass(frozen=True, slots=True)
class Put:
    """Another value at a path; a first one if there was none before, and none if there is none after.

    A new key comes behind the last of the keys `behind` that there are, or first if there are none of these; last if
    `behind` is None. In a list the path ends with the number that the value has. `levels` is as in `splicing.insert`.
    `field` is what a form calls the value; if so many tables and lists `around` that are new, what is inside them.
    """

    path: Path
    before: Value | None
    after: Value | None
    behind: tuple[str, ...] | None = None
    levels: int | None = None
    field: str = ""
    around: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """An entry that comes behind another one, or first. `order` are the keys of its table as they were; in a list, its
    values."""

    path: Path
    behind: str | int | None
    order: tuple[Value, ...]
    field: str = ""


@dataclass(frozen=True, slots=True)
class Rename:
    """Other keys in a table, all at once. `order` are its keys as they were."""

    path: Path
    keys: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    field: str = ""


Step = Put | Move | Rename


def value_at(value: Value | None, path: Path) -> Value | None:
    """The value at a path; None if there is none."""
    for key in path:
        if isinstance(key, int):
            value = value[key] if isinstance(value, tuple) and key < len(value) else None
        else:
            value = value.get(key) if isinstance(value, Mapping) else None
    return value


def new_or_other(
    said: Value,
    path: Path,
    before: Value | None,
    after: Value | None,
    order: Sequence[str] = (),
    *,
    levels: int | None = None,
    field: str = "",
    around: int = 0,
) -> Put:
    """A value put at a path, with the tables on the way that are not there. `order` are keys of its table in the order
    in which they are usually written; `around` is as in `Put`."""
    behind = tuple(order[: order.index(str(path[-1]))]) if path[-1] in order else None
    while before is None and after is not None and len(path) > 1 and value_at(said, path[:-1]) is None:
        path, after, behind, levels, around = path[:-1], {str(path[-1]): after}, None, 1, around + 1
    return Put(path, before, after, behind, levels, field, around)


@dataclass(frozen=True, slots=True)
class Said:
    """A file, its text, and what it says."""

    data: bytes
    name: str
    bom: str
    text: Text
    value: Value

    @classmethod
    def of(cls, data: bytes, name: str) -> "Said":
        """Raises EditError when it is no YAML that the compiler reads."""
        value, text = value_of(data, name), data.decode()
        bom = BOM if text.startswith(BOM) else ""
        return cls(data, name, bom, read(text.removeprefix(BOM)), value)


@lru_cache(maxsize=8)
def value_of(data: bytes, name: str) -> Value:
    """What a file says; the last ones are kept, since a page asks several times. Raises EditError when it is no YAML
    that the compiler reads."""
    try:
        return document.said(document.parse(data, name))
    except ConfigError as error:
        first = error.problems[0]
        at = f"In {first.where.file}, line {first.where.line}" if first.where.line else f"In {first.where.file}"
        raise EditError({"": f"{at}: {first.text}. Put that right in the text first"}, first.where) from None


def taken(before: Said, step: Step) -> Said:
    """A file after a step; the same one, if nothing is asked. Raises EditError when what it replaces stands there no
    more, or it cannot be done safely."""
    if _asks_nothing(step):
        return before
    _refuse_outdated(before.value, step)
    expected = _expected(before.value, step)
    if _ordered(expected) == _ordered(before.value):
        return before
    _refuse_unfit(step)
    file, name = before.text, before.name
    try:
        after = _spliced(file, before.value, step)
    except ByHandError as error:
        raise by_hand(error.line, str(error), name, step.field) from None
    except yaml.YAMLError:  # a bug of splicing
        raise by_hand(_nearest(file, step.path), "this cannot be done by form", name, step.field) from None
    data = (before.bom + after.text).encode()
    line = _nearest(file, step.path)
    try:
        value = document.said(document.parse(data, name))
    except ConfigError as error:
        raise by_hand(line, f"this cannot be done by form: {error.problems[0].text}", name, step.field) from None
    exact = _ordered(value) == _ordered(_as_written(expected, value, step))
    if not (exact and _keeps_comments(file, after, step) and _keeps_lines(file, after, step)):
        raise by_hand(line, "this cannot be done by form without changing something else", name, step.field)
    return Said(data, name, before.bom, after, value)


def by_hand(line: int, why: str, name: str, field: str = "") -> EditError:
    """What to do when a form cannot change a file."""
    return EditError({field: f"{why[0].upper()}{why[1:]}; edit the file by hand at line {line} of {name}"})


def _nearest(file: Text, path: Path) -> int:
    """The line of a path, or of what there is of it."""
    while (found := file.root.find(path)) is None:
        path = path[:-1]
    return file.line_of(found[0].begin)


def followed(path: Path, step: Step) -> Path | None:
    """Where something stands after a step that stood at a path before; None if it is gone."""
    container = step.path if isinstance(step, Rename) else step.path[:-1]
    if path[: len(container)] != container or len(path) == len(container):
        return path
    key, *rest = path[len(container) :]
    match step:
        case Rename(_, keys):
            return (*container, keys.get(f"{key}", key), *rest)
        case Put((*_, here), _, None) if key == here:
            return None
        case Put((*_, int(here)), before, after) if isinstance(key, int) and key >= here:
            return (*container, key + (before is None) - (after is None), *rest)
        case _:
            return path


# -- what stands there


def _asks_nothing(step: Step) -> bool:
    """Whether a step leaves everything as it was: a form yields one for a value that nobody touched, whatever that is
    by now."""
    match step:
        case Put(_, before, after):
            return before == after
        case Rename(_, keys):
            return all(before == after for before, after in keys.items())
        case Move():
            return False
        case _:
            assert_never(step)


def _refuse_outdated(value: Value, step: Step) -> None:
    match step:
        case Put(path, before):
            now = value_at(value, path)
            inserted = before is None and isinstance(path[-1], int)
            if now != before and not inserted:
                raise EditError({step.field: outdated(before, now)})
            if not isinstance(value_at(value, path[:-1]) or {}, Mapping | tuple):
                raise EditError({step.field: "What this belongs to is gone; see what is there now"})
        case Move(path, _, order, field) | Rename(path, _, order, field):
            found = value_at(value, path[:-1] if isinstance(step, Move) else path)
            now = tuple(found) if isinstance(found, Mapping | tuple) else None
            if now != order:
                raise EditError({field: outdated(order, now)})
        case _:
            assert_never(step)


def _refuse_unfit(step: Step) -> None:
    new = step.after if isinstance(step, Put) else ()
    for text in texts_in(new or ()):
        if bad := refusal(text):
            raise EditError({step.field: f"This {bad}"})
        if IN_A_TEXT.search(text):
            raise EditError({step.field: f"This has marks of a merge: two people changed this text; {KEEP_ONE}"})


def texts_in(value: Value) -> Iterator[str]:
    """Every single value in one, and every key."""
    match value:
        case str():
            yield value
        case tuple():
            yield from (text for each in value for text in texts_in(each))
        case _:
            yield from value
            yield from (text for each in value.values() for text in texts_in(each))


def outdated(before: Value | None, now: Value | None) -> str:
    """What to say when something else stands there than an edit replaces."""
    was, is_now = (told(each) for each in (before, now))
    changed = "This was changed meanwhile, in another tab or by somebody else"
    return f"{changed}: it was {was}, and is now {is_now}. Look at it, then save again"


def told(value: Value | None) -> str:
    """A value in a sentence."""
    match value:
        case None:
            return "not there"
        case "":
            return "empty"
        case str():
            return f"\u201c{value}\u201d"
        case tuple():
            return ", ".join(map(told, value)) or "empty"
        case _:
            return "; ".join(f"{key}: {told(each)}" for key, each in value.items()) or "empty"


# -- the text


def _spliced(file: Text, value: Value, step: Step) -> Text:
    match step:
        case Put(path, before, after):
            if after is None:
                return splicing.drop(file, path)
            if before is None:
                return splicing.insert(file, path, after, _predecessor(value, step), step.levels)
            return splicing.put(file, path, before, after)
        case Move(path, behind):
            return splicing.move(file, path, behind)
        case Rename(path, keys):
            return splicing.rename(file, path, keys)
        case _:
            assert_never(step)


def _predecessor(value: Value, step: Put) -> str | int | None:
    """The entry behind which a new one comes; None if it is the first."""
    if isinstance(number := step.path[-1], int):
        return number - 1 if number else None
    table = value_at(value, step.path[:-1])
    keys = list(table) if isinstance(table, Mapping) else []
    known = keys if step.behind is None else [key for key in keys if key in step.behind]
    return known[-1] if known else None


# -- what it has to say


def _expected(value: Value, step: Step) -> Value:
    match step:
        case Put(path, before, after):
            container, key = path[:-1], path[-1]
            return _changed(value, container, lambda inner: _with(inner, key, before, after, _predecessor(value, step)))
        case Move(path, behind):
            return _changed(value, path[:-1], lambda inner: _moved(inner, path[-1], behind))
        case Rename(path, keys):
            return _changed(
                value, path, lambda inner: {keys.get(key, key): each for key, each in _table(inner).items()}
            )
        case _:
            assert_never(step)


def _changed(value: Value, path: Path, change: Callable[[Value], Value]) -> Value:
    if not path:
        return change(value)
    inner = value_at(value, path[:1])
    changed = _changed("" if inner is None else inner, path[1:], change)
    return _with(value, path[0], inner, changed, None)


def _with(value: Value, key: str | int, before: Value | None, after: Value | None, behind: str | int | None) -> Value:
    """A table or a list with another value under a key."""
    if isinstance(key, int):
        items = value if isinstance(value, tuple) else ()
        return (*items[:key], *(() if after is None else (after,)), *items[key + (before is not None) :])
    table = _table(value)
    if after is None:
        return {name: each for name, each in table.items() if name != key}
    if key in table:
        return {**table, key: after}
    return dict(_insertion(table, key, after, behind))


def _insertion(
    table: Mapping[str, Value], key: str, value: Value, behind: str | int | None
) -> Iterator[tuple[str, Value]]:
    if behind is None:
        yield key, value
    for name, each in table.items():
        yield name, each
        if name == behind:
            yield key, value


def _moved(value: Value, key: str | int, behind: str | int | None) -> Value:
    if isinstance(value, tuple):
        order = [number for number in range(len(value)) if number != key]
        order.insert(0 if behind is None else order.index(int(behind)) + 1, int(key))
        return tuple(value[number] for number in order)
    table = _table(value)
    rest = {name: each for name, each in table.items() if name != key}
    return dict(_insertion(rest, str(key), table[str(key)], behind))


def _table(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}


_Ordered = str | tuple[object, ...]


def _ordered(value: Value) -> _Ordered:
    """A value of which the order of keys counts."""
    match value:
        case str():
            return value
        case tuple():
            return ("list", *map(_ordered, value))
        case _:
            return ("table", *((key, _ordered(each)) for key, each in value.items()))


def _as_written(expected: Value, says: Value, step: Step) -> Value:
    """What is expected; in a table that was put in place of another one, the keys may be in any order."""
    if not isinstance(step, Put) or step.after is None or (now := value_at(says, step.path)) != step.after:
        return expected
    return _changed(expected, step.path, lambda _: now)


# -- what stays


def _keeps_comments(before: Text, after: Text, step: Step) -> bool:
    had, has = Counter(before.comments()), Counter(after.comments())
    gone = had - has
    if not isinstance(step, Put) or step.after is not None:
        return had == has
    begin, end = _lines(before, step.path)
    return has <= had and gone <= Counter(before.comments_in(begin, end))


def _keeps_lines(before: Text, after: Text, step: Step) -> bool:
    """Whether all lines are the same but those of the entry."""
    match step:
        case Put(path, None, _):
            return _is_less(after, before, path)
        case Put(path, _, None):
            return _is_less(before, after, path)
        case Put(path) | Rename(path):
            return _around(before, path) == _around(after, path)
        case Move(path):
            (above, below), (still, rest) = _around(before, path[:-1]), _around(after, path[:-1])
            return (above, below.lstrip("\r\n")) == (still, rest.lstrip("\r\n"))  # empty lines between entries stay
        case _:
            assert_never(step)


def _is_less(more: Text, less: Text, path: Path) -> bool:
    """Whether one text is another without the lines of an entry, and perhaps an empty line beside it. In brackets, the
    whole list may differ."""
    container = path[:-1]
    if more.at(container).flow:
        return _around(more, container) == _around(less, container)
    above, below = _around(more, path)
    if less.at(container).flow:
        first, end = _around(more, container)[0], more.end_of_line(more.entry(container)[0].end)
        return _around(less, container) == (first, above[end:] + below)
    dash = more.text[len(above) : more.entry(path)[0].begin]  # of an item whose first entry it is
    without = {above + below, _less_a_blank(above) + below, above + below.lstrip("\r\n")}
    without |= {above + dash + below.lstrip(" ")} if dash.strip() == "-" else set()
    return less.text.rstrip("\r\n") in {each.rstrip("\r\n") for each in without}


def _less_a_blank(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(lines[:-1]) if lines and not lines[-1].strip() else text


def _around(file: Text, path: Path) -> tuple[str, str]:
    """The text above the lines of an entry and below them."""
    begin, end = _lines(file, path)
    return file.text[:begin], file.text[end:]


def _lines(file: Text, path: Path) -> tuple[int, int]:
    """Where the lines of an entry begin and end."""
    if not path:
        return 0, len(file.text)
    listing, (key, value) = file.at(path[:-1]), file.entry(path)
    number = listing.number(path[-1])
    begin = key.begin if listing.flow or number is None else splicing.first_of(file, listing, number)
    return file.begin_of_line(begin), file.end_of_line(value.end)
