"""The helpline's number at the provider: what it has, what it should have, and the difference
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
"""Names in the provider's requests, and in its listings."""

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
    "buy it, port it, or fix helpline.number in routing.yaml; "
    "if calls are forwarded to a number of the account, write that one as provider_number"
)
"""What to do when the account does not have the number."""


NOT_VERIFIED = (
    "the helpline's number is not verified at the provider, which refuses to show it on the phones that we ring"
)
VERIFY = (
    "verify it in the provider's console (Twilio: Phone Numbers, Verified Caller IDs). The provider calls that number "
    "with a code, which nobody hears once the exchange forwards it to us: have a person take that call at a desk phone "
    "before forwarding is switched on, or ask the exchange's staff to switch it off for those minutes. "
    "Or write caller_id: provider in routing.yaml. See docs/forwarding.md"
)
"""Problem and hint when calls are forwarded and the number is not a verified caller id."""


def wanted(public_url: str, fallback_url: str | None) -> Fields:
    """What the number should have. Without `fallback_url` the fallback is the server's."""
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
    """What differs: by name, the actual and the wanted value. Compared exactly."""
    return {name: (has.get(name, ""), value) for name, value in should.items() if has.get(name, "") != value}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value or "")
