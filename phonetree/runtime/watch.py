"""Follows the folder of the files, or the store's newest revision, and reloads when there is another.

It looks instead of being notified: some network and container folders notify late or never, and a library for that
walks all folders below, through links too, and fails over a name or a link that it cannot read.
"""

from phonetree import log
from phonetree.config.together import complete
from phonetree.runtime.periodic import Periodic
from phonetree.runtime.sites import Sites

LOOK_SECONDS = 0.5
"""How often the folder is looked at, which takes a fifth of a millisecond; with 1,000 audio files, eight."""

POLL_SECONDS = 2.0
"""How often the store is asked: with the time that a proof takes, every server follows within five seconds."""


def watcher(sites: Sites) -> Periodic:
    """Reloads `sites` within seconds of an edit, once it is started.

    It continues whatever happens: a folder that is gone for a while or cannot be read, or a bug.
    """
    return Periodic("watch", LOOK_SECONDS, lambda: reload(sites))


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
