"""What callers hear differently, found once: one page shows it, the next one asks for a note, and publishing looks
again."""

from collections import OrderedDict
from datetime import date
from threading import Lock

from phonetree.core.tree import Site
from phonetree.diff.changes import changes
from phonetree.errors import ProofError

KEPT = 32
"""How many comparisons are kept."""

Sentences = tuple[str, ...] | None
"""None if it cannot be said, since there is too much to compare."""

_Key = tuple[str, str, tuple[str | None, ...], tuple[str | None, ...], date]


class Comparing:
    """Compares sites. The last comparisons are kept, by all that they depend on: files and the members' numbers."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, Sentences] = OrderedDict()
        self._lock = Lock()

    def changes(self, old: Site, new: Site, since: date) -> Sentences:
        """What changes for callers from a day on."""
        key = (old.revision, new.revision, _numbers(old), _numbers(new), since)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        try:
            found: Sentences = changes(old, new, since)
        except ProofError:
            found = None
        with self._lock:
            self._kept[key] = found
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


def _numbers(site: Site) -> tuple[str | None, ...]:
    return tuple(member.number for member in site.members)
