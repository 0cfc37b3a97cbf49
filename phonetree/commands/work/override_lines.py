"""Overrides, and who is on shift, as commands list them."""

from collections.abc import Iterator

from phonetree.core.rota import Stretch
from phonetree.core.schedule import Override, dated, first_name
from phonetree.core.tree import Site
from phonetree.store.kept import Kept


def numbered(kept: Kept, site: Site) -> str:
    """A kept override: its number, what it does, and who made it."""
    return f"{kept.number:>3}  {in_a_line(kept.override, site)} (by {kept.by})"


def in_a_line(override: Override, site: Site) -> str:
    """What an override does, and when."""
    zone = site.schedule.zone
    begins, ends = (dated(when.astimezone(zone)) for when in (override.begins, override.ends))
    said = f', saying "{first_name(override.words)}"' if override.words else ""
    return f"{_what(override)} from {begins} to {ends} ({zone}){said}"


def _what(override: Override) -> str:
    if cover := override.cover:
        return f"{cover.by} takes the place of {cover.away}" if cover.by else f"{cover.away} is away"
    return override.kind or "as usual"


def on_shift(stretch: Stretch, site: Site) -> Iterator[str]:
    """Who can be rung in each team, in the order of the team, until when."""
    until = dated(stretch.ends.astimezone(site.schedule.zone))
    for team, members in stretch.on_shift.items():
        yield f"{team} until {until}: {', '.join(member.name for member in members) or 'nobody'}"
