"""Overrides, and who is on shift, as commands list them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from phonetree.core.covers import Held, rung_instead
from phonetree.core.rota import Stretch
from phonetree.core.schedule import dated
from phonetree.core.tree import Site
from phonetree.store.kept import Kept, Replaced, in_a_line, replaced, standing


def numbered(kept: Kept, site: Site) -> str:
    """A kept override: its number, what it does, and who made it."""
    return f"{kept.number:>3}  {in_a_line(kept.override, site.schedule.zone)} (by {kept.by})"


def replacing(kept: Kept, every: Sequence[Kept], now: datetime, site: Site) -> Iterator[str]:
    """What newer overrides decide in place of a kept one, and of a cover who is rung in that place then, each on a line
    of its own."""
    for each in replaced(kept, every, now):
        yield f"     {each.what} {_stretch(each, site)} by override {each.newer.number}"
    for held in rung_instead(kept.override, standing(every), now):
        yield f"     {held.words} {_stretch(held, site)}"


def _stretch(of: Replaced | Held, site: Site) -> str:
    begins, ends = (dated(when.astimezone(site.schedule.zone)) for when in (of.begins, of.ends))
    return f"from {begins} to {ends}"


def on_shift(stretch: Stretch, site: Site) -> Iterator[str]:
    """Who can be rung in each team, in the order of the team, until when."""
    until = dated(stretch.ends.astimezone(site.schedule.zone))
    for team, members in stretch.on_shift.items():
        yield f"{team} until {until}: {', '.join(member.name for member in members) or 'nobody'}"
