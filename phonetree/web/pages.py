"""The rendered public page: made at most once a minute, in all languages, however many clients request it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Lock

from phonetree.core.tree import Language, Site

Made = tuple[Site, int]


class Pages:
    """Caches the pages of the current minute. `make` renders one."""

    def __init__(self, make: Callable[[Site, Language, datetime], bytes]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: tuple[Made, Mapping[Language, bytes]] | None = None

    def made(self, site: Site, now: datetime) -> bool:
        """Whether the page of this minute is cached."""
        return self._found(site, now) is not None

    def page(self, site: Site, language: Language, now: datetime) -> bytes:
        """The page in one of the site's languages. Requests during rendering wait for it."""
        found = self._found(site, now)
        if found is None:
            with self._lock:
                found = self._found(site, now)
                if found is None:
                    found = {each: self._make(site, each, now) for each in site.languages}
                    self._made = (site, _minute(now)), found
        return found[language]

    def _found(self, site: Site, now: datetime) -> Mapping[Language, bytes] | None:
        made = self._made
        return made[1] if made and made[0] == (site, _minute(now)) else None


def _minute(now: datetime) -> int:
    return int(now.timestamp()) // 60
