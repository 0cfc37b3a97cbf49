"""What a server remembers for two minutes: in memory, under digests, and never written anywhere."""

from collections import OrderedDict
from hashlib import blake2b
from secrets import token_bytes
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

SECONDS = 120
"""Longer than the network asks for the same turn again (Twilio, usage/webhooks/webhooks-connection-overrides), and than
a round of ringing with its questions takes."""

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by a text, such as a call's id, of which only a keyed digest is held."""

    def __init__(self, most: int) -> None:
        """`most` is how many are held at once; the oldest are dropped first."""
        self._most = most
        self._key = token_bytes(16)
        self._held: OrderedDict[bytes, tuple[float, T]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, text: str) -> T | None:
        """The value that is held under a text."""
        with self._lock:
            self._drop(self._most)
            held = self._held.get(self.digest(text))
        return held[1] if held else None

    def keep(self, text: str, value: T) -> T:
        """Holds a value under a text, unless it has one; returns the one that it has."""
        with self._lock:
            self._drop(self._most - 1)
            return self._held.setdefault(self.digest(text), (monotonic(), value))[1]

    def expire(self) -> None:
        """Drops what is too old. Once a minute, so that nothing stays when no more calls come."""
        with self._lock:
            self._drop(self._most)

    def digest(self, text: str) -> bytes:
        """What is held in place of a text."""
        return blake2b(text.encode(errors="replace"), key=self._key, digest_size=16).digest()

    def _drop(self, most: int) -> None:
        oldest = monotonic() - SECONDS
        while self._held and (len(self._held) > most or next(iter(self._held.values()))[0] < oldest):
            self._held.popitem(last=False)
