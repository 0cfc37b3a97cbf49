"""Secret addresses of calendars: whoever knows one sees who is on shift when, without signing in.

An address is shown once and stored hashed. Each account has one for each member at most, and one for the line; a new
one replaces the earlier. They end with the account.
"""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import delete, func, insert, select

from phonetree.errors import EditError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.tables import feeds

LINE = ""
"""In place of a member: what is unusual of the line, for everybody."""

MOST = 20
"""Addresses of one account."""

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Feed:
    """An address that somebody made: for a member's shifts, or `LINE`; at a moment in seconds since 1970."""

    account: str
    member: str
    made_at: int


class Feeds:
    """The addresses of a store. Everything raises StoreError when the store cannot be used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def make(self, account: str, member: str, by: str, now: int) -> str:
        """Makes an address for an account; the token in it. Raises EditError when there are too many."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        this = (feeds.c.account == account) & (feeds.c.member == member)
        with self._store.write() as connection:
            renewed = connection.execute(delete(feeds).where(this)).rowcount
            number = connection.execute(select(func.count()).where(feeds.c.account == account)).scalar_one()
            if number >= MOST:
                raise EditError({"": f"There are {number} addresses already; switch one off first"})
            row = {"account": account, "member": member, "token": _hashed(token), "made_at": now}
            connection.execute(insert(feeds).values(row))
            actions.note(connection, by, f"calendar address {'renewed' if renewed else 'made'}: {_of(member)}", now)
        return token

    def revoke(self, account: str, member: str, by: str, now: int) -> None:
        """Ends an address. One that is over already is no error."""
        this = (feeds.c.account == account) & (feeds.c.member == member)
        with self._store.write() as connection:
            if connection.execute(delete(feeds).where(this)).rowcount:
                actions.note(connection, by, f"calendar address switched off: {_of(member)}", now)

    def of(self, account: str) -> tuple[Feed, ...]:
        """The addresses of an account, that of the line first."""
        query = select(feeds.c.account, feeds.c.member, feeds.c.made_at).where(feeds.c.account == account)
        with self._store.read() as connection:
            return tuple(Feed(*row) for row in connection.execute(query.order_by(feeds.c.member)))

    def find(self, token: str) -> Feed | None:
        """The address with this token. It is found by its hash, so the time that takes tells nothing about others."""
        query = select(feeds.c.account, feeds.c.member, feeds.c.made_at).where(feeds.c.token == _hashed(token))
        with self._store.read() as connection:
            row = connection.execute(query).one_or_none()
        return Feed(*row) if row else None


def _of(member: str) -> str:
    return f"shifts of {member}" if member else "the line"


def _hashed(token: str) -> str:
    """A token has 256 random bits, so nobody finds it by trying."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
