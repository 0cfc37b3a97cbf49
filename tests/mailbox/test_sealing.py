"""Sealing: opened by the right key alone, and by nothing but the standard pieces a browser has."""

import json
import os
from base64 import b64decode
from dataclasses import replace
from hashlib import pbkdf2_hmac, sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from phonetree.errors import SealError
from phonetree.mailbox import keyring
from phonetree.mailbox.sealing import HEADER, PublicKey, Sealer, key_id, opened, public_keys, read_public_key, unwrap
from tests.support.key_files import NO_KEY_FILES
from tests.support.mail import FEW_ROUNDS, PASSPHRASE, pair

MESSAGE, LEFT_AT = "3f2a" + "0" * 28, 1_795_000_000


def _sealer(*keys: PublicKey, message: str = MESSAGE, left_at: int = LEFT_AT) -> Sealer:
    return Sealer(keys, message, left_at)


@given(st.lists(st.binary(max_size=100), max_size=8))
def test_what_is_sealed_opens_unchanged_however_it_is_cut(pieces: list[bytes]) -> None:
    public, private, _ = pair()
    sealer = _sealer(public)
    sealed = b"".join(sealer.seal(pieces))
    for size in (1, 7, 16, 1000):
        cut = [sealed[at : at + size] for at in range(0, len(sealed), size)]
        assert opened(private, sealer.envelope, cut) == b"".join(pieces)
        assert sealer.verify(sealer.envelope, cut)


@given(
    st.lists(st.binary(max_size=100), max_size=8),
    st.sampled_from([{"message": "4" * 32}, {"left_at": LEFT_AT + 1}, {"iv": b"i" * 12}, {"iv": b""}]),
)
def test_what_stands_elsewhere_than_it_was_sealed_for_does_not_open(pieces: list[bytes], other: dict[str, Any]) -> None:
    public, private, _ = pair()
    sealer = _sealer(public)
    sealed = list(sealer.seal(pieces))
    moved = replace(sealer.envelope, **other)
    assert not sealer.verify(moved, sealed)
    with pytest.raises(SealError, match=r"^message (3f2a0000|44444444): this is not what was sealed as this message"):
        opened(private, moved, sealed)


def test_neither_format_passes_for_the_other() -> None:
    """So that whoever writes to the database cannot shed what format 2 shows."""
    public, private, _ = pair()
    sealer = _sealer(public)
    sealed = b"".join(sealer.seal([b"a message"]))
    assert sealed.startswith(HEADER)
    content = os.urandom(32)
    envelope = replace(sealer.envelope, wrapped={public.id: public.wrap(content)})
    old = AESGCM(content).encrypt(envelope.iv, b"an old message", None)
    assert opened(private, envelope, [old]) == b"an old message"
    for each, passed_off in ((sealer.envelope, sealed.removeprefix(HEADER)), (envelope, HEADER + old)):
        with pytest.raises(SealError, match="is not what was sealed"):
            opened(private, each, [passed_off])


def test_somebody_new_is_let_in_by_wrapping_alone() -> None:
    (public, private, _), (new, theirs, _) = pair(), pair("director")
    sealer = _sealer(public)
    sealed = list(sealer.seal([b"a message"]))
    wider = replace(sealer.envelope, wrapped={new.id: new.wrap(unwrap(private, sealer.envelope))})
    assert opened(theirs, wider, sealed) == b"a message"


def test_each_of_several_keys_opens_and_another_does_not() -> None:
    first, second = pair(), pair("director")
    sealer = _sealer(first[0], second[0])
    sealed = list(sealer.seal([b"a message"]))
    assert opened(first[1], sealer.envelope, sealed) == opened(second[1], sealer.envelope, sealed) == b"a message"
    with pytest.raises(SealError, match="does not open this message"):
        opened(pair("stranger")[1], sealer.envelope, sealed)


@pytest.mark.parametrize("position", [0, 5, len(HEADER), len(HEADER) + 5, -1])
def test_a_changed_byte_does_not_open(position: int) -> None:
    public, private, _ = pair()
    sealer = _sealer(public)
    sealed = bytearray(b"".join(sealer.seal([b"a message"])))
    sealed[position] ^= 1
    assert not sealer.verify(sealer.envelope, [bytes(sealed)])
    for damaged in (bytes(sealed), b"short", HEADER, b""):
        with pytest.raises(SealError, match="damaged"):
            opened(private, sealer.envelope, [damaged])


def test_a_message_is_readable_with_standard_pieces_alone() -> None:
    """As a browser does it: PBKDF2, AES-GCM, PKCS #8, RSA-OAEP, AES-GCM."""
    public, _, made = pair()
    sealer = _sealer(public)
    sealed = b"".join(sealer.seal([b"a message"]))
    fields = json.loads(made.private)
    kdf = fields["kdf"]
    wrapping = pbkdf2_hmac("sha256", PASSPHRASE.encode(), b64decode(kdf["salt"]), kdf["iterations"], 32)
    der = AESGCM(wrapping).decrypt(b64decode(fields["cipher"]["iv"]), b64decode(fields["wrapped"]), None)
    private = serialization.load_der_private_key(der, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    content_key = private.decrypt(sealer.envelope.wrapped[fields["id"]], oaep)
    header = b"phonetree sealed message 2\n"
    assert sealed[: len(header)] == header
    bound = header + b"3f2a0000000000000000000000000000\n1795000000\n"
    assert AESGCM(content_key).decrypt(sealer.envelope.iv, sealed[len(header) :], bound) == b"a message"


def test_no_two_messages_share_a_key_or_an_iv() -> None:
    sealers = [_sealer(pair()[0]) for _ in range(50)]
    assert len({sealer.envelope.iv for sealer in sealers}) == 50
    assert len({sealer._key for sealer in sealers}) == 50


def test_a_passphrase_is_slow_to_try_and_long_enough() -> None:
    made = keyring.create("one", PASSPHRASE)
    assert json.loads(made.private)["kdf"]["iterations"] >= 600_000
    with pytest.raises(SealError, match="can be guessed"):
        keyring.create("one", "short")
    with pytest.raises(SealError, match="wrong passphrase"):
        keyring.unlock(pair()[2].private, "another passphrase")
    again = keyring.rewrap(pair()[2].private, PASSPHRASE, "quite another one")
    assert key_id(keyring.unlock(again, "quite another one").public_key()) == pair()[0].id


NO_KEYS = NO_KEY_FILES | {"no fields": "{}", "a format alone": f'{{"format": "{keyring.FORMAT}"}}'}


@pytest.mark.parametrize("name", NO_KEYS)
def test_a_file_that_is_no_key_is_said_so(name: str) -> None:
    said = r"^this is not a private key file; use the one that `keys create` wrote$"
    with pytest.raises(SealError, match=said):
        keyring.unlock(NO_KEYS[name], PASSPHRASE)
    with pytest.raises(SealError, match=said):
        keyring.rewrap(NO_KEYS[name], PASSPHRASE, "quite another one")


def test_a_wrapped_text_that_is_no_key_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd:
        public_key = private_bytes = lambda *_: b"no key at all"

    monkeypatch.setattr(keyring, "key_id", lambda _: "0" * 16)
    with pytest.raises(SealError, match="not a private key file"):
        keyring.unlock(keyring._wrapped("odd", Odd(), PASSPHRASE, FEW_ROUNDS), PASSPHRASE)  # type: ignore[arg-type]


def test_keys_that_cannot_seal_are_refused(tmp_path: Path) -> None:
    spki = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    small = rsa.generate_private_key(65537, 2048).public_key().public_bytes(*spki)
    other = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(*spki)
    for pem, said in ((b"", "not a public key"), (small, "at least 3072 bits"), (other, "not an RSA key")):
        with pytest.raises(SealError, match=said):
            read_public_key(pem, "one")
    assert public_keys(tmp_path / "keys") == ()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "advocates.pem").write_bytes(pair()[2].public)
    (found,) = public_keys(tmp_path / "keys")
    der = (
        pair()[1].public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    assert (found.name, found.id) == ("advocates", sha256(der).hexdigest()[:16])
    with pytest.raises(SealError, match="there is no key"):
        _sealer()
    assert FEW_ROUNDS < keyring.ROUNDS
