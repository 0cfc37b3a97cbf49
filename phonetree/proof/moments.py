"""The kinds of moment that a site distinguishes, derived from its hours and not sampled.

Moments differ in whether the helpline is open, closed or on holiday, and in which teams, shifts and outside lines are
open. Every boundary of all these hours in the coming days is examined, so that no combination that will occur is
missed, and none is invented.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from phonetree.core.ringing import hours_of, roster
from phonetree.core.rota import DAY, boundaries
from phonetree.core.schedule import Kind, Schedule, midnight
from phonetree.core.tree import Connect, During, Hours, NodeId, Site, Team

DAYS = 400
"""How far ahead boundaries are searched: a year, and the closures after its end."""

A_WEEK = timedelta(days=7)

EXAMPLE = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d)\)")
"""A moment that a sentence of the proof names as an example."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One kind of moment: an example (`at`), well inside its period, and what distinguishes it; and `all`, a moment in
    each of its periods, for what depends on more than the kind (how long it takes to say when we open). `accepted` are
    the nodes that callers may come to, in the knowledge of staff, when nobody can be rung."""

    at: datetime
    kind: Kind
    open: tuple[bool, ...]
    accepted: frozenset[NodeId] = frozenset()
    all: tuple[datetime, ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Moments:
    """The kinds of moment, which may follow which during a call, and the `hours` that each moment's `open` is about."""

    kinds: tuple[Moment, ...]
    follows: tuple[frozenset[int], ...]
    hours: tuple[Hours, ...]


def moments(since: date, site: Site, *others: Site) -> Moments:
    """Every kind of moment in the `DAYS` from `since` on, and in dated hours and overrides after that, in order of
    first appearance.

    The hours of `others`, which have the schedule of `site`, are distinguished as well.
    """
    watched = tuple(dict.fromkeys(hours for each in (site, *others) for hours in _hours(each)))
    shape = _every if others else _shape_of(site)  # a comparison tells who rings
    found: dict[tuple[Kind, tuple[object, ...], frozenset[NodeId]], int] = {}
    firsts: list[tuple[Kind, tuple[bool, ...], frozenset[NodeId]]] = []
    examples: list[list[datetime]] = []
    follows: list[set[int]] = []
    for first, last in _windows(site.schedule, since):
        before: int | None = None
        for begins, ends in _periods(site.schedule, watched, first, last):
            middle = begins + min((ends - begins) / 2, timedelta(hours=3))
            open_ = {hours: hours.is_open(site.schedule, begins) for hours in watched}
            line, accepted = site.schedule.kind(begins), _accepted(site, begins)
            kind = found.setdefault((line, shape(open_), accepted), len(examples))
            if kind == len(examples):
                firsts.append((line, tuple(open_.values()), accepted))
                examples.append([])
                follows.append(set())
            examples[kind].append(middle)
            if before is not None and before != kind:
                follows[before].add(kind)
            before = kind
    kinds = tuple(Moment(each[0], *first, tuple(each)) for first, each in zip(firsts, examples, strict=True))
    return Moments(kinds, tuple(frozenset(after) for after in follows), watched)


def _every(open_: Mapping[Hours, bool]) -> tuple[object, ...]:
    return tuple(open_.values())


def _shape_of(site: Site) -> Callable[[Mapping[Hours, bool]], tuple[object, ...]]:
    """What tells kinds of moment apart, from which hours are open. In a team with covers that is how many places there
    are, and how many phones: rounds go round these alike, whosever they are."""
    covered = [team for team in site.teams.values() if any(isinstance(one.shifts, During) for one in team.members)]
    others = [team for team in site.teams.values() if team not in covered]
    plain = [line.hours for line in site.resources.values()] + [hours for team in others for hours in hours_of(team)]

    def counted(team: Team, open_: Mapping[Hours, bool]) -> tuple[int, int]:
        numbers = [one.number for one in team.members if open_[one.shifts]]
        return len(numbers), len(set(filter(None, numbers)))

    def shape(open_: Mapping[Hours, bool]) -> tuple[object, ...]:
        rung = (counted(team, open_) if open_[team.hours] else None for team in covered)
        return *(open_[hours] for hours in plain), *rung

    return shape


def _accepted(site: Site, now: datetime) -> frozenset[NodeId]:
    """The nodes that staff accepted for a moment: those to which no other team leads that covers leave with nobody."""
    accepted: dict[NodeId, set[str]] = {}
    for each in site.schedule.accepted(now):
        accepted.setdefault(each.node, set()).add(each.team)
    connects = [node for node in site.nodes.values() if isinstance(node, Connect)] if accepted else []
    return frozenset(
        node
        for node, teams in accepted.items()
        if "" in teams
        or not any(
            each.otherwise == node and each.team not in teams and _left_by_covers(site, each.team, now)
            for each in connects
        )
    )


def _left_by_covers(site: Site, team: str, now: datetime) -> bool:
    """Whether nobody in a team can be rung, and somebody could be without covers."""
    schedule = site.schedule
    return not roster(site.teams[team], schedule, now) and bool(roster(site.teams_written[team], schedule, now))


def _hours(site: Site) -> Iterator[Hours]:
    for line in site.resources.values():
        yield line.hours
    for team in site.teams.values():
        yield from hours_of(team)


def _windows(schedule: Schedule, since: date) -> Iterator[tuple[date, date]]:
    """The days to examine, each window with its first and last: the `DAYS` from `since` on, and later dated hours and
    overrides with a day on either side. For a long entry its beginning and its end are enough."""
    until = since + timedelta(days=DAYS - 1)
    yield since, until
    written = [(entry.first, entry.last) for entry in schedule.dated]
    written += [(schedule.today(each.begins), schedule.today(each.ends)) for each in schedule.overrides]
    for first, last in written:
        if last > until:
            yield max(first - DAY, since), min(first + A_WEEK, last + DAY)
            if last + DAY > first + A_WEEK:
                yield max(first + A_WEEK, last - A_WEEK), last + DAY


def _periods(
    schedule: Schedule, watched: tuple[Hours, ...], first: date, last: date
) -> Iterator[tuple[datetime, datetime]]:
    """The periods between one boundary and the next, from the midnight before `first` to that after `last`."""
    begins, ends = midnight(schedule.zone, first), midnight(schedule.zone, last + DAY)
    found = set(boundaries(schedule, watched, first, last))
    return pairwise(sorted(moment for moment in found if begins <= moment <= ends))
