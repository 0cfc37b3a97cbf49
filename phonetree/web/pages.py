"""What everybody may read about the line now: made at most once a minute, however many clients request it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Lock

from phonetree.core.tree import Site

Made = tuple[Site, int]


class Pages:
    """Caches the pages of the current minute. `make` renders all of them, by name."""

    def __init__(self, make: Callable[[Site, datetime], Mapping[str, bytes]]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: tuple[Made, Mapping[str, bytes]] | None = None

    def made(self, site: Site, now: datetime) -> bool:
        """Whether the pages of this minute are cached."""
        return self._found(site, now) is not None

    def page(self, site: Site, name: str, now: datetime) -> bytes:
        """One page. Requests during rendering wait for it."""
        found = self._found(site, now)
        if found is None:
            with self._lock:
                found = self._found(site, now)
                if found is None:
                    found = self._make(site, now)
                    self._made = (site, minute(now)), found
        return found[name]

    def _found(self, site: Site, now: datetime) -> Mapping[str, bytes] | None:
        made = self._made
        return made[1] if made and made[0] == (site, minute(now)) else None


def minute(now: datetime) -> int:
    """The minute of a moment: pages differ by no less."""
    return int(now.timestamp()) // 60
