"""Alerts to staff about the line itself, on every channel; nothing is stored.

Turns only record their outcomes. That a call fell back is told at fixed times of the day (`runtime/gathered.py`), so
that the notice does not show when somebody called, or how many did. Only that nobody can be reached is told within the
minute: it needs three calls, and somebody has to look at the phones.
"""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from threading import Lock

from phonetree import log
from phonetree.core.schedule import dated
from phonetree.store.heartbeat import Outage

ALERT_SECONDS = 60.0
"""How often the recorded outcomes are checked."""

UNANSWERED_IN_A_ROW = 3
"""Consecutive calls that no advocate took before staff are alerted."""

UNANSWERED = "Advocates could not be reached several times in a row. Please check the phones."
FELL_BACK = "A call failed, and the caller was connected to the crisis line. Please check the log."
FAILED = "The helpline's server failed its own test call. Callers may not be answered; please check it."
OVER = "The helpline's server answers its own test call again."
AWAY = "No helpline server answered from {began} to {ended} ({zone}). Callers then heard the fallback, if one is set."
REFUSED = (
    "The provider no longer lets the helpline show its own number. Phones that ring now show the provider's number "
    "instead; please verify the helpline's number again."
)
SHOWN = "The provider lets the helpline show its own number again."


class Alerts:
    """Decides which alerts go to staff, and when."""

    def __init__(self, tell: Callable[[str], object], zone: Callable[[], tzinfo]) -> None:
        """`tell` sends a text to staff, on every channel; `zone` is the helpline's."""
        self.tell = tell
        self._zone = zone
        self._lock = Lock()
        self._unanswered = 0
        self._unanswered_due = self._fell_back_due = False
        self._well = self._shown = True

    # -- recorded by turns: in memory only, because it is about calls

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
        """A call failed, and got the fallback."""
        with self._lock:
            self._fell_back_due = True

    def round(self, *, gathered: bool = False) -> None:
        """Sends the alerts that are due; `gathered` is whether it is time for what is told at fixed times."""
        with self._lock:
            unanswered, self._unanswered_due = self._unanswered_due, False
            fell_back = self._fell_back_due and gathered
            if fell_back:
                self._fell_back_due = False
        for due, text in ((unanswered, UNANSWERED), (fell_back, FELL_BACK)):
            if due:
                self._send(text)

    # -- sent on changes

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

    def unkept(self, text: str) -> None:
        """With the phones of now a promise is broken, or new ones do not ring."""
        self._send(f"{text} Please see the console's page People.")

    def outage(self, outage: Outage) -> None:
        """No server answered for a while."""
        zone = self._zone()
        began, ended = (dated(datetime.fromtimestamp(at, UTC).astimezone(zone)) for at in (outage.began, outage.ended))
        self._send(AWAY.format(began=began, ended=ended, zone=zone))

    def _send(self, text: str) -> None:
        try:
            self.tell(text)
        except Exception as error:  # noqa: BLE001 -- a broken channel must not stop the others
            log.failure("notify", error)
