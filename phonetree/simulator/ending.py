"""How a call ends in the middle of anything."""


class CallOver(Exception):  # noqa: N818 -- not an error
    """The call is over. Its text says who ended it."""
