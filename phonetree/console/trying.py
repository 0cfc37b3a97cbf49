"""Guessing takes long: a lock-out that grows, for each name, and the number of passwords that are checked at once.

Kept in the memory of this process alone, so that nobody can find out later who tried to sign in, and a stranger writes
nothing into the store. A name that no account has is locked out like any other: that shows nothing. A browser that has
signed in to an account before is counted apart, for each of its accounts, so that a stranger's failures never lock out
the account's owner, and nobody who shares the browser clears them by signing in.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition, Lock

FREE_TRIES = 4
"""Failures without a consequence; from the next one on there is a wait."""

FIRST_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 15 * 60

FORGET_SECONDS = 24 * 3600
"""After this long without a failure they count from the beginning."""

MOST_NAMES = 20_000
"""More are kept only while they are locked. Whoever tries so many names to have another one forgotten takes longer than
the longest wait: each password is checked before the next."""


@dataclass
class _Tries:
    failures: int = 0
    locked_until: float = 0.0
    last_at: float = 0.0


class Lockout:
    """Failed sign-ins, by whom they are counted for."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._tries: OrderedDict[str, _Tries] = OrderedDict()
        self._lock = Lock()

    def wait(self, who: str) -> float:
        """How many seconds are left until the next attempt may be made."""
        with self._lock:
            tries = self._tries.get(who)
            return max(0.0, tries.locked_until - self._now()) if tries else 0.0

    def begin(self, who: str) -> float:
        """Counts an attempt in advance, so that many at once are no more than one after the other: once it is its turn,
        for what is turned away before that is no failure. Returns how many seconds to wait instead: 0 when the attempt
        may be made."""
        now = self._now()
        with self._lock:
            tries = self._tries.get(who)
            if tries is None or now - tries.last_at > FORGET_SECONDS:
                tries = self._tries[who] = _Tries()
            if now < tries.locked_until:
                return tries.locked_until - now
            tries.failures += 1
            tries.last_at = now
            if (beyond := tries.failures - FREE_TRIES) > 0:
                tries.locked_until = now + min(FIRST_WAIT_SECONDS * 2 ** min(beyond - 1, 10), LONGEST_WAIT_SECONDS)
            self._tries.move_to_end(who)
            if len(self._tries) > MOST_NAMES:
                oldest = next((each for each, kept in self._tries.items() if now >= kept.locked_until), None)
                if oldest is not None:
                    del self._tries[oldest]
        return 0.0

    def succeeded(self, who: str) -> None:
        """The attempt that was begun did not fail: everything before it is forgotten."""
        with self._lock:
            self._tries.pop(who, None)

    def locked(self, who: str) -> int:
        """How many failures led to a wait that still lasts; 0 if none does."""
        with self._lock:
            tries = self._tries.get(who)
            return tries.failures if tries and self._now() < tries.locked_until else 0


MOST_WAITING = 6
"""Requests that wait for a password to be checked, from strangers, and as many from known browsers, the one that is
served included; more are refused at once. The console has a few more threads than that, so that somebody who floods it
with passwords leaves some for everybody else."""

PATIENCE_SECONDS = 20.0

_turns = Condition()
_waiting = {True: 0, False: 0}
_checking = Lock()


class TooBusyError(Exception):
    """Too many passwords are being checked."""


@contextmanager
def one_at_a_time(*, known: bool) -> Iterator[None]:
    """For whatever hashes a password: each takes a core and 64 MB, and calls are answered beside it. Those who are
    `known`, by the browser, the session or a one-time link, have a queue of their own, and it goes first: a flood of
    strangers' passwords keeps no staff out. Raises TooBusyError when too many wait, or after a wait."""
    with _turns:
        if _waiting[known] >= MOST_WAITING:
            raise TooBusyError
        _waiting[known] += 1
    try:
        with _turns:
            if not _turns.wait_for(
                lambda: (known or not _waiting[True]) and _checking.acquire(False), PATIENCE_SECONDS
            ):
                raise TooBusyError
        try:
            yield
        finally:
            _checking.release()
    finally:
        with _turns:
            _waiting[known] -= 1
            _turns.notify_all()
