"""How many requests wait for a proof.

A proof takes seconds, and a host makes one at a time. So an account has two under way at most, one that is shown and
one that is saved, and all accounts together a third of the console's threads. More are told at once to try again.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from flask import g, has_request_context

from phonetree.config.question import Answer
from phonetree.config.site import Contents
from phonetree.console.few import Few
from phonetree.core.tree import Site
from phonetree.errors import Problem
from phonetree.runtime.prover import Prover

MOST_OF_ONE = 2
MOST = 6


class ProofBusyError(Exception):
    """Too many changes are being checked."""


class FewProofs:
    """A prover that so many ask at once."""

    def __init__(self, prover: Prover) -> None:
        self._prover = prover
        self._few = Few(MOST_OF_ONE, MOST, ProofBusyError)

    def broken(self, site: Site, contents: Contents) -> tuple[Problem, ...]:
        """The promises that a site breaks. Raises ProofBusyError, and what a prover does."""
        with self.turn():
            return self._prover.broken(site, contents)

    def broken_by_override(self, site: Site, contents: Contents) -> tuple[Problem, ...]:
        """The same for a change at short notice."""
        with self.turn():
            return self._prover.broken_by_override(site, contents)

    @contextmanager
    def answering(self, site: Site, contents: Contents) -> Iterator[Callable[[], Answer]]:
        """What a site breaks, with the calls that do, and seconds to help: asked at once, in another thread, so that
        whoever asks can do something else until it is there. Raises ProofBusyError, and on the call what a prover
        does."""
        with self.turn(), ThreadPoolExecutor(1, "proof") as pool:
            yield pool.submit(self._prover.answer, site, contents).result

    @property
    def waiting(self) -> int:
        """How many requests have a turn."""
        return self._few.under_way

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One of the few, for a request that waits for a proof, or for another one that does. Raises ProofBusyError."""
        if not has_request_context():
            with self._few.turn():
                yield
        elif g.get("in_turn"):
            yield
        else:
            with self._few.turn():
                g.in_turn = True
                try:
                    yield
                finally:
                    g.in_turn = False
