"""What a helpline allows itself, if an edit allows more or less: seconds, and keys that differ by day and by night."""

from collections.abc import Iterator, Mapping

from phonetree.core.tree import Site
from phonetree.diff.describe import listed

LIMITS: Mapping[str, str] = {
    "advocate": "Until an advocate's phone rings, with one key",
    "crisis_line": "Until an outside line rings, with one key",
    "silent": "Until somebody is rung for a caller who presses nothing",
    "whole_wait": "Longest wait for a team",
}
"""What each limit in seconds is called."""


def changed_limits(old: Site, new: Site) -> Iterator[str]:
    """Every limit that is another one."""
    for called, was, now in _seconds(old, new):
        yield f'The limit "{called}" is {now} seconds; it was {was}.'
    yield from (f"{listed(group)} count as the same by day and by night." for group in _alike(new, old))
    yield from (f"{listed(group)} no longer count as the same by day and by night." for group in _alike(old, new))


def loosened_limits(old: Site, new: Site) -> Iterator[str]:
    """Those that allow more, for somebody to look at."""
    for called, was, now in _seconds(old, new):
        if now > was:
            yield f'The limit "{called}" was raised from {was} to {now} seconds; can callers wait that long?'
    for group in _alike(new, old):
        told = "count as the same now: a key may lead to one by day and to another by night; is that meant?"
        yield f"{listed(group)} {told}"


def _seconds(old: Site, new: Site) -> Iterator[tuple[str, int, int]]:
    for name, called in LIMITS.items():
        was, now = getattr(old.budgets, name), getattr(new.budgets, name)
        if was != now:
            yield called, was, now


def _alike(site: Site, other: Site) -> Iterator[tuple[str, ...]]:
    """The nodes that count as the same, of groups that the other site does not have."""
    return (tuple(sorted(group)) for group in site.alike if group not in other.alike)
