"""How a call leaves whatever it was in the midst of."""


class CallOver(Exception):  # noqa: N818 -- not an error
    """The call is over. Its text says who ended it."""
