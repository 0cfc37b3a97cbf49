"""Sealing: what goes in here is read only by those who hold a private key and its passphrase.

The content is encrypted by AES-256-GCM under a key of its own, and that key by RSA-OAEP with SHA-256 (MGF1 as
well), once for every public key. It is the scheme of Twilio's recording encryption (voice/tutorials/
voice-recording-encryption), and one that every browser can open by itself: ciphertext and tag in one piece.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
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
LEAST_KEY_BITS = 3072
"""NIST SP 800-57: as strong as AES-128, good past 2030."""

_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that can only seal. `id` is the beginning of the SHA-256 of its DER; `name` is whose it is."""

    id: str
    name: str
    key: RSAPublicKey

    def wrap(self, content_key: bytes) -> bytes:
        return self.key.encrypt(content_key, _OAEP)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What opens sealed content, besides a private key: `wrapped` is the content's key, by the id of who opens it."""

    iv: bytes
    wrapped: Mapping[str, bytes]


def key_id(key: RSAPublicKey) -> str:
    """What a public key is known by."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return sha256(der).hexdigest()[:16]


def read_public_key(pem: bytes, name: str) -> PublicKey:
    """The key in a PEM file. Raises SealError when it is none that can seal."""
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise SealError(f"'{name}' holds no public key (PEM); make one with: keys create") from None
    if not isinstance(key, RSAPublicKey) or key.key_size < LEAST_KEY_BITS:
        raise SealError(f"'{name}' is no RSA key of at least {LEAST_KEY_BITS} bits; make one with: keys create")
    return PublicKey(key_id(key), name, key)


def public_keys(folder: Path) -> tuple[PublicKey, ...]:
    """Every public key in a folder; none when there is no such folder.

    Raises SealError on a file that holds none.
    """
    return tuple(read_public_key(path.read_bytes(), path.stem) for path in sorted(folder.glob("*.pem")))


class Sealer:
    """Seals one content, piece by piece, and checks the sealed pieces when they are read back."""

    def __init__(self, keys: tuple[PublicKey, ...]) -> None:
        if not keys:
            raise SealError("there is no key to seal with; make one with: keys create")
        self._key = os.urandom(KEY_BYTES)
        iv = os.urandom(IV_BYTES)
        self.envelope = Envelope(iv, {key.id: key.wrap(self._key) for key in keys})
        self._content = sha256()

    def seal(self, content: Iterable[bytes]) -> Iterator[bytes]:
        """The sealed pieces; the last one is the tag."""
        encryptor = Cipher(algorithms.AES(self._key), modes.GCM(self.envelope.iv)).encryptor()
        for piece in content:
            self._content.update(piece)
            yield encryptor.update(piece)
        yield encryptor.finalize() + encryptor.tag

    def verify(self, sealed: Iterable[bytes]) -> bool:
        """Whether what was read back is what was sealed, to the last byte."""
        found = sha256()
        try:
            for piece in _decrypted(self._key, self.envelope.iv, sealed):
                found.update(piece)
        except InvalidTag:
            return False
        return found.digest() == self._content.digest()


def _decrypted(key: bytes, iv: bytes, sealed: Iterable[bytes]) -> Iterator[bytes]:
    """The content piece by piece; InvalidTag at the end when it is not what was sealed."""
    decryptor = Cipher(algorithms.AES(key), modes.GCM(iv)).decryptor()
    held = b""
    for piece in sealed:
        held += piece
        yield decryptor.update(held[:-TAG_BYTES])
        held = held[-TAG_BYTES:]
    yield decryptor.finalize_with_tag(held) if len(held) == TAG_BYTES else _too_short()


def _too_short() -> bytes:
    raise InvalidTag


def unwrap(private: RSAPrivateKey, envelope: Envelope) -> bytes:
    """The content's key. Raises SealError when this private key is not one of those it was sealed for."""
    wrapped = envelope.wrapped.get(key_id(private.public_key()))
    candidates = [wrapped] if wrapped else list(envelope.wrapped.values())  # the provider names keys its own way
    for each in candidates:
        try:
            return private.decrypt(each, _OAEP)
        except ValueError:
            continue
    raise SealError("this key does not open this message; it was sealed for another one")


def opened(private: RSAPrivateKey, envelope: Envelope, sealed: Iterable[bytes]) -> bytes:
    """The content, whole, once it is known to be unchanged. Raises SealError when it does not open."""
    try:
        return b"".join(_decrypted(unwrap(private, envelope), envelope.iv, sealed))
    except InvalidTag:
        raise SealError("the message is damaged: it is not what was sealed") from None
