"""Words of calls that staff have placed. They are English, as the staff's pages are."""

from twilio.twiml import TwiML
from twilio.twiml.voice_response import VoiceResponse

from phonetree.core.tree import Site
from phonetree.core.verbs import Voice

ENGLISH = Voice("Polly.Joanna-Neural", "en-US")


def english(site: Site) -> Voice:
    """The voice of a site's English, or one of our own."""
    info = site.languages.get("en")
    return info.voice if info else ENGLISH


def say(parent: TwiML, words: str, voice: Voice) -> None:
    """Adds words to a document, or to a question in it."""
    parent.say(words, voice=voice.name, language=voice.code)


def told(words: str, voice: Voice) -> bytes:
    """A document that says something, and hangs up."""
    response = VoiceResponse()
    say(response, words, voice)
    response.hangup()
    document: bytes = response.to_xml().encode()
    return document
