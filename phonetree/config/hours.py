"""hours.yaml to a schedule, and the grammar of hours that the other file shares."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import pairwise

import holidays
import pytz
from pytz.tzinfo import BaseTzInfo

from phonetree.config.document import Item, Listing, Scalar, Table
from phonetree.config.reader import Findings, Section, suggest
from phonetree.core.schedule import MINUTES_OF_A_DAY, DatedHours, Names, Schedule, Span, Week
from phonetree.errors import Where

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

YEARS_OF_NAMES = (2024, 2030)
"""A holiday that `names` speaks of has to be in the calendars of one of these years."""

_TIME = re.compile(r"(\d{1,2}):(\d{2})\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_OBSERVED = re.compile(r"\s*\((observed|estimated|in lieu)[^)]*\)")


def read_schedule(table: Table, languages: tuple[str, ...], findings: Findings) -> Schedule:
    """The schedule that hours.yaml describes; what is wrong with it is noted in `findings`."""
    section = Section(table, "", findings)
    zone = _zone(section)
    week = read_week(section.section("open", "open", hint="write the weekly hours, such as monday-friday: 9:00-17:00"))
    lookup = _holidays(section.section("holidays", "holidays"), languages)
    dated = tuple(_dated(section, "closures", languages)) + tuple(_dated(section, "openings", languages))
    section.refuse_unknown()
    _refuse_overlaps(section, dated)
    entries = tuple(sorted((entry for entry, _ in dated), key=lambda entry: entry.first))
    return Schedule(zone, week, entries, lookup)


def _zone(section: Section) -> BaseTzInfo:
    name = section.text("timezone", "UTC", hint="write the zone's name, such as America/New_York")
    try:
        return pytz.timezone(name.text)
    except pytz.UnknownTimeZoneError:
        known = suggest(name.text, pytz.common_timezones)
        section.problem(name.where, f"'{name.text}' is not a time zone{known}")
        return pytz.UTC


# -- spans and weeks


def read_week(section: Section) -> Week:
    """A week of spans: `monday-friday: 9:00-17:00`. A day that is not named has none."""
    days: list[tuple[Span, ...]] = [()] * 7
    named: dict[int, str] = {}
    entries = list(section.entries())
    for key, item in entries:
        spans = read_spans(section, item, key.text)
        for day in _weekdays(section, key):
            if day in named:
                text = f"{WEEKDAYS[day]} has hours twice, in '{named[day]}' and '{key.text}'; name it once"
                section.problem(key.where, text)
            named[day], days[day] = key.text, spans
    if not entries and section.present:
        section.problem(section.where, "no day has hours; write them, such as monday-friday: 9:00-17:00")
    return Week(tuple(days))


def _weekdays(section: Section, key: Scalar) -> list[int]:
    if key.text in ("daily", "every day"):
        return list(range(7))
    found: list[int] = []
    for part in key.text.lower().split(","):
        first, _, last = (word.strip() for word in part.partition("-"))
        for word in (first, last) if last else (first,):
            if word not in WEEKDAYS:
                known = suggest(word, WEEKDAYS)
                section.problem(key.where, f"'{word}' is not a day of the week{known}")
                return []
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        found += [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]
    return found


def read_spans(section: Section, item: Item | None, what: str) -> tuple[Span, ...]:
    """Spans such as `9:00-12:00, 13:00-17:00`, over midnight `18:00-02:00`, the whole day `0:00-24:00`."""
    if isinstance(item, Listing):
        section.problem(item.where, f"'{what}' has to be text; write 9:00-12:00, 13:00-17:00 without brackets")
        return ()
    value = section.scalar(item, f"'{what}'", "closed")
    if value.text == "closed":
        return ()
    spans = [
        span
        for part in value.text.split(",")
        if (span := section.attempt(value.where, lambda part=part: _span(part.strip()), None))  # type: ignore[misc]
    ]
    spans.sort(key=lambda span: span.start)
    for one, two in pairwise(spans):
        if two.start < one.end:
            section.problem(value.where, f"{one} and {two} overlap; join them or move one")
    return tuple(spans)


def _span(text: str) -> Span:
    start_text, dash, end_text = text.partition("-")
    if not dash:
        raise ValueError(f"'{text}' is not a span of time; write it like 9:00-17:00")
    start, end = _minutes(start_text.strip()), _minutes(end_text.strip())
    if start == MINUTES_OF_A_DAY:
        raise ValueError(f"'{text}' starts at 24:00; write 0:00 on the next day")
    if start == end:
        raise ValueError(f"'{text}' has no length; write 0:00-24:00 for the whole day, or 'closed'")
    return Span(start, end if end > start else end + MINUTES_OF_A_DAY)


def _minutes(text: str) -> int:
    found = _TIME.match(text)
    hours, minutes = (int(part) for part in found.groups()) if found else (99, 99)
    if minutes > 59 or hours * 60 + minutes > MINUTES_OF_A_DAY:
        raise ValueError(f"'{text}' is not a time; write it on the 24-hour clock, like 9:00 or 17:30")
    return hours * 60 + minutes


# -- dates


def _dated(section: Section, key: str, languages: tuple[str, ...]) -> Iterable[tuple[DatedHours, Where]]:
    for number, item in enumerate(section.items(key), 1):
        entry = section.subsection(item, f"{key}, entry {number}")
        if not entry.present:
            continue
        first, last = _first_and_last(entry)
        spans: tuple[Span, ...] = ()
        if entry.has("open") or key == "openings":
            hours = entry.require("open", "write the hours of that day, such as open: 10:00-14:00")
            spans = read_spans(entry, hours, "open")
        names = read_names(entry, "name", languages, hint="say what the day is, such as name: snow day")
        if unnamed := [language for language in languages if names and language not in names]:
            text = f"has no name in {', '.join(map(repr, unnamed))}; there callers hear the product's own word for it"
            entry.warn(entry.where_of("name"), f"{text}, so write it as {{{languages[0]}: ..., {unnamed[0]}: ...}}")
        entry.take("note")
        entry.refuse_unknown()
        if first and last and last < first:
            entry.problem(entry.where, f"it ends on {last}, before it begins on {first}; exchange the dates")
        elif first and last:
            yield DatedHours(first, last, spans, names), entry.where


def _first_and_last(entry: Section) -> tuple[date | None, date | None]:
    if entry.has("date") and (entry.has("from") or entry.has("to")):
        entry.problem(entry.where, "it has a 'date' and also 'from' or 'to'; use one or the other")
        for key in ("date", "from", "to"):
            entry.take(key)
        return None, None
    if entry.has("from") or entry.has("to"):
        hint = "write both, such as from: 2026-12-24 and to: 2027-01-01"
        first = _date(entry, entry.text("from", hint=hint))
        last = _date(entry, entry.text("to", hint=hint))
        return first, last
    day = _date(entry, entry.text("date", hint="write the day, such as date: 2026-11-27"))
    return day, day


def _date(section: Section, value: Scalar) -> date | None:
    if not value.text:
        return None
    if _DATE.match(value.text):
        try:
            return date.fromisoformat(value.text)
        except ValueError:
            pass  # a month or a day that does not exist: said below
    section.problem(value.where, f"'{value.text}' is not a date; write year-month-day, like 2026-11-27")
    return None


def read_date(section: Section, key: str) -> date | None:
    """The date under a key, or None."""
    return _date(section, section.text(key))


def _refuse_overlaps(section: Section, dated: tuple[tuple[DatedHours, Where], ...]) -> None:
    ordered = sorted(dated, key=lambda pair: (pair[0].first, pair[1]))
    for number, (entry, where) in enumerate(ordered):
        for earlier, earlier_where in ordered[:number]:
            if entry.first <= earlier.last:
                late, early = max(where, earlier_where), min(where, earlier_where)
                section.problem(late, f"{entry.first} also has an entry on line {early.line}; give each day one entry")


# -- names and holidays


def read_names(section: Section, key: str, languages: tuple[str, ...], *, hint: str | None = None) -> Names:
    """What something is called: plain text is the first language's, a table has one for each language.

    No `languages`: those of routing.yaml could not be read, and any may stand here.
    """
    item = section.require(key, hint) if hint else section.take(key)
    if isinstance(item, Table):
        return {
            language.text: _name(section, section.scalar(text, f"'{key}', {language.text}"), f"'{key}'")
            for language, text in item.entries
            if _is_language(section, language, languages)
        }
    text = section.plain(section.scalar(item, f"'{key}'"), f"'{key}'")
    return {languages[0]: text} if text and languages else {}


def _name(section: Section, value: Scalar, what: str) -> str:
    if not value.text:
        section.problem(value.where, f"{what} is empty; write what it is called, or leave the language out")
    return section.plain(value, what)


def _is_language(section: Section, language: Scalar, languages: tuple[str, ...]) -> bool:
    if language.text in languages or not languages:  # what is wrong with them is said in routing.yaml
        return True
    section.problem(language.where, f"'{language.text}' is not one of the languages{suggest(language.text, languages)}")
    return False


def _holidays(section: Section, languages: tuple[str, ...]) -> Callable[[date], Names | None]:
    items = section.items("calendars")
    calendars = [calendar for item in items if (calendar := _calendar(section, item))]
    known = tuple(calendars) if len(calendars) == len(items) else ()
    renamed = _renamed(section.section("names", "holidays, names"), known, languages)
    section.refuse_unknown()
    return _lookup(tuple(calendars), renamed, languages[0] if languages else "en")


def _calendar(section: Section, item: Item) -> tuple[str, str | None] | None:
    value = section.scalar(item, "a calendar")
    country, _, subdivision = value.text.partition("-")
    supported: Mapping[str, list[str]] = holidays.list_supported_countries(include_aliases=False)
    if country not in supported:
        section.problem(value.where, f"'{value.text}' is not a calendar; write a country or a state, like US or US-MA")
        return None
    if subdivision and subdivision not in supported[country]:
        known = suggest(subdivision, supported[country])
        section.problem(value.where, f"'{country}' has no calendar for '{subdivision}'{known}")
        return None
    return country, subdivision or None


def _renamed(
    section: Section, calendars: tuple[tuple[str, str | None], ...], languages: tuple[str, ...]
) -> Mapping[str, Names]:
    names: dict[str, Names] = {}
    known = {name for year in YEARS_OF_NAMES for _, name in _public(calendars, year)} if section.present else set()
    for key, _ in section.entries():
        names[key.text] = read_names(section, key.text, languages)
        if calendars and key.text not in known:
            section.problem(key.where, f"no calendar has a holiday '{key.text}'{suggest(key.text, sorted(known))}")
    return names


def _public(calendars: tuple[tuple[str, str | None], ...], year: int) -> Iterator[tuple[date, str]]:
    """Every public holiday of a year as the calendars call it, without "(observed)"."""
    for country, subdivision in calendars:
        for day, name in holidays.country_holidays(country, subdiv=subdivision, years=year).items():
            if day.year == year:
                yield day, _OBSERVED.sub("", name).split(";")[0].strip()


def _lookup(
    calendars: tuple[tuple[str, str | None], ...], renamed: Mapping[str, Names], first: str
) -> Callable[[date], Names | None]:
    """Public holidays of any of the calendars. A year is worked out when one of its days is asked for."""

    @lru_cache(maxsize=64)
    def year(number: int) -> Mapping[date, Names]:
        found: dict[date, Names] = {}
        for day, name in _public(calendars, number):
            found.setdefault(day, renamed.get(name, {first: name}))
        return found

    return lambda day: year(day.year).get(day)
