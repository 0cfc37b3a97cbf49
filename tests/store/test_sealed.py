"""What is sealed opens at its place, with its key, for its purpose, and shows not even its length."""

import pytest

from phonetree.errors import SealError
from phonetree.store.sealed import BLOCK, Sealer

KEY, OLD = "k" * 32, "o" * 32


def test_it_opens_at_its_place_only() -> None:
    sealer = Sealer((KEY,), "reminders")
    sealed = sealer.seal("mailto://ada@example.org/ñ\x00", "an account", "Ada")
    assert sealer.open(sealed, "an account", "Ada") == "mailto://ada@example.org/ñ\x00"
    assert sealer.open(sealed, "an account", "Ben") is None
    assert sealer.open(sealed, "an account\nAda") is None
    assert Sealer((KEY,), "phones").open(sealed, "an account", "Ada") is None
    assert Sealer((OLD,), "reminders").open(sealed, "an account", "Ada") is None
    assert Sealer((), "reminders").open(sealed, "an account", "Ada") is None


def test_damaged_it_does_not_open() -> None:
    sealer = Sealer((KEY,), "reminders")
    sealed = sealer.seal("text", "place")
    for broken in (b"", sealed[:11], sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1])):
        assert sealer.open(broken, "place") is None


def test_texts_of_other_lengths_look_alike() -> None:
    sealer = Sealer((KEY,), "reminders")
    assert len({len(sealer.seal("x" * length, "place")) for length in (0, 1, BLOCK - 1)}) == 1
    assert sealer.seal("x", "place") != sealer.seal("x", "place")


def test_a_rotated_key_is_replaced() -> None:
    sealed = Sealer((OLD,), "reminders").seal("text", "place")
    both = Sealer((KEY, OLD), "reminders")
    again = both.again(sealed, "place")
    assert again
    assert Sealer((KEY,), "reminders").open(again, "place") == "text"
    assert both.again(again, "place") is None
    assert Sealer((KEY,), "reminders").again(sealed, "place") is None


def test_without_a_key_nothing_is_sealed() -> None:
    with pytest.raises(SealError, match="SECRET_KEY is not set"):
        Sealer((), "reminders").seal("text", "place")
