"""The keys that messages are sealed with: files that the operator put on the servers, and what staff made in the
console and an admin approved."""

from collections.abc import Iterable
from pathlib import Path

from phonetree.mailbox.sealing import PublicKey, public_keys, read_public_key
from phonetree.store.keys import KeptKey, SealingKeys


def sealing_keys(folder: Path, kept: SealingKeys | None) -> tuple[PublicKey, ...]:
    """Every key that new messages are sealed with. Raises SealError on a file without one, StoreError."""
    return together(public_keys(folder), kept.listed() if kept else ())


def together(files: Iterable[PublicKey], kept: Iterable[KeptKey]) -> tuple[PublicKey, ...]:
    """The keys of the files, and the approved ones; each once. Raises SealError on one that cannot seal."""
    found = {key.id: key for key in files}
    for key in kept:
        if key.approved and key.id not in found:
            found[key.id] = read_public_key(key.public, key.name)
    return tuple(found.values())
