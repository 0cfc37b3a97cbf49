"""A three-way merge of texts by lines: two people changed the same text, each in another place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

Lines = Sequence[str]


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a merged text, in order. `clash` says that both changed the same place, or places that touch: then
    `mine` and `theirs` are what each made of it; otherwise `mine` is what is merged."""

    mine: tuple[str, ...]
    theirs: tuple[str, ...] = ()
    clash: bool = False


def merged(base: Lines, mine: Lines, theirs: Lines) -> tuple[Part, ...]:
    """What becomes of a text that two people changed."""
    return tuple(part for part in _parts(base, mine, theirs) if part.mine or part.theirs)


def _parts(base: Lines, mine: Lines, theirs: Lines) -> Iterator[Part]:
    at = at_mine = at_theirs = 0
    for start, start_mine, start_theirs, size in (*_kept(base, mine, theirs), (len(base), len(mine), len(theirs), 0)):
        yield _changed(tuple(base[at:start]), tuple(mine[at_mine:start_mine]), tuple(theirs[at_theirs:start_theirs]))
        yield Part(tuple(base[start : start + size]))
        at, at_mine, at_theirs = start + size, start_mine + size, start_theirs + size


def _changed(base: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...]) -> Part:
    if theirs in (base, mine):
        return Part(mine)
    return Part(theirs) if mine == base else Part(mine, theirs, clash=True)


def _kept(base: Lines, mine: Lines, theirs: Lines) -> Iterator[tuple[int, int, int, int]]:
    """The runs of lines that both kept: where each begins in the three texts, and how many lines it has."""
    # with autojunk, since lines that are all the same would otherwise take time by the square of their number
    ours, others = (SequenceMatcher(None, base, each).get_matching_blocks()[:-1] for each in (mine, theirs))
    one = other = 0
    while one < len(ours) and other < len(others):
        a, b = ours[one], others[other]
        start, end = max(a.a, b.a), min(a.a + a.size, b.a + b.size)
        if start < end:
            yield start, a.b + start - a.a, b.b + start - b.a, end - start
        if a.a + a.size < b.a + b.size:
            one += 1
        else:
            other += 1
