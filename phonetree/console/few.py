"""How many requests do at once what takes long: so few that the others always find a thread."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from flask import g, has_request_context


class Few:
    """So many of one account, and of all accounts together, at once; more are told at once to try again."""

    def __init__(self, of_one: int, of_all: int, error: type[Exception]) -> None:
        """`error` is what more get."""
        self._of_one, self._of_all, self._error = of_one, of_all, error
        self._under_way: Counter[str] = Counter()
        self._lock = Lock()

    @property
    def under_way(self) -> int:
        """How many there are."""
        with self._lock:
            return self._under_way.total()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One of them. Raises the error when there are too many."""
        who = g.staff.id if has_request_context() and "staff" in g else ""
        with self._lock:
            if self._under_way[who] >= self._of_one or self._under_way.total() >= self._of_all:
                raise self._error
            self._under_way[who] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[who] -= 1
                self._under_way += Counter()  # forgets whoever has none any more
