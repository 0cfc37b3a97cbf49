"""How an account is set at the fake provider, as Twilio's APIs show it: by default as it should be.

Fields are those of Twilio's OpenAPI description: api v2010 (accounts, usage triggers), voice v1 (dialing permissions),
events v1 (subscriptions) and insights v1 (settings).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

MAIN = "AC" + "f" * 32
"""The main account that owns ours."""


def country(
    iso: str, name: str, *codes: str, low: bool = False, special: bool = False, fraud: bool = False
) -> dict[str, object]:
    """What an account may call in a country. `codes` are like +1."""
    return {
        "iso_code": iso,
        "name": name,
        "country_codes": list(codes),
        "continent": "",
        "low_risk_numbers_enabled": low,
        "high_risk_special_numbers_enabled": special,
        "high_risk_tollfraud_numbers_enabled": fraud,
    }


def trigger(by: str = "price", recurring: str | None = "daily", fired: str | None = None) -> dict[str, object]:
    """An alarm on what the account uses."""
    return {
        "sid": "UT" + "1" * 32,
        "usage_category": "totalprice",
        "trigger_by": by,
        "trigger_value": "50",
        "current_value": "0",
        "recurring": recurring,
        "date_fired": fired,
    }


def _countries() -> list[dict[str, object]]:
    return [
        country("US", "United States/Canada", "+1", low=True),
        country("BS", "Bahamas", "+1242"),
        country("LV", "Latvia", "+371"),
    ]


@dataclass
class AccountSettings:
    """The settings. `owner` is the main account's id, "" to leave it out; `open_media` lets anybody fetch a recording;
    `streamed` are the types of events that subscriptions send elsewhere, by the id of the subscription."""

    owner: str = MAIN
    open_media: bool = False
    countries: list[dict[str, object]] = field(default_factory=_countries)
    triggers: list[dict[str, object]] = field(default_factory=lambda: [trigger()])
    streamed: dict[str, list[str]] = field(default_factory=dict)
    insights: dict[str, object] = field(default_factory=lambda: {"advanced_features": False, "voice_trace": False})

    def listed(self, account: str, path: str) -> tuple[str, list[dict[str, object]]] | None:
        """What a list of voice.twilio.com or events.twilio.com has, by its path, and under which name it does."""
        if path == "/v1/DialingPermissions/Countries":
            return "content", self.countries
        if path == "/v1/Subscriptions":
            return "subscriptions", [{"account_sid": account, "sid": sid} for sid in self.streamed]
        chosen = re.fullmatch(r"/v1/Subscriptions/(\w+)/SubscribedEvents", path)
        if chosen and chosen[1] in self.streamed:
            return "types", list(_events(account, chosen[1], self.streamed[chosen[1]]))
        return None


def _events(account: str, subscription: str, types: Iterable[str]) -> Iterable[dict[str, object]]:
    for type_ in types:
        yield {"account_sid": account, "type": type_, "schema_version": 2, "subscription_sid": subscription}
