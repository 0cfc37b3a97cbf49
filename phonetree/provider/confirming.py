"""A call that we place to a member's phone, to learn whether its owner has it (Twilio, voice/api/call-resource).

Whoever picks up hears at once which helpline calls, and is asked twice to press a key. The key goes to an address with
a token, which the provider signs like any other; another such address is told how the call ended. A voicemail presses
nothing, so it confirms nothing. The words are English, as the staff's pages are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from twilio.twiml.voice_response import VoiceResponse

from phonetree.core.tree import Site
from phonetree.core.verbs import Voice
from phonetree.provider.rest import Provider
from phonetree.provider.spoken import ENGLISH, english, say, told

CONFIRM_PATH, ENDED_PATH = "/staff/phones/confirm", "/staff/phones/ended"
"""Where the key goes, and where the end is told: addresses of the staff console."""

TOKEN = "token"  # noqa: S105 -- the name of a parameter

RING_SECONDS = 25
"""How long the phone rings: most voicemails pick up by then, and tell that nobody did."""

CALL_SECONDS = 60
"""How long the call may last."""

KEY_SECONDS = 8
"""How long to wait for a key after the words."""


class Ended(StrEnum):
    """How a call ended in which no key was pressed."""

    NO_KEY = "no key"
    NO_ANSWER = "no answer"
    BUSY = "busy"
    FAILED = "failed"


_ENDED = {"completed": Ended.NO_KEY, "no-answer": Ended.NO_ANSWER, "busy": Ended.BUSY}


@dataclass(frozen=True, slots=True)
class Confirming:
    """Confirming calls of a helpline. `base` is the address that the provider reaches the console at, without /staff;
    `caller_id` is what the phone shows: as when it rings for a caller."""

    name: str
    caller_id: str
    base: str
    voice: Voice = ENGLISH

    def place(self, provider: Provider, number: str, token: str) -> None:
        """Calls a phone (E.164). Raises ProviderError, with the reason in words and without the number."""
        provider.place_call(
            number, self.caller_id, self.question(token), self._address(ENDED_PATH, token), RING_SECONDS, CALL_SECONDS
        )

    def question(self, token: str) -> str:
        """The document that whoever picks up hears."""
        asked = f"This is {self.name}. If calls to the helpline should ring on this phone, press 1."
        response = VoiceResponse()
        question = response.gather(
            input="dtmf", num_digits=1, finish_on_key="", timeout=KEY_SECONDS, method="POST",
            action=self._address(CONFIRM_PATH, token),
        )  # fmt: skip
        say(question, asked, self.voice)
        question.pause(length=2)
        say(question, f"Again: {asked} If you did not expect this call, hang up.", self.voice)
        say(response, "No key was pressed, so this phone does not ring for the helpline. Goodbye.", self.voice)
        response.hangup()
        return str(response)

    def told(self, words: str) -> bytes:
        """A document that says something, and hangs up."""
        return told(words, self.voice)

    def _address(self, path: str, token: str) -> str:
        return f"{self.base}{path}?{urlencode({TOKEN: token})}"


def confirming(site: Site, base: str) -> Confirming:
    """The confirming calls of a site."""
    return Confirming(site.helpline.name, site.helpline.caller_id, base, english(site))


def how_it_ended(fields: Mapping[str, str]) -> Ended:
    """How a call ended, from the provider's request."""
    return _ENDED.get(fields.get("CallStatus", ""), Ended.FAILED)
