"""A broken promise blocks publishing like a problem.

Where promises are broken only because nobody in a team has a phone, that is told, once, in place of them: whoever reads
it can add a phone, and has nothing to correct in the tree.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from math import inf
from pathlib import Path
from typing import NamedTuple

from phonetree.config.documents import DOCUMENTS
from phonetree.config.numbers import NumberRules
from phonetree.config.phones import filled, keys_of, phones_of
from phonetree.config.site import Contents, overridden
from phonetree.core.schedule import Kind, Override
from phonetree.core.tree import Site, Team
from phonetree.errors import Problem, ProofError, Where
from phonetree.proof.budgets import TimeToHelp
from phonetree.proof.counterexample import replay
from phonetree.proof.moments import EXAMPLE
from phonetree.proof.promises import Breach
from phonetree.proof.prove import Proof, Verdict, prove

SHOWN = " `prove` shows such a call"
"""At the end of a problem with the files; `prove` knows no overrides."""

PROMISE = ". The promise: "
"""Between a case in which a promise is broken, and the promise."""

STAND_IN = "+1999{:07}"
"""A number that nobody has, for a member of whom it is asked what a phone would change."""


class Found(NamedTuple):
    """A breach of a promise (by its id): the place to look at first, if there is one, the text, and whether callers are
    helped all the same, only later."""

    promise: str
    where: Where | None
    text: str
    late: bool


@dataclass(frozen=True, slots=True)
class Call:
    """The shortest call that breaks a promise: when it comes in, its keys, and what phones do that ring, each by its
    key (`keys_of` in `config/phones.py`): no number is kept with a proof."""

    at: str
    keys: str
    world: tuple[tuple[str, str], ...]


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
    cause, others = apart_from_phones(site, since, tuple(breaches_of(site, proof)))
    calls = _calls(site, proof)
    first = ((Problem(where, cause + SHOWN), None),) if cause else ()
    rest = ((Problem(each.where or where, each.text + SHOWN, each.late), calls.get(each.text)) for each in others)
    found = (*first, *rest)
    return Proved(tuple(problem for problem, _ in found), tuple(call for _, call in found), proof.times_to_help)


def _calls(site: Site, proof: Proof) -> dict[str, Call]:
    """A call for each breach that one can show, by the breach's text."""
    found: dict[str, Call] = {}
    keys = keys_of(site)
    for verdict in proof.verdicts:
        for breach in verdict.breaches:
            if breach.path:
                made = replay(breach.path, proof.walk, proof.moments)
                world = (each.split("=", 1) for each in made.world.split("; ") if each)
                known = tuple((key, does) for number, does in world for key in keys.get(number, ()))
                found[_text(breach, verdict)] = Call(made.at, made.keys, known)
    return found


def apart_from_phones(site: Site, since: date, found: tuple[Found, ...]) -> tuple[str, tuple[Found, ...]]:
    """That breaches are there because nobody in a team has a phone, and what to do about it ("": none is); and how the
    same promises would be broken if these members had phones."""
    teams = _without_phones(site)
    others = _with_phones(site, teams, since, found)
    return (_lacking(teams), others) if set(found) - set(others) else ("", found)


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
    broken = {each.promise for each in found}
    with suppress(ProofError):
        still = _breaches(filled(site, NumberRules({}, phones={**phones_of(site), **made_up})), since)
        return tuple(each for each in still if each.promise in broken)
    return found


def _without_phones(site: Site) -> list[Team]:
    return [
        team
        for team in site.teams_written.values()
        if team.members and not any(member.number for member in team.members)
    ]


def newly_broken(broken: Iterable[Problem], already: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those of the broken promises that are not broken already, at whatever line, nor by as many seconds or more. That
    something cannot be proved is always new: nobody knows what else is broken there."""
    already = tuple(already)
    known = {problem.text for problem in already if problem.text.endswith(SHOWN)}
    waits: dict[str, int] = {}
    for what, seconds in filter(None, map(_wait, already)):
        waits[what] = max(seconds, waits.get(what, 0))

    def is_new(problem: Problem) -> bool:
        what, seconds = _wait(problem) or ("", inf)
        return problem.text not in known and seconds > waits.get(what, 0)

    return tuple(filter(is_new, broken))


_SECONDS = re.compile(r"\b(?:after|waits|takes) (\d+) s\b")


def _wait(problem: Problem) -> tuple[str, int] | None:
    """What is too late, whatever the limit, and after how many seconds it comes."""
    found = _SECONDS.search(problem.text) if problem.late else None
    return (re.sub(r"\d+", "", problem.text[: found.start()]), int(found[1])) if found else None


def by_promise(broken: Iterable[Problem]) -> tuple[tuple[Problem, ...], ...]:
    """Broken promises, of each all cases that are put right at the same place."""
    found: dict[tuple[Where, str], list[Problem]] = {}
    for problem in broken:
        case, _, promise = problem.text.partition(PROMISE)
        found.setdefault((problem.where, promise or case), []).append(problem)
    return tuple(map(tuple, found.values()))


def told_once(broken: Iterable[Problem]) -> tuple[str, ...]:
    """Each broken promise in a sentence, with its first case."""
    return tuple(_told(problems) for problems in by_promise(broken))


def _told(problems: tuple[Problem, ...]) -> str:
    case, between, promise = problems[0].text.removesuffix(SHOWN).partition(PROMISE)
    others = len(problems) - 1
    more = f", and in {others} more case{'s' * (others > 1)}" if others else ""
    return f"{case}{more}{between}{promise}"


def not_late(broken: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those of the broken promises that refuse an override, too. Seconds alone do not: whoever has to close the line
    cannot shorten a greeting first, and callers whom nobody answers wait far longer."""
    return tuple(problem for problem in broken if not problem.late)


def broken_by(
    overrides: tuple[Override, ...],
    site: Site,
    proof: Callable[[Site], tuple[Problem, ...]],
    before: tuple[Override, ...] = (),
) -> tuple[Problem, ...]:
    """What a proof finds broken under overrides, except what is broken under those `before` as well. To close the line
    adds no moment at which it is open: then a problem is the same one also where the example that it names, such as
    the first open day, is another by that."""
    if not (broken := proof(overridden(site, overrides))):
        return ()
    closing = all(each.kind is not Kind.OPEN and not each.cover for each in overrides if each not in before)
    told = _whenever if closing else str
    already = {told(each) for each in proof(overridden(site, before))}
    return tuple(each for each in broken if told(each) not in already)


def _whenever(problem: Problem) -> str:
    return EXAMPLE.sub("", str(problem))


def broken_under(
    overrides: tuple[Override, ...],
    site: Site,
    contents: Contents,
    proof: Callable[[Site, Contents], tuple[Problem, ...]],
) -> tuple[Problem, ...]:
    """The promises that a site and its files break under overrides, if `proof` says which ones they do. Seconds are
    those of the files alone: no edit is refused for how long an override has callers wait."""
    found = proof(overridden(site, overrides), contents)
    refusing = not_late(found)
    if not overrides or refusing == found:
        return found
    return (*refusing, *(problem for problem in proof(overridden(site, ()), contents) if problem.late))


def changing(overrides: tuple[Override, ...]) -> tuple[Override, ...]:
    """What the proof looks at in overrides: those that change the hours or the shifts, without their words."""
    return tuple(replace(each, words={}) for each in overrides if each.kind or each.cover)


def _breaches(site: Site, since: date) -> Iterator[Found]:
    """The same as texts, each with its place, if it has one."""
    yield from breaches_of(site, _proof(site, since))


def _proof(site: Site, since: date) -> Proof:
    """The proof of a site without the words of overrides: no key has to wait for them, and they count in no budget.
    Raises ProofError."""
    return prove(overridden(site, changing(site.schedule.overrides)), since, DOCUMENTS)


def breaches_of(site: Site, proof: Proof) -> Iterator[Found]:
    """What a proof found broken in a site."""
    for verdict in proof.verdicts:
        for breach in verdict.breaches:
            where = breach.where or site.places.get(breach.node or "")
            yield Found(verdict.id, where, _text(breach, verdict), breach.late)


def _text(breach: Breach, verdict: Verdict) -> str:
    return f"{breach.text}{PROMISE}{verdict.promise}"
