"""What can happen on a call. A wrong key, silence, busy and a hang-up are data, not errors."""

from dataclasses import dataclass
from enum import StrEnum


class TooLate(StrEnum):
    """Why a member who accepts is too late."""

    TAKEN = "taken"
    """Another member accepted first."""
    GONE = "gone"
    """The caller has hung up."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """The caller pressed keys."""

    keys: str


@dataclass(frozen=True, slots=True)
class Silent:
    """The caller did nothing while we waited, or the call continues by itself."""


@dataclass(frozen=True, slots=True)
class DialEnded:
    """Ringing ended. `connected` says whether the caller spoke with someone; `picked_up` are the phones
    (E.164) that were picked up, as far as known. `failed` says that the network placed no call at all: an invalid
    number, or a caller id that it refused."""

    connected: bool
    picked_up: frozenset[str] = frozenset()
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording ended, `seconds` long."""

    seconds: int


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """A member's phone was picked up, by a person or a machine."""


@dataclass(frozen=True, slots=True)
class LegPressed:
    """Whoever picked up pressed keys. `too_late` is set if that is too late."""

    keys: str
    too_late: TooLate | None = None


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller hung up; nobody hears the answer. `ended` is what that ended: a conversation, an attempt at one, or
    a message."""

    ended: DialEnded | Recorded | None = None


Event = Pressed | Silent | DialEnded | Recorded | LegAnswered | LegPressed | HungUp
