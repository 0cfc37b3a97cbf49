"""Follows the folder of the two files, and reloads when it changes."""

from threading import Event, Thread

import watchfiles

from phonetree import log
from phonetree.runtime.sites import Sites

CHECK_MILLISECONDS = 5000
"""Where the system tells nothing of changes (some network and container folders), look this often."""


def watch(sites: Sites) -> Event:
    """Reloads `sites` in the background, within seconds of an edit, until the event that is returned is set."""
    stop = Event()
    Thread(target=_follow, args=(sites, stop), name="watch", daemon=True).start()
    return stop


def _follow(sites: Sites, stop: Event) -> None:
    """Goes on following whatever happens: a folder that is gone for a while or cannot be watched, or a fault of our
    own. Where watching fails, the files are looked at all the same."""
    told = ""
    while not stop.is_set():
        try:
            if told:
                reload(sites)
            for _ in watchfiles.watch(
                sites.folder,
                stop_event=stop,
                rust_timeout=CHECK_MILLISECONDS,
                yield_on_timeout=True,
                raise_interrupt=False,
            ):
                reload(sites)
        except Exception as error:  # noqa: BLE001 -- see above
            if told != (told := type(error).__name__):
                log.failure("watch", error)
            stop.wait(CHECK_MILLISECONDS / 1000)


def reload(sites: Sites) -> None:
    """One look at the files; says in the log what is new, once."""
    before = sites.problems
    if sites.reload():
        log.info("published", revision=sites.current.revision)
    elif sites.problems and sites.problems != before:
        log.warning("problems", problems=[str(problem) for problem in sites.problems], kept=sites.current.revision)
