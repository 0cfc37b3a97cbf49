"""Sealing: opened by the right key alone, and by nothing but the standard pieces a browser has."""

import json
import os
from base64 import b64decode
from dataclasses import replace
from hashlib import pbkdf2_hmac, sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from phonetree.errors import SealError
from phonetree.mailbox import keyring, sealing
from phonetree.mailbox.sealing import (
    HEADER_BYTES,
    PIECE_BYTES,
    TAG_BYTES,
    PublicKey,
    Sealer,
    cut,
    format_of,
    header,
    key_id,
    opened,
    public_keys,
    read_public_key,
    unwrap,
)
from tests.support.key_files import NO_KEY_FILES
from tests.support.mail import FEW_ROUNDS, PASSPHRASE, pair
from tests.support.voicemails import format_2, tampered

MESSAGE, LEFT_AT = "3f2a" + "0" * 28, 1_795_000_000


def _sealer(*keys: PublicKey, message: str = MESSAGE, left_at: int = LEFT_AT) -> Sealer:
    return Sealer(keys, message, left_at)


FEW_BYTES = 40
SMALL = patch.object(sealing, "PIECE_BYTES", FEW_BYTES)
"""So that few bytes are several pieces."""

CONTENT = st.lists(st.binary(max_size=100), max_size=8)


@given(CONTENT)
def test_what_is_sealed_opens_unchanged_however_it_is_cut(content: list[bytes]) -> None:
    public, private, _ = pair()
    sealer, whole = _sealer(public), b"".join(content)
    with SMALL:
        sealed = list(sealer.seal(content))
        lengths = [len(piece) - TAG_BYTES for piece in sealed]
        assert lengths[0] - HEADER_BYTES + sum(lengths[1:]) == len(whole)
        assert all(length == FEW_BYTES for length in lengths[1:-1])
        assert len(sealed) == max(1, -(-len(whole) // FEW_BYTES)), "no piece is empty, but that of nothing"
        joined = b"".join(sealed)
        for size in (1, 7, 16, 1000):
            again = [joined[at : at + size] for at in range(0, len(joined), size)]
            assert opened(private, sealer.envelope, again) == whole
            assert sealer.verify(sealer.envelope, again)


@given(CONTENT)
def test_what_was_sealed_in_format_2_opens_unchanged_however_it_is_cut(content: list[bytes]) -> None:
    public, private, _ = pair()
    envelope, sealed = format_2(b"".join(content), [public], MESSAGE, LEFT_AT)
    for size in (1, 7, 16, 1000):
        again = [sealed[at : at + size] for at in range(0, len(sealed), size)]
        assert opened(private, envelope, again) == b"".join(content)


@pytest.mark.parametrize("length", [PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES])
def test_a_piece_is_as_large_as_the_documents_say(length: int) -> None:
    public, private, _ = pair()
    sealer, content = _sealer(public), os.urandom(length)
    sealed = list(sealer.seal([content[:1000], content[1000:]]))
    assert len(sealed) == -(-length // 262_144)
    assert max(len(piece) for piece in sealed) <= 262_144 + HEADER_BYTES + TAG_BYTES
    assert opened(private, sealer.envelope, sealed) == content


@given(
    CONTENT,
    st.sampled_from([{"message": "4" * 32}, {"left_at": LEFT_AT + 1}, {"iv": b"i" * 12}, {"iv": b""}]),
)
def test_what_stands_elsewhere_than_it_was_sealed_for_does_not_open(
    content: list[bytes], other: dict[str, Any]
) -> None:
    public, private, _ = pair()
    sealer = _sealer(public)
    with SMALL:
        sealed = list(sealer.seal(content))
        moved = replace(sealer.envelope, **other)
        assert not sealer.verify(moved, sealed)
        before, whole = format_2(b"".join(content), [public], MESSAGE, LEFT_AT)
        for envelope, pieces in ((moved, sealed), (replace(before, **other), [whole])):
            with pytest.raises(
                SealError, match=r"^message (3f2a0000|44444444): this is not what was sealed as this message"
            ):
                opened(private, envelope, pieces)


@pytest.mark.parametrize("size", [FEW_BYTES, 30])
def test_no_piece_can_be_dropped_repeated_moved_exchanged_or_cut_off(size: int) -> None:
    """Also when the last piece is as long as the others."""
    with SMALL:
        (sealer, one), (_, other) = (
            (sealer, list(sealer.seal([os.urandom(3 * FEW_BYTES + size)])))
            for sealer in (_sealer(pair()[0]), _sealer(pair()[0], message="4" * 32))
        )
        assert opened(pair()[1], sealer.envelope, one)
        for way, pieces in tampered(one, other).items():
            assert not sealer.verify(sealer.envelope, pieces), way
            with pytest.raises(SealError, match="is not what was sealed"):
                opened(pair()[1], sealer.envelope, pieces)


def test_no_two_pieces_of_a_message_share_an_iv_and_none_is_that_of_its_whole() -> None:
    envelope = _sealer(pair()[0]).envelope
    ivs = [envelope.piece_iv(number) for number in range(1000)]
    assert len(set(ivs)) == 1000
    assert {len(iv) for iv in ivs} == {12}
    assert ivs[0] == envelope.iv
    bound = [envelope.bound_piece(number, last=last) for number in range(1000) for last in (False, True)]
    assert len({*bound, envelope.bound}) == 2001


def test_no_format_passes_for_another() -> None:
    """So that whoever writes to the database cannot shed what the newer ones show."""
    public, private, _ = pair()
    sealer = _sealer(public)
    (third,) = sealer.seal([b"a message"])
    assert format_of(third) == 3
    with pytest.raises(InvalidTag):  # a version that does not know it takes it for format 1, and refuses it
        AESGCM(unwrap(private, sealer.envelope)).decrypt(sealer.envelope.iv, third, None)
    envelope, second = format_2(b"an older message", [public], MESSAGE, LEFT_AT)
    assert opened(private, envelope, [second]) == b"an older message"
    content = os.urandom(32)
    oldest = replace(sealer.envelope, wrapped={public.id: public.wrap(content)})
    first = AESGCM(content).encrypt(oldest.iv, b"an old message", None)
    assert opened(private, oldest, [first]) == b"an old message"
    bare = {3: (sealer.envelope, third[HEADER_BYTES:]), 2: (envelope, second[HEADER_BYTES:]), 1: (oldest, first)}
    for format_, (its, body) in bare.items():
        for other in {1, 2, 3} - {format_}:
            with pytest.raises(SealError, match="is not what was sealed"):
                opened(private, its, [(header(other) if other > 1 else b"") + body])


def test_a_format_that_is_not_known_yet_is_said_to_be_newer() -> None:
    sealer = _sealer(pair()[0])
    sealed = b"".join(sealer.seal([b"a message"])).replace(header(3), header(4))
    with pytest.raises(SealError, match=r"^message 3f2a0000: it says .* by a newer version \(format 4\); use that"):
        opened(pair()[1], sealer.envelope, [sealed])
    assert not sealer.verify(sealer.envelope, [sealed])


@given(CONTENT, st.integers(1, 50))
def test_content_is_cut_into_pieces_of_a_size_of_which_one_is_the_last(content: list[bytes], size: int) -> None:
    found = list(cut(content, size))
    assert b"".join(piece for piece, _ in found) == b"".join(content)
    assert [last for _, last in found] == [False] * (len(found) - 1) + [True]
    assert all(len(piece) == size for piece, _ in found[:-1])
    assert len(found[-1][0]) > 0 or not b"".join(content)


@pytest.mark.slow
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


@pytest.mark.parametrize("position", [0, 5, HEADER_BYTES, HEADER_BYTES + 5, -1])
def test_a_changed_byte_does_not_open(position: int) -> None:
    public, private, _ = pair()
    sealer = _sealer(public)
    before, whole = format_2(b"a message", [public], MESSAGE, LEFT_AT)
    for envelope, sealed in (
        (sealer.envelope, bytearray(b"".join(sealer.seal([b"a message"])))),
        (before, bytearray(whole)),
    ):
        sealed[position] ^= 1
        assert not sealer.verify(envelope, [bytes(sealed)])
        for damaged in (bytes(sealed), b"short", header(2), header(3), b""):
            with pytest.raises(SealError, match="damaged"):
                opened(private, envelope, [damaged])


def test_a_message_is_readable_with_standard_pieces_alone() -> None:
    """As a browser does it: PBKDF2, AES-GCM, PKCS #8, RSA-OAEP, AES-GCM."""
    public, _, made = pair()
    sealer = _sealer(public)
    content = os.urandom(PIECE_BYTES + 9)
    sealed = b"".join(sealer.seal([content]))
    fields = json.loads(made.private)
    kdf = fields["kdf"]
    wrapping = pbkdf2_hmac("sha256", PASSPHRASE.encode(), b64decode(kdf["salt"]), kdf["iterations"], 32)
    der = AESGCM(wrapping).decrypt(b64decode(fields["cipher"]["iv"]), b64decode(fields["wrapped"]), None)
    private = serialization.load_der_private_key(der, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    content_key = private.decrypt(sealer.envelope.wrapped[fields["id"]], oaep)
    begin = b"phonetree sealed message 3\n"
    assert sealed[: len(begin)] == begin
    which = begin + b"3f2a0000000000000000000000000000\n1795000000\n"
    iv, body, each = sealer.envelope.iv, sealed[len(begin) :], 262_144 + 16
    first = AESGCM(content_key).decrypt(iv, body[:each], which + b"0\nmore\n")
    second = AESGCM(content_key).decrypt(iv[:11] + bytes([iv[11] ^ 1]), body[each:], which + b"1\nlast\n")
    assert first + second == content


def test_no_two_messages_share_a_key_or_an_iv() -> None:
    sealers = [_sealer(pair()[0]) for _ in range(50)]
    assert len({sealer.envelope.iv for sealer in sealers}) == 50
    assert len({sealer._key for sealer in sealers}) == 50


@pytest.mark.slow
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


def test_a_folder_of_keys_that_is_none_is_told_apart_from_one_without_keys(tmp_path: Path) -> None:
    assert public_keys(tmp_path / "nothing") == ()
    (tmp_path / "keys").write_text("", encoding="utf-8")
    with pytest.raises(SealError, match=r"keys is a file; it has to be the folder of the public keys"):
        public_keys(tmp_path / "keys")
    (tmp_path / "ada.pem").mkdir()
    with pytest.raises(SealError, match=r"a public key in .* cannot be read: Is a directory; fix its permissions"):
        public_keys(tmp_path)


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
