"""Verbs to TwiML (Twilio, voice/twiml). Text is escaped here, once, by the XML writer.

Rendering is cached by the verbs, and nothing else is: callers at the same place of the same revision hear the same
document.
"""

from functools import lru_cache
from urllib.parse import quote

from twilio.twiml.voice_response import Dial as DialXml
from twilio.twiml.voice_response import Gather as GatherXml
from twilio.twiml.voice_response import VoiceResponse

from phonetree.core.state import State, to_address
from phonetree.core.verbs import Bridge, Dial, Gather, Hangup, Play, Record, Redirect, Say, Verb, Verbs
from phonetree.errors import PhonetreeError

CONTENT_TYPE = "text/xml"

MOST_BYTES = 64 * 1024
"""A larger document is refused (Twilio, api/errors/11750)."""

OVERRIDES = "#ct=2000&rt=4000&tt=13000&rc=2&rp=all"
"""Added to each address that continues a call (Twilio, usage/webhooks/webhooks-connection-overrides): a
stalled request is retried after 4 seconds, twice, instead of leaving the caller in 15 seconds of
silence. Turns can be repeated any number of times: they store nothing, and each is counted once."""

_CACHED = 8192


class RenderError(PhonetreeError):
    """The verbs make a document that the provider would refuse."""


class Renderer:
    """Writes documents whose addresses begin with `public_url`."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url
        self._remembered = lru_cache(maxsize=_CACHED)(self.write)

    def render(self, verbs: Verbs) -> bytes:
        """`write`, cached. Documents for ringing are not cached: they are those of one call."""
        return self.write(verbs) if any(map(_is_of_one_call, verbs)) else self._remembered(verbs)

    def forget(self) -> None:
        """Empties the cache, which tells what callers heard."""
        self._remembered.cache_clear()

    def write(self, verbs: Verbs) -> bytes:
        """The document, in UTF-8. Raises RenderError when it is too large."""
        response = VoiceResponse()
        for verb in verbs:
            self._add(response, verb)
        document: bytes = response.to_xml().encode()
        if len(document) > MOST_BYTES:
            raise RenderError(f"the document has {len(document)} bytes, of at most {MOST_BYTES}")
        return document

    def _address(self, state: State) -> str:
        return f"{self._public_url}/voice{to_address(state)}{OVERRIDES}"

    def _add(self, parent: VoiceResponse | GatherXml, verb: Verb) -> None:
        match verb:
            case Say(text, voice):
                parent.say(text, voice=voice.name, language=voice.code)
            case Play(file):
                parent.play(f"{self._public_url}/audio/{quote(file, safe='')}")
            case Gather():
                self._gather(parent, verb)
            case Dial():
                self._dial(parent, verb)
            case Record():
                self._record(parent, verb)
            case Redirect(then):
                parent.redirect(self._address(then), method="POST")
            case Hangup():
                parent.hangup()
            case Bridge():
                pass  # the end of a document on a member's leg bridges it (Twilio, voice/twiml/number)

    def _gather(self, parent: VoiceResponse, gather: Gather) -> None:
        # finish_on_key="" makes # an ordinary key: a wrong one, which is announced, rather than no key at all
        element = parent.gather(
            input="dtmf",
            num_digits=1,
            finish_on_key="",
            timeout=gather.seconds,
            action=self._address(gather.then),
            method="POST",
        )
        for spoken in gather.spoken:
            self._add(element, spoken)

    def _dial(self, parent: VoiceResponse, dial: Dial) -> None:
        action = {"action": self._address(dial.then), "method": "POST"} if dial.then else {}
        element: DialXml = parent.dial(timeout=dial.seconds, caller_id=dial.caller_id, **action)
        for number in dial.numbers:
            if dial.screen:
                element.number(number, url=self._address(dial.screen), method="POST")
            else:
                element.number(number)

    def _record(self, parent: VoiceResponse, record: Record) -> None:
        parent.record(
            action=self._address(record.then),
            method="POST",
            max_length=record.longest,
            timeout=record.silence,
            finish_on_key="#",
            play_beep=True,
            recording_status_callback=f"{self._public_url}/voice/recording",
            recording_status_callback_event="completed absent",
        )


def _is_of_one_call(verb: Verb) -> bool:
    then = getattr(verb, "then", None)
    return isinstance(then, State) and (then.began > 0 or then.token > 0)
