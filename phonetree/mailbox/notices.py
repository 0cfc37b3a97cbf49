"""Notices to staff: that a message is waiting, and nothing about who left it.

Each notice goes out once on each channel, independently of the others; a failing channel is retried and reported.
A channel is an Apprise address (https://github.com/caronc/apprise). Apprise is imported when there is one: at the start
of a process that has to tell staff, so that a broken installation shows then, and not when there is something to tell.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from phonetree.errors import SettingsError
from phonetree.mailbox.backoff import backoff
from phonetree.store.database import Store
from phonetree.store.tables import deliveries, notices
from phonetree.store.voicemails import Voicemails

FIRST_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 3600
LEASE_SECONDS = 120
"""How long a worker has for a delivery before another worker tries."""

REMIND_SECONDS = 4 * 3600
"""How often staff are reminded of an unclaimed message."""

TITLE = "Helpline"
REMINDER = "A message is still waiting for the advocates."

logging.getLogger("apprise").disabled = True  # its lines hold addresses and tokens


@dataclass(frozen=True, slots=True)
class Channel:
    """An address of staff. `id` identifies it in the store; `kind` is the only part of the address that is shown."""

    id: str
    kind: str
    address: str

    def send(self, text: str) -> bool:
        """Whether it was delivered."""
        import apprise

        one = apprise.Apprise()
        return bool(one.add(self.address)) and bool(one.notify(title=TITLE, body=text))


def channels(addresses: str) -> tuple[Channel, ...]:
    """The channels of a setting, its addresses separated by spaces or lines. Raises SettingsError."""
    found: list[Channel] = []
    if not addresses.split():
        return ()
    import apprise

    for number, address in enumerate(addresses.split(), 1):
        kind = address.partition("://")[0]
        if not apprise.Apprise().add(address):
            raise SettingsError(f"PHONETREE_NOTIFY: address {number} is not a valid Apprise address")
        found.append(Channel(sha256(address.encode()).hexdigest()[:16], kind, address))
    return tuple(found)


def tell(ways: tuple[Channel, ...], text: str) -> None:
    """Notifies staff at once, on every channel, without storing anything: for what must not be written down."""
    for way in ways:
        way.send(text)


@dataclass(frozen=True, slots=True)
class FailingChannel:
    """A channel on which notices are failing."""

    kind: str
    attempts: int


class Notices:
    """Makes and delivers notices."""

    def __init__(self, store: Store, voicemails: Voicemails, ways: tuple[Channel, ...]) -> None:
        self._store, self._voicemails, self._ways = store, voicemails, ways

    def round(self, now: int) -> None:
        """Delivers what is due. Raises StoreError; failures of a channel are recorded."""
        self._remind(now)
        with self._store.read() as connection:
            waiting = connection.execute(select(notices.c.id, notices.c.text)).all()
            done = set(
                connection.execute(
                    select(deliveries.c.notice, deliveries.c.channel).where(deliveries.c.next_at.is_(None))
                )
            )
        for notice, text in waiting:
            for way in self._ways:
                if (notice, way.id) not in done and (attempts := self._take(notice, way, now)):
                    self._deliver(notice, text, way, attempts, now)

    def failing(self) -> tuple[FailingChannel, ...]:
        """The channels with an undelivered notice after a first attempt."""
        kinds = {way.id: way.kind for way in self._ways}
        query = select(deliveries.c.channel, deliveries.c.attempts).where(deliveries.c.next_at.is_not(None))
        worst: dict[str, int] = {}
        with self._store.read() as connection:
            for channel, attempts in connection.execute(query):
                worst[channel] = max(attempts, worst.get(channel, 0))
        return tuple(FailingChannel(kinds.get(way, "a channel"), attempts) for way, attempts in worst.items())

    def _remind(self, now: int) -> None:
        for message in self._voicemails.waiting_since(now - REMIND_SECONDS):
            time = (now - message.changed_at) // REMIND_SECONDS
            row = {"id": f"remind:{message.id}:{time}", "message": message.id, "text": REMINDER}
            # it may exist already, or the message may be gone
            with self._store.write() as connection, suppress(IntegrityError), connection.begin_nested():
                connection.execute(insert(notices).values(row))

    def _take(self, notice: str, way: Channel, now: int) -> int:
        """The number of this attempt; 0 when it is not due, or another worker has it."""
        delivery = (deliveries.c.notice == notice) & (deliveries.c.channel == way.id)
        with self._store.write() as connection:
            row = {"notice": notice, "channel": way.id, "attempts": 0, "next_at": now}
            with suppress(IntegrityError), connection.begin_nested():  # not the first attempt, or the notice is gone
                connection.execute(insert(deliveries).values(row))
            due = update(deliveries).where(delivery, deliveries.c.next_at <= now)
            taken = connection.execute(due.values(attempts=deliveries.c.attempts + 1, next_at=now + LEASE_SECONDS))
            if not taken.rowcount:
                return 0
            return int(connection.execute(select(deliveries.c.attempts).where(delivery)).scalar_one())

    def _deliver(self, notice: str, text: str, way: Channel, attempts: int, now: int) -> None:
        delivery = (deliveries.c.notice == notice) & (deliveries.c.channel == way.id)
        again = now + backoff(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, attempts)
        next_at = None if way.send(text) else again
        with self._store.write() as connection:
            connection.execute(update(deliveries).where(delivery).values(next_at=next_at))
