"""The kinds of moment that a site tells apart, found from its hours and not sampled.

A moment is told from another by whether the helpline is open, closed or on holiday, and by which teams,
shifts and outside lines are open. Every boundary of all these hours in the days to come is looked at, so
that no combination that will happen is missed, and none that cannot happen is invented.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from phonetree.core.schedule import Kind, changes, midnight
from phonetree.core.tree import Hours, OwnHours, Site

DAYS = 400
"""How far ahead boundaries are looked for: a year, and the closures after its end."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One kind of moment: an example of it, well within its stretch of time, and what tells it apart."""

    at: datetime
    kind: Kind
    open: tuple[bool, ...]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Moments:
    """The kinds of moment, and which may follow which while a call goes on."""

    kinds: tuple[Moment, ...]
    follows: tuple[frozenset[int], ...]


def moments(since: date, site: Site, *others: Site) -> Moments:
    """Every kind of moment of the `DAYS` from `since` on, in order of first appearance.

    `others` are told apart as well; they have the schedule of `site`.
    """
    watched = tuple(dict.fromkeys(hours for each in (site, *others) for hours in _hours(each)))
    found: dict[tuple[Kind, tuple[bool, ...]], int] = {}
    kinds: list[Moment] = []
    follows: list[set[int]] = []
    before: int | None = None
    for begins, ends in _stretches(site, watched, since):
        middle = begins + min((ends - begins) / 2, timedelta(hours=3))
        profile = (site.schedule.kind(begins), tuple(hours.is_open(site.schedule, begins) for hours in watched))
        here = found.setdefault(profile, len(kinds))
        if here == len(kinds):
            kinds.append(Moment(middle, *profile))
            follows.append(set())
        if before is not None and before != here:
            follows[before].add(here)
        before = here
    return Moments(tuple(kinds), tuple(frozenset(after) for after in follows))


def _hours(site: Site) -> Iterator[Hours]:
    for line in site.resources.values():
        yield line.hours
    for team in site.teams.values():
        yield team.hours
        for member in team.members:
            yield member.shifts


def _stretches(site: Site, watched: tuple[Hours, ...], since: date) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of time between one boundary and the next."""
    boundaries = set(site.schedule.overridden())
    for day in site.schedule.days(since, DAYS):
        zone = site.schedule.zone
        boundaries.add(midnight(zone, day.date))
        boundaries.update(site.schedule.changes(day))
        for hours in watched:
            if isinstance(hours, OwnHours):
                boundaries.update(changes(hours.week, hours.zone, day.date))
    ordered = sorted(boundaries)
    return pairwise(ordered)
