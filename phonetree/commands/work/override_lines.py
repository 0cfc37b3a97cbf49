"""Overrides as commands list them."""

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
    return f"{override.kind or 'as usual'} from {begins} to {ends} ({zone}){said}"
