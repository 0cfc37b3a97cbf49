"""The numbers that callers dial in danger, by country, and texts that name another country's."""

import re

from phonetree.config.document import Scalar
from phonetree.config.reader import Section
from phonetree.core.phrases import EMERGENCY
from phonetree.core.pronunciation import Pronunciation

RELAY = "711"
"""A relay operator, for who cannot speak or hear, in the countries of `_RELAY`."""

_UNITED_STATES = ("US", "PR", "VI", "GU", "AS", "MP")
_RELAY = frozenset({*_UNITED_STATES, "CA"})

_BY_NUMBER = {
    EMERGENCY: (*_UNITED_STATES, "CA", "MX"),
    # the European Union: Directive (EU) 2018/1972, article 109
    "112": (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"),
        *("LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
        *("IS", "LI", "NO"),  # the European Economic Area
        *("GB", "GG", "IM", "JE", "GI"),  # where 999 works, too, but in Gibraltar
        *("AD", "AX", "CH", "FO", "GE", "GL", "MC", "MD", "TR", "UA", "VA"),
    ),
    "000": ("AU",),
    "111": ("NZ",),
}
"""Only countries where this is known for sure. A helpline elsewhere says it, as `emergency`."""

KNOWN = {country: number for number, countries in _BY_NUMBER.items() for country in countries}
"""The number for emergencies, by the country's ISO code."""

_EMERGENCY = re.compile(r"[0-9]{2,6}\Z")
_NAMED = re.compile(rf"(?<![\d-]){EMERGENCY}(?![\d-])")


def read_emergency(section: Section, country: str) -> str:
    """The number under `emergency`, or else that of the country; "" and a warning if none is known."""
    value = section.text("emergency")
    if value.text and not _EMERGENCY.match(value.text):
        section.problem(value.where, f"'{value.text}' is not what callers dial in danger; write its digits, like 112")
    found = value.text or KNOWN.get(country, "")
    if section.present and section.has("number") and not found:
        text = "no emergency number is known for the helpline's country, so neither the page nor the product names one"
        section.warn(section.where, f"{text}; write it, such as emergency: 112")
    return found


def relay_of(country: str, emergency: str) -> str:
    """The number of a relay operator; "" where there is none that we know of. Who dials another number than 911 in
    danger is not where 711 is."""
    return RELAY if country in _RELAY and emergency == EMERGENCY else ""


def warn_of_another(section: Section, value: Scalar, what: str, emergency: str) -> None:
    """Warns of a text that names 911 where people dial another number in danger."""
    if emergency not in ("", EMERGENCY) and _NAMED.search(value.text):
        section.warn(value.where, f"{what} names {EMERGENCY}, but the emergency number is {emergency}; write that")


def with_emergency(pronunciation: Pronunciation, emergency: str) -> Pronunciation:
    """A table in which the emergency number is spoken digit by digit, unless it says otherwise. One of two digits is
    said as a number, which other texts have as well: "January 15"."""
    spoken = dict(pronunciation.spoken)
    return Pronunciation.of({emergency: " ".join(emergency), **spoken}) if len(emergency) > 2 else pronunciation
