"""A form that is sent twice does once what it does: pressed twice, loaded again, or sent again by the browser.

The page makes up an id, the form carries it, and what the form makes gets it.
"""

import re
import secrets
from collections.abc import Mapping

FIELD = "once"
"""The field that has it."""

_ID = re.compile(r"[0-9a-f]{32}\Z")


def once() -> str:
    """An id for a form."""
    return secrets.token_hex(16)


def once_of(sent: Mapping[str, str]) -> str:
    """The id of a form that was sent; another one if it has none."""
    found = sent.get(FIELD, "")
    return found if _ID.match(found) else once()
