"""The helpline's number at the provider: what it should have, what it has, and making these the same
(Twilio, phone-numbers/api/incomingphonenumber-resource)."""

from collections.abc import Mapping

from phonetree.provider.twiml import OVERRIDES

Fields = Mapping[str, str]

_NAMES = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "VoiceFallbackUrl": "voice_fallback_url",
    "VoiceFallbackMethod": "voice_fallback_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "VoiceApplicationSid": "voice_application_sid",
    "TrunkSid": "trunk_sid",
    "VoiceCallerIdLookup": "voice_caller_id_lookup",
}
"""As the provider takes them, and as it lists them."""

SAID = {
    "VoiceUrl": "a call comes in",
    "VoiceMethod": "its method",
    "VoiceFallbackUrl": "primary handler fails",
    "VoiceFallbackMethod": "its method then",
    "StatusCallback": "call status changes",
    "StatusCallbackMethod": "its method then",
    "VoiceApplicationSid": "an application, which would take the calls",
    "TrunkSid": "a trunk, which would take the calls",
    "VoiceCallerIdLookup": "looking up the caller's name",
}


BUY = (
    "buy it, port it, or mend helpline.number in routing.yaml; "
    "where calls are forwarded to a number of the account, write that one as provider_number"
)
"""What to do when the account does not have the number."""


NOT_VERIFIED = "the helpline's number is not verified at the provider, which refuses to show it to those we ring"
VERIFY = (
    "verify it in the provider's console (Twilio: Phone Numbers, Verified Caller IDs). The provider calls that number "
    "with a code, which nobody hears once the exchange forwards it to us: let a person take that call at a desk phone "
    "before forwarding is switched on, or the exchange's staff while they switch it off for those minutes. "
    "Or write caller_id: provider in routing.yaml. docs/forwarding.md has the steps"
)
"""What is wrong, and what to do, when calls are forwarded and the provider does not know the number as a caller id."""


def wanted(public_url: str, fallback_url: str | None) -> Fields:
    """What the number should have. Without an address of its own the fallback is the server's."""
    return {
        "VoiceUrl": f"{public_url}/voice{OVERRIDES}",
        "VoiceMethod": "POST",
        "VoiceFallbackUrl": fallback_url or f"{public_url}/voice/fallback{OVERRIDES}",
        "VoiceFallbackMethod": "POST",
        "StatusCallback": f"{public_url}/voice/status",
        "StatusCallbackMethod": "POST",
        "VoiceApplicationSid": "",
        "TrunkSid": "",
        "VoiceCallerIdLookup": "false",
    }


def found(item: Mapping[str, object]) -> Fields:
    """What the number has, from the provider's listing."""
    return {name: _text(item.get(listed)) for name, listed in _NAMES.items()}


def differences(has: Fields, should: Fields) -> dict[str, tuple[str, str]]:
    """What is not as it should be: by name, what it is and what it should be. Compared to the letter."""
    return {name: (has.get(name, ""), value) for name, value in should.items() if has.get(name, "") != value}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value or "")
