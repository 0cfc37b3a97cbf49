"""Tree: what callers hear at every node, and where everything leads, at a moment; as nested text and as a picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from flask import Blueprint, request

from phonetree.console import moments
from phonetree.console.access import needs
from phonetree.console.edit_people_forms import RINGS
from phonetree.console.layout import render
from phonetree.console.services import services
from phonetree.core.ringing import roster
from phonetree.core.schedule import first_name
from phonetree.core.speech import whole_seconds
from phonetree.core.tree import Connect, Site, Team, Transfer, Voicemail
from phonetree.core.wording import sentence
from phonetree.core.wording import written as written_number
from phonetree.proof.budgets import FromHere, from_here
from phonetree.view.branches import Branch, Tree, tree
from phonetree.view.leads import BACK, Lead, Met, said_first
from phonetree.view.picture import picture

blueprint = Blueprint("tree", __name__)

MOST_NESTED = 6
"""A branch that is deeper inside others stands in a list of its own: a phone is narrow."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step through the nested text. `begin` and `end` are around the leads of a node; a `lead` goes to a node that is
    shown elsewhere, or nowhere; a `node` is shown here, below the lead before it, if there is one."""

    what: Literal["begin", "end", "lead", "node"]
    lead: Lead | None = None
    met: Met | None = None


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a node reaches: in short, and all that is known, with no number but that of an outside line."""

    short: str
    more: tuple[str, ...] = ()


@blueprint.get("/staff/tree")
@needs()
def page() -> str:
    """The tree that callers hear at a moment, now unless one is asked for."""
    running = services()
    site = running.site()
    schedule, now = site.schedule, running.now().astimezone(site.schedule.zone)
    chosen = moments.chosen(schedule, request.args.get("at") or request.args.get("when", ""), now)
    language = site.known_language(request.args.get("language", ""))
    found = tree(site, language, chosen.at)
    shown = [*(branch.met for branch in found.branches()), *found.rest]
    seconds = {met.id: from_here(site, met.id, language, chosen.at) for met in shown}
    in_short = {node: _in_short(each) for node, each in seconds.items()}
    return render(
        "console/tree.html",
        chosen=chosen,
        moment=moments.told(chosen.at, schedule.status(chosen.at)),
        moments=moments.choices(schedule, now),
        language=language,
        languages={name: info.name for name, info in site.languages.items()},
        start=found.start.met.id,
        texts=_texts(found),
        always=found.always,
        rest=found.rest,
        whom={met.id: _whom(site, met, chosen) for met in shown},
        soon={node: _soon(each) for node, each in seconds.items()},
        in_short=in_short,
        picture=picture(site, found, in_short),
        first=said_first(site, language, chosen.at),
        back=sentence(BACK),
        sentence=sentence,
    )


def _texts(found: Tree) -> Iterator[list[Step]]:
    """The tree as lists of steps: the first from where calls begin; then one for each key that alone leads somewhere,
    and for each branch that would be too deep inside others."""
    waiting: list[tuple[Lead | None, Branch]] = [(None, found.start)]
    waiting += [(lead, branch) for lead, branch in found.always if branch]
    while waiting:
        deeper: list[Branch] = []
        yield list(_steps(*waiting.pop(0), deeper))
        waiting = [*((None, branch) for branch in deeper), *waiting]


def _steps(lead: Lead | None, branch: Branch, deeper: list[Branch], depth: int = 0) -> Iterator[Step]:
    """Those of a branch; what is too deep goes into `deeper`."""
    yield Step("node", lead, branch.met)
    yield Step("begin")
    for each, below in branch.arms:
        if below and depth < MOST_NESTED:
            yield from _steps(each, below, deeper, depth + 1)
        else:
            yield Step("lead", each)
            if below:
                deeper.append(below)
    yield Step("end")


def _whom(site: Site, met: Met, chosen: moments.Chosen) -> Whom:
    match met.node:
        case Connect(team=name):
            team = site.teams[name]
            on_shift = ", ".join(member.name for member in roster(team, site.schedule, chosen.at))
            return Whom(f"rings the team {name}", (f"On shift then: {on_shift or 'nobody'}.", _ringing(team)))
        case Transfer(resource=resource):
            line = site.resources[resource]
            confidential = sentence(str(line.confidentiality))
            short = f"connects with {first_name(line.names)}, {written_number(line.number, site.dialling)}"
            return Whom(short, (f"An outside line. {confidential}.",))
        case Voicemail(longest=longest):
            return Whom("takes a message", (f"Records up to {longest} seconds.",))
        case _:
            return Whom("")


def _ringing(team: Team) -> str:
    return (
        f"Phones ring {RINGS[team.ring]}, for {team.seconds} seconds; "
        f"nobody waits longer than {team.longest_wait} seconds."
    )


def _soon(times: FromHere) -> str:
    """How soon somebody is rung, in a sentence."""
    ways = []
    if times.with_key is not None:
        ways.append(f"{whole_seconds(times.with_key)} seconds for a caller who presses {times.key}")
    if times.silent is not None:
        ways.append(f"{whole_seconds(times.silent)} seconds for one who presses nothing")
    return f"Somebody is rung after {', and after '.join(ways)}." if ways else ""


def _in_short(times: FromHere) -> str:
    if times.with_key is None:
        return "" if times.silent is None else f"{whole_seconds(times.silent)} s"
    with_key = f"{whole_seconds(times.with_key)} s with key {times.key}"
    return with_key if times.silent is None else f"{with_key}, {whole_seconds(times.silent)} s with none"
