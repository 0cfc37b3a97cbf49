"""Covers: for a while a member takes another's place, or is away.

Pure: covers become members with other shifts, so that whatever rings, proves or lists a team knows them. The rules:

- Whoever takes a place is rung in it, in the order of the team and in the shifts of the member who is away, and in no
  others because of this.
- A member is away, or is replaced, in every team.
- Newer covers apply to what older ones made of the team: whoever took a place and is away later leaves it to the next,
  and whoever was away and takes a place later is rung in that place.
- A name that no member has changes nothing; a place that such a name takes is empty.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from phonetree.core.schedule import Override
from phonetree.core.tree import During, Member, Team


def covered(teams: Mapping[str, Team], overrides: Iterable[Override]) -> Mapping[str, Team]:
    """The teams with the covers of these overrides, of which the newest comes first."""
    members = {member.name: member for team in reversed(tuple(teams.values())) for member in reversed(team.members)}
    covers = [override for override in overrides if override.cover]
    for override in reversed(covers):
        teams = {name: replace(team, members=_places(team, override, members)) for name, team in teams.items()}
    return teams


def _places(team: Team, override: Override, members: Mapping[str, Member]) -> tuple[Member, ...]:
    return tuple(place for member in team.members for place in _place(member, override, members))


def _place(member: Member, override: Override, members: Mapping[str, Member]) -> Iterator[Member]:
    """A member's place: theirs outside the cover, and another's during it."""
    cover = override.cover
    if cover is None or member.name != cover.away:
        yield member
        return
    for other, inside in ((member, False), (members.get(cover.by), True)):
        if other:
            yield replace(other, shifts=During(member.shifts, override.begins, override.ends, inside))
