"""A broken promise blocks publishing like a problem.

Where promises are broken only because nobody in a team has a phone, that is told, once, in place of them: whoever reads
it can add a phone, and has nothing to correct in the tree.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from phonetree.config.documents import DOCUMENTS
from phonetree.config.numbers import NumberRules
from phonetree.config.phones import filled, phones_of
from phonetree.config.site import overridden
from phonetree.core.schedule import Override
from phonetree.core.tree import NodeId, Site, Team
from phonetree.errors import Problem, ProofError, Where
from phonetree.proof.budgets import TimeToHelp
from phonetree.proof.counterexample import replay
from phonetree.proof.promises import Breach
from phonetree.proof.prove import Proof, Verdict, prove

SHOWN = " `prove` shows such a call"
"""At the end of a problem with the files; `prove` knows no overrides."""


STAND_IN = "+1999{:07}"
"""A number that nobody has, for a member of whom it is asked what a phone would change."""

Found = tuple[NodeId | None, str]
"""A breach: the node to look at first, and the text."""


@dataclass(frozen=True, slots=True)
class Call:
    """The shortest call that breaks a promise: when it comes in, its keys, and what phones do that ring, each by its
    place among the site's numbers (`numbers_of`): no number is kept with a proof."""

    at: str
    keys: str
    world: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof found: the promises that are broken, as problems of the files, each with a call that breaks it, or
    None if none can be played; and how soon callers reach somebody."""

    problems: tuple[Problem, ...]
    calls: tuple[Call | None, ...]
    times: tuple[TimeToHelp, ...]


def broken_promises(site: Site, folder: Path, since: date) -> tuple[Problem, ...]:
    """Every promise that the site breaks on calls from `since` on, as problems of its files."""
    return proved(site, folder, since).problems


def proved(site: Site, folder: Path, since: date) -> Proved:
    """The same, with the calls that break them, and seconds to help."""
    where = Where(str(folder / "routing.yaml"))
    try:
        proof = _proof(site, since)
    except ProofError as error:
        return Proved((Problem(where, str(error)),), (None,), ())
    cause, others = apart_from_phones(site, since, tuple(breaches_of(proof)))
    calls = _calls(proof, numbers_of(site))
    first = ((Problem(where, cause + SHOWN), None),) if cause else ()
    rest = ((Problem(site.places.get(node or "", where), text + SHOWN), calls.get(text)) for node, text in others)
    found = (*first, *rest)
    return Proved(tuple(problem for problem, _ in found), tuple(call for _, call in found), proof.times_to_help)


def numbers_of(site: Site) -> tuple[str, ...]:
    """Every number that calls of a site can ring."""
    members = (
        member.number for team in (*site.teams.values(), *site.teams_written.values()) for member in team.members
    )
    return tuple(sorted({*members, *(line.number for line in site.resources.values())} - {""}))


def _calls(proof: Proof, numbers: tuple[str, ...]) -> dict[str, Call]:
    """A call for each breach that one can show, by the breach's text."""
    found: dict[str, Call] = {}
    for verdict in proof.verdicts:
        for breach in verdict.breaches:
            if breach.path:
                made = replay(breach.path, proof.walk, proof.moments)
                world = (each.split("=", 1) for each in made.world.split("; ") if each)
                known = tuple((numbers.index(number), does) for number, does in world if number in numbers)
                found[_text(breach, verdict)] = Call(made.at, made.keys, known)
    return found


def apart_from_phones(site: Site, since: date, found: tuple[Found, ...]) -> tuple[str, tuple[Found, ...]]:
    """That breaches are there because nobody in a team has a phone, and what to do about it ("": none is); and the
    others, which there would be as well if these members had phones."""
    teams = _without_phones(site)
    others = _with_phones(site, teams, since, found)
    return _lacking(teams) if len(others) < len(found) else "", others


def _lacking(teams: list[Team]) -> str:
    names = " and ".join(f"'{team.id}'" for team in teams)
    setting = " and ".join(dict.fromkeys(team.members[0].phone for team in teams))
    return (
        f"nobody in team{'s' * (len(teams) > 1)} {names} has a phone; add one on the console's page People, or set "
        f"{setting} in the server's environment. Until then promises to callers are broken."
    )


def _with_phones(site: Site, teams: list[Team], since: date, found: tuple[Found, ...]) -> tuple[Found, ...]:
    if not (found and teams):
        return found
    lacking = dict.fromkeys(member.phone for team in teams for member in team.members)
    made_up = {name: STAND_IN.format(number) for number, name in enumerate(lacking)}
    with suppress(ProofError):
        still = frozenset(_breaches(filled(site, NumberRules({}, phones={**phones_of(site), **made_up})), since))
        return tuple(each for each in found if each in still)
    return found


def _without_phones(site: Site) -> list[Team]:
    return [
        team
        for team in site.teams_written.values()
        if team.members and not any(member.number for member in team.members)
    ]


def newly_broken(broken: Iterable[Problem], already: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those of the broken promises that are not broken already, at whatever line. That something cannot be proved is
    always new: nobody knows what else is broken there."""
    known = {problem.text for problem in already if problem.text.endswith(SHOWN)}
    return tuple(problem for problem in broken if problem.text not in known)


def changing(overrides: tuple[Override, ...]) -> tuple[Override, ...]:
    """What the proof looks at in overrides: those that change the hours or the shifts, without their words."""
    return tuple(replace(each, words={}) for each in overrides if each.kind or each.cover)


def _breaches(site: Site, since: date) -> Iterator[Found]:
    """The same as texts, each with its node."""
    yield from breaches_of(_proof(site, since))


def _proof(site: Site, since: date) -> Proof:
    """The proof of a site without the words of overrides: no key has to wait for them, and they count in no budget.
    Raises ProofError."""
    return prove(overridden(site, changing(site.schedule.overrides)), since, DOCUMENTS)


def breaches_of(proof: Proof) -> Iterator[Found]:
    """What a proof found broken."""
    for verdict in proof.verdicts:
        for breach in verdict.breaches:
            yield breach.node, _text(breach, verdict)


def _text(breach: Breach, verdict: Verdict) -> str:
    return f"{breach.text}. The promise: {verdict.promise}"
