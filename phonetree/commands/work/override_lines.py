"""Overrides, and who is on shift, as commands list them."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from phonetree.core.rota import Stretch
from phonetree.core.schedule import dated
from phonetree.core.tree import Site
from phonetree.store.kept import Kept, in_a_line, replaced


def numbered(kept: Kept, site: Site) -> str:
    """A kept override: its number, what it does, and who made it."""
    return f"{kept.number:>3}  {in_a_line(kept.override, site.schedule.zone)} (by {kept.by})"


def replacing(kept: Kept, every: Iterable[Kept], now: datetime, site: Site) -> Iterator[str]:
    """What newer overrides decide in place of a kept one, each on a line of its own."""
    for each in replaced(kept, every, now):
        begins, ends = (dated(when.astimezone(site.schedule.zone)) for when in (each.begins, each.ends))
        yield f"     {each.what} from {begins} to {ends} by override {each.newer.number}"


def on_shift(stretch: Stretch, site: Site) -> Iterator[str]:
    """Who can be rung in each team, in the order of the team, until when."""
    until = dated(stretch.ends.astimezone(site.schedule.zone))
    for team, members in stretch.on_shift.items():
        yield f"{team} until {until}: {', '.join(member.name for member in members) or 'nobody'}"
