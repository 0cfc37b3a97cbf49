"""Reminders of shifts, sent to the addresses that members chose: once for each shift, whatever becomes of the others.

A reminder says when the shift is and in which team, and nothing about calls. One that cannot be delivered is tried
again until the shift begins, and its owner is shown that it fails.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from phonetree import log
from phonetree.core.shifts import Shift, shifts
from phonetree.core.tree import Site
from phonetree.errors import EditError
from phonetree.mailbox.backoff import backoff
from phonetree.mailbox.notices import Channel
from phonetree.store.reminders import Reminder, Reminders

FIRST_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 600
LEASE_SECONDS = 120
"""How long a process has for one before another tries."""

LONGEST_ADDRESS = 500

TEST = "This is a test of your reminders: they arrive. There is nothing to do."

_E_MAIL = re.compile(r"[^@\s/:]+@[^@\s/:]+\.[^@\s/:]+\Z")

ON_THIS_MACHINE = frozenset({"dbus", "gnome", "kde", "glib", "qt", "macosx", "windows", "syslog", "rsyslog"})
"""Ways that end on the server's own screen or log."""


def good_address(text: str) -> str:
    """An address as it is kept. Raises EditError when it is none."""
    address = text.strip()
    kind = address.partition(":")[0].lower()
    if not address:
        raise EditError({"address": "Write where reminders go, such as mailto://..., or leave them off"})
    if _E_MAIL.match(address):
        name, _, provider = address.partition("@")
        raise EditError({"address": (
            "An e-mail address alone is not enough: a mailbox has to send the e-mail. Write its name, password and "
            f"provider, as in mailto://{name}:PASSWORD@{provider}, or choose one of the ways below"
        )})  # fmt: skip
    if len(address) > LONGEST_ADDRESS or len(address.split()) != 1:
        raise EditError({"address": "Write one address, without spaces"})
    import apprise

    if kind in ON_THIS_MACHINE or not apprise.Apprise().add(address):
        hint = "write it as one of the ways below has it, or ask whoever runs the server"
        raise EditError({"address": f"This is not an address that reminders can be sent to; {hint}"})
    return address


class ReminderRounds:
    """Sends what is due."""

    def __init__(self, kept: Reminders, site: Callable[[], Site]) -> None:
        """`site` is the one that callers hear, with the covers that are in force or to come."""
        self._kept, self._site = kept, site

    def round(self, now: int) -> None:
        """Sends what is due. Raises StoreError; a failing address is recorded, and keeps no other back."""
        self._kept.tidy(now)
        wanted = self._kept.wanted()
        if not wanted:
            return
        import apprise  # noqa: F401 -- now, and not when a shift is about to begin

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
        sent = _sent(reminder, told(reminder.member, shift))
        again = now + backoff(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, attempts)
        self._kept.done(reminder, begins_at, None if sent else again)


def tried(reminder: Reminder) -> bool:
    """Whether a test was delivered to an address."""
    return _sent(reminder, TEST)


def told(member: str, shift: Shift) -> str:
    """What a reminder says."""
    day, zone = f"{shift.begins:%A} {shift.begins.day} {shift.begins:%B}", shift.begins.tzinfo
    until = f"{shift.ends:%H:%M}" + (" the next day" if shift.ends.date() > shift.begins.date() else "")
    where = f"team {' and '.join(shift.teams)}"
    return f"{member}: the next shift is on {day} from {shift.begins:%H:%M} until {until} ({zone}), {where}."


def _sent(reminder: Reminder, text: str) -> bool:
    """Whether it was delivered. Whatever an address does to us, it keeps no other back."""
    if reminder.address is None:
        return False
    try:
        return Channel("", reminder.kind, reminder.address).send(text)
    except Exception as error:  # noqa: BLE001 -- see above
        log.failure("reminder", error)
        return False
