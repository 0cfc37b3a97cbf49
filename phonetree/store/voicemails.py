"""Messages at rest: sealed, in pieces; new, claimed or handled; gone once they are deleted.

A message keeps the provider's id of its recording until that is deleted there, and a little longer, so that
another worker about to store it too finds it here. One that staff deleted earlier leaves only that id, for as
long.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from phonetree.errors import StoreError
from phonetree.store.database import Store, schema_of
from phonetree.store.schema import SCHEMA
from phonetree.store.tables import deliveries, fetches, messages, notices, parts, wrapped_keys

PIECES = 4
"""How many pieces of a message are read at once."""

BEGIN_BYTES = 64
"""How much of a sealed message is read to see what it is."""


class VoicemailState(StrEnum):
    """What has been done about a message."""

    NEW = "new"
    CLAIMED = "claimed"
    HANDLED = "handled"
    DELETED = "deleted"
    """Only the provider's id is left, to delete it there."""


@dataclass(frozen=True, slots=True)
class Voicemail:
    """What is known of a message without opening it. Moments are in seconds since 1970."""

    id: str
    left_at: int
    seconds: int
    size: int
    state: VoicemailState
    by: str | None
    changed_at: int


@dataclass(frozen=True, slots=True)
class NewVoicemail:
    """An incoming message: its id, the recording it comes from, and what opens it."""

    id: str
    source: str
    left_at: int
    seconds: int
    iv: bytes
    wrapped: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class SealedVoicemail:
    """A message as it is sealed: what opens it; `size` is in bytes, `digest` the SHA-256 of all, `begin` its first few
    bytes."""

    message: str
    left_at: int
    iv: bytes
    wrapped: Mapping[str, bytes]
    size: int
    parts: int
    digest: bytes
    begin: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many messages nobody has claimed, and when the first of them was left, in seconds since 1970 (0: there are
    none); and how many are claimed, and not handled."""

    number: int
    since: int
    claimed: int


@dataclass(frozen=True, slots=True)
class FailedFetch:
    """A recording that could not be fetched yet."""

    attempts: int
    since: int
    next_at: int
    failure: str


def new_id() -> str:
    """A random id for a message: 32 hexadecimal digits."""
    return secrets.token_hex(16)


_SHOWN = (messages.c.id, messages.c.left_at, messages.c.seconds, messages.c.size, messages.c.state, messages.c.by,
          messages.c.changed_at)  # fmt: skip


def _voicemail(row: Row[*tuple[Any, ...]]) -> Voicemail:
    fields = dict(row._mapping)
    return Voicemail(**{**fields, "state": VoicemailState(fields["state"])})


class Voicemails:
    """The messages of a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    # -- coming in

    def add(self, arrival: NewVoicemail, sealed: Iterable[bytes], notice: str, now: int) -> bool:
        """Stores a message, with a notice of it; False when its recording is stored already."""
        message = arrival.id
        with self.store.write() as connection:
            try:
                row = {"id": message, "source": arrival.source, "left_at": arrival.left_at, "seconds": arrival.seconds}
                row |= {"size": 0, "digest": b"", "iv": arrival.iv, "state": VoicemailState.NEW, "changed_at": now}
                with connection.begin_nested():
                    connection.execute(insert(messages).values(row))
            except IntegrityError:
                return False
            size, digest = 0, sha256()
            for number, piece in enumerate(sealed):
                connection.execute(insert(parts).values(message=message, number=number, sealed=piece))
                size += len(piece)
                digest.update(piece)
            _wrap(connection, message, arrival.wrapped)
            written = {"size": size, "digest": digest.digest()}
            connection.execute(update(messages).where(messages.c.id == message).values(written))
            connection.execute(insert(notices).values(id=f"new:{message}", message=message, text=notice))
            connection.execute(delete(fetches).where(fetches.c.source == arrival.source))
        return True

    def intact(self, source: str) -> bool:
        """Whether a recording of the provider is stored here, byte for byte, or was deleted by staff.

        All in one transaction, so in the file that is current when this returns. The schema's presence shows that the
        file is complete: messages never touch its page, and a file that is still being copied lacks it.
        """
        query = select(messages.c.id, messages.c.state, messages.c.digest).where(messages.c.source == source)
        with self.store.read() as connection:
            if schema_of(connection) != SCHEMA:
                return False
            row = connection.execute(query).one_or_none()
            if row is None or row.state == VoicemailState.DELETED:
                return row is not None
            found, number = sha256(), 0
            while pieces := _pieces(connection, row.id, number):
                for piece in pieces:
                    found.update(piece)
                number += len(pieces)
        return found.digest() == bytes(row.digest)

    def sources(self) -> dict[str, bool]:
        """The recordings that are kept here, each with whether it is known to be deleted at the provider."""
        with self.store.read() as connection:
            query = select(messages.c.source, messages.c.gone_at).where(messages.c.source.is_not(None))
            return {row.source: row.gone_at is not None for row in connection.execute(query)}

    def gone_at_the_provider(self, source: str, now: int) -> None:
        """Records that a recording was deleted there."""
        with self.store.write() as connection:
            recorded = messages.c.source == source
            connection.execute(update(messages).where(recorded, messages.c.gone_at.is_(None)).values(gone_at=now))
            connection.execute(delete(fetches).where(fetches.c.source == source))

    def settle(self, before: int) -> None:
        """Forgets the recording ids of messages that were deleted there before a moment; and the messages that staff
        deleted."""
        with self.store.write() as connection:
            settled = messages.c.gone_at < before
            connection.execute(delete(messages).where(settled, messages.c.state == VoicemailState.DELETED))
            connection.execute(update(messages).where(settled).values(source=None, gone_at=None))

    def failed(self, source: str, failure: str, next_at: int, now: int) -> None:
        """Records that a recording could not be fetched."""
        with self.store.write() as connection:
            fetch = fetches.c.source == source
            known = connection.execute(select(fetches.c.attempts).where(fetch)).scalar_one_or_none()
            if known is None:
                row = {"source": source, "attempts": 1, "since": now, "next_at": next_at, "failure": failure}
                connection.execute(insert(fetches).values(row))
            else:
                row = {"attempts": known + 1, "next_at": next_at, "failure": failure}
                connection.execute(update(fetches).where(fetch).values(row))

    def failures(self) -> dict[str, FailedFetch]:
        """What could not be fetched, by recording."""
        with self.store.read() as connection:
            return {
                row.source: FailedFetch(row.attempts, row.since, row.next_at, row.failure)
                for row in connection.execute(select(fetches).order_by(fetches.c.since))
            }

    def forget_failures(self, held: frozenset[str]) -> None:
        """Forgets failures of recordings that the provider no longer holds."""
        for source in self.failures().keys() - held:
            with self.store.write() as connection:
                connection.execute(delete(fetches).where(fetches.c.source == source))

    # -- looking

    def listed(self, limit: int = 200, *, handled: bool = True) -> tuple[Voicemail, ...]:
        """Messages: unhandled ones first, then newest first."""
        states = [VoicemailState.NEW, VoicemailState.CLAIMED, *([VoicemailState.HANDLED] if handled else [])]
        query = select(*_SHOWN).where(messages.c.state.in_(states))
        order = (messages.c.state == VoicemailState.HANDLED, messages.c.left_at.desc(), messages.c.id)
        with self.store.read() as connection:
            return tuple(map(_voicemail, connection.execute(query.order_by(*order).limit(limit))))

    def count(self) -> dict[VoicemailState, int]:
        """How many messages there are in each state."""
        with self.store.read() as connection:
            query = select(messages.c.state, func.count()).group_by(messages.c.state)
            found = {VoicemailState(state): number for state, number in connection.execute(query)}
        return {state: found.get(state, 0) for state in VoicemailState if state is not VoicemailState.DELETED}

    def waiting(self) -> Waiting:
        """What is not handled yet."""
        query = select(messages.c.state, func.count(), func.min(messages.c.left_at)).group_by(messages.c.state)
        with self.store.read() as connection:
            found = {VoicemailState(state): (number, since) for state, number, since in connection.execute(query)}
        (number, since), (claimed, _) = (
            found.get(state, (0, 0)) for state in (VoicemailState.NEW, VoicemailState.CLAIMED)
        )
        return Waiting(number, since, claimed)

    def find(self, beginning: str) -> Voicemail:
        """The message whose id begins so. Raises StoreError when there is none, or more than one."""
        query = select(*_SHOWN).where(
            messages.c.id.startswith(beginning, autoescape=True), messages.c.state != VoicemailState.DELETED
        )
        with self.store.read() as connection:
            found = [_voicemail(row) for row in connection.execute(query.limit(2))]
        if len(found) != 1:
            raise StoreError(f"{'no message begins' if not found else 'more than one message begins'} with that id")
        return found[0]

    def sealed(self, message: str) -> Iterator[bytes]:
        """The sealed pieces of a message; read a few at a time, so that a slow reader holds no lock."""
        number = 0
        while True:
            with self.store.read() as connection:
                pieces = _pieces(connection, message, number)
            if not pieces:
                return
            yield from pieces
            number += len(pieces)

    def envelope(self, message: str) -> tuple[bytes, dict[str, bytes], str, int]:
        """What opens a message, besides a private key: iv, wrapped key by key, its id, and when it was left. Raises
        StoreError when there is no such message."""
        with self.store.read() as connection:
            its_row = select(messages.c.iv, messages.c.id, messages.c.left_at).where(messages.c.id == message)
            found = connection.execute(its_row).one_or_none()
            if found is None:
                raise StoreError("the message is no longer in the database")
            query = select(wrapped_keys.c.key, wrapped_keys.c.wrapped).where(wrapped_keys.c.message == message)
            wrapped = {row.key: row.wrapped for row in connection.execute(query)}
            return found.iv, wrapped, found.id, found.left_at

    def described(self, message: str) -> SealedVoicemail | None:
        """A message as it is sealed, without its parts; None when it no longer exists."""
        fields = (messages.c.left_at, messages.c.iv, messages.c.size, messages.c.digest)
        query = select(*fields).where(messages.c.id == message, messages.c.state != VoicemailState.DELETED)
        keys = select(wrapped_keys.c.key, wrapped_keys.c.wrapped).where(wrapped_keys.c.message == message)
        number = select(func.count()).where(parts.c.message == message)
        first = select(func.substr(parts.c.sealed, 1, BEGIN_BYTES, type_=LargeBinary))
        first = first.where(parts.c.message == message, parts.c.number == 0)
        with self.store.read() as connection:
            found = connection.execute(query).one_or_none()
            if found is None:
                return None
            wrapped = {row.key: row.wrapped for row in connection.execute(keys)}
            pieces = connection.execute(number).scalar_one()
            begin = bytes(connection.execute(first).scalar_one_or_none() or b"")
        return SealedVoicemail(message, found.left_at, found.iv, wrapped, found.size, pieces, found.digest, begin)

    def part(self, message: str, number: int) -> bytes | None:
        """One of the sealed parts of a message, counted from 0; None when there is none."""
        query = select(parts.c.sealed).where(parts.c.message == message, parts.c.number == number)
        with self.store.read() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else bytes(found)

    def seal_for(self, message: str, wrapped: Mapping[str, bytes]) -> bool:
        """Lets more keys open a message; what opens it already stays as it is. False when it no longer exists."""
        with self.store.write() as connection:
            if not _held(connection, message):
                return False
            query = select(wrapped_keys.c.key).where(wrapped_keys.c.message == message)
            known = set(connection.execute(query).scalars())
            _wrap(connection, message, {key: value for key, value in wrapped.items() if key not in known})
        return True

    def reseal(self, message: str, wrapped: Mapping[str, bytes]) -> None:
        """Changes who can open a message, if it still exists."""
        with self.store.write() as connection:
            if _held(connection, message):
                connection.execute(delete(wrapped_keys).where(wrapped_keys.c.message == message))
                _wrap(connection, message, wrapped)

    # -- handling

    def claim(self, message: str, who: str, now: int) -> Voicemail:
        """Claims a message. Raises StoreError, with the name, when somebody else has claimed it."""
        return self._change(message, _free_for(who), VoicemailState.CLAIMED, who, now)

    def release(self, message: str, now: int) -> Voicemail:
        """Releases a claimed message."""
        return self._change(message, messages.c.state == VoicemailState.CLAIMED, VoicemailState.NEW, None, now)

    def release_all(self, who: str, now: int) -> None:
        """Releases every message that somebody has claimed."""
        mine = (messages.c.state == VoicemailState.CLAIMED) & (messages.c.by == who)
        with self.store.write() as connection:
            connection.execute(update(messages).where(mine).values(state=VoicemailState.NEW, by=None, changed_at=now))

    def handled(self, message: str, who: str, now: int) -> Voicemail:
        """Marks a message as handled. Raises StoreError when it is handled already, or claimed by somebody else."""
        return self._change(message, _free_for(who), VoicemailState.HANDLED, who, now)

    def reopen(self, message: str, now: int) -> Voicemail:
        """Lets a handled message wait again, claimed by nobody. Its arrival is not told again."""
        return self._change(message, messages.c.state == VoicemailState.HANDLED, VoicemailState.NEW, None, now)

    def _change(
        self, message: str, free: ColumnElement[bool], state: VoicemailState, who: str | None, now: int
    ) -> Voicemail:
        with self.store.write() as connection:
            its_row = messages.c.id == message
            changed = connection.execute(
                update(messages).where(its_row, free).values(state=state, by=who, changed_at=now)
            ).rowcount
            row = connection.execute(select(*_SHOWN).where(its_row, messages.c.state != VoicemailState.DELETED)).first()
            if row is None:
                raise StoreError("the message no longer exists")
            found = _voicemail(row)
            if not changed:
                whose = f" by {found.by}" if found.by else ""
                raise StoreError(f"the message is already {found.state}{whose}")
            if state is not VoicemailState.NEW:
                _forget_notices(connection, message)
            return found

    def delete(self, message: str, who: str | None = None) -> None:
        """Deletes a message here; the collector deletes it at the provider, if it is still there. Raises StoreError,
        with the name, when somebody else than `who` has claimed it; without `who` that is no obstacle."""
        with self.store.write() as connection:
            its_row = messages.c.id == message
            claimed = select(messages.c.by).where(its_row, messages.c.state == VoicemailState.CLAIMED)
            by = connection.execute(claimed.with_for_update()).scalar_one_or_none()
            if who is not None and by not in (None, who):
                raise StoreError(f"{by} has claimed the message; release it first")
            for table in (parts, wrapped_keys):
                connection.execute(delete(table).where(table.c.message == message))
            _forget_notices(connection, message)
            connection.execute(delete(messages).where(its_row, messages.c.source.is_(None)))
            left = {
                "state": VoicemailState.DELETED,
                "by": None,
                "iv": b"",
                "digest": b"",
                "size": 0,
                "seconds": 0,
                "left_at": 0,
            }
            connection.execute(update(messages).where(its_row).values({**left, "changed_at": 0}))

    def discard(self, message: str) -> None:
        """Removes a message that was not stored correctly, as if it had never come."""
        with self.store.write() as connection:
            _forget_notices(connection, message)
            for table in (parts, wrapped_keys):
                connection.execute(delete(table).where(table.c.message == message))
            connection.execute(delete(messages).where(messages.c.id == message))

    def due_for_deletion(self, before: int, *, handled_before: int) -> tuple[str, ...]:
        """Messages left before a moment, and handled ones that were handled before another."""
        old = messages.c.left_at < before
        done = (messages.c.state == VoicemailState.HANDLED) & (messages.c.changed_at < handled_before)
        query = select(messages.c.id).where(messages.c.state != VoicemailState.DELETED, old | done)
        with self.store.read() as connection:
            return tuple(connection.execute(query).scalars())

    def waiting_since(self, before: int) -> tuple[Voicemail, ...]:
        """New messages, unclaimed since before a moment."""
        query = select(*_SHOWN).where(messages.c.state == VoicemailState.NEW, messages.c.changed_at < before)
        with self.store.read() as connection:
            return tuple(map(_voicemail, connection.execute(query.order_by(messages.c.left_at))))


def _free_for(who: str) -> ColumnElement[bool]:
    """Condition: the message is new, or claimed by this person already."""
    return (messages.c.state == VoicemailState.NEW) | (
        (messages.c.state == VoicemailState.CLAIMED) & (messages.c.by == who)
    )


def _held(connection: Connection, message: str) -> bool:
    """Whether a message still exists; nobody else deletes it, or changes who opens it, in this transaction."""
    there = select(messages.c.id).where(messages.c.id == message, messages.c.state != VoicemailState.DELETED)
    return connection.execute(there.with_for_update()).first() is not None


def _wrap(connection: Connection, message: str, wrapped: Mapping[str, bytes]) -> None:
    for key, value in wrapped.items():
        connection.execute(insert(wrapped_keys).values(message=message, key=key, wrapped=value))


def _pieces(connection: Connection, message: str, first: int) -> list[bytes]:
    """Some sealed pieces of a message, from number `first`; none after the last."""
    query = select(parts.c.sealed).where(parts.c.message == message, parts.c.number >= first)
    return list(connection.execute(query.order_by(parts.c.number).limit(PIECES)).scalars())


def _forget_notices(connection: Connection, message: str) -> None:
    mine = select(notices.c.id).where(notices.c.message == message)
    connection.execute(delete(deliveries).where(deliveries.c.notice.in_(mine)))
    connection.execute(delete(notices).where(notices.c.message == message))
