"""The proof: each promise, kept, or broken with the shortest call that breaks it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from phonetree.core.tree import Site
from phonetree.proof.budgets import TimeToHelp
from phonetree.proof.moments import Moments, moments
from phonetree.proof.own import own_promises
from phonetree.proof.promises import PROMISES, Breach, Promise, Walked
from phonetree.proof.walk import Walk, gc_disabled, walk

MOST_BREACHES = 5
"""How many breaches of one promise are shown."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A promise and its breaches."""

    id: str
    promise: str
    breaches: tuple[Breach, ...]

    @property
    def kept(self) -> bool:
        return not self.breaches


@dataclass(frozen=True, slots=True)
class Proof:
    """Every promise with its verdict, and how soon callers reach somebody."""

    verdicts: tuple[Verdict, ...]
    times_to_help: tuple[TimeToHelp, ...]
    walk: Walk
    moments: Moments

    @property
    def turns(self) -> int:
        """How many turns can happen."""
        return len(self.walk)

    @property
    def kinds(self) -> int:
        """How many kinds of moment there are."""
        return len(self.moments.kinds)

    @property
    def kept(self) -> bool:
        return all(verdict.kept for verdict in self.verdicts)


def prove(site: Site, since: date, *more: Promise) -> Proof:
    """Walks everything that can happen from `since` on, and checks every promise: the product's, `more`, and the site's
    own. Raises ProofError."""
    with gc_disabled():
        kinds = moments(since, site)
        walked = Walked(site, kinds, walk(site, kinds))
        verdicts = tuple(
            Verdict(id_, promise, tuple(_first(check(walked))))
            for id_, promise, check in (*PROMISES, *more, *own_promises(site))
        )
        return Proof(verdicts, walked.times_to_help, walked.walk, kinds)


def _first(breaches: Iterator[Breach]) -> Iterator[Breach]:
    seen: set[str] = set()
    for breach in breaches:
        if breach.text not in seen:
            seen.add(breach.text)
            yield breach
        if len(seen) == MOST_BREACHES:
            return
