"""Computing in a serving process beside its turns."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

SWITCH_SECONDS = 0.0005
"""How long a turn waits for a thread that computes: Python's own 5 ms are longer than a turn."""


_one_at_a_time = Lock()


@contextmanager
def considerate() -> Iterator[None]:
    """For a computation that makes many objects and no cycles, such as loading a site: turns get in between.

    The garbage collector would stop them for a tenth of a second, to look through everything that lives. So it rests,
    and what was made is left out of its rounds from then on; without cycles it is freed all the same.
    """
    with _one_at_a_time:
        collecting, switching = gc.isenabled(), sys.getswitchinterval()
        gc.disable()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            yield
            gc.freeze()
        finally:
            sys.setswitchinterval(switching)
            if collecting:
                gc.enable()
