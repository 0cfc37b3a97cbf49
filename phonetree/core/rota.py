"""Who is on shift when. Pure: a function of the site, with its closures, overrides and covers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from phonetree.core.ringing import hours_of, roster
from phonetree.core.schedule import Kind, Names, Schedule, midnight, week_boundaries
from phonetree.core.tree import Hours, Member, Site, own_hours

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `begins` to before `ends` (aware) nothing changes: what the line is, with the names of the day, and who is
    on shift in each team, in the order of the team. A team outside its hours is not among them."""

    begins: datetime
    ends: datetime
    kind: Kind
    names: Names
    on_shift: Mapping[str, tuple[Member, ...]]

    @property
    def met(self) -> tuple[Kind, Names, Mapping[str, list[str]]]:
        """What callers meet: all but its times, and which covers put the members where they are."""
        rung = {team: [member.number for member in on] for team, on in self.on_shift.items()}
        return self.kind, self.names, rung

    @property
    def lacking(self) -> tuple[str, ...]:
        """The teams that callers can ask for and in which nobody can be rung, while the line is open."""
        if self.kind is not Kind.OPEN:
            return ()
        return tuple(team for team, members in self.on_shift.items() if not members)


@dataclass(frozen=True, slots=True)
class Gap:
    """From `begins` to before `ends` (aware) the line is open, and nobody can be rung in a team."""

    team: str
    begins: datetime
    ends: datetime


def rota(site: Site, begins: datetime, ends: datetime) -> Iterator[Stretch]:
    """The stretches between two moments (aware), in order and without gaps; neighbours differ. All moments are in the
    helpline's zone. Only covers may begin or end within a minute."""
    zone = site.schedule.zone
    begins, ends = begins.astimezone(zone), ends.astimezone(zone)
    before: Stretch | None = None
    for first, last in _between(site, begins, ends):
        stretch = _stretch(site, first, last)
        if before and before.met == stretch.met:
            before = replace(before, ends=last)
            continue
        if before:
            yield before
        before = stretch
    if before:
        yield before


def gaps(site: Site, begins: datetime, ends: datetime) -> tuple[Gap, ...]:
    """The gaps between two moments (aware), in order of their beginning."""
    found: list[Gap] = []
    last: dict[str, int] = {}
    for stretch in rota(site, begins, ends):
        for team in stretch.lacking:
            number = last.get(team, -1)
            if number >= 0 and found[number].ends == stretch.begins:
                found[number] = replace(found[number], ends=stretch.ends)
            else:
                last[team] = len(found)
                found.append(Gap(team, stretch.begins, stretch.ends))
    return tuple(found)


def boundaries(schedule: Schedule, watched: Iterable[Hours], first: date, last: date) -> Iterator[datetime]:
    """Every moment at which the helpline or one of these hours may open or close, from the midnight before `first` to
    that after `last`, in no order.

    Includes spans that begin on the day before: one may still run when the first day begins.
    """
    weeks = [own for own in map(own_hours, watched) if own]
    yield from schedule.overridden()
    yield midnight(schedule.zone, last + DAY)
    for day in schedule.days(first - DAY, (last - first).days + 2):
        yield midnight(schedule.zone, day.date)
        yield from schedule.boundaries(day)
        for own in weeks:
            yield from week_boundaries(own.week, own.zone, day.date)


def _between(site: Site, begins: datetime, ends: datetime) -> Iterator[tuple[datetime, datetime]]:
    watched = {hours for team in site.teams.values() for hours in hours_of(team)}
    found = set(boundaries(site.schedule, watched, begins.date(), ends.date()))
    inside = sorted(moment for moment in found if begins < moment < ends)
    return pairwise([begins, *(moment.astimezone(site.schedule.zone) for moment in inside), ends])


def _stretch(site: Site, begins: datetime, ends: datetime) -> Stretch:
    schedule = site.schedule
    on_shift = {
        name: roster(team, schedule, begins)
        for name, team in site.teams.items()
        if team.hours.is_open(schedule, begins)
    }
    return Stretch(begins, ends, schedule.kind(begins), schedule.names(begins), on_shift)
