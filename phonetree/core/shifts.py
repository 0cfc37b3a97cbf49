"""Each member's shifts. Pure: a function of the site, with its closures, overrides and covers.

A shift lasts as long as somebody can be rung without a break, in whichever teams. Whoever could be rung for longer than
a day has no shifts of their own: theirs are the hours in which the line is open.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from phonetree.core.rota import Stretch, rota
from phonetree.core.schedule import Kind
from phonetree.core.tree import Site

LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Shift:
    """From `begins` to before `ends` (aware, in the helpline's zone) a member can be rung, in these teams."""

    begins: datetime
    ends: datetime
    teams: tuple[str, ...]


def shifts(site: Site, begins: datetime, ends: datetime) -> Mapping[str, tuple[Shift, ...]]:
    """The shifts of every member, by name, that are not over at `begins` and begin before `ends` (aware), in order.
    Each is whole, unless it lasts for longer than a day."""
    margin = LONGEST + timedelta(hours=1)
    stretches = tuple(rota(site, begins - margin, ends + margin))
    names = dict.fromkeys(member.name for stretch in stretches for on in stretch.on_shift.values() for member in on)
    return {
        name: tuple(each for each in _shifts(name, stretches) if each.ends > begins and each.begins < ends)
        for name in names
    }


def _shifts(name: str, stretches: Sequence[Stretch]) -> Iterator[Shift]:
    for run in _runs(name, stretches):
        if run[-1].ends - run[0].begins > LONGEST:
            for part in _runs(name, [stretch for stretch in run if stretch.kind is Kind.OPEN]):
                yield _shift(name, part)
        else:
            yield _shift(name, run)


def _runs(name: str, stretches: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    """The stretches in which somebody is on shift, those without a break together."""
    run: list[Stretch] = []
    for stretch in stretches:
        if run and (run[-1].ends != stretch.begins or not _teams(name, stretch)):
            yield run
            run = []
        if _teams(name, stretch):
            run.append(stretch)
    if run:
        yield run


def _teams(name: str, stretch: Stretch) -> tuple[str, ...]:
    return tuple(team for team, on in stretch.on_shift.items() if any(member.name == name for member in on))


def _shift(name: str, run: Sequence[Stretch]) -> Shift:
    teams = dict.fromkeys(team for stretch in run for team in _teams(name, stretch))
    return Shift(run[0].begins, run[-1].ends, tuple(teams))
