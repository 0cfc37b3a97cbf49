"""Messages in a console's store, sealed as the collector seals them."""

from collections.abc import Iterable
from pathlib import Path

from phonetree.mailbox.sealing import Envelope, PublicKey, Sealer, opened
from phonetree.store.voicemails import NewVoicemail, Voicemails, new_id
from tests.support.mail import pair

PART_BYTES = 64 * 1024


def leave(
    voicemails: Voicemails, sound: bytes, left_at: int, *, seconds: int = 3, keys: Iterable[PublicKey] | None = None,
    part: int = PART_BYTES,
) -> str:  # fmt: skip
    """Leaves a message; its id. Without keys it is sealed with the key of `pair()`."""
    sealer = Sealer(tuple(keys) if keys is not None else (pair()[0],), new_id(), left_at)
    pieces = [sound[place : place + part] for place in range(0, len(sound), part)]
    envelope, id_ = sealer.envelope, sealer.envelope.message
    arrival = NewVoicemail(id_, f"RE{id_}", left_at, seconds, envelope.iv, envelope.wrapped)
    assert voicemails.add(arrival, sealer.seal(pieces), "A message waits.", left_at)
    return id_


def heard(voicemails: Voicemails, message: str, name: str = "advocates") -> bytes:
    """What somebody hears who has the key of a name, by the command line's code. Raises SealError."""
    return opened(pair(name)[1], Envelope(*voicemails.envelope(message)), voicemails.sealed(message))


def key_file(folder: Path, name: str = "advocates") -> Path:
    """The file of the private key of a name."""
    path = folder / f"{name}.key.json"
    path.write_text(pair(name)[2].private)
    return path
