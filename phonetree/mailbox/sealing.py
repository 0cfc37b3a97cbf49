"""Sealing: only holders of a private key and its passphrase can read the content.

The content is encrypted with AES-256-GCM under its own key, and that key with RSA-OAEP with SHA-256 (also for MGF1),
once for every public key. This is the scheme of Twilio's recording encryption (voice/tutorials/
voice-recording-encryption), and every browser can decrypt it without libraries.

There are three formats, told apart by how the sealed bytes begin:

- Format 3, in which messages are sealed, begins with its header. Pieces follow, each `PIECE_BYTES` of content and a
  tag, the last one maybe shorter, so that a browser opens one after the other, from any place. This is the STREAM
  construction (Hoang, Reyhanitabar, Rogaway, Vizar: Online Authenticated-Encryption, 2015). The tag of each also covers
  which message this is, the piece's number, and whether it is the last: no piece can be dropped, repeated, moved or
  exchanged, and the end cannot be cut off, without it being noticed.
- Format 2, in which messages were sealed before, begins with its header; ciphertext and tag of all follow. The tag also
  covers the header, and which message this is.
- Format 1, of versions before 0.3.0 and of the provider's own encryption, is ciphertext and tag with no additional
  data: nothing shows at which message it belongs.

"Which message" are its id and moment: content that stands at another message, or at another moment, does not open. The
keys are not covered, so that somebody can be given access by wrapping the content's key alone.

Nothing needs to protect the header itself: without it, or with one too many, or with that of another format, no tag
matches. docs/engineers.md has the exact bytes.
"""

import os
import re
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
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from phonetree.errors import SealError

KEY_BYTES = 32
IV_BYTES = 12
TAG_BYTES = 16
SHOWN = 8
"""Characters of a message's id that are shown; any unambiguous beginning is accepted."""

PIECE_BYTES = 256 * 1024
"""Content in each piece of format 3: 16 seconds of what a telephone transmits. In crypto.js, too."""

_HEADER = re.compile(rb"phonetree sealed message (\d)\n")
HEADER_BYTES = 27
"""Ciphertext of format 1 begins like a header with a chance of 1 in 2 to the power of 212."""

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
        return self._bound(2)

    def bound_piece(self, number: int, *, last: bool) -> bytes:
        """The additional data of a piece of format 3, counted from 0: five such lines."""
        return self._bound(3) + f"{number}\n{'last' if last else 'more'}\n".encode()

    def piece_iv(self, number: int) -> bytes:
        """The iv of a piece of format 3: `iv` with its number, as in TLS 1.3. No two pieces of a message have the same,
        and no other message has its key."""
        return bytes(each ^ its for each, its in zip(self.iv, number.to_bytes(IV_BYTES), strict=True))

    def _bound(self, format_: int) -> bytes:
        return header(format_) + f"{self.message}\n{self.left_at}\n".encode()


def header(format_: int) -> bytes:
    """How sealed bytes of a format begin, but those of format 1."""
    return f"phonetree sealed message {format_}\n".encode()


def format_of(begin: bytes) -> int:
    """The format of what begins so; what nothing says anything of is format 1."""
    found = _HEADER.match(begin)
    return int(found[1]) if found else 1


def cut(content: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Content in pieces of a size; the last one, which may be shorter, says so. Nothing at all is one empty piece."""
    held = bytearray()
    for piece in content:
        held += piece
        while len(held) > size:
            with memoryview(held) as view:
                full = bytes(view[:size])
            del held[:size]
            yield full, False
    yield bytes(held), True


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

    Raises SealError on a file without one, and where something cannot be read.
    """
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".pem")
        return tuple(read_public_key(path.read_bytes(), path.stem) for path in found)
    except FileNotFoundError:
        return ()
    except NotADirectoryError:
        raise SealError(f"{folder} is a file; it has to be the folder of the public keys") from None
    except OSError as error:
        raise SealError(f"a public key in {folder} cannot be read: {error.strerror}; fix its permissions") from None


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
        """The sealed pieces, in format 3. They are to be stored as they are, one part each."""
        cipher, envelope, begin = AESGCM(self._key), self.envelope, header(3)
        for number, (piece, last) in enumerate(cut(content, PIECE_BYTES)):
            self._content.update(piece)
            bound = envelope.bound_piece(number, last=last)
            yield begin + cipher.encrypt(envelope.piece_iv(number), piece, bound)
            begin = b""

    def verify(self, envelope: Envelope, sealed: Iterable[bytes]) -> bool:
        """Whether envelope and sealed pieces, both read back, are the same and decrypt to the same content."""
        if envelope != self.envelope:
            return False
        found = sha256()
        try:
            for piece in _decrypted(self._key, envelope, sealed):
                found.update(piece)
        except (InvalidTag, SealError):
            return False
        return found.digest() == self._content.digest()


def _decrypted(key: bytes, envelope: Envelope, sealed: Iterable[bytes]) -> Iterator[bytes]:
    """The content piece by piece, of any format; InvalidTag when anything was changed, at the latest at the end. Raises
    SealError on a newer format."""
    pieces = iter(sealed)
    begin = b""
    while len(begin) < HEADER_BYTES and (piece := next(pieces, None)) is not None:
        begin += piece
    match format_of(begin):
        case 1:
            yield from _decrypted_whole(key, envelope.iv, b"", chain((begin,), pieces))
        case 2:
            yield from _decrypted_whole(key, envelope.iv, envelope.bound, chain((begin[HEADER_BYTES:],), pieces))
        case 3:
            yield from _decrypted_pieces(key, envelope, chain((begin[HEADER_BYTES:],), pieces))
        case newer:
            raise SealError(
                f"message {envelope.message[:SHOWN]}: it says that it was sealed by a newer version (format {newer}); "
                "use that version here"
            )


def _decrypted_pieces(key: bytes, envelope: Envelope, sealed: Iterable[bytes]) -> Iterator[bytes]:
    cipher = AESGCM(key)
    for number, (piece, last) in enumerate(cut(sealed, PIECE_BYTES + TAG_BYTES)):
        yield cipher.decrypt(envelope.piece_iv(number), piece, envelope.bound_piece(number, last=last))


def _decrypted_whole(key: bytes, iv: bytes, bound: bytes, sealed: Iterable[bytes]) -> Iterator[bytes]:
    decryptor = Cipher(algorithms.AES(key), modes.GCM(iv)).decryptor()
    decryptor.authenticate_additional_data(bound)
    held = b""
    for piece in sealed:
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
