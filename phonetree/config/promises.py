"""A broken promise blocks publishing like a problem."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from phonetree.config.documents import DOCUMENTS
from phonetree.config.site import overridden
from phonetree.core.schedule import Override
from phonetree.core.tree import Site
from phonetree.errors import Problem, ProofError, Where
from phonetree.proof.prove import prove

SHOWN = " `prove` shows such a call"
"""At the end of a problem with the files; `prove` knows no overrides."""


def broken_promises(site: Site, folder: Path, since: date) -> tuple[Problem, ...]:
    """Every promise that the site breaks on calls from `since` on, as problems of its files."""
    where = Where(str(folder / "routing.yaml"))
    try:
        return tuple(Problem(place or where, text + SHOWN) for place, text in _breaches(site, since))
    except ProofError as error:
        return (Problem(where, str(error)),)


def newly_broken(broken: Iterable[Problem], already: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those of the broken promises that are not broken already, at whatever line. That something cannot be proved is
    always new: nobody knows what else is broken there."""
    known = {problem.text for problem in already if problem.text.endswith(SHOWN)}
    return tuple(problem for problem in broken if problem.text not in known)


def changing(overrides: tuple[Override, ...]) -> tuple[Override, ...]:
    """What the proof looks at in overrides: those that change the hours or the shifts, without their words."""
    return tuple(replace(each, words={}) for each in overrides if each.kind or each.cover)


def _breaches(site: Site, since: date) -> Iterator[tuple[Where | None, str]]:
    """The same as texts, each with its place, if it has one.

    The words of overrides are left out: no key has to wait for them, and they count in no budget.
    """
    site = overridden(site, changing(site.schedule.overrides))
    for verdict in prove(site, since, DOCUMENTS).verdicts:
        for breach in verdict.breaches:
            yield breach.where or site.places.get(breach.node or ""), f"{breach.text}. The promise: {verdict.promise}"
