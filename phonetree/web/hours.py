"""Hours in words for those who read: "Monday to Friday, 9 AM to 5 PM"."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import assert_never

from phonetree.core.schedule import Span, Week
from phonetree.core.tree import Always, During, HelplineHours, Hours, OwnHours
from phonetree.core.wording import sentence, time_form


def in_words(hours: Hours, words: Mapping[str, str], weekdays: list[str]) -> str:
    """When a line is open. `weekdays` are their names, from Monday on."""
    match hours:
        case Always():
            return words["day_and_night"]
        case HelplineHours(inside=inside):
            return words["as_we_are" if inside else "as_we_are_not"]
        case OwnHours(week=week):
            return week_in_words(week, words, weekdays)
        case During(hours=usual):
            return in_words(usual, words, weekdays)
        case _:
            assert_never(hours)


def week_in_words(week: Week, words: Mapping[str, str], weekdays: list[str]) -> str:
    """The hours of a week, days alike taken together."""
    return sentence("; ".join(_groups(week, words, weekdays)))


def time_in_words(moment: datetime, words: Mapping[str, str]) -> str:
    """The time of day of a moment: "5 PM"."""
    return _clock(moment.hour * 60 + moment.minute, words)


def _groups(week: Week, words: Mapping[str, str], names: list[str]) -> Iterator[str]:
    for spans, group in groupby(range(7), key=lambda day: week.days[day]):
        days = list(group)
        if spans:
            yield f"{_days(days, words, names)}, {_times(spans, words)}"


def _days(days: list[int], words: Mapping[str, str], names: list[str]) -> str:
    if len(days) == 7:
        return words["daily"]
    first, last = names[days[0]], names[days[-1]]
    return first if len(days) == 1 else words["days"].format(first=first, last=last)


def _times(spans: tuple[Span, ...], words: Mapping[str, str]) -> str:
    if spans == (Span(0, 24 * 60),):
        return words["day_and_night"].lower()
    each = (words["times"].format(start=_clock(span.start, words), end=_clock(span.end, words)) for span in spans)
    return ", ".join(each)


def _clock(minutes: int, words: Mapping[str, str]) -> str:
    hour, minute = divmod(minutes % (24 * 60), 60)
    form, on_the_clock = time_form(hour, minute)
    return words[form].format(clock=f"{on_the_clock}:{minute:02}" if minute else on_the_clock)
