"""Reminders of shifts, sent to the addresses that members chose: once for each shift, whatever becomes of the others.

A reminder says when the shift is and in which team, and nothing about calls. One that cannot be delivered is tried
again until the shift begins, and its owner is shown that it fails.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from phonetree import log
from phonetree.core.shifts import Shift, shifts
from phonetree.core.tree import Site
from phonetree.errors import EditError
from phonetree.mailbox.addresses import address_of, deliver
from phonetree.mailbox.backoff import backoff
from phonetree.mailbox.notices import Channel
from phonetree.store.reminders import Reminder, Reminders

FIRST_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 600
LEASE_SECONDS = 120
"""How long a process has for one before another tries."""

TEST = "This is a test of your reminders: they arrive. There is nothing to do."


class ReminderRounds:
    """Sends what is due."""

    def __init__(self, kept: Reminders, site: Callable[[], Site], ours: tuple[Channel, ...] = ()) -> None:
        """`site` is the one that callers hear, with the covers that are in force or to come; `ours` are the operator's
        channels."""
        self._kept, self._site, self._ours = kept, site, ours

    def round(self, now: int) -> None:
        """Sends what is due. Raises StoreError; a failing address is recorded, and keeps no other back."""
        self._kept.tidy(now)
        wanted = self._kept.wanted()
        if not wanted:
            return
        site, moment = self._site(), datetime.fromtimestamp(now, UTC)
        soon = shifts(site, moment, moment + timedelta(minutes=max(each.minutes for each in wanted) + 1))
        for each in wanted:
            until = moment + timedelta(minutes=each.minutes)
            for shift in soon.get(each.member, ()):
                if moment < shift.begins <= until:
                    self._remind(each, shift, now)

    def _remind(self, reminder: Reminder, shift: Shift, now: int) -> None:
        begins_at = int(shift.begins.timestamp())
        if not (attempts := self._kept.take(reminder, begins_at, now, LEASE_SECONDS)):
            return
        sent = _sent(reminder, told(reminder.member, shift), self._ours)
        again = now + backoff(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, attempts)
        self._kept.done(reminder, begins_at, None if sent else again)


def tried(reminder: Reminder, ours: tuple[Channel, ...]) -> bool:
    """Whether a test was delivered to an address; `ours` are the operator's channels."""
    return _sent(reminder, TEST, ours)


def told(member: str, shift: Shift) -> str:
    """What a reminder says."""
    day, zone = f"{shift.begins:%A} {shift.begins.day} {shift.begins:%B}", shift.begins.tzinfo
    until = f"{shift.ends:%H:%M}" + (" the next day" if shift.ends.date() > shift.begins.date() else "")
    where = f"team {' and '.join(shift.teams)}"
    return f"{member}: the next shift is on {day} from {shift.begins:%H:%M} until {until} ({zone}), {where}."


def _sent(reminder: Reminder, text: str, ours: tuple[Channel, ...]) -> bool:
    """Whether it was delivered. Whatever an address does to us, it keeps no other back."""
    if reminder.address is None:
        return False
    try:
        return deliver(text, address_of(reminder.address), ours)
    except EditError:  # from an earlier version, which took others too
        return False
    except Exception as error:  # noqa: BLE001 -- see above
        log.failure("reminder", error)
        return False
