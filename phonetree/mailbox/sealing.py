"""Sealing: only holders of a private key and its passphrase can read the content.

The content is encrypted with AES-256-GCM under its own key, and that key with RSA-OAEP with SHA-256 (also for MGF1),
once for every public key. This is the scheme of Twilio's recording encryption (voice/tutorials/
voice-recording-encryption), and every browser can decrypt it without libraries: ciphertext and tag in one piece.

There are two formats, told apart by how the sealed bytes begin:

- Format 2 begins with `HEADER`; ciphertext and tag follow. The tag also covers `Envelope.bound`, the additional data:
  the header, and which message this is. Content that stands at another message, or at another moment, does not open.
  The keys are not covered, so that somebody can be given access by wrapping the content's key alone.
- Format 1, of versions before 0.3.0 and of the provider's own encryption, is ciphertext and tag with no additional
  data: nothing shows at which message it belongs.

Nothing needs to protect the header itself: without it, or with one too many, the tag does not match. docs/engineers.md
has the exact bytes.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from phonetree.errors import SealError

KEY_BYTES = 32
IV_BYTES = 12
TAG_BYTES = 16
SHOWN = 8
"""Characters of a message's id that are shown; any unambiguous beginning is accepted."""

HEADER = b"phonetree sealed message 2\n"
"""How format 2 begins. Ciphertext of format 1 begins so with a chance of 1 in 2 to the power of 216."""

LEAST_KEY_BITS = 3072
"""NIST SP 800-57: as strong as AES-128, good past 2030."""

_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that can only seal. `id` is the beginning of the SHA-256 of its DER; `name` is its owner."""

    id: str
    name: str
    key: RSAPublicKey

    def wrap(self, content_key: bytes) -> bytes:
        return self.key.encrypt(content_key, _OAEP)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What opens sealed content, besides a private key: `wrapped` is the content's key, by the id of the public key;
    `message` is the message's id, and `left_at` when it was left, in seconds since 1970, as the database has them."""

    iv: bytes
    wrapped: Mapping[str, bytes]
    message: str
    left_at: int

    @property
    def bound(self) -> bytes:
        """The additional data of format 2: three lines of ASCII, each with its line feed."""
        return HEADER + f"{self.message}\n{self.left_at}\n".encode()


def key_id(key: RSAPublicKey) -> str:
    """The id of a public key."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return sha256(der).hexdigest()[:16]


def read_public_key(pem: bytes, name: str) -> PublicKey:
    """The key in a PEM file. Raises SealError when it cannot seal."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise SealError(f"'{name}' is not a public key (PEM); make one with: keys create") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_KEY_BITS:
        raise SealError(f"'{name}' is not an RSA key of at least {LEAST_KEY_BITS} bits; make one with: keys create")
    return PublicKey(key_id(key), name, key)


def public_keys(folder: Path) -> tuple[PublicKey, ...]:
    """Every public key in a folder; none when there is no such folder.

    Raises SealError on a file without one.
    """
    return tuple(read_public_key(path.read_bytes(), path.stem) for path in sorted(folder.glob("*.pem")))


class Sealer:
    """Seals the content of one message, piece by piece, and checks the sealed pieces when they are read back."""

    def __init__(self, keys: tuple[PublicKey, ...], message: str, left_at: int) -> None:
        """`message` and `left_at` are what it is bound to, as in `Envelope`. Raises SealError when there is no key."""
        if not keys:
            raise SealError("there is no key to seal with; make one with: keys create")
        self._key = os.urandom(KEY_BYTES)
        iv = os.urandom(IV_BYTES)
        self.envelope = Envelope(iv, {key.id: key.wrap(self._key) for key in keys}, message, left_at)
        self._content = sha256()

    def seal(self, content: Iterable[bytes]) -> Iterator[bytes]:
        """The sealed pieces, in format 2; the last one is the tag."""
        encryptor = Cipher(algorithms.AES(self._key), modes.GCM(self.envelope.iv)).encryptor()
        encryptor.authenticate_additional_data(self.envelope.bound)
        yield HEADER
        for piece in content:
            self._content.update(piece)
            yield encryptor.update(piece)
        yield encryptor.finalize() + encryptor.tag

    def verify(self, envelope: Envelope, sealed: Iterable[bytes]) -> bool:
        """Whether envelope and sealed pieces, both read back, are the same and decrypt to the same content."""
        if envelope != self.envelope:
            return False
        found = sha256()
        try:
            for piece in _decrypted(self._key, envelope, sealed):
                found.update(piece)
        except InvalidTag:
            return False
        return found.digest() == self._content.digest()


def _decrypted(key: bytes, envelope: Envelope, sealed: Iterable[bytes]) -> Iterator[bytes]:
    """The content piece by piece, of either format; InvalidTag at the end when anything was changed."""
    pieces = iter(sealed)
    begin = b""
    while len(begin) < len(HEADER) and (piece := next(pieces, None)) is not None:
        begin += piece
    decryptor = Cipher(algorithms.AES(key), modes.GCM(envelope.iv)).decryptor()
    if begin.startswith(HEADER):
        decryptor.authenticate_additional_data(envelope.bound)
    held = b""
    for piece in chain((begin.removeprefix(HEADER),), pieces):
        held += piece
        yield decryptor.update(held[:-TAG_BYTES])
        held = held[-TAG_BYTES:]
    yield decryptor.finalize_with_tag(held) if len(held) == TAG_BYTES else _too_short()


def _too_short() -> bytes:
    raise InvalidTag


def unwrap(private: RSAPrivateKey, envelope: Envelope) -> bytes:
    """The content's key. Raises SealError when it was not sealed for this private key."""
    wrapped = envelope.wrapped.get(key_id(private.public_key()))
    candidates = [wrapped] if wrapped else list(envelope.wrapped.values())  # the provider has its own ids for keys
    for each in candidates:
        try:
            return private.decrypt(each, _OAEP)
        except ValueError:
            continue
    raise SealError("this key does not open this message; it was sealed for another key")


def opened(private: RSAPrivateKey, envelope: Envelope, sealed: Iterable[bytes]) -> bytes:
    """The whole content, after its tag was verified. Raises SealError when it does not open."""
    try:
        return b"".join(_decrypted(unwrap(private, envelope), envelope, sealed))
    except (InvalidTag, ValueError):  # ValueError: a key or an iv of a wrong length
        raise SealError(
            f"message {envelope.message[:SHOWN]}: this is not what was sealed as this message at this moment; it was "
            "changed or swapped in the database, or is damaged. Do not rely on it; "
            "see docs/wrong/message-does-not-open.md"
        ) from None
