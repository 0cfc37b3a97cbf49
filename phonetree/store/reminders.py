"""Reminders before a shift: who wants them, where to, and which were sent.

Where to is an address (`mailbox/addresses.py`), sealed (`sealed`). That a shift was reminded of is kept until it is
over by a day, and says nothing about calls.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from phonetree.errors import EditError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.sealed import Sealer
from phonetree.store.tables import reminded, reminders

MINUTES = 30
"""Before a shift, unless somebody wants it otherwise."""

MOST = 5
"""Reminders that one account may have."""

KEEP_SECONDS = 2 * 24 * 3600
"""How long it is known that a shift was reminded of, from its beginning on."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """Somebody wants to be reminded of a member's shifts. `address` is None when no key opens it; `kind` is the only
    part of it that is shown."""

    account: str
    member: str
    minutes: int
    sent: bool
    failing: bool
    address: str | None = field(repr=False)

    @property
    def kind(self) -> str:
        """How it is delivered: no more of the address than its beginning."""
        if not self.address:
            return ""
        kind, separator, _ = self.address.partition(":")
        return "e-mail" if not separator or kind == "mailto" else kind


class Reminders:
    """The reminders of a store. Everything raises StoreError when the store cannot be used."""

    def __init__(self, store: Store, secrets: tuple[str, ...]) -> None:
        """`secrets` are SECRET_KEY, and the previous one while it is rotated."""
        self._store = store
        self._sealer = Sealer(secrets, "reminders")

    def keep(self, account: str, member: str, address: str, minutes: int, by: str, now: int) -> None:
        """Somebody wants reminders at an address; it replaces the earlier one. The list of actions has only the
        member's name. Raises EditError when there are too many, SealError without a key."""
        row = {
            "account": account, "member": member, "minutes": minutes, "sent": 1, "failing": 0,
            "sealed": self._sealer.seal(address, account, member),
        }  # fmt: skip
        with self._store.write() as connection:
            this = _of(account, member)
            if connection.execute(update(reminders).where(this).values(row)).rowcount:
                actions.note(connection, by, f"reminders changed: shifts of {member}", now)
                return
            number = connection.execute(select(func.count()).where(reminders.c.account == account)).scalar_one()
            if number >= MOST:
                raise EditError({"": f"There are reminders for {number} members already; remove one first"})
            connection.execute(insert(reminders).values(row))
            actions.note(connection, by, f"reminders made: shifts of {member}", now)

    def switch(self, account: str, member: str, by: str, now: int, *, sent: bool) -> None:
        """Switches reminders on or off; without any it does nothing."""
        with self._store.write() as connection:
            values = {"sent": int(sent), "failing": 0}
            this = _of(account, member) & (reminders.c.sent != int(sent))
            if connection.execute(update(reminders).where(this).values(values)).rowcount:
                actions.note(connection, by, f"reminders switched {'on' if sent else 'off'}: shifts of {member}", now)

    def forget(self, account: str, member: str, by: str, now: int) -> None:
        """Forgets an address; without one it does nothing."""
        with self._store.write() as connection:
            if connection.execute(delete(reminders).where(_of(account, member))).rowcount:
                actions.note(connection, by, f"reminders ended: shifts of {member}", now)

    def of(self, account: str) -> tuple[Reminder, ...]:
        """The reminders that an account has set up, by member."""
        return tuple(self._found(reminders.c.account == account))

    def wanted(self) -> tuple[Reminder, ...]:
        """Those that are switched on."""
        return tuple(self._found(reminders.c.sent == 1))

    def _found(self, which: Any) -> Iterator[Reminder]:
        with self._store.read() as connection:
            rows = connection.execute(select(reminders).where(which).order_by(reminders.c.account, reminders.c.member))
            return map(self._reminder, rows.all())

    def _reminder(self, row: Row[Any]) -> Reminder:
        address = self._sealer.open(row.sealed, row.account, row.member)
        return Reminder(row.account, row.member, row.minutes, bool(row.sent), bool(row.failing), address)

    # -- sending

    def take(self, reminder: Reminder, begins_at: int, now: int, lease: int) -> int:
        """The number of this attempt to remind of a shift, which is nobody else's for `lease` seconds; 0 when it was
        delivered, is not due, or another process has it."""
        this = _shift(reminder, begins_at)
        row = {
            "account": reminder.account, "member": reminder.member, "begins_at": begins_at, "attempts": 0,
            "next_at": now,
        }  # fmt: skip
        with self._store.write() as connection:
            with suppress(IntegrityError), connection.begin_nested():  # not the first attempt, or it is switched off
                connection.execute(insert(reminded).values(row))
            due = update(reminded).where(this, reminded.c.next_at <= now)
            if not connection.execute(due.values(attempts=reminded.c.attempts + 1, next_at=now + lease)).rowcount:
                return 0
            return int(connection.execute(select(reminded.c.attempts).where(this)).scalar_one())

    def done(self, reminder: Reminder, begins_at: int, again_at: int | None) -> None:
        """It was delivered; or it was not, and is tried again at a moment."""
        failing = int(again_at is not None)
        with self._store.write() as connection:
            connection.execute(update(reminded).where(_shift(reminder, begins_at)).values(next_at=again_at))
            changed = (reminders.c.failing != failing) & _of(reminder.account, reminder.member)
            connection.execute(update(reminders).where(changed).values(failing=failing))

    def tidy(self, now: int) -> None:
        """Forgets shifts that are long over, and seals with the present key what only the previous one opens."""
        with self._store.read() as connection:
            old = connection.execute(select(func.count()).where(reminded.c.begins_at < now - KEEP_SECONDS)).scalar_one()
            rows = connection.execute(select(reminders)).all()
        again = {(row.account, row.member): self._sealer.again(row.sealed, row.account, row.member) for row in rows}
        if not old and not any(again.values()):
            return
        with self._store.write() as connection:
            connection.execute(delete(reminded).where(reminded.c.begins_at < now - KEEP_SECONDS))
            for row in rows:
                if sealed := again[row.account, row.member]:
                    same = _of(row.account, row.member) & (reminders.c.sealed == row.sealed)
                    connection.execute(update(reminders).where(same).values(sealed=sealed))


def _of(account: str, member: str) -> Any:
    return (reminders.c.account == account) & (reminders.c.member == member)


def _shift(reminder: Reminder, begins_at: int) -> Any:
    return (
        (reminded.c.account == reminder.account)
        & (reminded.c.member == reminder.member)
        & (reminded.c.begins_at == begins_at)
    )
