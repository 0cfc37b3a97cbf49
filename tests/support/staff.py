"""Accounts for tests that need somebody's id."""

from phonetree.store.accounts import Accounts
from phonetree.store.database import Store
from phonetree.store.roles import Role


def account(store: Store, name: str) -> str:
    """The id of a new account."""
    return Accounts(store).add(name, [Role.MEMBER], "a test", 0, 1)[0].id
