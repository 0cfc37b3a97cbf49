"""Where a call is, to and from an address.

A state is everything that is known about a call between two turns. It travels in the address that the
phone network requests next, and the network signs that address: nothing about a call is kept on a server.

    /REVISION/LANGUAGE/NODE/STEP?menu=...&misses=...

The path always has four parts; a number is in the query only if it is not zero.
"""

import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlencode

from phonetree.errors import StateError

_NAME = r"[a-z0-9][a-z0-9_-]{0,63}"
_PLACE = re.compile(rf"(?:{_NAME}/){{4}}(?:{_NAME})?\Z")


class Step(StrEnum):
    """What the call waits for at its node."""

    ASK = "ask"
    """A key, after a menu."""
    ANNOUNCE = "announce"
    """A key during words after which the call continues by itself."""
    RING = "ring"
    """Nothing: the team is rung now."""
    RUNG = "rung"
    """The end of a round of ringing, or of the conversation it led to."""
    SCREEN = "screen"
    """A member's phone was picked up (on the member's leg)."""
    ACCEPT = "accept"
    """The member's key (on the member's leg)."""
    BRIDGED = "bridged"
    """The end of the conversation with an outside line, or of the attempt."""
    RECORDED = "recorded"
    """The end of a message."""


_STEPS = {step.value: step for step in Step}

LEG_STEPS = frozenset({Step.SCREEN, Step.ACCEPT})
"""The steps on a member's leg, which the caller does not hear."""


class State(NamedTuple):
    """Where a call is.

    `menu` is the menu heard last; `misses` counts silences and wrong keys in a row, `repeats` how often the same menu
    was repeated on request. While a team rings: `round` counts the rounds since `began` (seconds since 1970), and the
    current one started `rang` seconds later. Four counts have a bit for each member on shift, in the order in which
    they ring: `ringing`, whom this round rings; `rung`, whom earlier ones rang; `alone`, whom they rang alone;
    `picked`, whose phone was picked up. `token` is a random number, the same on all legs of one ringing: what a server
    knows of the legs, and by what a proxy finds that server. `refused` is 1 if the network refused the helpline's
    caller id. `counted` is 1 once the call has an outcome other than that it came in.
    """

    revision: str
    language: str
    node: str
    step: Step
    menu: str = ""
    misses: int = 0
    repeats: int = 0
    round: int = 0
    rang: int = 0
    picked: int = 0
    rung: int = 0
    ringing: int = 0
    alone: int = 0
    began: int = 0
    token: int = 0
    refused: int = 0
    counted: int = 0

    def at(self, step: Step, *, menu: str = "", **counts: int) -> "State":
        """The same place, waiting for something else; counts that are not given are reset, but for `counted`."""
        counts.setdefault("counted", self.counted)
        return State(self.revision, self.language, self.node, step, menu or self.menu, **counts)


LATEST_BEGAN = 32_503_680_000
"""The year 3000, in seconds since 1970: a moment that `datetime` can represent."""

LARGEST_TOKEN = 2**62
"""More than anybody could guess."""

_COUNTS = {
    "misses": 999, "repeats": 999, "round": 999, "rang": 99_999, "picked": 2**100, "rung": 2**100, "ringing": 2**100,
    "alone": 2**100, "began": LATEST_BEGAN, "token": LARGEST_TOKEN, "refused": 1, "counted": 1,
}  # fmt: skip
"""The counts, with limits that ours never exceed."""


def to_address(state: State) -> str:
    """The state as path and query, with a leading slash; only characters that an address may contain."""
    query = {name: value for name in ("menu", *_COUNTS) if (value := getattr(state, name))}
    path = f"/{state.revision}/{state.language}/{state.node}/{state.step}"
    return f"{path}?{urlencode(query)}" if query else path


def from_address(path: str, query: str) -> State:
    """The state that `to_address` wrote; `path` has no leading slash.

    Raises StateError when the parts are not ours. Whether the tree has such a node is not checked here.
    """
    fields = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)  # our values are never escaped
    menu = fields.get("menu", "")
    if not _PLACE.match(f"{path}/{menu}"):
        raise StateError("a part of the address is not a name")
    revision, language, node, step = path.split("/")
    if step not in _STEPS:
        raise StateError("the address has an unknown step")
    counts = {name: _count(text, _COUNTS[name]) for name, text in fields.items() if name in _COUNTS}
    return State(revision, language, node, _STEPS[step], menu, **counts)


def _count(text: str, limit: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 32 and int(text) <= limit):
        raise StateError("a count in the address is malformed or too large")
    return int(text)
