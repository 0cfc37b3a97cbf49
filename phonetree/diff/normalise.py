"""Two sites made comparable: the same revision and hours, and nothing that depends on the clock."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from phonetree.core.tree import Field, Site, Text
from phonetree.diff.hours import lines_of_both, teams_of_both


def comparable(old: Site, new: Site) -> tuple[Site, Site]:
    """Both sites with {next_opening} and {closure} as literal text; the old one with all hours, the helpline's settings
    and the revision of the new one."""
    hours = {before.id: line.hours for line, before in lines_of_both(old, new)}
    resources = {name: replace(line, hours=hours.get(name, line.hours)) for name, line in old.resources.items()}
    teams = dict(old.teams)
    for team, before in teams_of_both(old, new):
        shifts = {member.known_as: member.shifts for member in team.members}
        members = tuple(replace(one, shifts=shifts.get(one.known_as, one.shifts)) for one in before.members)
        teams[before.id] = replace(before, hours=team.hours, members=members)
    old = replace(old, resources=resources, teams=teams, revision=new.revision)
    return _as_written(replace(old, helpline=new.helpline, schedule=new.schedule)), _as_written(new)


def _as_written(site: Site) -> Site:
    return replace(site, nodes=_plain(site.nodes), always=_plain(site.always))


def _plain(part: Any) -> Any:
    """Any part of a tree, with its fields as literal text."""
    match part:
        case Field(name):
            return Text(f"{{{name}}}")
        case Mapping():
            return {key: _plain(value) for key, value in part.items()}
        case tuple():
            return tuple(map(_plain, part))
        case _ if is_dataclass(part) and not isinstance(part, type):
            return replace(part, **{each.name: _plain(getattr(part, each.name)) for each in fields(part)})
        case _:
            return part
