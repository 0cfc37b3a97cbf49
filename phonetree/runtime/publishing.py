"""What is checked before a revision is published: the same as for an edit of the files."""

from collections.abc import Callable
from datetime import datetime

from phonetree.config.promises import broken_under, newly_broken
from phonetree.config.site import Contents, Loaded
from phonetree.core.schedule import Override
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, Problem
from phonetree.store.database import Store
from phonetree.store.servers import met

Proof = Callable[[Site, Contents], tuple[Problem, ...]]
"""Which promises a site breaks, and the files that it is made of. Raises ConfigError when there is no proof."""


def broken(loaded: Loaded, overrides: tuple[Override, ...], proof: Proof) -> tuple[Problem, ...]:
    """The promises that files break under overrides."""
    return broken_under(overrides, loaded.site, loaded.contents, proof)


def judged(
    wanted: Loaded, before: Loaded | None, overrides: tuple[Override, ...], proof: Proof
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """The promises that files break and those `before` kept, and the others that they break. Raises ConfigError when
    that cannot be proved."""
    found = broken(wanted, overrides, proof)
    new = newly_broken(found, broken(before, overrides, proof) if before else ()) if found else ()
    return new, tuple(problem for problem in found if problem not in new)


def broken_before(
    wanted: Loaded,
    heard: Loaded | None,
    store: Store,
    proof: Proof,
    now: datetime,
) -> tuple[Problem, ...]:
    """The promises that a revision breaks, and that what callers hear breaks already, under the overrides that stand.

    Raises ConfigError for those that it breaks itself, or when that cannot be proved, and StoreError.
    """
    new, already = judged(wanted, heard, met(store, int(now.timestamp())), proof)
    if new:
        raise ConfigError(new)
    return already
