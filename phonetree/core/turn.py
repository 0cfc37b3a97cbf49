"""The result of a turn: what the phone network is asked to do, and what the engine knows about why.

Code that needs the reason for something said or done reads it here, and never guesses it from the words.
"""

from enum import StrEnum
from typing import NamedTuple

from phonetree.core.verbs import Verbs


class Outcome(StrEnum):
    """What a turn resulted in for the call. A call may have several."""

    CALL = "call"
    """It came in."""
    ADVOCATE = "advocate"
    """An advocate took it."""
    UNANSWERED = "unanswered"
    """A team was rung, and nobody took it."""
    LINE = "line"
    """The caller spoke with an outside line."""
    MESSAGE = "message"
    """A message was left."""
    FALLBACK = "fallback"
    """It could not continue normally."""


class Turn(NamedTuple):
    """The answer to one request of the network.

    `passed` are the nodes that the call passed without waiting for the caller (messages, hours), in order; `outcome` is
    what this turn resulted in for the call, if that is counted.
    """

    verbs: Verbs
    passed: tuple[str, ...] = ()
    outcome: Outcome | None = None
