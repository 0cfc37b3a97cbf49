"""Accounts of staff: who may use the console, and for what.

Nothing here tells when somebody signed in, or from where. Changes are in the list of actions; what admins have to know
is also a notice to each of them. A one-time link is stored hashed: a copy of the database opens no account.
"""

import json
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from phonetree.core.characters import refusal
from phonetree.core.numbers_in_texts import refusal_in_name
from phonetree.errors import AccountError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.roles import Role
from phonetree.store.tables import account_notices, account_roles, accounts, feeds, reminders

LONGEST_NAME = 60
MOST_ACCOUNTS = 500
MOST_NOTICES = 20
"""How many an admin finds at once, the newest: whoever causes more of them does not fill the page."""

LINK_BYTES = 32

SOMEBODY = "somebody"
"""Who did what nobody signed in for, in the list of actions."""

TAKEN = frozenset({SOMEBODY, actions.PHONE, "the files"})
"""Names that no account may have."""

ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "COPTIC", "ARMENIAN", "CHEROKEE"})

GONE = "this account does not exist any more; somebody removed it"
LAST_ADMIN = "the last admin cannot go: make somebody else an admin first, who has signed in"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may use the console.

    `password` is a hash, None until one is chosen; `factor` the encrypted secret of the second factor; `recovery` the
    encrypted recovery codes; `uniquifier` is in the account's sessions. `link_ends_at` is until when a link can be used
    (seconds since 1970), None when there is none.
    """

    id: str
    name: str
    roles: frozenset[Role]
    uniquifier: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    factor: str | None = field(default=None, repr=False)
    recovery: tuple[str, ...] = field(default=(), repr=False)
    link_ends_at: int | None = None

    @property
    def listed(self) -> str:
        """The roles in words: "listener, editor"."""
        return _listed(self.roles)

    def may(self, *roles: Role) -> bool:
        """Whether the account has one of these roles."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Notice:
    """What an admin has to know, since a moment in seconds since 1970."""

    id: str
    at: int
    text: str


def good_name(name: str) -> str:
    """A name as it is kept: one that can be seen, read and told from others. Raises AccountError."""
    if bad := refusal(name) or refusal_in_name(name):
        raise AccountError(f"the name {bad}")
    name = " ".join(name.split())
    if not name:
        raise AccountError("the name is empty; write how the person is called")
    if folded(name) in TAKEN:
        raise AccountError(f"the list of what staff did says {name} where no account did it; choose another name")
    if mixed := next(filter(_mixed, name.split()), None):
        raise AccountError(f"{mixed} mixes letters of two alphabets, which look alike; retype it")
    if len(name) > LONGEST_NAME:
        raise AccountError(f"the name has {len(name)} characters; {LONGEST_NAME} are enough")
    return name


def _mixed(word: str) -> bool:
    """Whether a word has letters of more than one of the alphabets that share their shapes."""
    found = {unicodedata.name(each, "").partition(" ")[0] for each in word if each.isalpha()}
    return len(found & ALIKE) > 1


def folded(name: str) -> str:
    """A name without what is easily typed differently: capitals, spaces, the form of characters."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


class Accounts:
    """The accounts of a store. They are changed one at a time, so that of two last admins who go at once one stays.

    Every method raises StoreError when the store cannot be used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> tuple[Account, ...]:
        """Every account, by name."""
        return self._found(select(accounts).order_by(accounts.c.folded))

    def by_id(self, id_: str) -> Account | None:
        """The account with this id."""
        return next(iter(self._found(select(accounts).where(accounts.c.id == id_))), None)

    def by_uniquifier(self, uniquifier: str) -> Account | None:
        """The account whose sessions hold this."""
        return next(iter(self._found(select(accounts).where(accounts.c.uniquifier == uniquifier))), None)

    def by_name(self, name: str) -> Account | None:
        """The account with this name, however it is typed."""
        return next(iter(self._found(select(accounts).where(accounts.c.folded == folded(name)))), None)

    def by_link(self, token: str, now: int) -> Account | None:
        """The account that a one-time link is for; None when it is forged, used or too old."""
        query = select(accounts).where(accounts.c.link == _digest(token), accounts.c.link_ends_at > now)
        return next(iter(self._found(query)), None)

    def add(self, name: str, roles: Iterable[Role], by: str, now: int, link_ends_at: int) -> tuple[Account, str]:
        """Makes an account; returns it, and the token of the link on which its password is chosen. Raises
        AccountError when the name is taken or unfit, or when there is no role."""
        name, roles, token = good_name(name), frozenset(roles), secrets.token_urlsafe(LINK_BYTES)
        if not roles:
            raise AccountError(f"choose at least one role for {name}")
        made = Account(_random(), name, roles, _random(), link_ends_at=link_ends_at)
        row = {
            "id": made.id, "name": name, "folded": folded(name), "uniquifier": made.uniquifier, "recovery": "[]",
            "link": _digest(token), "link_ends_at": link_ends_at,
        }  # fmt: skip
        with self._store.changing(accounts) as connection:
            there = connection.execute(select(accounts.c.folded)).scalars().all()
            if row["folded"] in there:
                raise AccountError(f"there is an account {name} already; choose another name")
            if len(there) >= MOST_ACCOUNTS:
                raise AccountError(f"there are {MOST_ACCOUNTS} accounts already; remove those that nobody uses")
            connection.execute(insert(accounts).values(row))
            connection.execute(insert(account_roles), [{"account": made.id, "role": role} for role in sorted(roles)])
            actions.note(connection, by, f"account {name}: added, {_listed(roles)}", now)
        return made, token

    def renew_link(self, id_: str, by: str, now: int, link_ends_at: int, *, rescue: bool = False) -> str:
        """A new one-time link for an account, whose token is returned. Until it is used nobody can sign in to the
        account; whoever is signed in is signed out, and its calendars and reminders end. Raises AccountError when it
        is the last admin's, unless somebody with access to the machine comes to the `rescue`."""
        token = secrets.token_urlsafe(LINK_BYTES)
        values = {
            "password": None, "uniquifier": _random(), "link": _digest(token), "link_ends_at": link_ends_at,
        }  # fmt: skip
        with self._store.changing(accounts) as connection:
            account = _one(connection, id_)
            if not rescue:
                _leave_an_admin(connection, account, roles=frozenset())
            connection.execute(update(accounts).where(accounts.c.id == id_).values(values))
            _tell(connection, by, account, f"a new link to choose a password{_end_ways(connection, id_)}", now)
        return token

    def accept(self, token: str, password: str, now: int) -> Account | None:
        """Sets the hash of the password that was chosen on a link, which is used up; None when it was before."""
        values = {"password": password, "uniquifier": _random(), "link": None, "link_ends_at": None}
        with self._store.changing(accounts) as connection:
            usable = (accounts.c.link == _digest(token)) & (accounts.c.link_ends_at > now)
            id_ = connection.execute(select(accounts.c.id).where(usable)).scalar()
            if id_ is None:
                return None
            connection.execute(update(accounts).where(accounts.c.id == id_).values(values))
            account = _one(connection, id_)
            actions.note(connection, account.name, f"account {account.name}: password chosen", now)
        return account

    def set_password(self, account: Account, password: str, now: int) -> Account:
        """Replaces the hash of the password by its owner's; every other session ends. Returns what it is now."""
        return self._own(account, {"password": password, "uniquifier": _random()}, "password changed", now)

    def set_factor(self, account: Account, factor: str, recovery: Iterable[str], now: int) -> Account:
        """Sets the second factor and its recovery codes, encrypted, by its owner; every other session ends. Returns
        what it is now."""
        values = {"factor": factor, "recovery": json.dumps(list(recovery)), "uniquifier": _random()}
        return self._own(account, values, "second factor set up", now)

    def set_recovery(self, account: Account, recovery: Iterable[str], now: int) -> Account:
        """Replaces the recovery codes, encrypted, by their owner. Returns what it is now."""
        return self._own(account, {"recovery": json.dumps(list(recovery))}, "new recovery codes", now)

    def use_recovery(self, account: Account, code: str, now: int) -> bool:
        """Removes one of the encrypted recovery codes; whether it was there. Whoever is faster has used it."""
        with self._store.changing(accounts) as connection:
            kept = _one(connection, account.id).recovery
            if code not in kept:
                return False
            left = [each for each in kept if each != code]
            connection.execute(
                update(accounts).where(accounts.c.id == account.id).values(recovery=json.dumps(left))
            )  # fmt: skip
            what = f"account {account.name}: recovery code used, {len(left)} left"
            actions.note(connection, account.name, what, now)
        return True

    def reencrypt(self, account: Account, factor: str | None, recovery: Iterable[str]) -> None:
        """Replaces what is encrypted by the same under another key, unless it changed meanwhile."""
        with self._store.changing(accounts) as connection:
            same = (accounts.c.id == account.id) & (accounts.c.recovery == json.dumps(list(account.recovery)))
            same &= accounts.c.factor == account.factor
            values = {"factor": factor, "recovery": json.dumps(list(recovery))}
            connection.execute(update(accounts).where(same).values(values))

    def reset_factor(self, id_: str, by: str, now: int) -> None:
        """Removes an account's second factor; its sessions, calendars and reminders end. Raises AccountError when it is
        gone."""
        values = {"factor": None, "recovery": "[]", "uniquifier": _random()}
        with self._store.changing(accounts) as connection:
            account = _one(connection, id_)
            connection.execute(update(accounts).where(accounts.c.id == id_).values(values))
            _tell(connection, by, account, f"second factor reset{_end_ways(connection, id_)}", now)

    def set_roles(self, id_: str, roles: Iterable[Role], by: str, now: int) -> None:
        """Gives an account these roles and no others. Raises AccountError when none is given, or when no admin would be
        left."""
        wanted = frozenset(roles)
        with self._store.changing(accounts) as connection:
            account = _one(connection, id_)
            if not wanted:
                raise AccountError(f"choose at least one role for {account.name}, or remove the account")
            if wanted == account.roles:
                return
            _leave_an_admin(connection, account, wanted)
            connection.execute(delete(account_roles).where(account_roles.c.account == id_))
            connection.execute(insert(account_roles), [{"account": id_, "role": role} for role in sorted(wanted)])
            _tell(connection, by, account, f"now {_listed(wanted)}", now)

    def sign_out(self, id_: str, by: str, now: int) -> Account:
        """Ends all sessions of an account, its calendars and reminders. Returns what it is now. Raises AccountError
        when it is gone."""
        with self._store.changing(accounts) as connection:
            account = _one(connection, id_)
            connection.execute(update(accounts).where(accounts.c.id == id_).values(uniquifier=_random()))
            what = f"account {account.name}: signed out everywhere{_end_ways(connection, id_)}"
            actions.note(connection, by, what, now)
            return _one(connection, id_)

    def remove(self, id_: str, by: str, now: int) -> None:
        """Removes an account; its sessions end. Raises AccountError when no admin would be left."""
        with self._store.changing(accounts) as connection:
            account = _one(connection, id_)
            _leave_an_admin(connection, account, roles=frozenset())
            connection.execute(delete(accounts).where(accounts.c.id == id_))
            _tell(connection, by, account, "removed", now)

    def warn(self, name: str, what: str, now: int) -> None:
        """Tells every admin what happened at an account that has this name; of no other name is anything kept."""
        with self._store.changing(accounts) as connection:
            row = connection.execute(select(accounts.c.id).where(accounts.c.folded == folded(name))).scalar()
            if row is not None:
                _tell(connection, SOMEBODY, _one(connection, row), what, now)

    def notices(self, account: Account) -> tuple[Notice, ...]:
        """What an admin has not dismissed yet, newest first."""
        query = select(account_notices.c.id, account_notices.c.at, account_notices.c.text)
        query = query.where(account_notices.c.account == account.id).order_by(account_notices.c.at.desc())
        with self._store.read() as connection:
            return tuple(Notice(*row) for row in connection.execute(query.limit(MOST_NOTICES)))

    def dismiss(self, account: Account, until: int) -> None:
        """Removes the notices of an admin up to a moment: those that came later were not seen."""
        seen = (account_notices.c.account == account.id) & (account_notices.c.at <= until)
        with self._store.write() as connection:
            connection.execute(delete(account_notices).where(seen))

    def _own(self, account: Account, values: dict[str, Any], what: str, now: int) -> Account:
        """A change of somebody's own account."""
        with self._store.changing(accounts) as connection:
            _one(connection, account.id)
            connection.execute(update(accounts).where(accounts.c.id == account.id).values(values))
            actions.note(connection, account.name, f"account {account.name}: {what}", now)
            return _one(connection, account.id)

    def _found(self, query: Select[Any]) -> tuple[Account, ...]:
        with self._store.read() as connection:
            return _accounts(connection, query)


def _accounts(connection: Connection, query: Select[Any]) -> tuple[Account, ...]:
    rows = connection.execute(query).all()
    roles: dict[str, set[Role]] = {row.id: set() for row in rows}
    theirs = select(account_roles)
    if len(rows) == 1:
        theirs = theirs.where(account_roles.c.account == rows[0].id)
    for account, role in connection.execute(theirs) if rows else ():
        if account in roles and role in set(Role):
            roles[account].add(Role(role))
    return tuple(_account(row, frozenset(roles[row.id])) for row in rows)


def _account(row: Row[Any], roles: frozenset[Role]) -> Account:
    recovery = tuple(json.loads(row.recovery))
    return Account(row.id, row.name, roles, row.uniquifier, row.password, row.factor, recovery, row.link_ends_at)


def _one(connection: Connection, id_: str) -> Account:
    found = _accounts(connection, select(accounts).where(accounts.c.id == id_))
    if not found:
        raise AccountError(GONE)
    return found[0]


def _leave_an_admin(connection: Connection, account: Account, roles: frozenset[Role]) -> None:
    """Raises AccountError when nobody could sign in as an admin any more, once this account has these roles."""
    if not (account.may(Role.ADMIN) and account.password) or Role.ADMIN in roles:
        return
    others = (account_roles.c.role == Role.ADMIN) & (accounts.c.id != account.id) & accounts.c.password.is_not(None)
    query = select(accounts.c.id).join(account_roles, account_roles.c.account == accounts.c.id).where(others)
    if connection.execute(query.limit(1)).first() is None:
        raise AccountError(LAST_ADMIN)


def _end_ways(connection: Connection, id_: str) -> str:
    """Ends what an account shows without signing in: somebody else may have set that up. For the list of actions: what
    there was."""
    ended = [
        f"calendars: {number}" if table is feeds else f"reminders: {number}"
        for table in (feeds, reminders)
        if (number := connection.execute(delete(table).where(table.c.account == id_)).rowcount)
    ]
    return f" ({', '.join(ended)} ended)" if ended else ""


def _tell(connection: Connection, by: str, account: Account, what: str, now: int) -> None:
    """Notes a change in the list of actions, and tells every admin."""
    actions.note(connection, by, f"account {account.name}: {what}", now)
    admins = connection.execute(select(account_roles.c.account).where(account_roles.c.role == Role.ADMIN)).scalars()
    rows = [
        {"account": admin, "id": _random(), "at": now, "text": f"Account {account.name}: {what} (by {by})."}
        for admin in admins
    ]
    if rows:
        connection.execute(insert(account_notices), rows)
    connection.execute(delete(account_notices).where(account_notices.c.at < now - actions.KEEP_SECONDS))


def _listed(roles: frozenset[Role]) -> str:
    return ", ".join(role for role in Role if role in roles)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _random() -> str:
    return secrets.token_hex(16)
