"""Two sites made comparable: without revisions, with the same hours, and nothing that depends on the clock."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from phonetree.core.tree import Field, Site, Text
from phonetree.diff.hours import lines_of_both, teams_of_both
from phonetree.errors import Where


def comparable(old: Site, new: Site) -> tuple[Site, Site]:
    """Both sites without their revisions, and with {next_opening} and {closure} as literal text; the old one with all
    hours, the helpline's settings and its own promises of the new one.

    A team with other members keeps its hours and shifts: the new shifts may leave hours to somebody whom the old site
    does not have, and it never was like that."""
    hours = {before.id: line.hours for line, before in lines_of_both(old, new)}
    resources = {name: replace(line, hours=hours.get(name, line.hours)) for name, line in old.resources.items()}
    teams = dict(old.teams)
    for team, before in teams_of_both(old, new):
        shifts = {member.known_as: member.shifts for member in team.members}
        if shifts.keys() != {member.known_as for member in before.members}:
            continue
        members = tuple(replace(one, shifts=shifts[one.known_as]) for one in before.members)
        teams[before.id] = replace(before, hours=team.hours, members=members)
    old = replace(old, resources=resources, teams=teams)
    old = replace(old, helpline=new.helpline, schedule=new.schedule, promises=new.promises)
    return _as_written(old), _as_written(new)


def _as_written(site: Site) -> Site:
    return replace(site, revision="", nodes=_plain(site.nodes), always=_plain(site.always))


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


def same(one: Any, other: Any) -> bool:
    """Whether two sites, or parts of them, have the same in them, wherever it is written. `==` does not say that: a
    choice equals itself alone."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    match one:
        case Where():
            return True
        case Mapping():
            return list(one) == list(other) and all(same(part, other[key]) for key, part in one.items())
        case tuple():
            return len(one) == len(other) and all(map(same, one, other))
        case _ if is_dataclass(one) and not isinstance(one, type):
            return all(same(getattr(one, each.name), getattr(other, each.name)) for each in fields(one))
        case _:
            return bool(one == other)
