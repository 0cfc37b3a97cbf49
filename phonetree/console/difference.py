"""What is different between two revisions: for callers in sentences, and in the files."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice

from phonetree.config.site import Contents
from phonetree.console.services import ConsoleServices
from phonetree.runtime.comparing import Sentences, Unsaid

MOST_LINES = 3000
"""Lines of a text difference that are shown."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text difference; `kind` is "file", "place", "gone", "new" or "same"."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different between two revisions: for callers in sentences, or why that cannot be said; and as text."""

    sentences: Sentences
    lines: tuple[Line, ...]
    cut: bool


def difference(running: ConsoleServices, was: Contents, now: Contents) -> Difference:
    """What is different."""
    return in_files(was, now, _sentences(running, was, now))


def in_files(was: Contents, now: Contents, sentences: Sentences) -> Difference:
    """The same where the sentences for callers are known."""
    lines = list(islice(_lines(was, now), MOST_LINES + 1))
    return Difference(sentences, tuple(lines[:MOST_LINES]), len(lines) > MOST_LINES)


def _sentences(running: ConsoleServices, was: Contents, now: Contents) -> Sentences:
    publishing = running.publishing
    old, new = publishing.once(was), publishing.once(now)
    return publishing.changes(old.site, new.site) if old and new else Unsaid.UNREADABLE


def _lines(was: Contents, now: Contents) -> Iterator[Line]:
    for name in sorted({*was, *now}):
        old, new = (each.get(name, b"").decode("utf-8", "replace").splitlines() for each in (was, now))
        found = list(unified_diff(old, new, lineterm=""))[2:]
        if found:
            yield Line("file", name)
        for line in found:
            kind = {"+": "new", "-": "gone", "@": "place"}.get(line[0], "same")
            yield Line(kind, line if kind != "place" else f"line {line.split('+')[1].split(',')[0].split(' ')[0]}")
