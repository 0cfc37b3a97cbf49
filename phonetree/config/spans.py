"""The grammar of hours: `9:00-12:00, 13:00-17:00`, over midnight `18:00-2:00`, and longer `9:00-5:00 next day`.

Anything else is refused, with what to write instead if that can be guessed.
"""

import re
from itertools import pairwise

from phonetree.core.schedule import MINUTES_OF_A_DAY, Span

LONGEST_UNSAID = 12 * 60
"""Minutes. A longer span over midnight needs the words `next day`: it is more often a mistake than meant."""

MOST_SPANS = 12
"""Spans of one day: more than anybody can remember."""

LONGEST_GUESSED = 100
"""Characters of a text that may have been meant as hours."""

HALF_A_DAY = MINUTES_OF_A_DAY // 2
EVENING = 18 * 60
"""The minute of the day at which the evening begins."""

_SPAN = re.compile(r"([0-9]{1,2}:[0-9]{2})\s*-\s*([0-9]{1,2}:[0-9]{2})(\s+next\s+day)?", re.IGNORECASE)

_LOOSE_TIME = r"(noon|midnight|[0-9]{1,2}(?:[:.h\uff1a]?[0-9]{2})?)\s*([ap]\.?m\b\.?)?"
_LOOSE_SPAN = re.compile(
    rf"{_LOOSE_TIME}\s*(?:[-\u2010-\u2015\u2212]+|to\b|until\b|till\b)\s*{_LOOSE_TIME}"
    r"(\s*\(?(?:on )?(?:the )?next day\)?|\s*\+\s*1\b)?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s,;/&|]+|\b(?:and|from|hours|hrs)\b", re.IGNORECASE)

_WHOLE_DAY = ("24/7", "24h", "24 h", "24 hours", "24 hours a day", "always", "all day", "open", "round the clock")
_NO_HOURS = ("", "none", "no", "off", "never", "-", "closed", "not open", "n/a")


def spans_of(text: str) -> tuple[Span, ...]:
    """The spans of a day, in order; none for `closed`. Raises ValueError with what is wrong and what to write."""
    if text == "closed":
        return ()
    found = [_SPAN.fullmatch(part.strip()) for part in text.split(",", MOST_SPANS)]
    if len(found) > MOST_SPANS:
        raise ValueError(f"a day has at most {MOST_SPANS} spans of time; join some of them")
    if None in found:
        raise ValueError(_instead(text))
    spans = tuple(_span(match) for match in found if match)
    for one, two in pairwise(spans):
        if two.start < one.start:
            raise ValueError(f"{two} comes after {one}, but begins before it; {_in_order(one, two)}")
        if two.start < one.end:
            raise ValueError(f"{one} and {two} overlap; join them or move one")
    return spans


def looks_like_a_span(text: str) -> bool:
    """Whether somebody who wrote this meant a span of time."""
    return len(text) <= LONGEST_GUESSED and bool(_LOOSE_SPAN.fullmatch(text))


def _span(match: re.Match[str]) -> Span:
    text, next_day = match[0], bool(match[3])
    start, end = _minutes(match[1]), _minutes(match[2])
    if start == MINUTES_OF_A_DAY:
        raise ValueError(f"'{text}' starts at 24:00; write 0:00 on the next day")
    if next_day and start < end:
        hours = _hours(end + MINUTES_OF_A_DAY - start)
        raise ValueError(f"'{text}' lasts for {hours} hours, but a span has at most 24; leave out 'next day'")
    if start == end and not next_day:
        raise ValueError(f"'{text}' has no length; write 0:00-24:00 for the whole day, or 'closed'")
    if start < end:
        return Span(start, end)
    span = Span(start, end + MINUTES_OF_A_DAY)
    if span.over_midnight and span.end - start > LONGEST_UNSAID and not next_day:
        hours = _hours(span.end - start)
        raise ValueError(f"'{text}' runs over midnight for {hours} hours; write {_otherwise(start, end)}, or {span}")
    return span


def _otherwise(start: int, end: int) -> str:
    """What else may be meant by a long span over midnight."""
    if end < HALF_A_DAY:
        part = "evening" if end + HALF_A_DAY >= EVENING else "afternoon"
        return f"{Span(start, end + HALF_A_DAY)} if the {part} is meant"
    return f"{Span(end, start)} if the times are the wrong way round"


def _in_order(one: Span, two: Span) -> str:
    """What to write when `two` comes after `one`, but begins before it."""
    first = f"put {two} first"
    if one.end <= two.start + HALF_A_DAY and two.end < HALF_A_DAY:
        return f"write {Span(two.start + HALF_A_DAY, two.end + HALF_A_DAY)} if the afternoon is meant, or {first}"
    return first


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    total = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or total > MINUTES_OF_A_DAY:
        raise ValueError(f"'{text}' is not a time; write it on the 24-hour clock, like 9:00 or 17:30")
    return total


def _hours(minutes: int) -> str:
    return f"{round(minutes / 60, 1):g}"


# -- what may have been meant


def _instead(text: str) -> str:
    """The problem with a text that is not in the form of hours, and what to write."""
    plain = " ".join(text.lower().split())
    if plain in _WHOLE_DAY:
        return f"'{text}' is not a span of time; write 0:00-24:00 for the whole day"
    if plain in _NO_HOURS:
        return f"'{text}' is not a span of time; write closed where there are no hours"
    guesses = ", ".join(_guesses(text)) if len(text) <= LONGEST_GUESSED else ""
    try:
        spans_of(guesses)
    except ValueError:
        guesses = ""
    hint = f"write {guesses}, if that is meant" if guesses else "write it like 9:00-17:00"
    return f"'{text}' is not a span of time; {hint}"


def _guesses(text: str) -> list[str]:
    """The spans that were meant by `9-5`, `9am to 5pm` or `9-12 1-5`; [] if that is unclear."""
    if _BETWEEN.sub("", _LOOSE_SPAN.sub(" ", text)):
        return []
    found: list[Span] = []
    for match in _LOOSE_SPAN.finditer(text):
        start, end = _guess(match)
        if found and start < found[-1].start and not match[2]:
            start, end = start + HALF_A_DAY, end + HALF_A_DAY  # 9-12, 1-5
        try:
            found.append(Span(start, end))
        except ValueError:
            return []
    return list(map(str, found))


def _guess(match: re.Match[str]) -> tuple[int, int]:
    start, end, end_half = _loose_minutes(match[1], match[2]), _loose_minutes(match[3], match[4]), match[4]
    if end_half and not match[2] and start + HALF_A_DAY < end:
        start += HALF_A_DAY  # 1-5pm
    late = match[5] or end_half or match[3].lower() == "midnight"
    if not late and 0 < end < HALF_A_DAY and end < start and end + MINUTES_OF_A_DAY - start > LONGEST_UNSAID:
        end += HALF_A_DAY  # 9-5
    return start, end + MINUTES_OF_A_DAY if end <= start or match[5] else end


def _loose_minutes(text: str, half: str | None) -> int:
    if not text[0].isdigit():
        return HALF_A_DAY if text.lower() == "noon" else 0
    digits = re.sub("[^0-9]", "", text)
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if half and hours <= 12:
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    return hours * 60 + minutes
