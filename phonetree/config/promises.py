"""A broken promise blocks publishing like a problem."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from phonetree.config.documents import DOCUMENTS
from phonetree.core.tree import NodeId, Site
from phonetree.errors import Problem, ProofError, Where
from phonetree.proof.prove import prove


def broken_promises(site: Site, folder: Path, since: date) -> tuple[Problem, ...]:
    """Every promise that the site breaks on calls from `since` on, as problems of its files."""
    where = Where(str(folder / "routing.yaml"))
    try:
        return tuple(
            Problem(site.places.get(node or "", where), f"{text} `prove` shows such a call")
            for node, text in _breaches(site, since)
        )
    except ProofError as error:
        return (Problem(where, str(error)),)


def breaches(site: Site, since: date) -> tuple[str, ...]:
    """Every promise that the site breaks on calls from `since` on, and how."""
    return tuple(text for _, text in _breaches(site, since))


def _breaches(site: Site, since: date) -> Iterator[tuple[NodeId | None, str]]:
    """The same, each with its node.

    The words of overrides are left out: no key has to wait for them, and they count in no budget.
    """
    changing = tuple(replace(each, words={}) for each in site.schedule.overrides if each.kind)
    site = replace(site, schedule=replace(site.schedule, overrides=changing))
    for verdict in prove(site, since, DOCUMENTS).verdicts:
        for breach in verdict.breaches:
            yield breach.node, f"{breach.text}. The promise: {verdict.promise}"
