"""What one turn of a call is: what the phone network is asked to do, and what the engine knows of why.

Whoever needs to know why something is said or done reads it here, and never guesses it from the words.
"""

from dataclasses import dataclass
from enum import StrEnum

from phonetree.core.verbs import Verbs


class Outcome(StrEnum):
    """What a call came to. A call may come to several."""

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
    """It could not go on as it should."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The answer to one request of the network.

    `passed` are the nodes that the call went through on the way without waiting for the caller (messages, hours), in
    order; `outcome` is what the call came to with this turn, where that is counted.
    """

    verbs: Verbs
    passed: tuple[str, ...] = ()
    outcome: Outcome | None = None
