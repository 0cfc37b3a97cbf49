"""A mailbox under test: a provider that holds recordings, a store, keys, and the collector between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from phonetree.core.tree import Helpline
from phonetree.mailbox import keyring
from phonetree.mailbox.collector import Collector
from phonetree.mailbox.sealing import Envelope, PublicKey, opened, read_public_key
from phonetree.provider.rest import Provider
from phonetree.simulator.provider import Held, TestProvider, serve
from phonetree.store.database import Store
from phonetree.store.voicemails import Voicemails
from tests.support.databases import store

ACCOUNT, TOKEN = "AC" + "0" * 32, "test-token"
NUMBER = "+16172532300"
HELPLINE = Helpline("Harbour Line", NUMBER, NUMBER, NUMBER, None)
PASSPHRASE = "correct horse battery"
FEW_ROUNDS = 1000
"""So that tests are quick; a key made by the command has many more."""
CALL = "CA" + "1" * 32


def pair(name: str = "advocates") -> tuple[PublicKey, RSAPrivateKey, keyring.Pair]:
    """A pair of keys, the same ones throughout a run."""
    return _pair(name)


@lru_cache
def _pair(name: str) -> tuple[PublicKey, RSAPrivateKey, keyring.Pair]:
    made = keyring.create(name, PASSPHRASE, rounds=FEW_ROUNDS)
    return read_public_key(made.public, name), keyring.unlock(made.private, PASSPHRASE), made


def sound_of(voicemails: Voicemails, message: str, key: RSAPrivateKey | None = None) -> bytes:
    """What is heard of a message."""
    return opened(key or pair()[1], Envelope(*voicemails.envelope(message)), voicemails.sealed(message))


def heard(voicemails: Voicemails, key: RSAPrivateKey | None = None) -> list[bytes]:
    """What is heard of every message of a store, oldest first."""
    return [sound_of(voicemails, each.id, key) for each in reversed(voicemails.listed())]


@dataclass
class Mailbox:
    """Everything a test of the mailbox needs within reach."""

    provider: TestProvider
    url: str
    store: Store
    voicemails: Voicemails
    collector: Collector
    helpline: Helpline = HELPLINE
    """As the files have it now, which staff may edit."""

    def leave(self, seconds: int = 3, call: str = CALL) -> Held:
        return self.provider.leave(call, seconds, number=NUMBER)

    def sounds(self, key: RSAPrivateKey | None = None) -> list[bytes]:
        """What is heard of every message, oldest first."""
        return heard(self.voicemails, key)

    def sound(self, message: str, key: RSAPrivateKey | None = None) -> bytes:
        return sound_of(self.voicemails, message, key)


@contextmanager
def mailbox(kind: str, folder: Path, *, keys: tuple[PublicKey, ...] | None = None) -> Iterator[Mailbox]:
    """A mailbox over a new database of a kind."""
    provider = TestProvider(ACCOUNT, TOKEN, stall_seconds=0.2)
    url = serve(provider)
    with store(kind, folder) as opened_store:
        voicemails = Voicemails(opened_store)
        sealing = keys if keys is not None else (pair()[0],)
        collector = Collector(Provider(url, ACCOUNT, TOKEN), voicemails, lambda: made.helpline, lambda: sealing)
        made = Mailbox(provider, url, opened_store, voicemails, collector)
        yield made
