"""How a call ends in the middle of anything, and where it stops."""

from enum import StrEnum


class CallOver(Exception):  # noqa: N818 -- not an error
    """The call is over. Its text says who ended it."""


class Waits(StrEnum):
    """What a call stops for until the caller has decided."""

    KEY = "key"
    """A key, after a question."""
    SPEECH = "speech"
    """A message, after the tone."""


class CallStops(Exception):  # noqa: N818 -- as well
    """The call goes on when the caller has decided."""

    def __init__(self, waits: Waits) -> None:
        super().__init__(waits)
        self.waits = waits
