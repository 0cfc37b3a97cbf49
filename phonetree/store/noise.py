"""Noise for counts: the discrete Laplace distribution, sampled exactly (Canonne, Kamath and Steinke, "The Discrete
Gaussian for Differential Privacy", 2020, algorithms 1 and 2). Only whole numbers are drawn: floating point would give
away more than the definition allows.
"""

from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from math import cos, exp, pi, sin, sqrt
from secrets import randbelow

Below = Callable[[int], int]
"""A whole number below another one, all equally likely."""

SURE = 0.95
"""How often noise stays within its margin: 19 times in 20."""

NEGLIGIBLE = 1e-18


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


@cache
def margin(scale: int, draws: int) -> int:
    """The smallest whole number that the sum of so many draws stays within, up or down, 19 times in 20."""
    more_than_enough = int(5 * sqrt(draws) * deviation(scale)) + 1  # 24 times in 25, by Chebyshev's inequality
    return bisect_left(range(more_than_enough), SURE, key=lambda most: within(most, scale, draws))


def within(most: int, scale: int, draws: int) -> float:
    """How often the sum of so many draws is at most `most`, up or down.

    It is no normal distribution, least of all for one draw. Its characteristic function is a power of that of one draw;
    summed over evenly spaced angles, it gives back the probabilities of whole numbers, with those of numbers beyond 60
    deviations added.
    """
    ratio, half = exp(-1 / scale), 32 + int(32 * sqrt(draws) * deviation(scale))
    found = 2.0 * most + 1
    for step in range(1, half + 1):
        angle = 2 * pi * step / (2 * half + 1)
        weight = ((1 - ratio) ** 2 / (1 - 2 * ratio * cos(angle) + ratio**2)) ** draws
        if weight < NEGLIGIBLE:
            break
        found += 2 * weight * sin((most + 0.5) * angle) / sin(angle / 2)
    return found / (2 * half + 1)


def _happens(numerator: int, denominator: int, below: Below) -> bool:
    """True with probability exp(-numerator / denominator), a number from 0 to 1."""
    tries = 1
    while below(denominator * tries) < numerator:
        tries += 1
    return tries % 2 == 1
