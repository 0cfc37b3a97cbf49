"""Covers: for a while a member takes another's place, or is away.

Pure: covers become members with other shifts, so that whatever rings, proves or lists a team knows them. The rules:

- Whoever takes a place is rung in it, in the order of the team and in the shifts of the member who is away, and in no
  others because of this.
- A member is away, or is replaced, in every team.
- Of several covers for one member the newest decides, so that whoever finds a place empty, or taken by the wrong one,
  says who takes it.
- Whoever takes a place leaves it to the next if a still newer cover has them away; an older one does not: whoever was
  away and takes a place later is rung in that place.
- A name that no member has changes nothing; a place that such a name takes is empty.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, pairwise
from typing import TypeVar

from phonetree.core.schedule import Cover, Override
from phonetree.core.tree import During, Member, Team

H = TypeVar("H")


def covered(teams: Mapping[str, Team], overrides: Iterable[Override]) -> Mapping[str, Team]:
    """The teams with the covers of these overrides, of which the newest comes first."""
    covers = [(override, override.cover) for override in overrides if override.cover]
    edges = sorted({moment for override, _ in covers for moment in (override.begins, override.ends)})
    in_force = [
        (begins, ends, [cover for override, cover in covers if override.at(begins)]) for begins, ends in pairwise(edges)
    ]
    members = {member.name: member for team in reversed(tuple(teams.values())) for member in reversed(team.members)}

    def place(member: Member) -> Iterator[Member]:
        """Whoever is rung in a member's place, each once, with shifts of their own."""
        held = [(_holder(member.name, now), begins, ends) for begins, ends, now in in_force]
        others = _together((holder != member.name, begins, ends) for holder, begins, ends in held)
        if True not in others:
            yield member
            return
        yield replace(member, shifts=During(member.shifts, others[True], inside=False))
        for holder, stretches in _together(held).items():
            if holder != member.name and (rung := members.get(holder)):
                yield replace(rung, shifts=During(member.shifts, stretches, inside=True))

    return {
        name: replace(team, members=tuple(each for member in team.members for each in place(member)))
        for name, team in teams.items()
    }


@dataclass(frozen=True, slots=True)
class Held:
    """Who is rung in the place of `away` from `begins` to before `ends`; "": nobody."""

    away: str
    by: str
    begins: datetime
    ends: datetime

    @property
    def words(self) -> str:
        """That, but for when."""
        return f"{self.by or 'nobody'} is rung in the place of {self.away}"


def rung_instead(override: Override, every: Sequence[Override], since: datetime) -> Iterator[Held]:
    """Who is rung in the place that a cover is about, from a moment on, where it is not as the cover says by itself; or
    all along, if it leaves a place empty that an older one had filled. `every` has the newest first."""
    cover, begins = override.cover, max(override.begins, since)
    if cover is None or override not in every:
        return
    older = every[every.index(override) + 1 :]
    filled = [
        each
        for each in older
        if each.cover and each.cover.away == cover.away and each.cover.by
        if max(each.begins, begins) < min(each.ends, override.ends)
    ]
    for held in _held(cover.away, every, begins, override.ends):
        if held.by != cover.by or (filled and not cover.by):
            yield held


def _held(away: str, every: Sequence[Override], begins: datetime, ends: datetime) -> Iterator[Held]:
    """Who is rung in a place, in order."""
    inside = {moment for each in every if each.cover for moment in (each.begins, each.ends) if begins < moment < ends}
    now = [
        (_holder(away, [each.cover for each in every if each.cover and each.at(first)]), first, last)
        for first, last in pairwise(sorted({begins, ends} | inside))
    ]
    for by, run in groupby(now, key=lambda each: each[0]):
        stretches = list(run)
        yield Held(away, by, stretches[0][1], stretches[-1][2])


def _holder(name: str, covers: Sequence[Cover]) -> str:
    """Who is rung in the place of a name, with these covers in force, the newest first; "": nobody."""
    for number, cover in enumerate(covers):
        if cover.away == name:
            return _holder(cover.by, covers[:number]) if cover.by else ""
    return name


def _together(held: Iterable[tuple[H, datetime, datetime]]) -> Mapping[H, tuple[tuple[datetime, datetime], ...]]:
    """Stretches by their holder, those that follow each other in one. However many covers there are, a holder comes
    once: so the proof meets each roster that they make once."""
    found: dict[H, tuple[tuple[datetime, datetime], ...]] = {}
    for holder, run in groupby(held, key=lambda each: each[0]):
        (_, begins, ends), *more = run
        found[holder] = (*found.get(holder, ()), (begins, more[-1][2] if more else ends))
    return found
