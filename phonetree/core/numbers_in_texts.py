"""Phone numbers in texts that everybody reads and that are kept, such as names and notes: a person's number stands in
none of them.
"""

import re

LEAST_DIGITS = 7
"""Digits of the shortest number that somebody can be rung at without an area code."""

_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:19|20)[0-9]{2}"
_TIME = "(?:[01][0-9]|2[0-4])[0-5][0-9]"
_TO = " ?[-/\u2013] ?"
_NO_NUMBER = re.compile(
    r"(?<!\d)(?:"
    rf"{_YEAR}[-./]{_MONTH}[-./]{_DAY}"
    rf"|{_DAY}[-./]{_MONTH}[-./]{_YEAR}"
    rf"|{_MONTH}[-./]{_DAY}[-./]{_YEAR}"
    rf"|{_YEAR}{_TO}{_YEAR}"
    r"|20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    r"|[0-9]{5}-[0-9]{4}"
    rf"|{_TIME}{_TO}{_TIME}"
    rf"|[0-9]{{1,2}}[.][0-9]{{2}}{_TO}[0-9]{{1,2}}[.][0-9]{{2}}"
    r")(?!\d)"
)
"""Dates, two years, times from one to another, and codes of post offices (ZIP+4)."""

_NUMBER = re.compile(rf"\d(?:[\s()./+_\u00b7\u2010-\u2015-]{{0,3}}\d){{{LEAST_DIGITS - 1},}}")
"""Digits with the signs that people write between them, whatever stands around."""


def holds_number(text: str) -> bool:
    """Whether a text holds what can be read as a phone number."""
    return _NUMBER.search(_NO_NUMBER.sub("x", text)) is not None


def refusal_in_name(text: str) -> str | None:
    """What is wrong with a name that holds one; None if it holds none."""
    return "has a phone number in it, which everybody would see; write the name alone" if holds_number(text) else None


def refusal_in_note(text: str) -> str | None:
    """The same of a note."""
    told = "has a phone number in it, which stays in History; say whose number it is instead"
    return told if holds_number(text) else None
