"""Revisions that this server has not met: the one place where a turn may ask the database.

Once for each revision, and not for longer than a caller can wait; a call whose revision cannot be had begins
again.
"""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from time import monotonic

from phonetree.core.tree import Site
from phonetree.errors import PhonetreeError
from phonetree.log import failure

LIMIT_SECONDS = 1.0
"""How long a turn waits for the database."""

AGAIN_SECONDS = 60.0
"""A revision that could not be had is not asked for again so soon."""

MOST_NAMES = 1000


class Recall:
    """Asks for revisions. `find` may be slow, and raise PhonetreeError."""

    def __init__(self, find: Callable[[str], Site | None]) -> None:
        self._find = find
        self._pool = ThreadPoolExecutor(2, "recall")
        self._missing: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def site(self, name: str) -> Site | None:
        """The site of a revision, or None when it cannot be had now."""
        with self._lock:
            if monotonic() - self._missing.get(name, -AGAIN_SECONDS) < AGAIN_SECONDS:
                return None
            self._missing[name] = monotonic()
            while len(self._missing) > MOST_NAMES:
                self._missing.popitem(last=False)
        try:
            found = self._pool.submit(self._find, name).result(LIMIT_SECONDS)
        except (PhonetreeError, TimeoutError):
            return None
        except Exception as error:  # noqa: BLE001 -- the call begins again at today's tree, whatever it is
            failure("recall", error)
            return None
        if found:
            with self._lock:
                self._missing.pop(name, None)
        return found
