"""What is live at the provider, compared with what should be: the number, its caller id, the fallback's document.

Each look returns what should be different, or nothing; it raises ProviderError when it cannot tell.
"""

import requests

from phonetree.core.fallback import fallback
from phonetree.core.tree import Helpline, Site
from phonetree.errors import ProviderError
from phonetree.provider.account import Remark
from phonetree.provider.number import BUY, NOT_VERIFIED, SAID, VERIFY, differences, found, wanted
from phonetree.provider.rest import TIMEOUT_SECONDS, Provider
from phonetree.provider.twiml import Renderer

_KINDS = ("text/xml", "application/xml", "text/html")
"""What the provider runs as a document."""


def number(provider: Provider, helpline: Helpline, public_url: str, fallback_url: str | None) -> list[Remark]:
    """Whether the helpline's number at the provider has the addresses that it should have."""
    record = provider.number(helpline.provider_number)
    if record is None:
        which = "the provider_number" if helpline.forwarded else "the helpline's number"
        return [Remark(f"the account does not have {which}", BUY, wrong=True)]
    wrong = differences(found(record), wanted(public_url, fallback_url))
    return [
        Remark(
            f"{name} ({SAID[name]}) is {is_ or 'nothing'}, not {to_be or 'nothing'}",
            "scripts/phonetree provision --apply",
            wrong=True,
        )
        for name, (is_, to_be) in wrong.items()
    ]


def caller_id(provider: Provider, helpline: Helpline) -> list[Remark]:
    """For forwarded calls: whether the provider lets the phones that we ring see the helpline's number."""
    try:
        shows = not helpline.may_be_refused or provider.shows(helpline.caller_id)
    except ProviderError as error:
        if not error.gone:
            raise
        hint = "call, and check which number an advocate's phone shows; if it is wrong, write caller_id: provider"
        return [Remark("the provider does not say which numbers calls may show", hint)]
    return [] if shows else [Remark(NOT_VERIFIED, VERIFY, wrong=True)]


def desks(site: Site) -> list[Remark]:
    """Whether the fallback has a phone of ours that it can ring."""
    if any(member.desk for team in site.teams.values() for member in team.members):
        return []
    text = "no member is marked as a desk, so the fallback rings only an outside line"
    return [Remark(text, "write desk: true at a phone without voicemail (docs/staff.md), then regenerate the fallback")]


def hosted_fallback(site: Site, fallback_url: str | None) -> list[Remark]:
    """Whether the fallback is hosted elsewhere, and is what `fallback` makes now."""
    wrong = _wrong_fallback(site, fallback_url)
    return [wrong] if wrong else []


def _wrong_fallback(site: Site, fallback_url: str | None) -> Remark | None:
    if not fallback_url:
        hint = "host the output of scripts/phonetree fallback elsewhere, and set PHONETREE_FALLBACK_URL to its address"
        return Remark("the fallback is on this server, and goes down with it", hint, wrong=True)
    try:
        answer = requests.post(fallback_url, timeout=TIMEOUT_SECONDS)
    except requests.RequestException as error:
        text = f"the fallback cannot be reached ({type(error).__name__})"
        return Remark(text, "check PHONETREE_FALLBACK_URL and its host", wrong=True)
    live, made = answer.content.strip(), Renderer("").write(fallback(site)).strip()
    kind = answer.headers.get("Content-Type", "")
    if answer.status_code != 200:
        return Remark(f"the fallback's address answers {answer.status_code}", "it has to answer POST", wrong=True)
    if live != made:
        hint = "upload the current output of scripts/phonetree fallback"
        return Remark("the fallback is out of date", hint, wrong=True)
    if not kind.startswith(_KINDS):
        text = f"the fallback is served as {kind or 'nothing'}, which the provider does not run"
        return Remark(text, "have the host serve it as text/xml", wrong=True)
    return None
