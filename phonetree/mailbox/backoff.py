"""How long until a retry."""

from random import SystemRandom


def backoff(first: float, longest: float, attempts: int) -> int:
    """Seconds to wait after so many failed attempts: doubled each time, up to the longest, at random between half of
    that and all of it, so that workers do not all retry at once."""
    return spread(min(longest, first * 2 ** (attempts - 1)))


def spread(seconds: float) -> int:
    """At random between half of these seconds and all of them."""
    return int(seconds * (0.5 + SystemRandom().random() / 2))
