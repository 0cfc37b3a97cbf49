"""Teams that are open while nobody is on shift: what broken promises may come from, told beside them. Whether an edit
is refused does not depend on it."""

from collections.abc import Mapping
from datetime import date

from phonetree.core.tree import Site
from phonetree.proof.moments import Moment, moments


def unstaffed(site: Site, since: date) -> Mapping[str, Moment]:
    """The teams with members of which, at some moment from `since` on at which they are open, nobody is on shift, under
    the overrides of the site; each with the first such moment."""
    found: dict[str, Moment] = {}
    for moment in moments(since, site).kinds:
        for team in site.teams.values():
            on_shift = any(member.shifts.is_open(site.schedule, moment.at) for member in team.members)
            if team.members and team.hours.is_open(site.schedule, moment.at) and not on_shift:
                found.setdefault(team.id, moment)
    return found
