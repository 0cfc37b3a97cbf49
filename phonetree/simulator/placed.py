"""Calls that the account places over the API: the phone that rings, and what whoever picks up does.

As the network does it: the document is run, keys go to its addresses, another phone is dialled, the end is told. Rules
are from Twilio's pages voice/api/call-resource, voice/twiml/gather, voice/twiml/dial and voice/twiml/number.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Thread
from typing import Protocol
from urllib.parse import urljoin

from phonetree.errors import PhonetreeError
from phonetree.simulator.network import Network, NumberSettings
from phonetree.simulator.transport import OverHttp, Unreachable
from phonetree.simulator.twiml import Dial, Document, Gather, Pause, Said, parse
from phonetree.simulator.world import Answer, Behaviour

NOT_REACHED = {Answer.BUSY: "busy", Answer.NO_ANSWER: "no-answer", Answer.FAILS: "failed"}
"""The call's status when nobody picks up."""

_KEYS = {Answer.ACCEPTS: ("1",), Answer.WRONG_KEY: ("5", "1"), Answer.WRONG_KEYS: ("5", "5", "5")}
"""The keys that are pressed, one at each question."""


class Leg(Protocol):
    """What the account holds of a leg: its id, and its status."""

    id: str
    status: str


@dataclass
class Dialled:
    """A phone that was dialled in a call: what it shows, how long it may ring and the call last, and whether that is
    recorded; and what whoever picked it up heard before being connected."""

    number: str
    caller_id: str
    seconds: int
    longest: int
    record: str
    heard: list[str] = field(default_factory=list)


Dialling = Callable[[str, Dialled], tuple[Leg | None, Behaviour]]
"""Holds a leg of a call, and says what its phone does; no leg when the caller id may not be shown."""


@dataclass
class PlacedCall:
    """A call that was placed: its id, the numbers, the document, and where its end is told."""

    id: str
    account: str
    token: str
    to: str
    caller: str
    document: str
    ended: str
    heard: list[str]
    """What is heard on that phone."""
    dialling: Dialling

    def begin(self, behaviour: Behaviour, status: Callable[[str], None]) -> None:
        """Rings in the background; `status` is told each change."""
        Thread(target=self._run, args=(behaviour, status), name="placed call", daemon=True).start()

    def _run(self, behaviour: Behaviour, status: Callable[[str], None]) -> None:
        network = Network(OverHttp(), self.token, NumberSettings(self.caller, ""), account=self.account)
        status("ringing")
        time.sleep(behaviour.after)
        how = NOT_REACHED.get(behaviour.answer, "completed")
        if how == "completed":
            status("in-progress")
            try:
                self._talk(network, behaviour)
            except PhonetreeError as error:
                self.heard.append(f"({error})")
        status(how)
        try:
            network.notify(self.ended, self._fields(how))
        except PhonetreeError as error:
            self.heard.append(f"({error})")

    def _talk(self, network: Network, behaviour: Behaviour) -> None:
        document, url, keys = parse(self.document.encode(), "text/xml"), "", _KEYS.get(behaviour.answer, ())
        for key in (*keys, ""):
            self._hear(document, until_a_key=bool(key))
            gather = next((verb for verb in document if isinstance(verb, Gather)), None)
            if not (gather and key and gather.action):
                return
            url = urljoin(url, gather.action)
            try:
                document = network.document(url, self._fields("in-progress", Digits=key))
                while dial := next((verb for verb in document if isinstance(verb, Dial)), None):
                    self._hear(document, until_a_key=False)
                    how = self._dial(network, dial)
                    if not dial.action:
                        return
                    url = urljoin(url, dial.action)
                    document = network.document(url, self._fields("in-progress", **how))
            except Unreachable as error:
                self.heard.append(f"(an application error: {error})")
                return

    def _dial(self, network: Network, dial: Dial) -> Mapping[str, str]:
        """Rings another phone, and connects it; how that went, as the network tells it."""
        number, shown = dial.numbers[0], dial.caller_id or self.caller
        dialled = Dialled(number.number, shown, dial.timeout, dial.longest, dial.record)
        leg, behaviour = self.dialling(self.id, dialled)
        if leg is None:
            return {"DialCallStatus": "failed", "DialBridged": "false"}
        time.sleep(min(behaviour.after, dial.timeout))
        leg.status = "no-answer" if behaviour.after > dial.timeout else NOT_REACHED.get(behaviour.answer, "in-progress")
        if leg.status != "in-progress":
            return {"DialCallStatus": leg.status, "DialCallSid": leg.id, "DialBridged": "false"}
        if number.screen:
            fields = {
                **self._fields("in-progress"), "CallSid": leg.id, "ParentCallSid": self.id, "From": shown,
                "To": number.number, "Direction": "outbound-dial",
            }  # fmt: skip
            document = network.document(number.screen, fields)
            dialled.heard += [verb.text for verb in document if isinstance(verb, Said)]
        bridged = behaviour.answer is not Answer.DECLINES
        seconds = behaviour.talks if bridged else 0
        time.sleep(seconds)
        leg.status = "completed"
        return {
            "DialCallStatus": "completed", "DialCallSid": leg.id, "DialCallDuration": str(seconds),
            "DialBridged": str(bridged).lower(),
        }  # fmt: skip

    def _hear(self, document: Document, *, until_a_key: bool) -> None:
        for verb in document:
            said = verb.said if isinstance(verb, Gather) else (verb,) if isinstance(verb, Said | Pause) else ()
            self.heard += [piece.text for piece in said if isinstance(piece, Said)]
            if isinstance(verb, Gather) and until_a_key:
                return

    def _fields(self, status: str, **more: str) -> Mapping[str, str]:
        return {
            "CallSid": self.id, "AccountSid": self.account, "ApiVersion": "2010-04-01", "From": self.caller,
            "To": self.to, "Direction": "outbound-api", "CallStatus": status, **more,
        }  # fmt: skip
