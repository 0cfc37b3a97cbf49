"""What we can ask the phone network to do. Verbs run in order; those with a `then` come back to us in that state."""

from dataclasses import dataclass
from typing import NamedTuple

from phonetree.core.state import State


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice: the provider's name for it, and its language as BCP 47 (`en-US`)."""

    name: str
    code: str


class Say(NamedTuple):
    """Speak a text. `node` is the node whose words they are (None: a phrase), `key` the key that they offer."""

    text: str
    voice: Voice
    node: str | None = None
    key: str | None = None


class Play(NamedTuple):
    """Play an audio file of the site; `transcript` is its words, `node` the node whose words they are."""

    file: str
    transcript: str
    node: str | None = None


Spoken = Say | Play


class Gather(NamedTuple):
    """Speak, and accept one key meanwhile or up to `seconds` afterwards.

    A key leads to `then`. Without one, the next verb runs.
    """

    spoken: tuple[Spoken, ...]
    seconds: int
    then: State


class Dial(NamedTuple):
    """Ring `numbers` (E.164) together for `seconds`, and connect the first that accepts with the caller.

    `caller_id` is the number they see; None shows the caller's own. `screen` is the state in which every answered leg
    is asked whether it accepts; None connects whoever picks up. The end leads to `then`, or to the next verb if that is
    None.
    """

    numbers: tuple[str, ...]
    caller_id: str | None
    seconds: int
    screen: State | None
    then: State | None


class Record(NamedTuple):
    """Record a message of at most `longest` seconds, until `silence` seconds without a word, a key or a
    hang-up; then go to `then`."""

    longest: int
    silence: int
    then: State


class Redirect(NamedTuple):
    """Come back to us at once."""

    then: State


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call, or this leg of it."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Connect this leg with the caller. Only on a member's leg, and always the last verb."""


Verb = Say | Play | Gather | Dial | Record | Redirect | Hangup | Bridge
Verbs = tuple[Verb, ...]
