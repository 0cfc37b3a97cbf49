"""Noise for counts: the discrete Laplace distribution, sampled exactly (Canonne, Kamath and Steinke, "The Discrete
Gaussian for Differential Privacy", 2020, algorithms 1 and 2). Only whole numbers are drawn: floating point would give
away more than the definition allows.
"""

from collections.abc import Callable
from math import exp, sqrt
from secrets import randbelow

Below = Callable[[int], int]
"""A whole number below another one, all equally likely."""


def discrete_laplace(scale: int, below: Below = randbelow) -> int:
    """A whole number x with probability proportional to exp(-|x| / scale)."""
    while True:
        rest = below(scale)
        if not _happens(rest, scale, below):
            continue
        rounds = 0
        while _happens(1, 1, below):
            rounds += 1
        size, negative = rest + scale * rounds, below(2)
        if size or not negative:
            return -size if negative else size


def deviation(scale: int) -> float:
    """The standard deviation of one draw."""
    return sqrt(2 * exp(-1 / scale)) / (1 - exp(-1 / scale))


def _happens(numerator: int, denominator: int, below: Below) -> bool:
    """True with probability exp(-numerator / denominator), a number from 0 to 1."""
    tries = 1
    while below(denominator * tries) < numerator:
        tries += 1
    return tries % 2 == 1
