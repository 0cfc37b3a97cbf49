"""Keys that listeners made in the console: their public halves, and which of them an admin has approved.

Messages are sealed for a key once an admin has approved it. That is sealed under a key derived from SECRET_KEY, with
the key's id, owner and content, so that whoever writes to the database cannot have messages sealed for a key of theirs.
A key's id is the beginning of its digest, and a row in which it is not counts for nothing. Private keys are never here.

Nothing in a row says that it is the newest: whoever writes to the database can bring back a key that was withdrawn.
"""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from phonetree.errors import SealError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.sealed import Sealer
from phonetree.store.tables import messages, sealing_keys, wrapped_keys
from phonetree.store.voicemails import VoicemailState

MOST_WAITING = 5
"""Keys of one account that may wait to be approved: nobody fills the list of those who approve."""


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key of the store: `public` is PEM. `approved` says that messages are sealed for it; `doubtful` that somebody
    approved it, which cannot be verified with the present SECRET_KEY; `changed` that it is not the key whose id it
    has."""

    id: str
    account: str
    name: str
    public: bytes
    approved: bool
    doubtful: bool
    changed: bool
    made_at: int


class SealingKeys:
    """The keys of a store. `secrets` are SECRET_KEY, and the previous one while it is rotated; without any no key
    counts as approved."""

    def __init__(self, store: Store, secrets: tuple[str, ...]) -> None:
        self._store = store
        self._sealer = Sealer(secrets, "sealing keys")

    def listed(self) -> tuple[KeptKey, ...]:
        """Every key, by name. Raises StoreError."""
        query = select(sealing_keys).order_by(sealing_keys.c.name, sealing_keys.c.made_at, sealing_keys.c.id)
        with self._store.read() as connection:
            return tuple(map(self._kept, connection.execute(query)))

    def find(self, key: str) -> KeptKey | None:
        """One key by its id. Raises StoreError."""
        with self._store.read() as connection:
            row = _row(connection, key)
        return None if row is None else self._kept(row)

    def add(self, key: str, public: bytes, account: str, name: str, now: int) -> None:
        """Keeps a key of an account, which waits to be approved. The same again changes nothing. Raises SealError."""
        row = {"id": key, "account": account, "name": name, "public": public, "made_at": now}
        mine = (sealing_keys.c.account == account) & sealing_keys.c.approved.is_(None)
        with self._store.changing(sealing_keys) as connection:
            if _row(connection, key) is not None:
                return
            if len(connection.execute(select(sealing_keys.c.id).where(mine)).all()) >= MOST_WAITING:
                raise SealError("too many of your keys wait to be approved; withdraw some first")
            connection.execute(insert(sealing_keys).values(row))

    def approve(self, key: str, by: str, now: int) -> None:
        """Has messages sealed for a key from now on. One that is approved already is no error. Raises SealError when
        there is no such key, or another one in its place."""
        with self._store.changing(sealing_keys) as connection:
            row = _row(connection, key)
            if row is None:
                raise SealError("that key was withdrawn meanwhile")
            if _changed(row):
                raise SealError("somebody put another key in its place in the database; withdraw it, and find out who")
            if self._kept(row).approved:
                return
            approved = self._sealer.seal(_fingerprint(row), key)
            connection.execute(update(sealing_keys).where(sealing_keys.c.id == key).values(approved=approved))
            actions.note(connection, by, f"key {key} of {row.name} was approved", now)

    def withdraw(self, key: str, by: str, now: int) -> None:
        """Forgets a key: no message is sealed for it any more. What it opened before stays so, since nobody can tell
        here that another key really opens it: that it was sealed for one is only what a listener's browser said. One
        that is withdrawn already is no error."""
        with self._store.changing(sealing_keys) as connection:
            row = _row(connection, key)
            if row is None:
                return
            connection.execute(delete(sealing_keys).where(sealing_keys.c.id == key))
            if row.approved is not None:
                actions.note(connection, by, f"key {key} of {row.name} was withdrawn", now)

    def tidy(self) -> None:
        """Seals what only the old SECRET_KEY opens with the new one. Raises StoreError."""
        with self._store.read() as connection:
            rows = connection.execute(select(sealing_keys).where(sealing_keys.c.approved.is_not(None))).all()
        for row in rows:
            if again := self._sealer.again(row.approved, row.id):
                same = (sealing_keys.c.id == row.id) & (sealing_keys.c.approved == row.approved)
                with self._store.write() as connection:
                    connection.execute(update(sealing_keys).where(same).values(approved=again))

    def _kept(self, row: Row[Any]) -> KeptKey:
        sealed, changed = self._sealer.open(row.approved, row.id) if row.approved else None, _changed(row)
        approved = sealed == _fingerprint(row) and not changed
        doubtful = row.approved is not None and not approved
        return KeptKey(row.id, row.account, row.name, row.public, approved, doubtful, changed, row.made_at)


def opened_by(store: Store) -> Mapping[str, frozenset[str]]:
    """The messages that each key opens, by the key's id; those that no key opens are not there. Raises StoreError."""
    query = (
        select(wrapped_keys.c.key, wrapped_keys.c.message)
        .join(messages, messages.c.id == wrapped_keys.c.message)
        .where(messages.c.state != VoicemailState.DELETED)
    )
    found: dict[str, set[str]] = {}
    with store.read() as connection:
        for row in connection.execute(query):
            found.setdefault(row.key, set()).add(row.message)
    return {key: frozenset(ids) for key, ids in found.items()}


def _row(connection: Connection, key: str) -> Row[Any] | None:
    return connection.execute(select(sealing_keys).where(sealing_keys.c.id == key)).one_or_none()


def _changed(row: Row[Any]) -> bool:
    """Whether a row's key is another one than its id says: the beginning of the SHA-256 of its DER."""
    try:
        der = b64decode(b"".join(row.public.splitlines()[1:-1]), validate=True)
    except (Base64Error, ValueError):
        return True
    return not sha256(der).hexdigest().startswith(row.id)


def _fingerprint(row: Row[Any]) -> str:
    """What is approved: this key, as this person's."""
    return json.dumps([sha256(row.public).hexdigest(), row.account, row.name])
