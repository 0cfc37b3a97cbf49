"""A broken promise stops a publish as a problem does."""

from datetime import date
from pathlib import Path

from phonetree.core.proof import prove
from phonetree.core.tree import Site
from phonetree.errors import Problem, Where


def broken_promises(site: Site, folder: Path, since: date) -> tuple[Problem, ...]:
    """Every promise that the site breaks on calls from `since` on, as problems of its files."""
    where = Where(str(folder / "routing.yaml"))
    return tuple(
        Problem(where, f"{breach.text}. The promise: {verdict.promise} `prove` shows such a call")
        for verdict in prove(site, since).verdicts
        for breach in verdict.breaches
    )
