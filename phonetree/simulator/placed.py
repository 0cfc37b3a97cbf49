"""Calls that the account places over the API: the phone that rings, and what whoever picks up does.

As the network does it: the document is run, keys go to its addresses, the end is told. Rules are from Twilio's pages
voice/api/call-resource and voice/twiml/gather.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Thread
from urllib.parse import urljoin

from phonetree.errors import PhonetreeError
from phonetree.simulator.network import Network, NumberSettings
from phonetree.simulator.transport import OverHttp, Unreachable
from phonetree.simulator.twiml import Document, Gather, Pause, Said, parse
from phonetree.simulator.world import Answer, Behaviour

NOT_REACHED = {Answer.BUSY: "busy", Answer.NO_ANSWER: "no-answer", Answer.FAILS: "failed"}
"""The call's status when nobody picks up."""

_KEYS = {Answer.ACCEPTS: ("1",), Answer.WRONG_KEY: ("5", "1"), Answer.WRONG_KEYS: ("5", "5", "5")}
"""The keys that are pressed, one at each question."""


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
            except Unreachable as error:
                self.heard.append(f"(an application error: {error})")
                return

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
