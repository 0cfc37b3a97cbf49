"""What is different between two revisions: for callers in sentences, and in the files."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice

from phonetree.config.site import Contents, Loaded, made_of
from phonetree.console.services import ConsoleServices
from phonetree.diff.changes import changes
from phonetree.errors import ConfigError, ProofError

MOST_LINES = 3000
"""Lines of a text difference that are shown."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text difference; `kind` is "file", "place", "gone", "new" or "same"."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different between two revisions: for callers in sentences, which cannot be said (None) if one of them
    cannot be compiled here; and as text."""

    sentences: tuple[str, ...] | None
    lines: tuple[Line, ...]
    cut: bool


def difference(running: ConsoleServices, was: Contents, now: Contents) -> Difference:
    """What is different."""
    return in_files(was, now, _sentences(running, was, now))


def in_files(was: Contents, now: Contents, sentences: tuple[str, ...] | None) -> Difference:
    """The same where the sentences for callers are known."""
    lines = list(islice(_lines(was, now), MOST_LINES + 1))
    return Difference(sentences, tuple(lines[:MOST_LINES]), len(lines) > MOST_LINES)


def _sentences(running: ConsoleServices, was: Contents, now: Contents) -> tuple[str, ...] | None:
    old, new = _made(running, was), _made(running, now)
    if old is None or new is None:
        return None
    try:
        return changes(old.site, new.site, new.site.schedule.today(running.now()))
    except ProofError:
        return None


def _made(running: ConsoleServices, contents: Contents) -> Loaded | None:
    try:
        return made_of(contents, running.settings.config, running.live.rules(), patched=True) if contents else None
    except ConfigError:
        return None


def _lines(was: Contents, now: Contents) -> Iterator[Line]:
    for name in sorted({*was, *now}):
        old, new = (each.get(name, b"").decode("utf-8", "replace").splitlines() for each in (was, now))
        found = list(unified_diff(old, new, lineterm=""))[2:]
        if found:
            yield Line("file", name)
        for line in found:
            kind = {"+": "new", "-": "gone", "@": "place"}.get(line[0], "same")
            yield Line(kind, line if kind != "place" else f"line {line.split('+')[1].split(',')[0].split(' ')[0]}")
