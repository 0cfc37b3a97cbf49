"""A pair of keys: the public one seals, the private one is wrapped with a passphrase and never on the server.

A browser can open the private key's file without libraries: PBKDF2-SHA-256 derives the wrapping key from the
passphrase, AES-256-GCM wraps the private key (PKCS #8). All bytes are base64.
"""

import json
import os
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from phonetree.errors import SealError
from phonetree.mailbox.sealing import IV_BYTES, LEAST_KEY_BITS, key_id

ROUNDS = 600_000
"""OWASP Password Storage Cheat Sheet: the minimum for PBKDF2 with SHA-256."""

MOST_ROUNDS = 10_000_000
"""A file that asks for more would keep a machine busy for minutes (static/messages/crypto.js has the same limit)."""

SHORTEST_PASSPHRASE = 12
FORMAT = "phonetree sealing key 1"
_SALT_BYTES = 16
_MOST_FILE_CHARACTERS = 65_536
_ID = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Pair:
    """A new pair: `public` is PEM, for the server; `private` is the text of the wrapped private key's file."""

    id: str
    public: bytes
    private: str


def create(name: str, passphrase: str, rounds: int = ROUNDS) -> Pair:
    """A new pair of keys for `name`. Raises SealError when the passphrase is too short."""
    _refuse_guessable(passphrase)
    key = rsa.generate_private_key(65537, LEAST_KEY_BITS)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Pair(key_id(key.public_key()), public, _wrapped(name, key, passphrase, rounds))


def rewrap(text: str, old: str, new: str) -> str:
    """The same private key under another passphrase. Raises SealError when the file or a passphrase is wrong."""
    _refuse_guessable(new)
    return _wrapped(_read(text).name, unlock(text, old), new, ROUNDS)


def _refuse_guessable(passphrase: str) -> None:
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise SealError(
            f"a passphrase of fewer than {SHORTEST_PASSPHRASE} characters can be guessed; use several words"
        )


def _wrapped(name: str, key: RSAPrivateKey, passphrase: str, rounds: int) -> str:
    salt, iv = os.urandom(_SALT_BYTES), os.urandom(IV_BYTES)
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    wrapped = AESGCM(_from_passphrase(passphrase, salt, rounds)).encrypt(iv, der, None)
    fields = {
        "format": FORMAT,
        "name": name,
        "id": key_id(key.public_key()),
        "kdf": {"name": "PBKDF2", "hash": "SHA-256", "iterations": rounds, "salt": b64encode(salt).decode()},
        "cipher": {"name": "AES-GCM", "iv": b64encode(iv).decode()},
        "wrapped": b64encode(wrapped).decode(),
    }
    return json.dumps(fields, indent=1) + "\n"


def unlock(text: str, passphrase: str) -> RSAPrivateKey:
    """The private key in a file. Raises SealError when the file or the passphrase is wrong."""
    file = _read(text)
    try:
        der = AESGCM(_from_passphrase(passphrase, file.salt, file.rounds)).decrypt(file.iv, file.wrapped, None)
    except InvalidTag:
        raise SealError("wrong passphrase, or the file is damaged") from None
    try:
        key = serialization.load_der_private_key(der, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _no_key_file() from None
    if not isinstance(key, RSAPrivateKey):
        raise SealError("the file has a different kind of key")
    return key


@dataclass(frozen=True, slots=True)
class _File:
    """What is in a private key's file, as far as it can be told without the passphrase."""

    name: str
    rounds: int
    salt: bytes
    iv: bytes
    wrapped: bytes


def _read(text: str) -> _File:
    """Takes what readKeyFile of static/messages/crypto.js takes, and refuses what it refuses."""
    if len(text) > _MOST_FILE_CHARACTERS:
        raise _no_key_file()
    try:
        fields = json.loads(text)
        kdf, cipher, name, rounds = fields["kdf"], fields["cipher"], fields["name"], fields["kdf"]["iterations"]
        salt, iv, wrapped = (b64decode(each, validate=True) for each in (kdf["salt"], cipher["iv"], fields["wrapped"]))
        methods = (fields["format"], kdf["name"], kdf["hash"], cipher["name"])
        known = methods == (FORMAT, "PBKDF2", "SHA-256", "AES-GCM") and _ID.fullmatch(fields["id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _no_key_file() from None
    counted = type(rounds) is int and 1 <= rounds <= MOST_ROUNDS  # `true` of JSON is an instance of int
    if not (known and counted and isinstance(name, str) and len(iv) == IV_BYTES):
        raise _no_key_file()
    return _File(name, rounds, salt, iv, wrapped)


def _no_key_file() -> SealError:
    return SealError("this is not a private key file; use the one that `keys create` wrote")


def _from_passphrase(passphrase: str, salt: bytes, rounds: int) -> bytes:
    return PBKDF2HMAC(hashes.SHA256(), 32, salt, rounds).derive(passphrase.encode())
