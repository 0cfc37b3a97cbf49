"""Lookup of revisions that this server does not know: the only place where a turn may query the database.

Once for each revision, and for no longer than a caller can wait; a call whose revision is unavailable starts
over.
"""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from time import monotonic

from phonetree.core.tree import Site
from phonetree.errors import PhonetreeError
from phonetree.log import failure

LIMIT_SECONDS = 1.0
"""How long a turn waits for the database."""

AGAIN_SECONDS = 60.0
"""How long until an unavailable revision is looked up again."""

AWAY_SECONDS = 5.0
"""How long an unresponsive database is not queried: callers of many revisions would queue up for it."""

MOST_NAMES = 1000


class RevisionLookup:
    """Looks up revisions. `find` may be slow, and raise PhonetreeError."""

    def __init__(self, find: Callable[[str], Site | None]) -> None:
        self._find = find
        self._pool = ThreadPoolExecutor(2, "revisions")
        self._missing: OrderedDict[str, float] = OrderedDict()
        self._asked: dict[str, Future[Site | None]] = {}
        self._away_until = 0.0
        self._lock = Lock()

    def site(self, name: str) -> Site | None:
        """The site of a revision, or None when it is unavailable now. Requests for the same one share a lookup."""
        now = monotonic()
        with self._lock:
            if now < self._away_until or now - self._missing.get(name, -AGAIN_SECONDS) < AGAIN_SECONDS:
                return None
            asked = self._asked.get(name)
            if asked is None:
                asked = self._asked[name] = self._pool.submit(self._find, name)
                asked.add_done_callback(lambda _: self._asked.pop(name, None))
        try:
            found = asked.result(LIMIT_SECONDS)
        except (PhonetreeError, TimeoutError):
            self._away_until = now + AWAY_SECONDS
            return None
        except Exception as error:  # noqa: BLE001 -- whatever it is, the call starts over with the current tree
            failure("revisions", error)
            found = None
        if found is None:
            with self._lock:
                self._missing[name] = now
                while len(self._missing) > MOST_NAMES:
                    self._missing.popitem(last=False)
        return found
