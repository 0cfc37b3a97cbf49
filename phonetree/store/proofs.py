"""What was proved, so that a host need not prove it again: which promises a site breaks.

Each row has a MAC under a key that is not in the database: whoever writes to the database cannot have an edit accepted
that nobody proved. A row's name is a keyed hash of all that the proof depends on, so it tells nothing of the numbers in
it.
"""

import hmac
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from phonetree.store.database import Store
from phonetree.store.tables import proofs

KEEP_DAYS = 2
"""A proof is about calls from one day on, and asked for on that day; the days of two time zones differ by one."""


class Proofs:
    """The proofs of a store. `secrets` are the present one and earlier ones that are accepted still."""

    def __init__(self, store: Store, secrets: tuple[str, ...]) -> None:
        self._store = store
        self._keys = tuple(_mac(secret.encode(), b"phonetree proofs", b"") for secret in secrets)

    def find(self, identity: bytes) -> bytes | None:
        """What was kept for a question; None if there is none that one of the secrets vouches for. Raises
        StoreError."""
        keys = {_mac(key, b"name", identity).hex(): key for key in self._keys}
        with self._store.read() as connection:
            rows = connection.execute(select(proofs).where(proofs.c.name.in_(keys))).all()
        for row in rows:
            if hmac.compare_digest(row.mac, _mac(keys[row.name], row.name.encode(), row.answer)):
                answer: bytes = row.answer
                return answer
        return None

    def keep(self, identity: bytes, day: str, answer: bytes) -> None:
        """Keeps the answer to a question about calls from a day (ISO) on, in place of another. Raises StoreError."""
        key = self._keys[0]
        name = _mac(key, b"name", identity).hex()
        row = {"name": name, "day": day, "answer": answer, "mac": _mac(key, name.encode(), answer)}
        with self._store.write() as connection:
            connection.execute(proofs.delete().where(proofs.c.name == name))
            try:
                with connection.begin_nested():
                    connection.execute(insert(proofs).values(row))
            except IntegrityError:
                return  # another host was faster


def forget_proofs(store: Store, now: int) -> None:
    """Deletes what nobody asks for any more. Raises StoreError."""
    before = datetime.fromtimestamp(now, UTC).date() - timedelta(days=KEEP_DAYS)
    with store.write() as connection:
        connection.execute(proofs.delete().where(proofs.c.day < before.isoformat()))


def _mac(key: bytes, what: bytes, content: bytes) -> bytes:
    """HMAC-SHA-256; `what` has no line feed, so no two calls mean the same bytes."""
    return hmac.digest(key, what + b"\n" + content, "sha256")
