"""The answers that describe a new helpline, each checked by the rules of the files that it goes into.

Every function here takes what somebody typed, and raises PhonetreeError with a sentence when it cannot be used.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TypeVar

import pytz

from phonetree.config.calendars import countries
from phonetree.config.document import Item, Listing, Scalar, Table
from phonetree.config.emergency import KNOWN, read_emergency
from phonetree.config.hours import read_schedule
from phonetree.config.numbers import NumberRules, country_of, read_number
from phonetree.config.reader import Findings, Section
from phonetree.core.characters import plain_letters, refusal
from phonetree.core.numbers_in_texts import refusal_in_name
from phonetree.core.phrases import PHRASES
from phonetree.core.schedule import Schedule
from phonetree.core.speech import speech_seconds
from phonetree.errors import PhonetreeError, Where

LONGEST_NAME_SECONDS = 3.0
"""Speech of a name: callers hear it before they can choose, and help has to be seconds away."""

MOST_TEAMS, MOST_MEMBERS, MOST_LINES = 3, 9, 5
"""Teams, phones of all teams together, and lines to begin with: what menus of five choices have room for, and what
stand-ins of different numbers there are for. The files can have more."""

NO_NUMBER_YET = "$HELPLINE_NUMBER"
TEAM = "advocates"
"""What a team is called of which only the members are named."""

RULES = NumberRules({}, stand_in=True)
"""As on a machine where no `$NAME` is set: what is made does not depend on this one's environment."""

_UNITED_STATES = frozenset({"US", "PR", "VI", "GU", "AS", "MP"})
_NOWHERE = Where("")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Team:
    """A team, and the names of its members. `id` is what the files call it."""

    id: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """An outside line that answers day and night. `spanish` is its name in Spanish, "" if that is the same; `verified`
    the day on which the number was last looked up, "" if nobody did, and `languages` those that it speaks."""

    id: str
    name: str
    number: str
    spanish: str = ""
    confidential: bool = False
    verified: str = ""
    languages: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """All of them. `hours` are days with their spans."""

    name: str
    number: str
    zone: str
    emergency: str
    hours: Mapping[str, str]
    holidays: tuple[str, ...]
    languages: tuple[str, ...]
    teams: tuple[Team, ...]
    lines: tuple[Line, ...]


KNOWN_LINES = {
    "+18007997233": Line(
        "ndvh",
        "the National Domestic Violence Hotline",
        "+1 800 799 7233",
        "la Línea Nacional contra la Violencia Doméstica",
        confidential=True,
        verified="2026-11-22",
        languages={"en": "more than 200 languages", "es": "más de 200 idiomas"},
    ),
    "+18006564673": Line(
        "rainn",
        "RAINN, the National Sexual Assault Hotline",
        "+1 800 656 4673",
        "RAINN, la Línea Nacional de Agresión Sexual",
        confidential=True,
        verified="2026-11-22",
        languages={"en": "English and Spanish", "es": "inglés y español"},
    ),
}
"""Lines for everybody in the United States, by their numbers."""


# -- one answer each


def name_of(text: str) -> str:
    """What the helpline is called."""
    return _name(text, "the name", is_public=True)


def helpline_number_of(text: str) -> str:
    """The number that callers dial, as it is written, or the name of one that the environment has."""
    _number(text)
    return text


def emergency_of(text: str) -> str:
    """The number that callers dial in danger."""
    table = _table({"emergency": _scalar(text)})
    return _read(lambda findings: read_emergency(Section(table, "", findings), ""))


def zone_of(text: str) -> str:
    """A time zone."""
    _schedule(zone=text)
    return text


def hours_of(text: str) -> Mapping[str, str]:
    """The days with their spans in `monday-friday: 9:00-17:00; saturday: 10:00-14:00`."""
    week: dict[str, str] = {}
    for part in _parts(text):
        days, colon, spans = (each.strip() for each in part.partition(":"))
        if not colon or not days[:1].isalpha():
            raise PhonetreeError(f"'{part}' does not say which days; write it like monday-friday: 9:00-17:00")
        if days in week:
            raise PhonetreeError(f"'{days}' has hours twice; write them together, such as 9:00-12:00, 13:00-17:00")
        week[days] = spans
    if not any(_schedule(hours=week).week.days):
        raise PhonetreeError("no day has hours; write at least one, such as monday-friday: 9:00-17:00")
    return week


def holidays_of(text: str) -> tuple[str, ...]:
    """Calendars of public holidays; () for none."""
    found = tuple(filter(None, re.split(r"[\s,;]+", text)))
    if [each.lower() for each in found] == ["none"]:
        return ()
    _some_once(found)
    _schedule(holidays=found)
    return found


def languages_of(text: str) -> tuple[str, ...]:
    """Languages whose phrases come with the product."""
    found = tuple(filter(None, re.split(r"[\s,;]+", text.lower())))
    for language in found:
        if language not in PHRASES:
            later = "others can be added to the files later (docs/staff.md)"
            raise PhonetreeError(f"'{language}' does not come with the product, but {' and '.join(PHRASES)}; {later}")
    _some_once(found)
    return found


def teams_of(text: str) -> tuple[Team, ...]:
    """The teams in `advocates: Ada, Bo; legal advice: Cy`. A single one needs no name."""
    teams: list[Team] = []
    for part in _parts(text):
        name, colon, members = (each.strip() for each in part.partition(":"))
        if not colon and re.match(rf"{TEAM}\b", part, re.IGNORECASE):
            raise PhonetreeError(f"'{part}' has no colon after the team's name; write it like {TEAM}: Ada, Bo")
        if not colon:
            name, members = TEAM, part
        people = tuple(_name(each, "a member's name", is_heard=False) for each in members.split(",") if each.strip())
        if not people:
            raise PhonetreeError(f"team '{name}' has nobody; write who answers, such as {TEAM}: Ada, Bo")
        teams.append(Team(_id(name, [team.id for team in teams], "team"), _name(name, "a team's name"), people))
        _some_once(people)
    everybody = {member for team in teams for member in team.members}  # whoever is in several has one phone
    _some_once([team.name for team in teams])
    _refuse_many(teams, MOST_TEAMS, "teams")
    _refuse_many(everybody, MOST_MEMBERS, "people")
    return tuple(teams)


def lines_of(text: str, helpline: str) -> tuple[Line, ...]:
    """The lines in `Our Partner Line, +1 800 799 7233; ...`: the best one first. None is the helpline itself."""
    ours = _number(helpline)
    lines: list[Line] = []
    for part in _parts(text):
        name, comma, number = (each.strip() for each in part.rpartition(","))
        if not comma:
            raise PhonetreeError(
                f"'{part}' lacks a name or a number; write both, such as Partner Line, +1 617 253 2300"
            )
        dialled = _number(number, ours, "a line's number")
        known = KNOWN_LINES.get(dialled)
        name = _name(name, "a line's name", is_public=True)
        if not known or known.name != name:
            known = Line(_id(name, [line.id for line in lines], "line"), name, number)
        lines.append(known)
    _some_once([_number(line.number) for line in lines])
    _refuse_many(lines, MOST_LINES, "lines")
    return tuple(lines)


# -- defaults


def usual_holidays(zone: str, hours: Mapping[str, str]) -> str:
    """The calendar of the country; none for a line that is open day and night."""
    if all(span == ((0, 24 * 60),) for span in _minutes(hours)):
        return "none"
    country = _country(zone)
    return country if country in countries() else "none"


def usual_lines(zone: str) -> str | None:
    """Lines for everybody in the zone's country; None if we know of none there."""
    if _country(zone) not in _UNITED_STATES:
        return None
    return "; ".join(f"{line.name}, {line.number}" for line in KNOWN_LINES.values())


def usual_emergency(number: str, zone: str) -> str | None:
    """What callers dial in danger in the country of the number, or, while that is not known, of the zone; None if that
    is not known for sure."""
    return KNOWN.get(_country(zone) if number.startswith("$") else country_of(_number(number)))


def _country(zone: str) -> str:
    return next((code for code, zones in pytz.country_timezones.items() if zone in zones), "")


def _minutes(hours: Mapping[str, str]) -> list[tuple[tuple[int, int], ...]]:
    return [tuple((span.start, span.end) for span in day) for day in _schedule(hours=hours).week.days]


# -- as the files are read


def _schedule(
    zone: str = "America/New_York", hours: Mapping[str, str] | None = None, holidays: Iterable[str] = ()
) -> Schedule:
    """The schedule of an hours.yaml with these answers."""
    week = {"daily": "0:00-24:00"} if hours is None else hours
    calendars = Listing(tuple(map(_scalar, holidays)), _NOWHERE)
    table = _table(
        {
            "timezone": _scalar(zone),
            "open": _table({days: _scalar(spans) for days, spans in week.items()}),
            "holidays": _table({"calendars": calendars}) if calendars.items else _scalar("none"),
        }
    )
    return _read(partial(read_schedule, table, ("en",)))


def _number(text: str, ours: str = "", what: str = "the number") -> str:
    """The number (E.164) that is written."""
    if not text.strip():
        raise PhonetreeError(f"{what} is empty; write it with + and the country code, like +1 617 253 2300")
    rules = NumberRules({}, stand_in=True, ours=frozenset({ours} - {""}))
    return _read(lambda findings: read_number(_section(findings), _scalar(text), rules))


def _name(text: str, what: str, *, is_heard: bool = True, is_public: bool = False) -> str:
    """A name that may be shown, and said if callers hear it. One of the helpline or a line, whose number is public
    anyway, may hold a number."""
    name = " ".join(text.split())
    if not any(map(str.isalnum, name)):
        raise PhonetreeError(f"{what} is empty; write one that callers or staff know")
    if bad := refusal(name) or (None if is_public else refusal_in_name(name)):
        raise PhonetreeError(f"{what} {bad}")
    _read(lambda findings: _section(findings).plain(_scalar(name), what))
    if is_heard and (seconds := speech_seconds(name)) > LONGEST_NAME_SECONDS:
        most = f"at most {LONGEST_NAME_SECONDS:g} s, because help has to be seconds away"
        raise PhonetreeError(f"{what} takes {seconds:.1f} s to say; choose one of {most}")
    return name


def _read(read: Callable[[Findings], T]) -> T:
    """What is read, or its first problem as an error."""
    findings = Findings()
    found = read(findings)
    if findings.problems:
        raise PhonetreeError(findings.problems[0].text)
    return found


def _section(findings: Findings) -> Section:
    return Section(_table({}), "", findings)


def _scalar(text: str) -> Scalar:
    return Scalar(text, _NOWHERE)


def _table(entries: Mapping[str, Item]) -> Table:
    return Table(tuple((_scalar(key), item) for key, item in entries.items()), _NOWHERE)


def _parts(text: str) -> list[str]:
    """What stands between semicolons."""
    return [part.strip() for part in text.split(";") if part.strip()]


def _id(name: str, taken: list[str], otherwise: str) -> str:
    """What the files call a team or a line: its name in small letters without accents, cut at a word."""
    words = re.sub(r"[^a-z0-9]+", " ", plain_letters(name).removeprefix("the ")).split()
    made = "_".join(words)[:40].strip("_") or otherwise
    return next(each for each in (made, *(f"{made}_{number}" for number in range(2, 99))) if each not in taken)


def _some_once(found: Iterable[str]) -> None:
    """Refuses none, and one that is there twice."""
    ordered = sorted(found)
    for one, two in pairwise(ordered):
        if one == two:
            raise PhonetreeError(f"'{one}' is there twice; write each once")
    if not ordered:
        raise PhonetreeError("nothing is written; write at least one")


def _refuse_many(found: Collection[T], most: int, what: str) -> None:
    if len(found) > most:
        raise PhonetreeError(f"these are {len(found)} {what}; begin with at most {most}, and add others to the files")
