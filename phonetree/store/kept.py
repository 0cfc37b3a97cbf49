"""Overrides as they are kept. Apart from the store, so that whoever only shows them does not import the database."""

from collections.abc import Iterable
from dataclasses import dataclass

from phonetree.core.schedule import Override


@dataclass(frozen=True, slots=True)
class Kept:
    """An override with its number, and who made it."""

    number: int
    override: Override
    by: str


def standing(kept: Iterable[Kept]) -> tuple[Override, ...]:
    """The overrides alone."""
    return tuple(each.override for each in kept)
