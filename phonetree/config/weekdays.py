"""The grammar of days: `monday-friday`, over the weekend `friday-monday`, several `monday, wednesday`, and `daily`.

Anything else is refused, with what to write instead if that can be guessed. A guess has every day that was named:
whoever follows one that has fewer closes the line on the others, and nothing says so.
"""

import re

from phonetree.config.reader import closest
from phonetree.config.spans import LONGEST_GUESSED

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_EVERY_DAY = ("daily", "every day")

_MEANT = {
    **{day: day for day in WEEKDAYS},
    "weds": "wednesday",
    "weekdays": "monday-friday",
    "workdays": "monday-friday",
    "weekend": "saturday-sunday",
    "daily": "daily",
    "everyday": "daily",
}
"""The days that are meant by a word, which may be misspelt or cut short."""

_WORKDAYS = re.compile(r"\b(?:week|work|working|business) days?\b")
_TO = re.compile(r"\s*(?:[-\u2010-\u2015\u2212]+|\b(?:to|through|thru|until|till)\b)\s*")
_AND = re.compile(r"\s*(?:[,;&+]|\band\b)\s*")
_UNCLEAR = re.compile(r"\s*[/|]\s*|\s+")
"""Between two days it may mean "to" or "and"."""


def days_of(text: str) -> tuple[int, ...]:
    """The days that a text names, 0 for Monday. Raises ValueError with what is wrong and what to write."""
    if text.lower() in _EVERY_DAY:
        return tuple(range(len(WEEKDAYS)))
    found: list[int] = []
    for part in text.lower().split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if not first or (dash and not last):
            raise ValueError(f"'{text}' lacks a day; write it, such as monday-friday")
        if not {first, last or first} <= set(WEEKDAYS):
            raise ValueError(_instead(text))
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        found += [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]
    return tuple(found)


def _instead(text: str) -> str:
    """The problem with a text that names no days, and what to write."""
    wrong = f"'{text}' is not a day of the week" if text.isalpha() else f"'{text}' are not days of the week"
    guesses = " or ".join(f"'{each}'" for each in _guesses(text)) if len(text) <= LONGEST_GUESSED else ""
    return f"{wrong}; did you mean {guesses}?" if guesses else f"{wrong}; write them like monday-friday, or daily"


def _guesses(text: str) -> list[str]:
    """What was meant by `mon to fri` or `weekdays`, and both that may be by `monday/friday`; [] if that is unclear."""
    plain = _TO.sub("-", _WORKDAYS.sub("weekdays", text.lower().strip()))
    unclear = _UNCLEAR.split(plain)
    if len(unclear) == 2 and all(_meant(word) in WEEKDAYS for word in unclear):
        return ["-".join(map(_meant, unclear)), ", ".join(map(_meant, unclear))]
    parts = [word for part in _AND.split(plain) for word in _UNCLEAR.split(part)]
    guess = ", ".join(map(_part, parts))
    try:
        days_of(guess)
    except ValueError:
        return []
    return [guess]


def _part(text: str) -> str:
    """The days of `mon-fri`; of more with dashes between them, such as `mon-wed-fri`, each by itself."""
    words = [_meant(word) for word in text.split("-")]
    return "-".join(words) if len(words) <= 2 else ", ".join(words)


def _meant(word: str) -> str:
    """The days that a word means; "" if that is unclear."""
    word = word.rstrip(".")
    begun = [day for day in WEEKDAYS if word and day.startswith(word)]
    near = begun[0] if len(begun) == 1 else closest(word, _MEANT)
    return _MEANT[near] if near and word.isalpha() and near[0] == word[0] else ""
