"""The fallback: what callers hear when none of our servers answers.

One document that needs no clock, no further turn and no server: it is right at any hour, and can be hosted anywhere.
"""

from datetime import UTC, datetime

from phonetree.core.ringing import MOST_AT_ONCE
from phonetree.core.tree import Site
from phonetree.core.verbs import Dial, Hangup, Say, Verb, Verbs
from phonetree.core.wording import Speaker, digits

DESK_SECONDS = 15
"""How long desks ring: three rings. Somebody nearby has answered by then, and nobody waits long at night."""

LINE_SECONDS = 30
"""How long the outside line rings: five or six rings."""

_ANY = datetime.fromtimestamp(0, UTC)


def fallback(site: Site, caller_id: str | None = None) -> Verbs:
    """Its verbs: an apology with the emergency words, the desks, the line of last resort, its number; each in every
    language. What follows a dialled call is heard whether or not it was answered, and is worded for both.

    Only members marked as a desk ring: nothing here can check that a person picked up, and a personal phone's
    voicemail would take the call (Twilio, voice/twiml/number). `caller_id` (E.164) is shown to them; the default is the
    helpline's number at the provider, which the provider never refuses: no second attempt is possible here (Twilio,
    voice/twiml/dial).
    """
    shown = caller_id or site.helpline.provider_number
    desks = tuple(
        dict.fromkeys(
            member.number for team in site.teams.values() for member in team.members if member.desk and member.number
        )
    )
    line = site.resources[site.last_resort]
    verbs: list[Verb] = [*_said(site, "fallback")]
    if desks:
        verbs.append(Dial(desks[:MOST_AT_ONCE], shown, DESK_SECONDS, None, None))
        verbs += _said(site, "fallback_next")
    verbs += [speak.phrase("transfer", name=speak.resource(line.id)) for speak in _speakers(site)]
    verbs.append(Dial((line.number,), shown, LINE_SECONDS, None, None))
    verbs += [speak.phrase("cut_off", number=digits(line.number, site.dialling)) for speak in _speakers(site)]
    return *verbs, Hangup()


def _said(site: Site, phrase: str) -> list[Say]:
    return [speak.phrase(phrase) for speak in _speakers(site)]


def _speakers(site: Site) -> list[Speaker]:
    return [Speaker(site, language, _ANY) for language in site.languages]
