"""Special days that two people added at the same place of `hours.yaml`: other days are all kept, in order."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

_BEGIN = re.compile(r" *- ")
_DAYS = re.compile(r"\b(?:date|from|to): *['\"]?(\d{4}-\d\d-\d\d)\b")

_Entry = tuple[list[str], tuple[str, ...]]


def joined_days(mine: Sequence[str], theirs: Sequence[str]) -> Sequence[str] | None:
    """The lines of both; None if they are not whole entries of one list, or of days that meet."""
    entries = sorted((*_entries(mine), *_entries(theirs)), key=lambda each: each[1])
    if not all(days for _, days in entries) or len({_indent(lines[0]) for lines, _ in entries}) != 1:
        return None
    if any(max(days) >= min(after) for (_, days), (_, after) in pairwise(entries)):
        return None
    return list(chain.from_iterable(lines for lines, _ in entries))


def _entries(lines: Sequence[str]) -> Iterator[_Entry]:
    """Each entry with the days that it names: none for what is no entry."""
    begun: list[list[str]] = []
    for line in lines:
        if begun and line.startswith(f"{_indent(begun[-1][0])}  "):
            begun[-1].append(line)
        else:
            begun.append([line])
    for each in begun:
        yield each, tuple(_DAYS.findall("\n".join(each))) if _BEGIN.match(each[0]) else ()


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))]
