"""Why promises are broken although nothing in the tree is wrong: nobody in a team has a phone, or is on shift.

That is told, once, in place of the promises that would be kept otherwise: whoever reads it can add a phone or a shift,
and has nothing to correct in the tree.
"""

from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from typing import NamedTuple

from phonetree.config.numbers import NumberRules
from phonetree.config.phones import filled, phones_of
from phonetree.config.site import overridden
from phonetree.core.covers import covered
from phonetree.core.tree import Site, Team
from phonetree.errors import ProofError, Where
from phonetree.proof.moments import Moment, moments

STAND_IN = "+1999{:07}"
"""A number that nobody has, for a member of whom it is asked what a phone would change."""


class Found(NamedTuple):
    """A breach of a promise (by its id): the place to look at first, if there is one, the text, and whether callers are
    helped all the same, only later."""

    promise: str
    where: Where | None
    text: str
    late: bool


Breaches = Callable[[Site], Iterable[Found]]


class Cause(NamedTuple):
    """What breaks promises, told with what to do about it; and a site without it."""

    told: str
    without: Callable[[Site], Site]


def without_causes(
    site: Site, since: date, found: tuple[Found, ...], breaches: Breaches
) -> tuple[str, tuple[Found, ...]]:
    """The causes of breaches, with what to do about them ("": there is none); and how the same promises would be broken
    without these causes, as `breaches` finds of a site. Of two, each is told if it alone, or with the other, is one."""
    causes = [cause for cause in (_phones(site), _shifts(site, since)) if cause] if found else []
    told: dict[str, tuple[Found, ...]] = {cause.told: _still(cause.without(site), found, breaches) for cause in causes}
    if len(causes) > 1:
        one, other = causes
        told[f"{one.told} {other.told}"] = _still(other.without(one.without(site)), found, breaches)
    best = min(told, key=lambda each: len(set(told[each]) & set(found)), default="")
    return (best, told[best]) if best and set(found) - set(told[best]) else ("", found)


def _still(site: Site, found: tuple[Found, ...], breaches: Breaches) -> tuple[Found, ...]:
    """What is broken of these promises in a site."""
    broken = {each.promise for each in found}
    with suppress(ProofError):
        return tuple(each for each in breaches(site) if each.promise in broken)
    return found


# -- nobody has a phone


def _phones(site: Site) -> Cause | None:
    """That nobody in a team has a phone."""
    teams = [
        team
        for team in site.teams_written.values()
        if team.members and not any(member.number for member in team.members)
    ]
    if not teams:
        return None
    setting = " and ".join(dict.fromkeys(team.members[0].phone for team in teams))
    lacking = dict.fromkeys(member.phone for team in teams for member in team.members)
    made_up = {name: STAND_IN.format(number) for number, name in enumerate(lacking)}
    return Cause(
        f"nobody in {_named(teams)} has a phone; add one on the console's page People, or set {setting} in the "
        "server's environment. Until then promises to callers are broken.",
        lambda site: filled(site, NumberRules({}, phones={**phones_of(site), **made_up})),
    )


# -- nobody is on shift


def _shifts(site: Site, since: date) -> Cause | None:
    """That nobody in a team is on shift at hours at which it is open, by the files alone: whatever stands at short
    notice, the cause is told alike."""
    alone = overridden(site, ())
    kinds = moments(since, alone).kinds
    gaps = {team.id: moment for team in alone.teams.values() if (moment := _gap(alone, team, kinds))}
    if not gaps:
        return None
    return Cause(
        f"nobody in {_named([alone.teams[name] for name in gaps])} is on shift at some hours at which it is open "
        f"({next(iter(gaps.values()))}); give somebody a shift then, or change these hours. Until then promises to "
        "callers are broken.",
        partial(_on_shift, teams=gaps.keys()),
    )


def _gap(site: Site, team: Team, kinds: Iterable[Moment]) -> Moment | None:
    """A moment at which a team is open with nobody on shift."""
    for moment in kinds if team.members else ():
        on_shift = any(member.shifts.is_open(site.schedule, moment.at) for member in team.members)
        if team.hours.is_open(site.schedule, moment.at) and not on_shift:
            return moment
    return None


def _on_shift(site: Site, teams: Container[str]) -> Site:
    """A site in which the members of some teams are on shift whenever these are open, but for covers."""
    written = {
        name: replace(team, members=tuple(replace(each, shifts=team.hours) for each in team.members))
        if name in teams
        else team
        for name, team in site.teams_written.items()
    }
    if not site.written:
        return replace(site, teams=written)
    return replace(site, teams=covered(written, site.schedule.overrides), written=written)


def _named(teams: list[Team]) -> str:
    names = " and ".join(f"'{team.id}'" for team in teams)
    return f"team{'s' * (len(teams) > 1)} {names}"
