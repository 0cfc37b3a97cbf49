"""What callers hear differently, or why that cannot be said: whoever asks goes on without it.

The console finds it once: one page shows it, the next one asks for a note, and publishing looks again.
"""

from collections import OrderedDict
from datetime import date
from enum import StrEnum
from threading import Lock

from phonetree import log
from phonetree.core.tree import Site
from phonetree.diff.changes import changes
from phonetree.diff.to_check import to_check
from phonetree.errors import ProofError
from phonetree.runtime.considerate import giving_way

KEPT = 32
"""How many comparisons are kept."""


class Unsaid(StrEnum):
    """Why it cannot be said what callers hear differently."""

    UNREADABLE = "one of the two lacks a file or has problems, or this version cannot read it"
    TOO_MUCH = "they are too much to compare"
    BUG = "the changes could not be worked out because of a bug in phonetree; the log says where, so tell the operator"


Sentences = tuple[str, ...] | Unsaid

NOTHING_CHECKED = (
    "What to check after this edit could not be worked out because of a bug in phonetree; tell the operator"
)

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
        found = compared(old, new, since)
        with self._lock:
            self._kept[key] = found
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


def compared(old: Site, new: Site, since: date) -> Sentences:
    """What changes for callers from a day on. Whatever fails here, publishing does not need it."""
    try:
        with giving_way():
            return changes(old, new, since)
    except ProofError:
        return Unsaid.TOO_MUCH
    except Exception as error:  # noqa: BLE001 -- a bug, which is logged
        log.failure("changes", error)
        return Unsaid.BUG


def looked_at(old: Site, new: Site, since: date) -> tuple[str, ...]:
    """What somebody should look at after an edit."""
    try:
        return tuple(to_check(old, new, since))
    except Exception as error:  # noqa: BLE001 -- the same
        log.failure("changes", error)
        return (NOTHING_CHECKED,)


def _numbers(site: Site) -> tuple[str | None, ...]:
    return tuple(member.number for member in site.members)
