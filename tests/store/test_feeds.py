"""Secret addresses of calendars: one each, stored hashed, over when they are revoked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from phonetree.errors import EditError
from phonetree.store import actions
from phonetree.store.accounts import Accounts
from phonetree.store.database import Store
from phonetree.store.feeds import LINE, MOST, Feed, Feeds
from phonetree.store.tables import feeds
from tests.support.databases import KINDS, store
from tests.support.staff import account

NOW = 1_800_000_000


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with store(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def ada(kept: Store) -> str:
    return account(kept, "Ada")


@pytest.fixture
def ben(kept: Store) -> str:
    return account(kept, "Ben")


def test_an_address_is_found_by_its_token_which_is_stored_nowhere(kept: Store, ada: str, ben: str) -> None:
    made = Feeds(kept)
    token = made.make(ada, "Ada", "Ada", NOW)
    assert made.find(token) == Feed(ada, "Ada", NOW)
    assert len(token) >= 43
    with kept.read() as connection:
        assert token not in str(connection.execute(select(feeds)).all())
    for wrong in ("", token[:-1], token + "x", "\ud800"):
        assert made.find(wrong) is None


def test_a_new_one_replaces_the_earlier_and_no_other(kept: Store, ada: str, ben: str) -> None:
    made = Feeds(kept)
    first, line, other = (made.make(*who, "Ada", NOW) for who in ((ada, "Ada"), (ada, LINE), (ben, "Ada")))
    second = made.make(ada, "Ada", "Ada", NOW + 1)
    assert made.find(first) is None
    assert made.find(second) == Feed(ada, "Ada", NOW + 1)
    assert made.find(line) == Feed(ada, LINE, NOW)
    assert made.find(other) == Feed(ben, "Ada", NOW)
    assert [feed.member for feed in made.of(ada)] == [LINE, "Ada"]
    assert actions.since(kept, 0)[0].what == "calendar address renewed: shifts of Ada"


def test_it_is_over_when_it_is_revoked(kept: Store, ada: str, ben: str) -> None:
    made = Feeds(kept)
    token = made.make(ada, LINE, "Ada", NOW)
    for _ in range(2):
        made.revoke(ada, LINE, "Ada", NOW)
    assert made.find(token) is None
    assert [action.what for action in actions.since(kept, NOW)] == [
        "calendar address switched off: the line",
        "calendar address made: the line",
    ]


def test_an_account_has_so_many_at_most(kept: Store, ada: str, ben: str) -> None:
    made = Feeds(kept)
    for number in range(MOST):
        made.make(ada, f"member {number}", "Ada", NOW)
    with pytest.raises(EditError, match="switch one off first"):
        made.make(ada, "one more", "Ada", NOW)
    made.make(ada, "member 0", "Ada", NOW)


def test_an_address_ends_with_its_account(kept: Store, ada: str, ben: str) -> None:
    token, other = (Feeds(kept).make(who, "Ada", "Ada", NOW) for who in (ada, ben))
    Accounts(kept).remove(ada, "Ben", NOW)
    assert Feeds(kept).find(token) is None
    assert Feeds(kept).find(other)
