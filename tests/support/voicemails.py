"""Messages in a console's store, sealed as the collector seals them."""

import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from phonetree.mailbox.sealing import Envelope, PublicKey, Sealer, header, opened
from phonetree.store.voicemails import NewVoicemail, Voicemails, new_id
from tests.support.mail import pair

PART_BYTES = 64 * 1024


def format_2(sound: bytes, keys: Iterable[PublicKey], message: str, left_at: int) -> tuple[Envelope, bytes]:
    """A sound as messages were sealed before format 3: all in one piece."""
    content_key, iv = os.urandom(32), os.urandom(12)
    envelope = Envelope(iv, {key.id: key.wrap(content_key) for key in keys}, message, left_at)
    return envelope, header(2) + AESGCM(content_key).encrypt(iv, sound, envelope.bound)


def tampered(one: list[bytes], other: list[bytes]) -> dict[str, list[bytes]]:
    """The pieces of a message of format 3, changed in every way that does not take its key; `other` are those of
    another message. Both have at least three."""
    begin, (first, *rest) = header(3), (piece.removeprefix(header(3)) for piece in one)
    strange, *strangers = (piece.removeprefix(header(3)) for piece in other)
    middle, last = rest[0], rest[-1]
    bare = {
        "the first dropped": rest,
        "one dropped": [first, *rest[1:]],
        "the last dropped": [first, *rest[:-1]],
        "all but the first dropped": [first],
        "all but the last dropped": [last],
        "all dropped": [],
        "the end cut off": [first, *rest[:-1], last[:-20]],
        "a piece shortened": [first, middle[:-1], *rest[1:]],
        "a tag cut off": [first, *rest[:-1], last[:-16]],
        "two swapped": [middle, first, *rest[1:]],
        "one repeated": [first, first, *rest],
        "one in place of the next": [first, first, *rest[1:]],
        "the last repeated": [first, *rest, last],
        "something behind": [first, *rest, b"more"],
        "the first of another message": [strange, *rest],
        "one of another message": [first, strangers[0], *rest[1:]],
        "the last of another message": [first, *rest[:-1], strangers[-1]],
        "a byte changed in the first": [_changed(first), *rest],
        "a byte changed in another": [first, _changed(middle), *rest[1:]],
        "a byte changed in the last": [first, *rest[:-1], _changed(last)],
    }
    with_header = {name: [begin + pieces[0], *pieces[1:]] if pieces else [begin] for name, pieces in bare.items()}
    return with_header | {
        "as format 2": [header(2) + first, *rest],
        "one piece as format 2": [header(2) + first],
        "as format 1": [first, *rest],
        "one piece as format 1": [first],
        "with two headers": [begin + begin + first, *rest],
        "without its header's end": [begin[:-1] + first, *rest],
    }


def _changed(piece: bytes) -> bytes:
    return piece[:5] + bytes([piece[5] ^ 1]) + piece[6:]


def leave(
    voicemails: Voicemails, sound: bytes, left_at: int, *, seconds: int = 3, keys: Iterable[PublicKey] | None = None,
    before: bool = False,
) -> str:  # fmt: skip
    """Leaves a message; its id. Without keys it is sealed with the key of `pair()`; one of before in format 2."""
    id_, known = new_id(), tuple(keys) if keys is not None else (pair()[0],)
    if before:
        envelope, whole = format_2(sound, known, id_, left_at)
        sealed: Iterable[bytes] = [whole[place : place + PART_BYTES] for place in range(0, len(whole), PART_BYTES)]
    else:
        sealer = Sealer(known, id_, left_at)
        envelope, sealed = sealer.envelope, sealer.seal([sound])
    arrival = NewVoicemail(id_, f"RE{id_}", left_at, seconds, envelope.iv, envelope.wrapped)
    assert voicemails.add(arrival, sealed, "A message waits.", left_at)
    return id_


def heard(voicemails: Voicemails, message: str, name: str = "advocates") -> bytes:
    """What somebody hears who has the key of a name, by the command line's code. Raises SealError."""
    return opened(pair(name)[1], Envelope(*voicemails.envelope(message)), voicemails.sealed(message))


def key_file(folder: Path, name: str = "advocates") -> Path:
    """The file of the private key of a name."""
    path = folder / f"{name}.key.json"
    path.write_text(pair(name)[2].private)
    return path
