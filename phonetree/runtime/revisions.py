"""Revisions in the store: published before callers hear them, and looked up when a call comes that began on another
server. The look-up is the only place where a turn may query the database.

Once for each revision, and for no longer than a caller can wait; a call whose revision is unavailable starts
over.
"""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock, Thread
from time import monotonic

from phonetree.config.site import Loaded
from phonetree.core.tree import Site
from phonetree.errors import PhonetreeError, StoreError
from phonetree.log import failure

LIMIT_SECONDS = 1.0
"""How long a turn waits for the database."""

PUBLISH_SECONDS = 2.0
"""How long an edit waits for the store before it goes live without: a closure cannot wait for a database."""

AGAIN_SECONDS = 5.0
"""How long until an unavailable revision is looked up again."""

AWAY_SECONDS = 5.0
"""How long an unresponsive database is not queried: callers of many revisions would queue up for it."""

MOST_NAMES = 1000


class Publisher:
    """Stores revisions before callers hear them. `keep` may be slow, and raise StoreError."""

    def __init__(self, keep: Callable[[Loaded], object]) -> None:
        self._keep = keep

    def publish(self, loaded: Loaded) -> None:
        """Returns when it is stored, or cannot be, or after `PUBLISH_SECONDS`; the worker tries again each minute."""
        storing = Thread(target=self._store, args=(loaded,), name="publish", daemon=True)
        storing.start()
        storing.join(PUBLISH_SECONDS)

    def _store(self, loaded: Loaded) -> None:
        try:
            self._keep(loaded)
        except StoreError:
            return  # the worker reports an unavailable store
        except Exception as error:  # noqa: BLE001 -- whatever it is, an edit goes live
            failure("publish", error)


class RevisionLookup:
    """Looks up revisions. `find` may be slow, and raise PhonetreeError."""

    def __init__(
        self, find: Callable[[str], Site | None], failed: Callable[[str, Exception], object] = failure
    ) -> None:
        """`failed` is told of a bug: what it happened at, and the exception."""
        self._find = find
        self._failed = failed
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
            self._failed("revisions", error)
            found = None
        if found is None:
            with self._lock:
                self._missing[name] = now
                while len(self._missing) > MOST_NAMES:
                    self._missing.popitem(last=False)
        return found
