"""Members' phones: their numbers, sealed, by the names that routing.yaml has for them.

A number rings once whoever has the phone has pressed a key in a call to it. Until then an earlier number goes on
ringing. A number is sealed with AES-256-GCM under a key derived from SECRET_KEY, together with its name and its place
in the row, so that whoever writes to the database cannot give one member's phone to another, nor have one ring that
nobody confirmed. A row says nothing about calls to the helpline, and the list of actions has names, never numbers.
"""

import hmac
import secrets as random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from phonetree.errors import PeopleError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.sealed import Sealer
from phonetree.store.tables import phones

TOKEN_SECONDS = 600
"""How long a confirming call may bring its key: many times what the call takes."""

CALL_SECONDS = 90
"""How long a confirming call may take, from its beginning: after that it has ended, even if nobody said so."""

MOST_CALLS = 5
"""How many confirming calls one name may have within any `CALLS_SECONDS`, and one number, whatever names it was added
for: nobody's phone can be made to ring all day."""

CALLS_SECONDS = 3600
"""Calls are counted until none came for so long."""

UNDO_SECONDS = 3600
"""How long the removal of a phone can be undone; then its number is forgotten."""

LONGEST_REASON = 200

COUNT = "#"
"""What the names of rows begin with that are there for the calls of a number alone; no name in routing.yaml does."""

KEY = "1"
"""What whoever has the phone presses, as for every call that is passed on to it."""


class State(StrEnum):
    """Whether a number rings."""

    WAITING = "waiting"
    """There is a number, and nobody has confirmed it."""
    CONFIRMED = "confirmed"
    REMOVED = "removed"


class Progress(StrEnum):
    """How the confirming call went."""

    CALLING = "calling"
    NO_ANSWER = "no answer"
    BUSY = "busy"
    NO_KEY = "no key"
    """It was picked up, perhaps by a voicemail, and nobody pressed a key."""
    WRONG_KEY = "wrong key"
    FAILED = "failed"
    """The network could not reach the phone."""
    REFUSED = "refused"
    """The provider did not place the call."""
    UNKNOWN = "unknown"
    """It has ended, and the provider did not say how."""


class Answer(StrEnum):
    """What a key in a confirming call did."""

    CONFIRMED = "confirmed"
    WRONG_KEY = "wrong key"
    EXPIRED = "expired"
    """It is about a call that was too long ago, or about a number that is no longer waiting."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A name's phone, as screens show it: without any number.

    `rings` is whether a confirmed number rings; `waits` whether there is a new one that is not confirmed. `progress`
    and `reason` are those of the latest confirming call for it; `calls_left` is how many more there may be now.
    `opens` says that its numbers can be read with the present SECRET_KEY. `changed_at` is when something about it last
    changed, `undo_until` when a removal becomes final, in seconds since 1970.
    """

    name: str
    state: State
    rings: bool
    waits: bool
    progress: Progress | None
    reason: str
    calls_left: int
    opens: bool
    changed_at: int
    undo_until: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A confirming call that may be placed now: the number to call (E.164), and the token that it has to bring."""

    number: str
    token: str


@dataclass(frozen=True, slots=True)
class Followed:
    """What servers ring: numbers by name, "" for one that was removed, or that cannot be read. `digest` changes with
    the rows, and tells nothing of a number that the rows do not tell."""

    numbers: Mapping[str, str]
    digest: str


class Phones:
    """The phones of a store. `secrets` are SECRET_KEY, and the previous one while it is rotated; `whose` says for the
    list of actions whose phone a name is, "" when nobody knows."""

    def __init__(self, store: Store, secrets: tuple[str, ...], whose: Callable[[str], str] = lambda _name: "") -> None:
        self._store = store
        self._whose = whose
        self._sealer = Sealer(secrets, "phones")
        self._read: tuple[str, Mapping[str, str]] = "", {}

    # -- what servers follow

    def followed(self) -> Followed:
        """The numbers that ring now. One that no key opens is the one that was read before: while SECRET_KEY is
        rotated, another server may have sealed it under a key that this one does not have yet. Raises StoreError."""
        known = phones.c.state != State.WAITING
        query = select(phones.c.name, phones.c.state, phones.c.sealed).where(known).order_by(phones.c.name)
        with self._store.read() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        digest = sha256(repr(rows).encode()).hexdigest()[:16]
        if digest != self._read[0]:
            before = self._read[1]
            self._read = (
                digest,
                {
                    name: self._open(name, "sealed", sealed) or before.get(name, "") if state == State.CONFIRMED else ""
                    for name, state, sealed in rows
                },
            )
        return Followed(self._read[1], digest)

    # -- what staff see and do

    def listed(self, now: int) -> tuple[Phone, ...]:
        """Every phone, by name. Raises StoreError."""
        with self._store.read() as connection:
            rows = connection.execute(select(phones).order_by(phones.c.name)).all()
        calls = {row.name: _calls(row, now) for row in rows}
        return tuple(self._shown(row, now, calls) for row in rows if not _withdrawn(row))

    def propose(self, name: str, number: str, by: str, now: int) -> None:
        """Keeps a number (E.164) that is to ring for a name once it is confirmed; what rings now goes on ringing. The
        same again changes nothing. Raises PeopleError when it rings for that name already, or is another name's."""
        phone = self._told(name)
        with self._store.changing(phones) as connection:
            rows = {row.name: row for row in connection.execute(select(phones))}
            self._refuse_anothers(number, name, rows.values())
            row = rows.get(name)
            if row and row.state == State.CONFIRMED and number == self._open(name, "sealed", row.sealed):
                raise PeopleError("that number is confirmed already, and rings")
            if row and number == self._open(name, "new", row.new):
                return
            values = {"new": self._seal(name, "new", number), **_NO_CALL, "changed_at": now}
            if row is None:
                values |= {"name": name, "state": State.WAITING, "calls": 0, "since": now}
                connection.execute(insert(phones).values(values))
            else:
                if row.state == State.REMOVED:
                    values |= {"state": State.WAITING, "sealed": None}
                connection.execute(update(phones).where(phones.c.name == name).values(values))
            actions.note(connection, by, f"{phone}: a number was added, which waits to be confirmed", now)

    def withdraw(self, name: str, by: str, now: int) -> None:
        """Forgets a number that waits, not how often it was called within the hour; none waiting is no error."""
        phone = self._told(name)
        with self._store.changing(phones) as connection:
            row = _row(connection, name)
            if row is None or row.new is None:
                return
            if row.state == State.WAITING and not _calls(row, now):
                connection.execute(delete(phones).where(phones.c.name == name))
            else:
                values = {"new": None, **_NO_CALL, "changed_at": now}
                connection.execute(update(phones).where(phones.c.name == name).values(values))
            actions.note(connection, by, f"{phone}: the number that waited was withdrawn", now)

    def remove(self, name: str, by: str, now: int) -> None:
        """Has a phone ring no more, from the next round of ringing on, and forgets a number that waits. One that is
        removed already is no error."""
        phone = self._told(name)
        with self._store.changing(phones) as connection:
            row = _row(connection, name)
            if row is None or row.state == State.REMOVED:
                return
            values = {"state": State.REMOVED, "new": None, **_NO_CALL, "changed_at": now}
            connection.execute(update(phones).where(phones.c.name == name).values(values))
            actions.note(connection, by, f"{phone}: removed", now)

    def restore(self, name: str, by: str, now: int) -> None:
        """Undoes a removal. One that was undone already is no error. Raises PeopleError when it is too late, or another
        member has the phone now."""
        phone = self._told(name)
        with self._store.changing(phones) as connection:
            row = _row(connection, name)
            if row is not None and row.state == State.CONFIRMED:
                return
            if row is None or row.state != State.REMOVED or row.sealed is None or _over(row, now):
                raise PeopleError("this removal can no longer be undone; add the phone again, and confirm it")
            if number := self._open(name, "sealed", row.sealed):
                self._refuse_anothers(number, name, connection.execute(select(phones)))
            values = {"state": State.CONFIRMED, "changed_at": now}
            connection.execute(update(phones).where(phones.c.name == name).values(values))
            actions.note(connection, by, f"{phone}: its removal was undone", now)

    # -- the confirming call

    def begin(self, name: str, now: int) -> Asked | None:
        """Begins a confirming call to the number that waits; None while one is under way. Raises PeopleError when
        no number waits, or too many calls were placed."""
        with self._store.changing(phones) as connection:
            row = _row(connection, name)
            number = self._open(name, "new", row.new) if row else None
            if row is None or number is None:
                raise PeopleError("no number waits to be confirmed; add one first")
            if _progress(row, now) is Progress.CALLING:
                return None
            of_number = _row(connection, self._count(number))
            for counted in filter(None, (row, of_number)):
                _refuse_many(counted, now)
            token = random.token_urlsafe(32)
            values = {
                "token": _hashed(token), "expires_at": now + TOKEN_SECONDS, "progress": Progress.CALLING,
                "reason": None, **_one_more(row, now), "changed_at": now,
            }  # fmt: skip
            connection.execute(update(phones).where(phones.c.name == name).values(values))
            if of_number is None:
                first = {"name": self._count(number), "state": State.WAITING, "calls": 1, "since": now}
                connection.execute(insert(phones).values(**first, changed_at=now))
            else:
                more = _one_more(of_number, now)
                connection.execute(update(phones).where(phones.c.name == of_number.name).values(more))
        return Asked(number, token)

    def refused(self, token: str, reason: str) -> None:
        """The provider did not place the call: it does not count, and the reason is shown to staff."""
        with self._store.changing(phones) as connection:
            this = phones.c.token == _hashed(token)
            row = connection.execute(select(phones).where(this)).one_or_none()
            if row is None:
                return
            values = {
                "token": None, "expires_at": None, "progress": Progress.REFUSED, "reason": reason[:LONGEST_REASON],
            }  # fmt: skip
            connection.execute(update(phones).where(this).values(values))
            number = self._open(row.name, "new", row.new)
            counted = phones.c.name.in_([row.name, *([self._count(number)] if number else [])])
            connection.execute(update(phones).where(counted & (phones.c.calls > 0)).values(calls=phones.c.calls - 1))

    def answered(self, token: str, keys: str, now: int) -> tuple[Answer, str]:
        """Whoever picked up pressed keys. What that did, and for which name ("" when it has expired). The provider may
        ask again: the same again does the same."""
        with self._store.changing(phones) as connection:
            row = _of_token(connection, token, now)
            if row is None:
                return Answer.EXPIRED, ""
            this = phones.c.name == row.name
            if row.new is None:  # confirmed before, by the same call
                return (Answer.CONFIRMED if row.state == State.CONFIRMED else Answer.EXPIRED), row.name
            number = self._open(row.name, "new", row.new)
            if number is None:
                return Answer.EXPIRED, row.name
            if keys != KEY:
                connection.execute(update(phones).where(this).values(progress=Progress.WRONG_KEY))
                return Answer.WRONG_KEY, row.name
            values = {
                "state": State.CONFIRMED, "sealed": self._seal(row.name, "sealed", number), "new": None,
                "progress": None, "reason": None, "changed_at": now,
            }  # fmt: skip
            connection.execute(update(phones).where(this).values(values))
            actions.note(connection, actions.PHONE, f"{self._told(row.name)}: confirmed, and rings", now)
            return Answer.CONFIRMED, row.name

    def ended(self, token: str, how: Progress, now: int) -> None:
        """The call is over. That is not heeded when a key was pressed before."""
        with self._store.changing(phones) as connection:
            row = _of_token(connection, token, now)
            if row is not None and row.progress == Progress.CALLING:
                connection.execute(update(phones).where(phones.c.name == row.name).values(progress=how))

    # -- in the background

    def tidy(self, now: int) -> None:
        """Forgets numbers whose removal is final, and calls of an hour ago to one that was withdrawn, and seals what
        only the old key opens with the new one. Raises StoreError."""
        with self._store.read() as connection:
            due = [row.name for row in connection.execute(select(phones)) if self._untidy(row, now)]
        for name in due:
            with self._store.changing(phones) as connection:
                row = _row(connection, name)
                if row is not None and _over(row, now):
                    connection.execute(delete(phones).where(phones.c.name == name))
                elif row is not None:
                    places = {place: self._open(name, place, getattr(row, place)) for place in ("sealed", "new")}
                    again = {place: self._seal(name, place, number) for place, number in places.items() if number}
                    if again:
                        connection.execute(update(phones).where(phones.c.name == name).values(again))

    def forget_all(self) -> None:
        """Deletes every phone: those of an earlier demo, whose SECRET_KEY is gone. Raises StoreError."""
        with self._store.changing(phones) as connection:
            connection.execute(delete(phones))

    # -- rows

    def _told(self, name: str) -> str:
        """A phone in the list of actions."""
        whose = self._whose(name)
        return f"phone of {whose} ({name})" if whose else f"phone {name}"

    def _count(self, number: str) -> str:
        """The name of the row that counts the calls of a number."""
        return COUNT + self._sealer.mark(number)[:40]

    def _shown(self, row: Row[Any], now: int, calls: Mapping[str, int]) -> Phone:
        numbers, sealed = self._numbers(row), [each for each in (row.sealed, row.new) if each]
        waits = self._open(row.name, "new", row.new)
        removed = row.state == State.REMOVED and row.sealed is not None and not _over(row, now)
        return Phone(
            name=row.name,
            state=State(row.state),
            rings=row.state == State.CONFIRMED and self._open(row.name, "sealed", row.sealed) is not None,
            waits=row.new is not None,
            progress=_progress(row, now),
            reason=row.reason or "",
            calls_left=MOST_CALLS - max(calls[row.name], calls.get(self._count(waits), 0) if waits else 0),
            opens=len(numbers) == len(sealed),
            changed_at=row.changed_at,
            undo_until=row.changed_at + UNDO_SECONDS if removed else None,
        )

    def _refuse_anothers(self, number: str, name: str, rows: Iterable[Row[Any]]) -> None:
        for row in rows:
            if row.name != name and row.state != State.REMOVED and number in self._numbers(row):
                raise PeopleError(f"that number is the phone of {row.name}; each member needs a phone of their own")

    def _numbers(self, row: Row[Any]) -> tuple[str, ...]:
        """The numbers of a row that ring, could again, or wait."""
        places = (self._open(row.name, place, getattr(row, place)) for place in ("sealed", "new"))
        return tuple(filter(None, places))

    def _untidy(self, row: Row[Any], now: int) -> bool:
        if _over(row, now):
            return True
        sealed = [(place, getattr(row, place)) for place in ("sealed", "new") if getattr(row, place)]
        return any(self._sealer.again(data, place, row.name) for place, data in sealed)

    def _seal(self, name: str, place: str, number: str) -> bytes:
        return self._sealer.seal(number, place, name)

    def _open(self, name: str, place: str, sealed: bytes | None) -> str | None:
        """The number in a place of a row; None when there is none, or none of the keys opens it."""
        return self._sealer.open(sealed, place, name) if sealed else None


_NO_CALL: Mapping[str, Any] = {"token": None, "expires_at": None, "progress": None, "reason": None}


def _row(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(select(phones).where(phones.c.name == name)).one_or_none()


def _of_token(connection: Connection, token: str, now: int) -> Row[Any] | None:
    """The row that a confirming call is about, unless that is too long ago."""
    hashed = _hashed(token)
    rows = connection.execute(select(phones).where(phones.c.token.is_not(None), phones.c.expires_at > now))
    return next((row for row in rows if hmac.compare_digest(row.token, hashed)), None)


def _progress(row: Row[Any], now: int) -> Progress | None:
    if row.progress is None:
        return None
    over = row.progress == Progress.CALLING and not _within(row.expires_at - TOKEN_SECONDS, CALL_SECONDS, now)
    return Progress.UNKNOWN if over else Progress(row.progress)


def _calls(row: Row[Any], now: int) -> int:
    """How many confirming calls count against the limit."""
    return int(row.calls) if _within(row.since, CALLS_SECONDS, now) else 0


def _one_more(row: Row[Any], now: int) -> Mapping[str, int]:
    """One more call of a row."""
    return {"calls": _calls(row, now) + 1, "since": now}


def _refuse_many(row: Row[Any], now: int) -> None:
    """Raises PeopleError when there may be no more calls now."""
    if (calls := _calls(row, now)) >= MOST_CALLS:
        minutes = (min(row.since, now) + CALLS_SECONDS - now + 59) // 60
        raise PeopleError(f"this phone was called {calls} times within the hour; call again in {minutes} minutes")


def _withdrawn(row: Row[Any]) -> bool:
    """Whether the row is there for its count of calls alone."""
    return bool(row.state == State.WAITING and row.new is None)


def _over(row: Row[Any], now: int) -> bool:
    """Whether nothing of the row is needed any more."""
    if _withdrawn(row):
        return not _calls(row, now)
    return bool(row.state == State.REMOVED and not _within(row.changed_at, UNDO_SECONDS, now))


def _within(begin: int, seconds: int, now: int) -> bool:
    """Whether a time that began at a moment goes on. One that begins as far ahead is over: the clock was wrong."""
    return abs(now - begin) < seconds


def _hashed(token: str) -> bytes:
    """A token has 256 random bits, so nobody finds it by trying."""
    return sha256(token.encode()).digest()
