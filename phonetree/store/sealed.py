"""Sealing what the servers themselves have to read, such as where to send a reminder: a copy of the database alone
shows nothing of it.

AES-256-GCM under a key derived from SECRET_KEY. What is sealed is bound to its place, so that whoever writes to the
database cannot move it to another row. Content is padded, so that its length tells little.
"""

import hmac
import json
import secrets as random

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from phonetree.errors import SealError

IV_BYTES = 12

BLOCK = 64
"""Content is padded to a multiple of so many bytes."""

_END = b"\x01"
"""Between the content and zeros."""


class Sealer:
    """Seals texts for a purpose. `secrets` are SECRET_KEY, and the previous one while it is rotated; without any it
    opens nothing, and seals nothing."""

    def __init__(self, secrets: tuple[str, ...], purpose: str) -> None:
        self._purpose, self._secrets = purpose, secrets
        self._keys = tuple(AESGCM(_derived(secret, purpose)) for secret in secrets)

    def seal(self, text: str, *place: str) -> bytes:
        """A text that opens at this place only. Raises SealError without a key."""
        if not self._keys:
            raise SealError("SECRET_KEY is not set; have the operator set it")
        iv, data = random.token_bytes(IV_BYTES), text.encode() + _END
        data += bytes(-len(data) % BLOCK)
        return iv + self._keys[0].encrypt(iv, data, self._bound(place))

    def open(self, sealed: bytes, *place: str) -> str | None:
        """The text; None when no key opens it, or it was sealed for another place."""
        found = (self._opened(key, sealed, place) for key in self._keys)
        return next((text for text in found if text is not None), None)

    def again(self, sealed: bytes, *place: str) -> bytes | None:
        """The same sealed with the present key, if only the previous one opens it; otherwise None."""
        if not self._keys or self._opened(self._keys[0], sealed, place) is not None:
            return None
        text = self.open(sealed, *place)
        return None if text is None else self.seal(text, *place)

    def mark(self, text: str) -> str:
        """What is the same for the same text, and shows nothing of it to whoever has not the present key. Raises
        SealError without a key."""
        if not self._secrets:
            raise SealError("SECRET_KEY is not set; have the operator set it")
        return hmac.digest(_derived(self._secrets[0], f"{self._purpose} marks"), text.encode(), "sha256").hex()

    def _opened(self, key: AESGCM, sealed: bytes, place: tuple[str, ...]) -> str | None:
        try:
            data = key.decrypt(sealed[:IV_BYTES], sealed[IV_BYTES:], self._bound(place))
        except (InvalidTag, ValueError):
            return None
        return data.rstrip(b"\0")[: -len(_END)].decode()

    def _bound(self, place: tuple[str, ...]) -> bytes:
        return json.dumps([f"phonetree {self._purpose} 1", *place]).encode()


def _derived(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"phonetree {purpose}".encode()).derive(secret.encode())
