"""The network's side of HTTP: what it sends, how often it tries, and what it does without an answer.

Rules are from Twilio's pages voice/twiml, usage/webhooks/webhooks-connection-overrides and
usage/security/availability-reliability.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.cookies import SimpleCookie
from itertools import count
from urllib.parse import parse_qsl, urljoin, urlsplit

from phonetree.errors import SimulationError
from phonetree.simulator.transport import Reply, Transport, Unreachable, sign
from phonetree.simulator.twiml import Document, parse

MOST_REDIRECTS = 10
MOST_REQUESTS = 400
"""A call with more requests than this is in a loop: reported as an error of the tree."""

LONGEST_WAIT_SECONDS = 15.0
"""The hard limit for any request; an address can set less (`rt`)."""

USER_AGENT = "TwilioProxy/1.1"


@dataclass(frozen=True, slots=True)
class Rules:
    """Behaviours of the network that no primary source confirms; each can be inverted."""

    pick_up_cancels: bool = True
    """The first phone picked up silences the others of its round."""
    late_acceptance: bool = False
    """A key pressed on a leg just after the call was taken, or the caller hung up, still causes a request."""
    unaccepted: str = "completed"
    """The DialCallStatus after somebody picked up and was not connected."""
    says_bridged: bool = True
    """DialBridged is sent (other providers do not)."""
    action_after_hangup: bool = True
    """The caller's hang-up while ringing still requests the action."""
    empty_recording_leads_on: bool = False
    """A recording without sound requests no action; the next verb runs."""
    says_forwarded: bool = True
    """A forwarded call says from where; it depends on the carrier."""
    refusal: str = "failed"
    """What a Dial with a refused caller id does: it has `failed` at once, is `skipped`, or is an `error`, which ends
    the document."""


@dataclass
class Clock:
    """Virtual time: nobody waits. `elapsed` is in seconds since the call came in."""

    start: datetime
    elapsed: float = 0.0

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed)


@dataclass(frozen=True, slots=True)
class NumberSettings:
    """What is set for the helpline's number at the provider, and what the provider knows of it.

    Calls may be forwarded to it from another number, which callers dial: `forwarded_from`, `verified` there as a
    caller id or not.
    """

    number: str
    voice_url: str
    fallback_url: str | None = None
    status_callback: str | None = None
    forwarded_from: str | None = None
    verified: bool = True

    def shows(self, caller_id: str) -> bool:
        """Whether the provider lets this number be shown on a call from here."""
        return caller_id == self.number or (self.verified and caller_id == self.forwarded_from)


@dataclass
class Network:
    """One call's connection to the server: ids, cookies, signatures, retries, fallback."""

    transport: Transport
    auth_token: str
    settings: NumberSettings
    account: str = "AC" + "0" * 31 + "1"
    cookies: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    errors: list[str] = field(default_factory=list)
    waited: float = 0.0
    """Seconds that the caller has spent in silence, waiting for answers that did not come."""
    unique_ids: bool = False
    """Globally unique ids, as in real life: for a server that answers calls of other processes too. Otherwise they
    count up, so that a call can be replayed exactly."""
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def new_call_id(self) -> str:
        return f"CA{secrets.token_hex(16)}" if self.unique_ids else f"CA{next(self._ids):032x}"

    def document(self, url: str, fields: Mapping[str, str]) -> Document:
        """The document at an address. Raises Unreachable when that fails, after the configured retries."""
        reply = self._with_retries(url, fields)
        redirects = 0
        while 300 <= reply.status < 400:
            redirects += 1
            if redirects > MOST_REDIRECTS:
                raise Unreachable("11215", "more than 10 redirects")
            url = urljoin(url, reply.headers.get("Location", ""))
            reply = self._once(url, {name: value for name, value in fields.items() if name != "Digits"})
        return parse(reply.body, reply.headers.get("Content-Type", ""))

    def notify(self, url: str, fields: Mapping[str, str]) -> None:
        """A callback whose answer does not matter; it is sent once, and lost if nobody receives it."""
        try:
            reply = self._once(url, fields)
        except Unreachable as error:
            self.errors.append(str(error))
            return
        if reply.status not in (200, 204):
            raise SimulationError(f"the callback was answered with {reply.status}; 204 is expected")

    def _with_retries(self, url: str, fields: Mapping[str, str]) -> Reply:
        overrides = dict(parse_qsl(urlsplit(url).fragment))
        policy = set(overrides.get("rp", "ct").split(","))
        for attempt in range(int(overrides.get("rc", "1")) + 1):
            try:
                return self._once(url, fields, attempt)
            except Unreachable as error:
                failed = error
                self.waited += error.seconds
                if not policy & {"all", error.kind}:
                    break
        raise failed

    def _once(self, url: str, fields: Mapping[str, str], attempt: int = 0) -> Reply:
        self.requests += 1
        if self.requests > MOST_REQUESTS:
            raise SimulationError(f"the call made more than {MOST_REQUESTS} requests; it is in a loop")
        bare, _, fragment = url.partition("#")
        headers = {
            "User-Agent": USER_AGENT,
            "X-Twilio-Signature": sign(self.auth_token, bare, fields),
            "I-Twilio-Idempotency-Token": f"{self.requests - attempt:036}",
        }
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        asked = float(dict(parse_qsl(fragment)).get("rt", LONGEST_WAIT_SECONDS * 1000)) / 1000
        reply = self.transport.post(bare, fields, headers, min(asked, LONGEST_WAIT_SECONDS))
        for morsel in SimpleCookie(reply.headers.get("Set-Cookie", "")).values():
            self.cookies[morsel.key] = morsel.value
        if reply.status >= 400:
            raise Unreachable(f"{reply.status // 100}xx", f"the server answered with {reply.status}")
        return reply
