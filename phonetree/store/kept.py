"""Overrides as they are kept. Apart from the store, so that whoever only shows them does not import the database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from phonetree.core.schedule import Override, dated, first_name


@dataclass(frozen=True, slots=True)
class Kept:
    """An override with its number, and who made it."""

    number: int
    override: Override
    by: str


@dataclass(frozen=True, slots=True)
class Replaced:
    """While what an override decides is decided by a `newer` one. `part` says which of it: "hours" or "words"; "" if
    all."""

    newer: Kept
    begins: datetime
    ends: datetime
    part: str

    @property
    def what(self) -> str:
        """What becomes of it, in words."""
        return f"the {self.part} are replaced" if self.part else "replaced"


def replaced(older: Kept, in_force: Iterable[Kept], now: datetime) -> Iterator[Replaced]:
    """What newer ones decide in place of one, from now on. `in_force` has the newest first."""
    found: list[tuple[datetime, datetime, frozenset[str]]] = []
    for newer in in_force:
        if newer.number == older.number:
            return
        both, stretch = shared(older.override, newer.override), together(older.override, newer.override, now)
        if not both or not stretch or any(a <= stretch[0] and stretch[1] <= b and both <= c for a, b, c in found):
            continue
        found.append((*stretch, both))
        yield Replaced(newer, *stretch, part(older.override, both))


def shared(one: Override, other: Override) -> frozenset[str]:
    """What two overrides both decide, and only the newer one while both last: "place", "hours", "words"."""
    if one.cover and other.cover:
        return frozenset({"place"} if one.cover.away == other.cover.away else ())
    hours, words = bool(one.kind and other.kind), bool(one.words and other.words)
    return frozenset(name for name, both in (("hours", hours), ("words", words)) if both)


def together(one: Override, other: Override, now: datetime) -> tuple[datetime, datetime] | None:
    """While two overrides last together, from now on."""
    begins, ends = max(one.begins, other.begins, now), min(one.ends, other.ends)
    return (begins, ends) if begins < ends else None


def part(override: Override, both: frozenset[str]) -> str:
    """Which part of an override is meant: "hours" or "words"; "" if all of it."""
    if both == shared(override, override):
        return ""
    return "words" if "words" in both else "hours"


def standing(kept: Iterable[Kept]) -> tuple[Override, ...]:
    """The overrides alone."""
    return tuple(each.override for each in kept)


def in_a_line(override: Override, zone: tzinfo) -> str:
    """What an override does, and when, whoever reads it later."""
    begins, ends = (dated(when.astimezone(zone)) for when in (override.begins, override.ends))
    said = f', saying "{first_name(override.words)}"' if override.words else ""
    return f"{override.what} from {begins} to {ends} ({zone}){said}"
