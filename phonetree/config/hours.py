"""hours.yaml to a schedule, and the grammar of hours that both files use."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache

import pytz
from pytz.tzinfo import BaseTzInfo

from phonetree.config import cut
from phonetree.config.calendars import Holiday, countries, own_language, public_holidays, states
from phonetree.config.document import Item, Listing, Scalar, Table
from phonetree.config.reader import LONGEST_NAME, Findings, Section, closest, suggest, with_colons
from phonetree.config.spans import looks_like_a_span, spans_of
from phonetree.config.weekdays import WEEKDAYS, days_of
from phonetree.core.schedule import DatedHours, Names, Schedule, Span, Week, first_name
from phonetree.errors import Where

YEARS_OF_NAMES = range(2024, 2041)
"""A holiday in `names` has to be in the calendars of one of these years. Some are there only when a date falls on a
certain weekday, which it does within twelve years."""

MOST_DATED = 1000
"""Closures and openings together: what a helpline needs in twenty years."""

LONGEST_ENTRY_DAYS = 366
"""Days of one closure or opening. A line that is closed for longer is closed by mistake."""

YEARS = (2000, 2100)
"""The first and the last year of a valid date."""

MOST_CALENDARS = 20
"""Calendars of holidays: each takes time when a year is computed."""

_QUOTES = 'inside braces write quotes around several spans, such as "9:00-12:00, 13:00-17:00"'
"""What to do when a comma between two spans made the second one a key."""

_ZONE = "write the zone of a large city that has your time, such as America/New_York"

_CALENDARS = (
    "write holidays: {calendars: [US, US-MA]}, or holidays: none if the line is to open on every public holiday"
)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_WITHOUT_ZEROS = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})\Z")


def read_schedule(table: Table, languages: tuple[str, ...], findings: Findings) -> Schedule:
    """The schedule in hours.yaml; its problems are added to `findings`."""
    section = Section(table, "", findings)
    zone = _zone(section)
    week = read_week(section.section("open", "open", hint="write the weekly hours, such as monday-friday: 9:00-17:00"))
    lookup = _holidays(section, languages)
    dated = tuple(_all_dated(section, languages))
    section.refuse_unknown()
    if not _refuse_overlaps(section, dated):
        dated = ()
    cut.explain(table, findings, ended=section.lacks("open") and section.lacks("holidays"))
    entries = tuple(sorted((entry for entry, _ in dated), key=lambda entry: entry.first))
    return Schedule(zone, week, entries, lookup)


def _zone(section: Section) -> BaseTzInfo:
    name = section.text("timezone", hint=_ZONE)
    if name.text in pytz.all_timezones_set:
        zone = pytz.timezone(name.text)
        if "/" in name.text and name.text in pytz.common_timezones_set:
            return zone
        offsets = {datetime(2026, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7)}
        wrong = "never changes to summer time" if len(offsets) == 1 else "is an old name"
        section.problem(name.where, f"'{name.text}' {wrong}; {_ZONE}")
    elif name.text:
        cities = {zone.rpartition("/")[2].lower(): zone for zone in pytz.common_timezones}
        city = cities.get(name.text.lower().replace(" ", "_"))
        near = city or closest(name.text, pytz.common_timezones)
        hint = f"did you mean '{near}'?" if near else _ZONE
        section.problem(name.where, f"'{name.text}' is not a time zone; {hint}")
    return pytz.UTC


# -- spans and weeks


def read_week(section: Section) -> Week:
    """A week of spans: `monday-friday: 9:00-17:00`. Days that are not named have none."""
    days: list[tuple[Span, ...]] = [()] * 7
    named: dict[int, str] = {}
    entries = list(section.entries())
    for key, item in entries:
        if looks_like_a_span(key.text):
            section.problem(key.where, f"'{key.text}' stands by itself; {_QUOTES}")
            continue
        spans = read_spans(section, item, key.text)
        for day in _days(section, key):
            if day in named:
                text = f"{WEEKDAYS[day]} has hours twice, in '{named[day]}' and '{key.text}'; name it once"
                section.problem(key.where, text)
            named[day], days[day] = key.text, spans
    if not entries and section.present:
        section.problem(section.where, "no day has hours; write them, such as monday-friday: 9:00-17:00")
    return Week(tuple(days))


def _days(section: Section, key: Scalar) -> tuple[int, ...]:
    return section.attempt(key.where, lambda: days_of(key.text), ())


def read_spans(section: Section, item: Item | None, what: str) -> tuple[Span, ...]:
    """Spans such as `9:00-12:00, 13:00-17:00`, over midnight `18:00-2:00`, the whole day `0:00-24:00` (`spans`)."""
    if isinstance(item, Listing):
        section.problem(item.where, f"'{what}' has to be text; write 9:00-12:00, 13:00-17:00 without brackets")
        return ()
    value = section.scalar(item, f"'{what}'", "closed")
    return section.attempt(value.where, lambda: spans_of(value.text), ())


# -- dates


def _all_dated(section: Section, languages: tuple[str, ...]) -> Iterator[tuple[DatedHours, Where]]:
    """The closures and the openings, each with its place."""
    lists = {key: section.items(key) for key in ("closures", "openings")}
    number = sum(map(len, lists.values()))
    if number > MOST_DATED:
        text = f"there are {number:,} closures and openings; at most {MOST_DATED:,} are allowed"
        section.refuse(max(lists.values(), key=len)[0].where, f"{text}; remove past ones")
    for key, items in lists.items():
        yield from _dated(section, key, items, languages)


def _dated(
    section: Section, key: str, items: tuple[Item, ...], languages: tuple[str, ...]
) -> Iterator[tuple[DatedHours, Where]]:
    for number, item in enumerate(items, 1):
        entry = section.subsection(item, f"{key}, entry {number}")
        if not entry.present:
            continue
        first, last = _first_and_last(entry)
        spans: tuple[Span, ...] = ()
        if entry.has("open") or key == "openings":
            hours = entry.require("open", "write the hours of that day, such as open: 10:00-14:00")
            spans = read_spans(entry, hours, "open")
        names: Names = {}
        if entry.has("name") or not spans:  # callers hear why a day is closed, and not why it is open
            names = read_names(entry, "name", languages, hint="say what the day is, such as name: snow day")
        if unnamed := [language for language in languages if names and language not in names]:
            text = f"has no name in {', '.join(map(repr, unnamed))}, where callers hear only a general word"
            entry.warn(entry.where_of("name"), f"{text}; write it as {{{languages[0]}: ..., {unnamed[0]}: ...}}")
        entry.note()
        _refuse_split_spans(entry)
        entry.refuse_unknown()
        if first and last and _is_in_order(entry, first, last):
            yield DatedHours(first, last, spans, names, (entry.where.line, entry.where.column)), entry.where


def _refuse_split_spans(entry: Section) -> None:
    """Reports what follows a comma in `{open: 9:00-12:00, 13:00-17:00}`, which YAML takes for another setting."""
    for name, key in entry.names():
        if looks_like_a_span(name):
            entry.take(name)
            entry.problem(key.where, f"'{name}' stands by itself; {_QUOTES}")


def _is_in_order(entry: Section, first: date, last: date) -> bool:
    if last < first:
        fix = "swap the dates" if (first - last).days < LONGEST_ENTRY_DAYS else "check the years"
        entry.problem(entry.where, f"it ends on {last}, before it begins on {first}; {fix}")
    elif (days := (last - first).days + 1) > LONGEST_ENTRY_DAYS:
        text = f"it lasts for {days} days, from {first} to {last}, but at most {LONGEST_ENTRY_DAYS} are allowed"
        entry.problem(entry.where, f"{text}; check the years")
    return first <= last


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
            day = date.fromisoformat(value.text)
        except ValueError:
            section.problem(value.where, no_such_day(value.text))
            return None
        else:
            if YEARS[0] <= day.year <= YEARS[1]:
                return day
            section.problem(value.where, f"'{day}' is outside the years {YEARS[0]} to {YEARS[1]}; check the year")
            return None
    written = "year-month-day, like 2026-11-27"
    if parts := _WITHOUT_ZEROS.match(value.text):
        written = f"{parts[1]}-{parts[2]:0>2}-{parts[3]:0>2}, with two digits for the month and the day"
    section.problem(value.where, f"'{value.text}' is not a date; write {written}")
    return None


def no_such_day(text: str) -> str:
    """The problem with a day in the right form that is in no calendar."""
    _, month, _ = text.split("-")
    if not 1 <= int(month) <= 12:
        return f"'{text}': there is no month {month}; write year-month-day, like 2026-11-27"
    return f"'{text}': that month has no such day; check the calendar"


def read_date(section: Section, key: str) -> date | None:
    """The date under a key, or None."""
    return _date(section, section.text(key))


def _refuse_overlaps(section: Section, dated: tuple[tuple[DatedHours, Where], ...]) -> bool:
    """Reports each entry that overlaps one that begins earlier; True when there is none."""
    longest: tuple[DatedHours, Where] | None = None
    apart = True
    for entry, where in sorted(dated, key=lambda pair: (pair[0].first, pair[1])):
        if longest and entry.first <= longest[0].last:
            late, early = sorted(((entry, where), longest), key=lambda pair: pair[1], reverse=True)
            _tell_overlap(section, entry.first, late[1], early)
            if section.findings.single:  # a form may have changed either
                _tell_overlap(section, entry.first, early[1], late)
            apart = False
        if not longest or entry.last > longest[0].last:
            longest = entry, where
    return apart


def _tell_overlap(section: Section, day: date, at: Where, other: tuple[DatedHours, Where]) -> None:
    entry, where = other
    has = "has other hours already" if entry.spans else "is already closed"
    by = f", by '{name}'" if (name := first_name(entry.names)) else ""
    days = f"{entry.first}" if entry.first == entry.last else f"{entry.first} to {entry.last}"
    section.problem(at, f"{day} {has}{by} ({days}, line {where.line}); give each day one entry")


# -- names and holidays


def read_names(
    section: Section,
    key: str,
    languages: tuple[str, ...],
    *,
    hint: str | None = None,
    longest: int = LONGEST_NAME,
    numbered: bool = False,
) -> Names:
    """The names of something: plain text is in the first language, a table has one for each language. Those of a line
    may hold phone numbers (`numbered`), which are public.

    Without `languages`, those of routing.yaml could not be read, and any are accepted.
    """
    item = section.require(key, hint) if hint else section.take(key)
    if isinstance(item, Table):
        item = with_colons(item, languages, lambda where, text: section.problem(where, f"'{key}': {text}"))
        written = {
            language.text: section.scalar(text, f"'{key}', {language.text}")
            for language, text in item.entries
            if _is_language(section, language, languages)
        }
    else:
        written = {"": section.scalar(item, f"'{key}'")}
    if not numbered:
        for value in written.values():
            section.refuse_number(value, f"'{key}'")
    if isinstance(item, Table):
        return {language: _name(section, value, f"'{key}'", longest) for language, value in written.items()}
    text = section.plain(written[""], f"'{key}'", longest)
    return {languages[0]: text} if text and languages else {}


def _name(section: Section, value: Scalar, what: str, longest: int) -> str:
    if not value.text:
        section.problem(value.where, f"{what} is empty; write what it is called, or leave the language out")
    return section.plain(value, what, longest)


def _is_language(section: Section, language: Scalar, languages: tuple[str, ...]) -> bool:
    if language.text in languages or not languages:  # their problems are reported in routing.yaml
        return True
    section.problem(language.where, f"'{language.text}' is not one of the languages{suggest(language.text, languages)}")
    return False


def _holidays(parent: Section, languages: tuple[str, ...]) -> Callable[[date], Names | None]:
    """The public holidays. `none` has to be written, so that a lost line does not open the helpline on all of them."""
    item = parent.require("holidays", _CALENDARS)
    if isinstance(item, Scalar) and item.text in ("", "none"):
        if not item.text:
            parent.problem(item.where, f"'holidays' is empty; {_CALENDARS}")
        item = None
    section = parent.subsection(item, "holidays")
    if section.has("names") and not section.has("calendars"):
        section.problem(section.where, f"'calendars' is missing; {_CALENDARS}")
    items = section.items("calendars", most=MOST_CALENDARS)
    calendars = [calendar for item in items if (calendar := _calendar(section, item))]
    known = tuple(calendars) if len(calendars) == len(items) else ()
    renamed = _renamed(section.section("names", "holidays, names"), known, languages)
    section.refuse_unknown()
    return Holidays(tuple(calendars), renamed, languages)


def holidays_of(calendars: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The public holidays of calendars such as US-MA, as these call them, each with all that it is called; none of a
    calendar that there is not."""
    split = [name.partition("-")[::2] for name in calendars]
    known = ((country, state) for country, state in split if country in countries())
    read = tuple((country, state or None) for country, state in known if not state or state in states(country))
    found = {each.name: each.called for year in YEARS_OF_NAMES for each in _public(read, year)}
    return dict(sorted(found.items()))


def _calendar(section: Section, item: Item) -> tuple[str, str | None] | None:
    value = section.scalar(item, "a calendar")
    country, _, subdivision = value.text.partition("-")
    if country not in countries():
        meant = value.text.upper()
        near = meant if meant.partition("-")[0] in countries() else ""
        hint = f"did you mean '{near}'?" if near else "write a country or a state, like US or US-MA"
        section.problem(value.where, f"'{value.text}' is not a calendar; {hint}")
        return None
    known = states(country)
    if subdivision and subdivision not in known:
        near = closest(subdivision, known)
        hint = f"did you mean '{country}-{near}'?" if near else "write the short form of a state, like US-MA"
        section.problem(value.where, f"'{country}' has no calendar for '{subdivision}'; {hint}")
        return None
    return country, subdivision or None


def _renamed(
    section: Section, calendars: tuple[tuple[str, str | None], ...], languages: tuple[str, ...]
) -> Mapping[str, Names]:
    names: dict[str, Names] = {}
    known: set[str] = set()
    years = iter(YEARS_OF_NAMES)  # only as many as it takes
    for key, _ in section.entries():
        names[key.text] = read_names(section, key.text, languages)
        while key.text not in known and (year := next(years, None)):
            known.update(name for each in _public(calendars, year, languages) for name in each.called)
        if calendars and key.text not in known:
            section.problem(key.where, f"no calendar has a holiday '{key.text}'{suggest(key.text, sorted(known))}")
    return names


def _public(
    calendars: tuple[tuple[str, str | None], ...], year: int, languages: tuple[str, ...] = ()
) -> Iterator[Holiday]:
    """Every public holiday of a year."""
    for country, subdivision in calendars:
        yield from public_holidays(country, subdivision, year, languages)


class Holidays:
    """Public holidays of any of the calendars. A year is computed when one of its days is looked up. Those of two
    readings of one file are equal."""

    def __init__(
        self, calendars: tuple[tuple[str, str | None], ...], renamed: Mapping[str, Names], languages: tuple[str, ...]
    ) -> None:
        self._written = calendars, renamed, languages
        self._year = lru_cache(maxsize=64)(self._of)

    def __call__(self, day: date) -> Names | None:
        return self._year(day.year).get(day)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Holidays) and self._written == other._written

    def __hash__(self) -> int:
        return hash(self._written[0])

    def unnamed(self, language: str, years: Iterable[int]) -> tuple[str, ...]:
        """The holidays of some years that have no name in a language, as `names` calls them."""
        calendars, _, languages = self._written
        found = (each for year in years for each in _public(calendars, year, languages))
        return tuple(dict.fromkeys(each.name for each in found if language not in self._names(each)))

    def _of(self, year: int) -> Mapping[date, Names]:
        calendars, _, languages = self._written
        found: dict[date, Names] = {}
        for country, subdivision in calendars:
            for each in public_holidays(country, subdivision, year, languages):
                found.setdefault(each.day, self._names(each) or {own_language(country): each.name})
        return found

    def _names(self, holiday: Holiday) -> Names:
        """What a holiday is called in the helpline's languages: as the file says, or else as the calendar does."""
        _, renamed, languages = self._written
        written = next((renamed[name] for name in holiday.called if name in renamed), {})
        names = {**holiday.names, **written}
        return {language: names[language] for language in languages if language in names}
