"""What is checked before a revision is published to the store: the same as for an edit of the files."""

from collections.abc import Callable
from datetime import datetime

from phonetree.config.promises import newly_broken
from phonetree.config.site import Contents, Loaded, overridden
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, Problem
from phonetree.store.database import Store
from phonetree.store.servers import met


def broken_before(
    wanted: Loaded,
    heard: Loaded | None,
    store: Store,
    proof: Callable[[Site, Contents], tuple[Problem, ...]],
    now: datetime,
) -> tuple[Problem, ...]:
    """The promises that a revision breaks, and that what callers hear breaks already, under the overrides that stand.

    Raises ConfigError for those that it breaks itself, or when that cannot be proved, and StoreError.
    """
    overrides = met(store, int(now.timestamp()))

    def broken(loaded: Loaded) -> tuple[Problem, ...]:
        return proof(overridden(loaded.site, overrides), loaded.contents)

    if found := broken(wanted):
        already = broken(heard) if heard else ()
        if new := newly_broken(found, already):
            raise ConfigError(new)
    return found
