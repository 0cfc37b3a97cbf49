"""How the provider's account is set, as far as its API shows it: what that means for callers, and for the bill.

Each look returns what should be different, or nothing. It raises ProviderError when it cannot tell: `hidden` when
this provider, or this account, does not show it at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from phonetree.errors import ProviderError
from phonetree.provider.rest import Provider

SUBACCOUNT = (
    "in the provider's console (Twilio: Account, Subaccounts) make one for the helpline alone, move the number there, "
    "and set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to it"
)
MEDIA = "in the provider's console (Twilio: Voice, Settings, General) enable 'Enforce HTTP Auth on Media URLs'"
COUNTRIES = "in the provider's console (Twilio: Voice, Settings, Geo permissions) leave on only what the tree calls"
SPENDING = (
    "in the provider's console (Twilio: Billing, Usage triggers) make one that recurs daily, on the total price, at "
    "several times a busy day's costs; if the main account has one, this token cannot see it"
)
STREAMS = "in the provider's console (Twilio: Event Streams) delete the subscription, or its types of events of calls"
INSIGHTS = "in the provider's console (Twilio: Voice, Insights, Settings) switch off Advanced Features and Voice Trace"

OF_CALLS = ("com.twilio.voice.", "com.twilio.error-logs.")
"""How the types of events begin that tell of a call, its numbers included: what happens in calls, and requests that
failed, with their parameters (Twilio, events/event-types, usage/troubleshooting/debugging-event-webhooks)."""

MOST_NAMED = 3
"""So many countries are named in a text."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that should be different: `wrong` breaks a promise or a call, the rest is advice."""

    text: str
    hint: str
    wrong: bool = False


def own_account(provider: Provider, numbers: Iterable[str]) -> list[Remark]:
    """Whether the account is a sub-account (Twilio, iam/api/account, `owner_account_sid`), with no other numbers than
    the helpline's `numbers` (E.164)."""
    account = provider.account()
    owner, ours = account.get("owner_account_sid"), set(numbers)
    if not owner:
        raise ProviderError("the provider does not say whose the account is", hidden=True)
    found = []
    if owner == account.get("sid"):
        text = "the account is a main account: whoever gets its token also reaches all of its sub-accounts"
        found.append(Remark(text, SUBACCOUNT))
    others = sum(item.get("phone_number") not in ours for item in provider.numbers())
    if others:
        text = f"the account has {others} other number{'s'[: others > 1]}, whose calls and recordings stay there"
        found.append(Remark(f"{text}, within reach of the same token", SUBACCOUNT))
    return found


def closed_media(provider: Provider) -> list[Remark]:
    """Whether recordings can be fetched by their address alone (Twilio, usage/security). The API does not show the
    setting: one recording is asked for without a password, and what is answered is not read."""
    for recording in provider.recordings():
        closed = provider.needs_password(recording.id) if recording.completed else None
        if closed is None:
            continue
        text = "recordings can be fetched without a password: whoever learns an address hears the message"
        return [] if closed else [Remark(text, MEDIA, wrong=True)]
    text = "not checked: the provider holds no recording now that could be asked for"
    return [Remark(text, f"{MEDIA}; or run this within seconds after leaving a message")]


def countries(provider: Provider, dialled: Iterable[str]) -> list[Remark]:
    """Whether the account may call the numbers that the tree calls (E.164), and no other country (Twilio,
    voice/api/dialingpermissions-country-resource)."""
    listed = list(provider.countries())
    if not listed:
        raise ProviderError("the provider lists no countries", hidden=True)
    needed = [_of(number, listed) for number in dialled]
    found = []
    barred = [group[0] for group in needed if group and not any(each.get(_LOW) for each in group)]
    if barred:
        text = f"the account may not call {_named(barred)}, where phones of the tree are: calls to them fail"
        hint = "in the provider's console (Twilio: Voice, Settings, Geo permissions) switch on what is named here"
        found.append(Remark(text, hint, wrong=True))
    risky = [item for item in listed if item.get(_SPECIAL) or item.get(_FRAUD)]
    if risky:
        text = f"the account may call high-risk numbers ({_named(risky)}): a stolen token could run up costs there"
        found.append(Remark(text, COUNTRIES))
    used = {item.get("iso_code") for group in needed for item in group}
    spare = [item for item in listed if item.get(_LOW) and item.get("iso_code") not in used]
    if spare:
        text = f"the account may call countries that the tree never calls ({_named(spare)})"
        found.append(Remark(f"{text}: a stolen token could run up costs there", COUNTRIES))
    return found


def spending(provider: Provider) -> list[Remark]:
    """Whether anything watches what the account spends (Twilio, usage/api/usage-trigger)."""
    if any(_watches(trigger) for trigger in provider.usage_triggers()):
        return []
    text = "nothing watches what the account spends: once the balance is used up, no call comes in"
    return [Remark(text, SPENDING)]


def streams(provider: Provider) -> list[Remark]:
    """Whether events of calls are sent elsewhere (Twilio, events/event-streams)."""
    kinds = {kind for kind in provider.streamed_events() if kind.startswith(OF_CALLS)}
    if not kinds:
        return []
    shown = f"{len(kinds)} type{'s'[: len(kinds) > 1]} of events, such as {min(kinds)}"
    text = f"an event stream sends who called, and when, to another place ({shown}), where nothing is deleted"
    return [Remark(text, STREAMS, wrong=True)]


def insights(provider: Provider) -> list[Remark]:
    """Whether more about each call is kept, and shown, than needed (Twilio, voice/voice-insights)."""
    settings = provider.insights()
    named = {"advanced_features": "Advanced Features", "voice_trace": "Voice Trace"}
    if not named.keys() & settings.keys():
        raise ProviderError("the settings of Voice Insights are not shown", hidden=True)
    on = [said for name, said in named.items() if settings.get(name)]
    if not on:
        return []
    return [Remark(f"{' and '.join(on)} of Voice Insights: kept for 30 days, more about each call is shown", INSIGHTS)]


_LOW, _SPECIAL, _FRAUD = (
    "low_risk_numbers_enabled",
    "high_risk_special_numbers_enabled",
    "high_risk_tollfraud_numbers_enabled",
)


def _of(number: str, listed: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The countries that a number may be in: those with the longest code that it begins with."""
    fitting = [(len(code), item) for item in listed for code in item.get("country_codes") or ()
               if number.startswith(f"+{code.lstrip('+')}")]  # fmt: skip
    longest = max((length for length, _ in fitting), default=0)
    return [item for length, item in fitting if length == longest]


def _named(items: Iterable[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(str(item.get("name") or item.get("iso_code")) for item in items))
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _watches(trigger: Mapping[str, Any]) -> bool:
    """Whether a trigger is on a price, and will fire again."""
    again = trigger.get("recurring") in ("daily", "monthly", "yearly")
    return trigger.get("trigger_by") == "price" and (again or not trigger.get("date_fired"))
