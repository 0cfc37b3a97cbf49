"""What happens beside an answer: nobody waits for it, or learns from how long an answer takes that it happened."""

from collections.abc import Callable
from threading import Thread

from phonetree import log
from phonetree.console.services import services
from phonetree.errors import PhonetreeError
from phonetree.mailbox.notices import tell

LOOK = "Something about the staff's accounts or keys needs an admin's eye: sign in to the console."
"""No name: a channel may be a company's."""


def aside(work: Callable[[], object]) -> None:
    """Does something beside the answer."""
    Thread(target=_done, args=(work,), name="aside", daemon=True).start()


def tell_admins() -> None:
    """Notifies staff over every channel that there is something for admins."""
    if ways := services().channels:
        aside(lambda: tell(ways, LOOK))


def _done(work: Callable[[], object]) -> None:
    try:
        work()
    except PhonetreeError:
        return  # the store is away: then there is nothing to be told either
    except Exception as error:  # noqa: BLE001 -- nobody waits for it
        log.failure("console", error)
