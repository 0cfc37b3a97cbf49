"""How many requests wait for a proof.

A proof takes seconds, and a host makes one of a kind at a time. So an account has two of each kind under way at most,
and all accounts together so few that the console's other requests find a thread. More are told at once to try again.
Each kind has places of its own: whoever closes the line finds one however many look at drafts.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

from flask import g, has_request_context

from phonetree.config.question import Answer
from phonetree.config.site import Contents
from phonetree.console.few import Few
from phonetree.core.tree import Site
from phonetree.errors import Problem
from phonetree.runtime.prover import Prover

MOST_OF_ONE = 2

MOST_NOTICES = 4
"""Changes at short notice."""

MOST_EDITS = 3
"""Publications, and days of the hours that are looked at or saved."""

MOST_DRAFTS = 3
"""Drafts that are looked at, or merged."""


class ProofBusyError(Exception):
    """Too many changes are being checked."""


class FewProofs:
    """A prover that so many ask at once. Everything raises ProofBusyError, and what a prover does."""

    def __init__(self, prover: Prover) -> None:
        self._prover = prover
        self._notices, self._edits, self._drafts = (
            Few(MOST_OF_ONE, most, ProofBusyError) for most in (MOST_NOTICES, MOST_EDITS, MOST_DRAFTS)
        )

    def broken(self, site: Site, contents: Contents) -> tuple[Problem, ...]:
        """The promises that a site breaks which is to be published."""
        with _turn(self._edits):
            return self._prover.broken(site, contents)

    def broken_by_override(self, site: Site, contents: Contents) -> tuple[Problem, ...]:
        """The same for a change at short notice."""
        with self.notice():
            return self._prover.broken_by_override(site, contents)

    def broken_for_draft(self, site: Site, contents: Contents) -> tuple[Problem, ...]:
        """The same for what a draft is compared with."""
        with self.draft():
            return self._prover.answer_for_draft(site, contents).problems

    @contextmanager
    def answering(self, site: Site, contents: Contents) -> Iterator[Callable[[], Answer]]:
        """What a draft breaks, with the calls that do, and seconds to help: asked at once, in another thread, so that
        whoever asks can do something else until it is there. What a prover raises is raised by the call."""
        with self.draft(), ThreadPoolExecutor(1, "proof") as pool:
            yield pool.submit(self._prover.answer_for_draft, site, contents).result

    @property
    def waiting(self) -> int:
        """How many requests have a turn."""
        return sum(few.under_way for few in (self._notices, self._edits, self._drafts))

    def notice(self) -> AbstractContextManager[None]:
        """One of the few, for a change at short notice that waits for a proof, or for another one that does."""
        return _turn(self._notices)

    def draft(self) -> AbstractContextManager[None]:
        """One of the few, for a request that looks at a draft."""
        return _turn(self._drafts)


@contextmanager
def _turn(few: Few) -> Iterator[None]:
    """One of the few; the same one inside of another of this request."""
    if not has_request_context():
        with few.turn():
            yield
    elif g.get("in_turn") is few:
        yield
    else:
        with few.turn():
            before, g.in_turn = g.get("in_turn"), few
            try:
                yield
            finally:
                g.in_turn = before
