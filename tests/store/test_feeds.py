"""Secret addresses of calendars: one each, stored hashed, over when they are revoked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from phonetree.errors import EditError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.feeds import LINE, MOST, Feed, Feeds
from phonetree.store.tables import feeds
from tests.support.databases import KINDS, store

NOW = 1_800_000_000


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with store(request.param, tmp_path) as made:
        yield made


def test_an_address_is_found_by_its_token_which_is_stored_nowhere(kept: Store) -> None:
    made = Feeds(kept)
    token = made.make("a1", "Ada", "Ada", NOW)
    assert made.find(token) == Feed("a1", "Ada", NOW)
    assert len(token) >= 43
    with kept.read() as connection:
        assert token not in str(connection.execute(select(feeds)).all())
    for wrong in ("", token[:-1], token + "x", "\ud800"):
        assert made.find(wrong) is None


def test_a_new_one_replaces_the_earlier_and_no_other(kept: Store) -> None:
    made = Feeds(kept)
    first, line, other = (made.make(*who, "Ada", NOW) for who in (("a1", "Ada"), ("a1", LINE), ("b2", "Ada")))
    second = made.make("a1", "Ada", "Ada", NOW + 1)
    assert made.find(first) is None
    assert made.find(second) == Feed("a1", "Ada", NOW + 1)
    assert made.find(line) == Feed("a1", LINE, NOW)
    assert made.find(other) == Feed("b2", "Ada", NOW)
    assert [feed.member for feed in made.of("a1")] == [LINE, "Ada"]
    assert actions.since(kept, 0)[0].what == "calendar address renewed: shifts of Ada"


def test_it_is_over_when_it_is_revoked(kept: Store) -> None:
    made = Feeds(kept)
    token = made.make("a1", LINE, "Ada", NOW)
    for _ in range(2):
        made.revoke("a1", LINE, "Ada", NOW)
    assert made.find(token) is None
    assert [action.what for action in actions.since(kept, 0)] == [
        "calendar address switched off: the line",
        "calendar address made: the line",
    ]


def test_an_account_has_so_many_at_most(kept: Store) -> None:
    made = Feeds(kept)
    for number in range(MOST):
        made.make("a1", f"member {number}", "Ada", NOW)
    with pytest.raises(EditError, match="switch one off first"):
        made.make("a1", "one more", "Ada", NOW)
    made.make("a1", "member 0", "Ada", NOW)
