"""Members' phones that the store holds, put into a site: when its files are read, and while a server runs.

None of them can make files invalid, since whoever edits files cannot repair a phone, nor the other way round: one that
cannot be rung leaves its member out. A phone that leads to the helpline would make a call come back to it, and one that
another member of the team has would be rung twice.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from phonetree.config.numbers import NumberRules
from phonetree.core.covers import covered
from phonetree.core.tree import Member, Site

_E164 = re.compile(r"\+[1-9]\d{6,14}\Z")


def team_key(team: str) -> str:
    """What a team is called where it is said what phones do that ring."""
    return f"team-{team}"


def line_key(resource: str) -> str:
    """The same for an outside line."""
    return f"line-{resource}"


def member_key(team: str, name: str) -> str:
    """The same for one member of a team."""
    return f"member-{team}-{name}"


def keys_of(site: Site) -> Mapping[str, tuple[str, ...]]:
    """What the lines and members are called that have a number, by the number."""
    found: dict[str, tuple[str, ...]] = {}
    for line in site.resources.values():
        found[line.number] = (*found.get(line.number, ()), line_key(line.id))
    for name, team in (*site.teams_written.items(), *site.teams.items()):
        for member in team.members:
            keys, key = found.get(member.number, ()), member_key(name, member.name)
            found[member.number] = keys if key in keys else (*keys, key)
    return {number: keys for number, keys in found.items() if number}


def with_numbers(members: tuple[Member, ...], rules: NumberRules) -> tuple[Member, ...]:
    """A team's members; those whose phones the store holds with their numbers, or "" for one that cannot be rung."""
    taken = {*rules.ours, *(member.number for member in members if not member.phone)}
    found = []
    for member in members:
        if member.phone:
            number = rules.phone(member.phone)
            member = replace(member, number=number if _E164.match(number) and number not in taken else "")  # noqa: PLW2901
            taken.add(member.number)
        found.append(member)
    return tuple(found)


def filled(site: Site, rules: NumberRules) -> Site:
    """The same revision with the phones of these rules; the same object if they change nothing."""
    rules = replace(rules, ours=frozenset(filter(None, (site.helpline.number, site.helpline.provider_number))))
    written = site.teams_written  # in the places of others, members stand twice
    teams = {name: replace(team, members=with_numbers(team.members, rules)) for name, team in written.items()}
    if teams == written:
        return site
    if site.written:
        changed = replace(site, teams=covered(teams, site.schedule.overrides), written=teams)
    else:
        changed = replace(site, teams=teams)
    changed.said.update(site.said)  # the texts are the same
    return changed


def phones_of(site: Site) -> Mapping[str, str]:
    """The phones in a site that the store holds: those that it was filled with, as far as they ring."""
    found: dict[str, str] = {}
    for member in filter(lambda each: each.phone, site.members):
        found[member.phone] = found.get(member.phone) or member.number
    return found
