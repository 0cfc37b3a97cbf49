"""What staff are told of the line itself, at once and on every channel; nothing of it is kept.

Turns only note what they came to. It is told at fixed times, so that no notice says when somebody called, or how many
did.
"""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from threading import Lock
from time import monotonic

from phonetree import log
from phonetree.core.schedule import dated
from phonetree.store.heartbeat import Outage

ALERT_SECONDS = 60.0
"""How often what turns noted is looked at."""

UNANSWERED_IN_A_ROW = 3
"""Calls that no advocate took, one after the other, before staff are told."""

QUIET_SECONDS = 3600
"""Staff are told so often at most that calls fell back."""

UNANSWERED = "Advocates could not be reached several times in a row. Please look at the phones."
FELL_BACK = (
    "A call could not go on as it should, and the caller was connected to the crisis line. Please look at the log."
)
FAILED = "The helpline's server failed its own test call. Callers may not be answered; please look at it."
OVER = "The helpline's server answers its own test call again."
AWAY = (
    "No server of the helpline answered from {began} to {ended} ({zone}). "
    "Who called then heard the fallback, if one is set."
)
REFUSED = (
    "The provider no longer lets the helpline show its own number. Phones that ring are shown the provider's number "
    "instead; please verify the helpline's number again."
)
SHOWN = "The provider lets the helpline show its own number again."


class Alerts:
    """Decides what staff are told, and when."""

    def __init__(self, tell: Callable[[str], object], zone: Callable[[], tzinfo]) -> None:
        """`tell` sends a text to staff, on every channel; `zone` is the helpline's."""
        self.tell = tell
        self._zone = zone
        self._lock = Lock()
        self._unanswered = 0
        self._unanswered_due = self._fell_back_due = False
        self._quiet_until = 0.0
        self._well = self._shown = True

    # -- noted by turns: in memory only, for it tells of calls

    def answered(self) -> None:
        """An advocate took a call."""
        with self._lock:
            self._unanswered, self._unanswered_due = 0, False

    def unanswered(self) -> None:
        """A team was rung, and nobody took the call."""
        with self._lock:
            self._unanswered += 1
            self._unanswered_due = self._unanswered_due or self._unanswered % UNANSWERED_IN_A_ROW == 0

    def fell_back(self) -> None:
        """A call could not go on as it should."""
        with self._lock:
            self._fell_back_due = True

    def round(self) -> None:
        """Tells what was noted."""
        with self._lock:
            unanswered, self._unanswered_due = self._unanswered_due, False
            fell_back = self._fell_back_due and monotonic() >= self._quiet_until
            if fell_back:
                self._fell_back_due, self._quiet_until = False, monotonic() + QUIET_SECONDS
        for due, text in ((unanswered, UNANSWERED), (fell_back, FELL_BACK)):
            if due:
                self._send(text)

    # -- told when it changes

    def test_call(self, *, well: bool) -> None:
        """The server has placed its test call."""
        before, self._well = self._well, well
        if well is not before:
            self._send(OVER if well else FAILED)

    def caller_id(self, *, shown: bool) -> None:
        """The provider lets calls show the helpline's number, or does not."""
        before, self._shown = self._shown, shown
        if shown is not before:
            self._send(SHOWN if shown else REFUSED)

    def outage(self, outage: Outage) -> None:
        """No server answered for a while."""
        zone = self._zone()
        began, ended = (dated(datetime.fromtimestamp(at, UTC).astimezone(zone)) for at in (outage.began, outage.ended))
        self._send(AWAY.format(began=began, ended=ended, zone=zone))

    def _send(self, text: str) -> None:
        try:
            self.tell(text)
        except Exception as error:  # noqa: BLE001 -- a broken channel ends nothing
            log.failure("notify", error)
