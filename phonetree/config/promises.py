"""A broken promise stops a publish as a problem does."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from phonetree.core.proof import prove
from phonetree.core.tree import Site
from phonetree.errors import Problem, Where


def broken_promises(site: Site, folder: Path, since: date) -> tuple[Problem, ...]:
    """Every promise that the site breaks on calls from `since` on, as problems of its files."""
    where = Where(str(folder / "routing.yaml"))
    return tuple(Problem(where, f"{text} `prove` shows such a call") for text in breaches(site, since))


def breaches(site: Site, since: date) -> tuple[str, ...]:
    """Every promise that the site breaks on calls from `since` on, and how.

    The words of overrides are left out: no key waits for them, and what is told at short notice counts in no budget.
    """
    changing = tuple(replace(each, words={}) for each in site.schedule.overrides if each.kind)
    site = replace(site, schedule=replace(site.schedule, overrides=changing))
    return tuple(
        f"{breach.text}. The promise: {verdict.promise}"
        for verdict in prove(site, since).verdicts
        for breach in verdict.breaches
    )
