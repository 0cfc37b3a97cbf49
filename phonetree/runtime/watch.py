"""Follows the folder of the files, or the store's newest revision, and reloads when there is another."""

from threading import Event

import watchfiles

from phonetree import log
from phonetree.config.together import complete
from phonetree.runtime.periodic import Periodic
from phonetree.runtime.sites import Sites

CHECK_SECONDS = 5.0
"""How often to check if the system does not report changes (some network and container folders)."""


POLL_SECONDS = 2.0
"""How often the store is asked: with the time that a proof takes, every server follows within five seconds."""


def watcher(sites: Sites) -> Periodic:
    """Reloads `sites` within seconds of an edit, once it is started.

    It continues whatever happens: a folder that is gone for a while or cannot be watched, or a bug. If watching fails,
    the files are still checked.
    """
    periodic = Periodic("watch", CHECK_SECONDS, lambda: _follow(sites, periodic.stopping))
    return periodic


def _follow(sites: Sites, stopping: Event) -> None:
    """Watches until told to stop."""
    reload(sites)
    for _ in watchfiles.watch(
        sites.folder,
        stop_event=stopping,
        rust_timeout=int(CHECK_SECONDS * 1000),
        yield_on_timeout=True,
        raise_interrupt=False,
    ):
        reload(sites)


def poller_of_revisions(sites: Sites) -> Periodic:
    """The same where the files are in the store: it is asked for a newer revision."""
    return Periodic("watch", POLL_SECONDS, lambda: reload(sites))


def reload(sites: Sites) -> None:
    """Checks the files once; logs what is new, once."""
    complete(sites.folder)
    before = sites.problems
    if sites.reload():
        log.info("published", revision=sites.current.revision)
    elif sites.problems and sites.problems != before:
        log.warning("problems", problems=[str(problem) for problem in sites.problems], kept=sites.current.revision)
    elif before and not sites.problems:  # the files are again what callers hear
        log.info("problems", problem="over")
