"""Why promises are broken although nothing in the tree is wrong: nobody in a team has a phone, or is on shift.

That is told, once, in place of the promises that would be kept otherwise: whoever reads it can add a phone or a shift,
and has nothing to correct in the tree.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from phonetree.config.numbers import NumberRules
from phonetree.config.phones import filled, phones_of
from phonetree.core.tree import Site, Team
from phonetree.errors import ProofError, Where
from phonetree.proof.moments import Moment, Moments

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


def without_causes(
    site: Site, moments: Moments, found: tuple[Found, ...], breaches: Breaches
) -> tuple[str, tuple[Found, ...]]:
    """The causes of breaches, with what to do about them ("": there is none); and how the same promises would be broken
    without these causes, as `breaches` finds of a site."""
    told = []
    for cause, other in (_phones(site), _shifts(site, moments)):
        if found and other:
            still = _still(other, found, breaches)
            if set(found) - set(still):
                told.append(cause)
                found = still
    return " ".join(told), found


def _still(site: Site, found: tuple[Found, ...], breaches: Breaches) -> tuple[Found, ...]:
    """What is broken of these promises in a site."""
    broken = {each.promise for each in found}
    with suppress(ProofError):
        return tuple(each for each in breaches(site) if each.promise in broken)
    return found


# -- nobody has a phone


def _phones(site: Site) -> tuple[str, Site | None]:
    """What to do about teams in which nobody has a phone, and the site if they had; None if there are none."""
    teams = [
        team
        for team in site.teams_written.values()
        if team.members and not any(member.number for member in team.members)
    ]
    if not teams:
        return "", None
    setting = " and ".join(dict.fromkeys(team.members[0].phone for team in teams))
    lacking = dict.fromkeys(member.phone for team in teams for member in team.members)
    made_up = {name: STAND_IN.format(number) for number, name in enumerate(lacking)}
    return (
        f"nobody in {_named(teams)} has a phone; add one on the console's page People, or set {setting} in the "
        "server's environment. Until then promises to callers are broken."
    ), filled(site, NumberRules({}, phones={**phones_of(site), **made_up}))


# -- nobody is on shift


def _shifts(site: Site, moments: Moments) -> tuple[str, Site | None]:
    """The same for teams that are open while nobody is on shift. Of covers their own page speaks."""
    if site.written:
        return "", None
    gaps = {team.id: moment for team in site.teams.values() if (moment := _gap(site, team, moments))}
    if not gaps:
        return "", None
    teams = {
        name: replace(team, members=tuple(replace(each, shifts=team.hours) for each in team.members))
        if name in gaps
        else team
        for name, team in site.teams.items()
    }
    return (
        f"nobody in {_named([site.teams[name] for name in gaps])} is on shift at some hours at which it is open "
        f"({next(iter(gaps.values()))}); give somebody a shift then, or change these hours. Until then promises to "
        "callers are broken."
    ), replace(site, teams=teams)


def _gap(site: Site, team: Team, moments: Moments) -> Moment | None:
    """A moment at which a team is open with nobody on shift."""
    for moment in moments.kinds:
        on_shift = any(member.shifts.is_open(site.schedule, moment.at) for member in team.members)
        if team.members and team.hours.is_open(site.schedule, moment.at) and not on_shift:
            return moment
    return None


def _named(teams: list[Team]) -> str:
    names = " and ".join(f"'{team.id}'" for team in teams)
    return f"team{'s' * (len(teams) > 1)} {names}"
