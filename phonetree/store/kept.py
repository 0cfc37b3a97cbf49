"""Overrides as they are kept. Apart from the store, so that whoever only shows them does not import the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from phonetree.core.schedule import Override, dated, first_name


@dataclass(frozen=True, slots=True)
class Kept:
    """An override with its number, and who made it."""

    number: int
    override: Override
    by: str


def standing(kept: Iterable[Kept]) -> tuple[Override, ...]:
    """The overrides alone."""
    return tuple(each.override for each in kept)


def in_a_line(override: Override, zone: tzinfo) -> str:
    """What an override does, and when, whoever reads it later."""
    begins, ends = (dated(when.astimezone(zone)) for when in (override.begins, override.ends))
    said = f', saying "{first_name(override.words)}"' if override.words else ""
    return f"{override.what} from {begins} to {ends} ({zone}){said}"
