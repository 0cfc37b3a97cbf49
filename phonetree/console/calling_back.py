"""Calls back that are under way, in the memory of this process alone; and the tickets that their addresses carry.

A number that is called back is nowhere but in a ticket: sealed, in an address that the provider asks for once 1 was
pressed, good for a few minutes. What is kept, by account, is how the latest call back goes, until some minutes after
its end, and when those of the last hour began, so that a stolen session has nobody's phone ring all night.

A turn may be asked twice, late or after a restart: while a call back is under way the same again does the same, and
when it is over nothing is dialled any more. After a restart nothing is known of it, and the ticket alone decides.
"""

import json
import secrets as random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from threading import Lock

from phonetree.errors import PeopleError
from phonetree.provider.calling_back import CALL_SECONDS, RING_SECONDS, Went
from phonetree.provider.confirming import Ended
from phonetree.store.sealed import Sealer

ANSWER_SECONDS = 240
"""How long a call back may bring its key: much longer than the listener's phone rings and asks."""

MOST_CALLS = 10
"""How many calls back one account may place within `CALLS_SECONDS`."""

CALLS_SECONDS = 3600

FORGET_SECONDS = 600
"""How long the page says how a call back went."""

LOOK_SECONDS = RING_SECONDS + 20
"""How long after the key the page looks again by itself: then somebody has picked up, or the call is over."""


class Progress(StrEnum):
    """How a call back goes."""

    RINGING = "ringing"
    """The listener's phone rings, or somebody is asked to press 1."""
    CONNECTED = "connected"
    """1 was pressed: the number is called, or the two talk."""
    TALKED = "talked"
    NO_ANSWER = "no answer"
    BUSY = "busy"
    HUNG_UP = "hung up"
    FAILED = "failed"
    MISSED = "missed"
    """The listener's phone was not picked up."""
    OWN_BUSY = "own busy"
    OWN_FAILED = "own failed"
    NO_KEY = "no key"
    WRONG_KEY = "wrong key"
    REFUSED = "refused"
    """The provider did not place the call."""
    CHANGED = "changed"
    """Phone or role were taken away before 1 was pressed."""
    OVER = "over"
    """It has ended, and nobody said how it went."""


UNDER_WAY = (Progress.RINGING, Progress.CONNECTED)

_OWN = {Ended.NO_ANSWER: Progress.MISSED, Ended.BUSY: Progress.OWN_BUSY, Ended.FAILED: Progress.OWN_FAILED,
        Ended.NO_KEY: Progress.NO_KEY}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CallBack:
    """How the latest call back of an account goes, `since` when (seconds since 1970). `id` is a random one, `form` that
    of the form which asked for it, `call` the provider's id of the call once 1 was pressed, `reason` why it was not
    placed."""

    id: str
    form: str
    progress: Progress
    since: int
    call: str = ""
    reason: str = ""

    @property
    def under_way(self) -> bool:
        """Whether a phone rings, or somebody talks."""
        return self.progress in UNDER_WAY

    def soon_over(self, now: int) -> bool:
        """Whether it is worth to look again at once."""
        return self.progress is Progress.RINGING or (self.under_way and now - self.since < LOOK_SECONDS)


@dataclass
class _Account:
    latest: CallBack | None = None
    began: list[int] = field(default_factory=list)


class CallBacks:
    """The calls back of all accounts, by the account's id."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}
        self._lock = Lock()

    def latest(self, account: str, now: int) -> CallBack | None:
        """How the latest one goes; None some minutes after its end."""
        with self._lock:
            self._forget(now)
            kept = self._accounts.get(account)
            return kept.latest if kept else None

    def begin(self, account: str, form: str, now: int) -> str | None:
        """Begins one; its id. None when the same form asked for the one under way. Raises PeopleError when another one
        is, or there were too many."""
        with self._lock:
            self._forget(now)
            kept = self._accounts.setdefault(account, _Account())
            if kept.latest and kept.latest.under_way:
                if kept.latest.form == form:
                    return None
                raise PeopleError("a call back is under way, and this number was not called; wait until it is over")
            if len(kept.began) >= MOST_CALLS:
                minutes = (kept.began[0] + CALLS_SECONDS - now + 59) // 60
                raise PeopleError(f"you called back {MOST_CALLS} times within the hour; wait {minutes} minutes")
            kept.began.append(now)
            kept.latest = CallBack(random.token_hex(8), form, Progress.RINGING, now)
            return kept.latest.id

    def refused(self, account: str, id_: str, reason: str, now: int) -> None:
        """The provider did not place it: it does not count."""
        with self._lock:
            if self._change(account, id_, (Progress.RINGING,), Progress.REFUSED, now, reason=reason):
                self._accounts[account].began.pop()

    def connected(self, account: str, id_: str, call: str, now: int) -> bool:
        """1 was pressed: whether the number may be dialled. The same again is the same; one that is over, or that
        another one followed, is not."""
        with self._lock:
            self._forget(now)
            kept = self._accounts.get(account)
            if kept is None:  # this process was started meanwhile
                latest = CallBack(id_, "", Progress.CONNECTED, now, call)
                self._accounts[account] = _Account(latest, [now])
                return True
            if self._change(account, id_, (Progress.RINGING,), Progress.CONNECTED, now, call=call):
                return True
            latest_ = kept.latest
            return latest_ is not None and (latest_.id, latest_.progress, latest_.call) == (
                id_, Progress.CONNECTED, call,
            )  # fmt: skip

    def stopped(self, account: str, id_: str, why: Progress, now: int) -> None:
        """A key was pressed that connects nobody, or too much has changed."""
        with self._lock:
            self._change(account, id_, (Progress.RINGING,), why, now)

    def went(self, account: str, id_: str, how: Went, now: int) -> None:
        """The second call is over."""
        with self._lock:
            self._change(account, id_, (Progress.CONNECTED, Progress.OVER), Progress(how), now)

    def ended(self, account: str, id_: str, how: Ended, now: int) -> None:
        """Both are. That is not heeded when more is known."""
        with self._lock:
            if not self._change(account, id_, (Progress.CONNECTED,), Progress.OVER, now):
                self._change(account, id_, (Progress.RINGING,), _OWN[how], now)

    def _change(
        self, account: str, id_: str, before: tuple[Progress, ...], after: Progress, now: int, **more: str
    ) -> bool:
        """Changes how one goes, if it goes as expected."""
        kept = self._accounts.get(account)
        if not (kept and kept.latest and kept.latest.id == id_ and kept.latest.progress in before):
            return False
        kept.latest = replace(kept.latest, progress=after, since=now, **more)
        return True

    def _forget(self, now: int) -> None:
        for account, kept in list(self._accounts.items()):
            kept.began = [began for began in kept.began if now - began < CALLS_SECONDS]
            kept.latest = _still(kept.latest, now)
            if not (kept.began or kept.latest):
                del self._accounts[account]


def _still(latest: CallBack | None, now: int) -> CallBack | None:
    """How one goes if nobody said any more: a call lasts no longer than it may."""
    if latest is None:
        return None
    since = now - latest.since
    if latest.under_way:
        longest = ANSWER_SECONDS if latest.progress is Progress.RINGING else CALL_SECONDS
        return latest if since < longest else replace(latest, progress=Progress.OVER, since=now)
    return latest if since < FORGET_SECONDS else None


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an address of a call back carries: whose it is and which one, until when it counts (seconds since 1970); and
    for the key, the listener's phone, the number to dial (E.164), and whether to say who calls."""

    account: str
    id: str
    until: int
    phone: str = ""
    number: str = ""
    says_who: bool = False


class Tickets:
    """Seals them, each for one address."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._sealer = Sealer(secrets, "call back")

    def seal(self, ticket: Ticket, path: str) -> str:
        """A ticket for an address."""
        return urlsafe_b64encode(self._sealer.seal(json.dumps(asdict(ticket)), path)).decode()

    def open(self, sealed: str, path: str, now: int) -> Ticket | None:
        """A ticket that came to an address; None when it is forged, another address's, or too old."""
        try:
            text = self._sealer.open(urlsafe_b64decode(sealed.encode()), path)
            ticket = Ticket(**json.loads(text)) if text else None
        except (Error, ValueError, TypeError):  # TypeError: another version of this program sealed it
            return None
        return ticket if ticket and now < ticket.until else None
