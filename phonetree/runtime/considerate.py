"""Computing in a serving process beside its turns, or beside the other pages of a console."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

SWITCH_SECONDS = 0.0005
"""How long a turn waits for a thread that computes: Python's own 5 ms are longer than a turn."""


_one_at_a_time = Lock()


class _GivingWay:
    """While at least one thread is in here, threads take turns after `SWITCH_SECONDS`."""

    def __init__(self) -> None:
        self._inside, self._usual = 0, 0.0
        self._lock = Lock()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._inside:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(SWITCH_SECONDS)
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    sys.setswitchinterval(self._usual)


giving_way = _GivingWay()
"""A context for a long computation: other threads get in between."""


@contextmanager
def considerate() -> Iterator[None]:
    """The same, one at a time, for one that makes many objects and no cycles, such as loading a site.

    The garbage collector would stop the others for a tenth of a second, to look through everything that lives. So it
    rests, and what was made is left out of its rounds from then on; without cycles it is freed all the same.
    """
    with _one_at_a_time, giving_way():
        collecting = gc.isenabled()
        gc.disable()
        try:
            yield
            gc.freeze()
        finally:
            if collecting:
                gc.enable()
