"""What we can ask the phone network to do. Verbs run in order; those with a `then` come back to us there."""

from dataclasses import dataclass

from phonetree.core.state import State


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: the provider's name of the voice, and its language as BCP 47 (`en-US`)."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a text. `node` is the node whose words they are (None: the product's own), `key` the key they offer."""

    text: str
    voice: Voice
    node: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Play:
    """Play an audio file of the site; `transcript` is its words, `node` the node whose words they are."""

    file: str
    transcript: str
    node: str | None = None


Spoken = Say | Play


@dataclass(frozen=True, slots=True)
class Gather:
    """Speak, and take one key at any moment of it or up to `seconds` after it.

    A key leads to `then`. Without one, the next verb runs.
    """

    spoken: tuple[Spoken, ...]
    seconds: int
    then: State


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring `numbers` (E.164) at once for `seconds`; the first to be let through speaks with the caller.

    `caller_id` is the number they see; None shows the caller's own. `screen` is asked on every leg
    before it may be let through; None lets through whoever picks up. The end leads to `then`, or to the
    next verb when that is None.
    """

    numbers: tuple[str, ...]
    caller_id: str | None
    seconds: int
    screen: State | None
    then: State | None


@dataclass(frozen=True, slots=True)
class Record:
    """Record a message of at most `longest` seconds, until `silence` seconds without a word, a key or a
    hang-up; then go to `then`."""

    longest: int
    silence: int
    then: State


@dataclass(frozen=True, slots=True)
class Redirect:
    """Come back to us at once."""

    then: State


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call, or this leg of it."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """Let this leg through to the caller. On a member's leg only, and nothing comes after it."""


Verb = Say | Play | Gather | Dial | Record | Redirect | Hangup | Bridge
Verbs = tuple[Verb, ...]
