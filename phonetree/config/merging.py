"""A three-way merge of texts by lines: two people changed the same text, each in another place.

How lines end, and a byte order mark, are no part of them: editors change these in a whole file, unasked.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain, zip_longest
from typing import TypeVar

from phonetree.config.positions import BOM

Lines = Sequence[str]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Text:
    """The lines of a text without their ends, and what is the same for all of it: the mark that it begins with, how
    lines end, and whether the last one does."""

    lines: Lines = ()
    mark: str = ""
    end: str = "\n"
    ended: bool = True

    @classmethod
    def of(cls, text: str) -> "Text":
        """A text as it is."""
        mark = BOM if text.startswith(BOM) else ""
        *lines, last = text.removeprefix(BOM).replace("\r\n", "\n").split("\n")
        return cls((*lines, last) if last else lines, mark, "\r\n" if "\r\n" in text else "\n", not last)

    def with_lines(self, lines: Lines) -> str:
        """Other lines in place of these, with one end throughout."""
        return self.mark + self.end.join((*lines, "") if lines and self.ended else lines)

    def merged(self, mine: "Text", theirs: "Text") -> "Text":
        """What became of a text that two people changed, but for its lines."""

        def changed(base: T, mine: T, theirs: T) -> T:
            return theirs if mine == base else mine

        return Text(
            (),
            changed(self.mark, mine.mark, theirs.mark),
            changed(self.end, mine.end, theirs.end),
            changed(self.ended, mine.ended, theirs.ended),
        )


_END = re.compile(r"(\r?\n)")


def with_ends(text: str, before: str) -> str:
    """A text, whose line ends say nothing, with those that it had before: lines that are the same keep theirs, and so
    does one in the place of another; new ones have the commonest."""
    lines, (was, ends) = _END.split(text)[::2], (_END.split(before)[start::2] for start in (0, 1))
    common = Counter(ends).most_common(1)[0][0] if ends else "\n"
    if len(set(ends)) <= 1:
        return common.join(lines)
    found: list[str] = []
    for _, i1, i2, j1, j2 in SequenceMatcher(None, was, lines, autojunk=False).get_opcodes():
        kept = ends[i1:i2][: j2 - j1]
        found += [*kept, *[common] * (j2 - j1 - len(kept))]
    return "".join(chain.from_iterable(zip_longest(lines, found[: len(lines) - 1], fillvalue="")))


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a merged text, in order. `clash` says that both changed the same place: then `mine` and `theirs` are
    what each made of it; otherwise `mine` is what is merged."""

    mine: tuple[str, ...]
    theirs: tuple[str, ...] = ()
    clash: bool = False


@dataclass(frozen=True, slots=True)
class _Change:
    """What somebody put in the place of some lines of the text that both began from; of none: between two."""

    start: int
    end: int
    lines: tuple[str, ...]
    mine: bool

    @property
    def line_for_line(self) -> bool:
        return len(self.lines) == self.end - self.start


Joined = Callable[[Lines, Lines], Lines | None]
"""What becomes of lines that two people added at the same place; None if they clash."""


def clash(_mine: Lines, _theirs: Lines) -> Lines | None:
    """Nothing that two people added at the same place is joined."""
    return None


def merged(base: Lines, mine: Lines, theirs: Lines, *, apart: bool = False, joined: Joined = clash) -> tuple[Part, ...]:
    """What becomes of a text that two people changed. Changes of lines that follow each other are no clash, unless it
    cannot be told which lines come first, or the changes have to be `apart`; nor are lines that can be `joined`."""
    return tuple(part for part in _parts(base, mine, theirs, joined, apart=apart) if part.mine or part.theirs)


def differing(mine: Lines, theirs: Lines) -> tuple[Part, ...]:
    """The same where it is not known any more what both began from: every difference is a clash."""
    return tuple(
        Part(tuple(mine[start:end]), tuple(theirs[first:last]) if tag != "equal" else (), clash=tag != "equal")
        for tag, start, end, first, last in SequenceMatcher(None, mine, theirs).get_opcodes()
    )


def _parts(base: Lines, mine: Lines, theirs: Lines, joined: Joined, *, apart: bool) -> Iterator[Part]:
    at = 0
    for together in _places(base, mine, theirs, apart=apart):
        start, end = min(each.start for each in together), max(each.end for each in together)
        yield Part(tuple(base[at:start]))
        both = (_made(base, start, end, [each for each in together if each.mine is whose]) for whose in (True, False))
        yield _changed(joined, tuple(base[start:end]), *both)
        at = end
    yield Part(tuple(base[at:]))


def _changed(joined: Joined, base: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...]) -> Part:
    if theirs in (base, mine):
        return Part(mine)
    if not base and (both := joined(mine, theirs)):
        return Part(tuple(both))
    return Part(theirs) if mine == base else Part(mine, theirs, clash=True)


def _made(base: Lines, start: int, end: int, changes: list[_Change]) -> tuple[str, ...]:
    """Lines of a text with somebody's changes."""
    ends = (start, *(each.end for each in changes))
    kept = (base[at:until] for at, until in zip(ends, (*(each.start for each in changes), end), strict=True))
    new: Iterator[Lines] = iter([*(each.lines for each in changes), ()])
    return tuple(chain.from_iterable((*lines, *next(new)) for lines in kept))


def _places(base: Lines, mine: Lines, theirs: Lines, *, apart: bool) -> Iterator[list[_Change]]:
    """The changes, in order: together those that cannot be made one after the other."""
    found = (*_changes(base, mine, mine=True), *_changes(base, theirs, mine=False))
    together: list[_Change] = []
    for change in sorted(found, key=lambda each: (each.start, each.end)):
        # of somebody's own changes no two touch, so only the last one of the other's can reach this far
        last = next((each for each in reversed(together) if each.mine is not change.mine), None)
        if together and not (last and _meet(last, change, apart=apart)):
            yield together
            together = []
        together.append(change)
    if together:
        yield together


def _meet(one: _Change, other: _Change, *, apart: bool) -> bool:
    if one.start < other.end and other.start < one.end:
        return True
    if one.end < other.start or other.end < one.start:
        return False
    follow = one.line_for_line or other.line_for_line or not (one.lines or other.lines)
    return apart or not follow


def _changes(base: Lines, changed: Lines, *, mine: bool) -> Iterator[_Change]:
    # with autojunk, since lines that are all the same would otherwise take time by the square of their number
    for tag, start, end, first, last in SequenceMatcher(None, base, changed).get_opcodes():
        if tag != "equal":
            yield _Change(start, end, tuple(changed[first:last]), mine)
