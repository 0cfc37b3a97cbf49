"""Two sites made comparable: the same hours, and nothing that depends on the clock."""

from dataclasses import replace
from typing import TypeVar

from phonetree.core.tree import (
    Choice,
    Field,
    Menu,
    Node,
    Part,
    Prompt,
    Site,
    Text,
)
from phonetree.diff.hours import lines_of_both, teams_of_both


def under_the_same_hours(old: Site, new: Site) -> Site:
    """The old site with every hour, and the helpline's own number, as in the new one."""
    hours = {before.id: line.hours for line, before in lines_of_both(old, new)}
    resources = {name: replace(line, hours=hours.get(line.id, line.hours)) for name, line in old.resources.items()}
    teams = dict(old.teams)
    for team, before in teams_of_both(old, new):
        shifts = {member.number: member.shifts for member in team.members}
        members = tuple(replace(one, shifts=shifts.get(one.number, one.shifts)) for one in before.members)
        teams[before.id] = replace(before, hours=team.hours, members=members)
    return replace(old, helpline=new.helpline, schedule=new.schedule, resources=resources, teams=teams)


def as_written(site: Site) -> Site:
    """The site with {next_opening} and {closure} spoken as they are written."""
    nodes = {name: _plain(node) for name, node in site.nodes.items()}
    always = {key: _plain_choice(choice) for key, choice in site.always.items()}
    return replace(site, nodes=nodes, always=always)


N = TypeVar("N", bound=Node)


def _plain(node: N) -> N:
    fields: dict[str, object] = {
        name: _plain_prompt(prompt) for name in ("say", "again") if (prompt := getattr(node, name, None)) is not None
    }
    if isinstance(node, Menu):
        fields["choices"] = tuple(map(_plain_choice, node.choices))
    return replace(node, **fields)  # type: ignore[arg-type]


def _plain_choice(choice: Choice) -> Choice:
    return replace(choice, label=_plain_prompt(choice.label))


def _plain_prompt(prompt: Prompt) -> Prompt:
    return {language: tuple(map(_plain_part, parts)) for language, parts in prompt.items()}


def _plain_part(part: Part) -> Part:
    return Text(f"{{{part.name}}}") if isinstance(part, Field) else part
