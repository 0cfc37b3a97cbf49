"""The text of a YAML file with a value put in place of another one, or an entry inserted, dropped, moved or renamed.

Nothing is written anew but the value itself: every other character stays, whatever style the file is written in. Where
that cannot be done safely, such as in a list on several lines with comments between its commas, it is refused
(`ByHandError`). Whoever calls this compares what the two texts say (`steps`).
"""

import re
from collections.abc import Mapping
from itertools import count

from phonetree.config.document import Value
from phonetree.config.positions import ByHandError, Node, Path, Text
from phonetree.config.written import as_item, as_lines, in_braces, like, plain_or_quoted, quoted

_GAP = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_SEPARATORS = re.compile(r"[\s,]*\Z")
_REST_OF_LINE = re.compile(r"[ \t]*,?[ \t]*(#[^\r\n]*)?(\r?\n|\Z)")

# -- putting


def put(file: Text, path: Path, before: Value, after: Value) -> Text:
    """With another value in place of the one at a path, which says `before`. In tables and lists only what differs is
    written."""
    node = file.at(path)
    if before == after:
        return file
    if isinstance(after, str) and node.value is not None:
        return _with_scalar(file, node, after)
    if isinstance(before, Mapping) and isinstance(after, Mapping) and before and after:
        return _with_table(file, path, before, after)
    if isinstance(before, tuple) and isinstance(after, tuple) and before and after:
        return _with_list(file, path, before, after)
    return _with_anything(file, path, after)


def _with_scalar(file: Text, node: Node, text: str) -> Text:
    if node.begin < node.end:
        before = file.text[: node.begin]
        begin = node.begin if text or node.style or node.inside else len(before.rstrip(" "))
        return file.with_(begin, node.end, like(file, node, text))
    return _after_colon(file, node, plain_or_quoted(text, inside=node.inside))


def _after_colon(file: Text, node: Node, written: str) -> Text:
    """With a value where there is none, such as `form:`."""
    if not file.text[: node.begin].endswith((":", "-")):
        raise ByHandError(file.line_of(node.begin), "a key has neither a colon nor a value")
    return file.with_(node.begin, node.begin, f" {written}")


def _with_table(file: Text, path: Path, before: Mapping[str, Value], after: Mapping[str, Value]) -> Text:
    gone, come = ([key for key in one if key not in other] for one, other in ((before, after), (after, before)))
    renamed = dict(zip(gone, come, strict=False))
    file = rename(file, path, renamed)
    for key in gone[len(renamed) :]:
        file = drop(file, (*path, key))
    had = {renamed.get(key, key): value for key, value in before.items()}
    behind = None
    for key, value in after.items():
        way = (*path, key)
        file = put(file, way, had[key], value) if key in had else insert(file, way, value, behind)
        behind = key
    return file


def _with_list(file: Text, path: Path, before: tuple[Value, ...], after: tuple[Value, ...]) -> Text:
    same = next(each for each in count() if before[each : each + 1] != after[each : each + 1])
    most = min(len(before), len(after)) - same
    ends = next(each for each in count() if each == most or before[-1 - each] != after[-1 - each])
    olds, news = before[same : len(before) - ends], after[same : len(after) - ends]
    for number, (old, new) in enumerate(zip(olds, news, strict=False), same):
        file = put(file, (*path, number), old, new)
    for number in range(same + len(olds) - 1, same + len(news) - 1, -1):
        file = drop(file, (*path, number))
    for number, new in enumerate(news[len(olds) :], same + len(olds)):
        file = insert(file, (*path, number), new, number - 1 if number else None)
    return file


def _with_anything(file: Text, path: Path, value: Value) -> Text:
    """With a value of another kind: on one line."""
    key, node = file.entry(path)
    written = plain_or_quoted(value, inside=node.inside) if isinstance(value, str) else in_braces(value)
    if file.comments_in(node.begin, node.end):
        raise ByHandError(file.line_of(node.begin), "there is a comment inside the entry")
    if node.flow and node.begin < node.end:
        return file.with_(node.begin, node.end, written)
    if node.flow:
        return _after_colon(file, node, written)
    begin = file.begin_of_line(node.begin)
    if begin <= key.end:  # a table behind its dash
        return file.with_(node.begin, node.end, written)
    rest = _REST_OF_LINE.match(file.text, node.end)
    if not rest or rest[1]:
        raise ByHandError(file.line_of(node.end), "there is a comment inside the entry")
    colon = file.text.index(":", key.end) + 1
    lines = file.text[colon:begin] + file.text[rest.end() :]
    return file.with_(colon, len(file.text), f" {written}{lines}")


# -- inserting


def insert(file: Text, path: Path, value: Value, behind: str | int | None, levels: int | None = None) -> Text:
    """With a new entry in the table or the list in which the path ends: behind that entry, or before all. In a list the
    path ends with the number that the new one has. `levels`: down to where its tables are on several lines; by default
    as its neighbour is written."""
    key, listing = file.entry(path[:-1])
    name = path[-1]
    written = in_braces(value) if isinstance(name, int) else f"{quoted(name)}: {in_braces(value)}"
    after = None if behind is None else listing.number(behind)
    if listing.value == "" and listing.begin == listing.end:
        return _after_colon(file, listing, f"[{written}]" if isinstance(name, int) else f"{{{written}}}")
    if listing.flow:
        return _added_in_brackets(file, listing, written, after)
    if isinstance(name, int):
        lines = as_item(value, file.column(first_of(file, listing, 0)), levels or 0)
        return _inserted(file, key, listing, after, file.line_break.join(lines))
    beside = listing.entry(after or 0)[1]
    depth = levels if levels is not None else (0 if beside.value is not None else -1 if beside.flow else 1)
    lines = as_lines(name, value, file.column(listing.begin), depth)
    return _inserted(file, key, listing, after, file.line_break.join(lines), apart=True)


def _added_in_brackets(file: Text, listing: Node, written: str, after: int | None) -> Text:
    text, following = file.text, 0 if after is None else after + 1
    if not listing.length:
        if text[listing.begin + 1 : listing.end - 1].strip():
            raise ByHandError(file.line_of(listing.begin), "there is a comment between the brackets")
        return file.with_(listing.begin + 1, listing.begin + 1, written)
    last = following == listing.length
    begin, end = listing.range(following - 1 if last else following)
    own_line = file.begins_a_line(begin)
    between = file.line_break + " " * file.column(begin) if own_line else " "
    if not last:
        return file.with_(begin, begin, f"{written},{between}")
    if "#" in text[end : listing.end]:
        raise ByHandError(file.line_of(end), "a comment follows the last entry between the brackets")
    return file.with_(end, end, f",{between}{written}")


def _inserted(file: Text, key: Node, listing: Node, after: int | None, lines: str, *, apart: bool = False) -> Text:
    """With lines behind an entry without braces, or before all. `apart`: with an empty line between, if the others have
    them."""
    text, nl = file.text, file.line_break
    blank = nl if apart and _apart(file, listing, after) else ""
    if after is None:
        at = file.begin_of_line(listing.begin) if listing.keys is not None else file.end_of_line(key.end)
        if first_of(file, listing, 0) < at or not file.begins_a_line(first_of(file, listing, 0)):
            raise ByHandError(file.line_of(key.end), "the first entry stands on the line of its list")
        return file.with_(at, at, f"{lines}{nl}{blank}")
    at = _behind(file, listing, after)
    if at == len(text) and not text.endswith("\n"):
        return file.with_(at, at, f"{nl}{blank}{lines}")
    return file.with_(at, at, f"{blank}{lines}{nl}")


def _behind(file: Text, listing: Node, number: int) -> int:
    """Where the line begins that follows an entry and the comments that belong to it: in a table, those that are
    indented deeper than its keys."""
    at = until = file.end_of_line(listing.range(number)[1])
    while listing.keys is not None and until < len(file.text):
        line = file.text[until : file.end_of_line(until)]
        indent = len(line) - len(line.lstrip(" "))
        if line.strip() and (indent <= file.column(listing.begin) or line[indent] != "#"):
            break
        until = file.end_of_line(until)
        at = until if line.strip() else at
    return at


def _apart(file: Text, listing: Node, after: int | None) -> bool:
    """Whether an empty line is behind an entry, or before it if it is the last one of several."""
    number = after or 0
    if number < listing.length - 1:
        return _is_blank(file, _behind(file, listing, number))
    return number > 0 and _is_blank_before(file, file.begin_of_line(first_of(file, listing, number)))


def _is_blank(file: Text, at: int) -> bool:
    """Whether a line begins there that is empty."""
    return at < len(file.text) and not file.text[at : file.end_of_line(at)].strip()


def _is_blank_before(file: Text, at: int) -> bool:
    return at > 0 and _is_blank(file, file.begin_of_line(at - 1))


def first_of(file: Text, listing: Node, number: int) -> int:
    """Where an entry without braces begins: its key, or its dash."""
    if listing.keys is not None:
        return listing.range(number)[0]
    begins = listing.begin if number == 0 else listing.items[number - 1].end
    gap = _GAP.match(file.text, begins)
    at = gap.end() if gap else begins
    if file.text[at : at + 1] != "-":
        raise ByHandError(file.line_of(listing.items[number].begin), "the list is written in an unusual way")
    return at


# -- dropping


def drop(file: Text, path: Path) -> Text:
    """Without an entry. If it was the only one, an empty table or list stays."""
    key, listing = file.entry(path[:-1])
    number = listing.number(path[-1])
    if number is None:
        raise KeyError(path)
    if listing.flow:
        return _dropped_in_brackets(file, listing, number)
    if listing.length == 1:
        return _emptied(file, key, listing)
    if not file.begins_a_line(first_of(file, listing, number)):
        return _dropped_behind_a_dash(file, listing, number)
    begin, end = _lines_of(file, listing, number)
    if listing.keys is not None:
        begin, end = _with_a_blank(file, begin, end, first=number == 0)
    return _cut(file, begin, end)


def _dropped_in_brackets(file: Text, listing: Node, number: int) -> Text:
    (begin, end), last = listing.range(number), number == listing.length - 1
    item = begin
    if not last:
        end, gap = listing.range(number + 1)[0], file.text[end : listing.range(number + 1)[0]]
    elif number:
        begin, gap = listing.range(number - 1)[1], file.text[listing.range(number - 1)[1] : begin]
    else:
        gap = file.text[listing.begin + 1 : begin] + file.text[end : listing.end - 1]
        end = file.text.index(",", end) + 1 if "," in gap else end
    if not _SEPARATORS.match(gap):
        raise ByHandError(file.line_of(item), "a comment stands beside the entry between the brackets")
    return file.with_(begin, end, "")


def _emptied(file: Text, key: Node, listing: Node) -> Text:
    if key.begin == listing.begin:  # the whole file, or a table behind its dash
        raise ByHandError(file.line_of(listing.begin), "it is the only entry there")
    begin, end = _lines_of(file, listing, 0)
    colon = file.text.index(":", key.end) + 1
    empty = "[]" if listing.keys is None else "{}"
    return file.with_(colon, end, f" {empty}{file.text[colon:begin]}")


def holds_comments(file: Text, path: Path) -> bool:
    """Whether a comment stands behind a key or among its values, or belongs to it."""
    listing = file.at(path[:-1])
    number = listing.number(path[-1])
    if number is None:
        raise KeyError(path)
    key, value = listing.entry(number)
    begin, end = _lines_of(file, value, 0) if not value.flow and value.length == 1 else (value.begin, value.end)
    return bool(file.comments_in(key.end, begin) or file.comments_in(end, _behind(file, listing, number)))


def _dropped_behind_a_dash(file: Text, listing: Node, number: int) -> Text:
    """Without the first entry of a table that begins on the line of its dash."""
    begin, following = listing.range(number)[0], listing.range(number + 1)[0]
    if file.comments_in(begin, following):
        raise ByHandError(file.line_of(begin), "there is a comment inside the entry")
    return file.with_(begin, following, "")


def _lines_of(file: Text, listing: Node, number: int) -> tuple[int, int]:
    """Where the lines of an entry without braces begin and end. They have nothing else but a comment."""
    first, end = first_of(file, listing, number), listing.range(number)[1]
    rest = _REST_OF_LINE.match(file.text, end)
    if not (file.begins_a_line(first) and rest):
        raise ByHandError(file.line_of(listing.range(number)[0]), "something else stands on the line of the entry")
    return file.begin_of_line(first), rest.end()


def _with_a_blank(file: Text, begin: int, end: int, *, first: bool) -> tuple[int, int]:
    """Lines with the empty one before them, or behind them, that no entry needs without them."""
    ends = end == len(file.text)
    if _is_blank_before(file, begin) and (ends or _is_blank(file, end)):
        return file.begin_of_line(begin - 1), end
    if first and _is_blank(file, end):
        return begin, file.end_of_line(end)
    return begin, end


def _cut(file: Text, begin: int, end: int) -> Text:
    """Without whole lines; a text that ended without a line break still does."""
    if end == len(file.text) and not file.text.endswith("\n"):
        begin = len(file.text[:begin].removesuffix("\n").removesuffix("\r"))
    return file.with_(begin, end, "")


# -- moving and renaming


def move(file: Text, path: Path, behind: str | int | None) -> Text:
    """With an entry behind another one of its list or table, or before all."""
    listing = file.at(path[:-1])
    number, after = listing.number(path[-1]), None if behind is None else listing.number(behind)
    if number is None or number == after:
        return file
    after = after - 1 if after is not None and after > number else after
    if listing.flow:
        begin, end = listing.range(number)
        kept = file.text[begin:end]
        without = _dropped_in_brackets(file, listing, number)
        return _added_in_brackets(without, without.at(path[:-1]), kept, after)
    begin, end = _lines_of(file, listing, number)
    lines = file.text[begin:end].removesuffix("\n").removesuffix("\r")
    without = _cut(file, begin, end)
    return _inserted(without, *without.entry(path[:-1]), after, lines)


def rename(file: Text, path: Path, keys: Mapping[str, str]) -> Text:
    """With other keys in a table, all at once: they may be each other's."""
    table = file.at(path)
    text = file.text
    for number in reversed(range(table.length)):
        key = table.entry(number)[0]
        if (new := keys.get(key.value or "")) is not None:
            text = text[: key.begin] + like(file, key, new) + text[key.end :]
    return file.with_(0, len(file.text), text) if keys else file
