"""How a value is written in YAML, beside others or in place of another one, in the style that is there."""

import json
import re
from collections.abc import Iterator, Mapping

import yaml

from phonetree.config.document import Value, misquoted
from phonetree.config.positions import Node, Text, read

WIDTH = 120
"""Columns after which a new table is written on several lines, and a new text is folded."""

NARROWEST = 80
"""Columns that a folded text may always use."""

_PLAIN = re.compile(
    r"[A-Za-z][A-Za-z0-9]*(?:[ '-]+[A-Za-z0-9]+)*"  # words
    r"|[a-z0-9][a-z0-9_-]*"  # the name of a node
    r"|\$[A-Z][A-Z0-9_]*"
    r"|\+?[0-9]+(?:[ -][0-9]+)*"  # a phone number, a date
    r"|[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}(?: next day)?"
)
"""What is written without quotes in braces."""


def quoted(text: str) -> str:
    """A text as a value in braces, in quotes unless it needs none."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def plain_or_quoted(text: str, *, inside: bool) -> str:
    """A text without quotes if it is read as the same, between braces or not; otherwise in quotes."""
    return text if not misquoted(text) and _reads_back(text, inside=inside) else json.dumps(text, ensure_ascii=False)


def _reads_back(text: str, *, inside: bool) -> bool:
    if inside and not text:
        return False
    before, behind = ("{k: ", "}") if inside else ("k: ", "")
    try:
        root = read(f"{before}{text}{behind}").root
    except (yaml.YAMLError, ValueError, IndexError, AttributeError):
        return False
    found = root.find(("k",))
    return root.length == 1 and found is not None and found[1].value == text and not found[1].style


def in_braces(value: Value) -> str:
    """A value on one line."""
    match value:
        case str():
            return quoted(value)
        case tuple():
            return f"[{', '.join(map(in_braces, value))}]"
        case _:
            return f"{{{', '.join(f'{quoted(key)}: {in_braces(each)}' for key, each in value.items())}}}"


def as_lines(key: str, value: Value, indent: int, levels: int) -> Iterator[str]:
    """An entry of a table that has no braces. Tables down to that level are on several lines, others only if they are
    wide; with less than none, it is on one line."""
    head = f"{' ' * indent}{plain_or_quoted(key, inside=False)}:"
    if isinstance(value, str):
        yield from _text_lines(head, value, indent)
    elif levels < 0 or _fits(value, len(head), levels):
        yield f"{head} {in_braces(value)}"
    elif isinstance(value, Mapping):
        yield head
        for name, each in value.items():
            yield from as_lines(name, each, indent + 2, max(levels - 1, 0))
    else:
        yield head
        for each in value:
            yield from as_item(each, indent + 2, max(levels - 1, 0))


def as_item(value: Value, indent: int, levels: int) -> Iterator[str]:
    """An item of a list that has no brackets. `levels` is as in `as_lines`."""
    if levels <= 0 or not isinstance(value, Mapping):
        yield f"{' ' * indent}- {in_braces(value)}"
        return
    lines = (line for name, each in value.items() for line in as_lines(name, each, indent + 2, levels - 1))
    yield f"{' ' * indent}- {next(lines, '{}').lstrip()}"
    yield from lines


def _fits(value: Value, before: int, levels: int) -> bool:
    """Whether a table or a list is written on one line."""
    if isinstance(value, tuple):
        return all(isinstance(each, str) for each in value) and before + 1 + len(in_braces(value)) <= WIDTH
    return not value or (levels == 0 and before + 1 + len(in_braces(value)) <= WIDTH)


def _text_lines(head: str, text: str, indent: int) -> Iterator[str]:
    if len(head) + 1 + len(text) <= WIDTH or " ".join(text.split()) != text:
        yield f"{head} {plain_or_quoted(text, inside=False)}" if text else head
    else:
        yield f"{head} >-"
        yield from _wrapped(text.split(), " " * (indent + 2), WIDTH)


def like(file: Text, node: Node, text: str) -> str:
    """A text in the style of the single value that it replaces."""
    if node.style == "'" and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if node.style in ("|", ">") and (lines := _folded(file, node, text)):
        return lines
    if node.style:
        return json.dumps(text, ensure_ascii=False)
    return plain_or_quoted(text, inside=node.inside)


def _folded(file: Text, node: Node, text: str) -> str | None:
    """A text in place of a block. Lines at its beginning and its end that stay the same are not wrapped anew."""
    head, *lines = file.text[node.begin : node.end].splitlines()
    words = text.split()
    if not words or " ".join(words) != text or not lines or any(map(str.isdigit, head.partition("#")[0])):
        return None
    first = next(line for line in lines if line.strip())
    indent = first[: len(first) - len(first.lstrip())]
    before = _same(lines, words)
    rest, left = lines[len(before) :], words[sum(len(line.split()) for line in before) :]
    behind = _same([*reversed(rest)], [*reversed(left)], backwards=True)
    middle = left[: len(left) - sum(len(line.split()) for line in behind)]
    width = max(NARROWEST, *map(len, lines))
    made = [head, *before, *_wrapped(middle, indent, width), *reversed(behind)]
    return file.line_break.join(made)


def _same(lines: list[str], words: list[str], *, backwards: bool = False) -> list[str]:
    """The lines with which a list of words begins."""
    kept: list[str] = []
    for line in lines:
        here = [*reversed(line.split())] if backwards else line.split()
        if not here or words[: len(here)] != here:
            break
        kept.append(line)
        words = words[len(here) :]
    return kept


def _wrapped(words: list[str], indent: str, width: int) -> Iterator[str]:
    line = ""
    for word in words:
        if line and len(indent) + len(line) + 1 + len(word) > width:
            yield indent + line
            line = word
        else:
            line = f"{line} {word}" if line else word
    if line:
        yield indent + line
