"""A call back: a call that we place to a listener's phone, and then to the number that somebody left (Twilio,
voice/api/call-resource, voice/twiml/dial and voice/twiml/number).

Whoever picks up the listener's phone is asked to press 1, so that a voicemail is connected with nobody. Only then the
number is dialled. Nothing is recorded. The key, the end of the second call and that of the whole are told to addresses
with a ticket, which the provider signs like any other.

The second phone shows the helpline's number, as members' phones do. The first one shows the number at the provider: a
call from there is certainly ours, so that the collector deletes its record, and that of its leg, if nobody else did.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from twilio.twiml.voice_response import VoiceResponse

from phonetree.core.tree import Helpline, Site
from phonetree.core.verbs import Voice
from phonetree.errors import ProviderError
from phonetree.provider.request import read
from phonetree.provider.rest import NOT_SHOWN, Provider
from phonetree.provider.spoken import ENGLISH, english, say, told
from phonetree.provider.twiml import OVERRIDES

CONNECT_PATH, WORDS_PATH = "/staff/call-back/connect", "/staff/call-back/words"
"""Where the key goes; and where the words are that whoever is called hears first."""

OVER_PATH, ENDED_PATH = "/staff/call-back/over", "/staff/call-back/ended"
"""Where the end of the second call is told, and the end of both: addresses of the staff console."""

TICKET, AGAIN = "ticket", "again"
"""Names of parameters: the ticket; and that a wrong key was pressed before."""

OWN_RING_SECONDS = 25
"""How long the listener's phone rings."""

RING_SECONDS = 20
"""How long the second phone rings: most voicemails pick up later."""

TALK_SECONDS = 2 * 3600
"""How long the two may talk."""

CALL_SECONDS = TALK_SECONDS + 300
"""How long the whole call may last."""

KEY_SECONDS = 8
"""How long to wait for a key after the words."""


class Went(StrEnum):
    """How the second call went."""

    TALKED = "talked"
    NO_ANSWER = "no answer"
    BUSY = "busy"
    HUNG_UP = "hung up"
    """It was picked up, and was over before the two were connected."""
    FAILED = "failed"


_WENT = {
    "completed": Went.TALKED, "answered": Went.TALKED, "busy": Went.BUSY, "no-answer": Went.NO_ANSWER,
    "canceled": Went.NO_ANSWER,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CallingBack:
    """Calls back of a helpline. `caller_id` is what the phone of whoever is called shows, and `ours` what the
    listener's shows; `base` is the address that the provider reaches the console at, without /staff."""

    name: str
    caller_id: str
    ours: str
    base: str
    voice: Voice = ENGLISH

    def place(self, provider: Provider, phone: str, connect: str, ended: str) -> None:
        """Calls a listener's phone (E.164); the tickets are those of the key and of the end. Raises ProviderError, with
        the reason in words and without a number."""
        if not self._shown(provider):
            raise ProviderError(NOT_SHOWN)
        ended_at = self._address(ENDED_PATH, {TICKET: ended})
        question = self.question(connect).decode()
        provider.place_call(phone, self.ours, question, ended_at, OWN_RING_SECONDS, CALL_SECONDS)

    def question(self, ticket: str, *, again: bool = False) -> bytes:
        """The document that whoever picks up the listener's phone hears; `again` after a wrong key."""
        asked = "To be connected with the number that you typed, press 1."
        query = {TICKET: ticket} | ({AGAIN: "1"} if again else {})
        response = VoiceResponse()
        question = response.gather(
            input="dtmf", num_digits=1, finish_on_key="", timeout=KEY_SECONDS, method="POST",
            action=self._address(CONNECT_PATH, query) + OVERRIDES,
        )  # fmt: skip
        say(question, f"That was not 1. {asked}" if again else f"This is {self.name}. {asked}", self.voice)
        question.pause(length=2)
        say(question, f"Again: {asked} If you did not ask to call anybody back, hang up.", self.voice)
        say(response, "No key was pressed, so nobody was called. Goodbye.", self.voice)
        response.hangup()
        document: bytes = response.to_xml().encode()
        return document

    def connection(self, number: str, over: str, *, says_who: bool) -> bytes:
        """The document that dials a number (E.164); `over` is the ticket of its end. `says_who` says the helpline's
        name to whoever picks up, or to a voicemail that does."""
        response = VoiceResponse()
        dial = response.dial(
            timeout=RING_SECONDS, time_limit=TALK_SECONDS, caller_id=self.caller_id, record="do-not-record",
            action=self._address(OVER_PATH, {TICKET: over}) + OVERRIDES, method="POST",
        )  # fmt: skip
        words = {"url": f"{self.base}{WORDS_PATH}{OVERRIDES}", "method": "POST"} if says_who else {}
        dial.number(number, **words)
        document: bytes = response.to_xml().encode()
        return document

    def words(self) -> bytes:
        """The document that says who calls; the end of it connects the two."""
        response = VoiceResponse()
        if self.name:
            say(response, who_calls(self.name), self.voice)
        document: bytes = response.to_xml().encode()
        return document

    def told(self, words: str) -> bytes:
        """A document that says something to the listener, and hangs up."""
        return told(words, self.voice)

    def _shown(self, provider: Provider) -> bool:
        """Whether the second phone can show what it is to show; a provider that does not say is tried."""
        if self.caller_id == self.ours:
            return True
        try:
            return provider.shows(self.caller_id)
        except ProviderError:
            return True

    def _address(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self.base}{path}?{urlencode(query)}"


def who_calls(name: str) -> str:
    """What whoever is called hears first, if it is safe to say who calls."""
    return f"This is {name}, calling you back."


def calling_back(site: Site, base: str) -> CallingBack:
    """The calls back of a site."""
    helpline: Helpline = site.helpline
    return CallingBack(helpline.name, helpline.caller_id, helpline.provider_number, base, english(site))


def how_it_went(fields: Mapping[str, str]) -> Went:
    """How the second call went, from the provider's request."""
    went = _WENT.get(fields.get("DialCallStatus", ""), Went.FAILED)
    return Went.HUNG_UP if went is Went.TALKED and read(fields).dialled.bridged is False else went
