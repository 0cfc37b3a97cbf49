"""How long until something that failed is tried again."""

from random import random


def backoff(first: float, longest: float, attempts: int) -> int:
    """Seconds after so many failed attempts: twice as long each time, up to the longest, and at random between half of
    that and all of it, so that several workers do not try at once."""
    return spread(min(longest, first * 2 ** (attempts - 1)))


def spread(seconds: float) -> int:
    """At random between half of these seconds and all of them."""
    return int(seconds * (0.5 + random() / 2))  # noqa: S311 -- no secret
