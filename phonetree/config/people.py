"""Teams and resources: whom a call can reach, and when."""

import re
from collections.abc import Iterable, Mapping

from pytz.tzinfo import BaseTzInfo

from phonetree.config.document import Item, Scalar, Table
from phonetree.config.hours import read_date, read_names, read_week
from phonetree.config.links import read_link
from phonetree.config.numbers import EMERGENCY, NumberRules, held_as, read_number
from phonetree.config.phones import with_numbers
from phonetree.config.prompts import refuse_lacking
from phonetree.config.reader import LONGEST_NAME, Section, closest
from phonetree.core.ringing import LEAST_RING_SECONDS, SHORTEST_LONGEST_WAIT
from phonetree.core.schedule import Names, first_name
from phonetree.core.tree import (
    Always,
    Confidentiality,
    HelplineHours,
    Hours,
    LanguageInfo,
    Member,
    OwnHours,
    Resource,
    Ring,
    Team,
    Ways,
)
from phonetree.errors import Where

_CONFIDENTIALITY = {
    "true": Confidentiality.CONFIDENTIAL,
    "false": Confidentiality.NOT_CONFIDENTIAL,
    "private": Confidentiality.PRIVATE,
    "anonymous": Confidentiality.ANONYMOUS,
}
_HOURS_WORDS: Mapping[str, Hours] = {
    "always": Always(),
    "helpline hours": HelplineHours(inside=True),
    "outside helpline hours": HelplineHours(inside=False),
}


_SHORT_NUMBER = re.compile(r"[0-9]{3,6}\Z")
"""A number that is for texts alone, or for both, in one country."""

LONGEST_ABOUT = 300
"""Characters that say whom a line is for."""

MOST_RESOURCES = 200
"""Outside lines: more than anybody verifies twice a year."""

MOST_TEAMS, MOST_MEMBERS = 50, 100
"""Teams, and phones of one team. Each different shift makes more kinds of moment, all of which are proven."""


def read_hours(section: Section, key: str, default: Hours, zone: BaseTzInfo) -> Hours:
    """`always`, `helpline hours`, `outside helpline hours`, or its own week of spans."""
    item = section.take(key)
    if item is None:
        return default
    if isinstance(item, Table):
        return OwnHours(read_week(section.subsection(item, f"{section.label}, {key}")), zone)
    word = section.scalar(item, f"'{key}'")
    if word.text not in _HOURS_WORDS:
        meant = closest(word.text, _HOURS_WORDS)
        known = f"; write {', '.join(_HOURS_WORDS)}, or days with their times, such as monday-friday: 9:00-17:00"
        known = f"; did you mean '{meant}'?" if meant else known
        section.problem(word.where, f"'{key}' is '{word.text}', which are not hours{known}")
    return _HOURS_WORDS.get(word.text, default)


def read_teams(parent: Section, rules: NumberRules, zone: BaseTzInfo) -> Mapping[str, Team]:
    """The teams by name."""
    teams = parent.section("teams", "teams").at_most(MOST_TEAMS)
    called: dict[str, str] = {}
    return {name.text: _team(teams, name, item, rules, zone, called) for name, item in teams.entries()}


def _team(
    parent: Section, name: Scalar, item: Item, rules: NumberRules, zone: BaseTzInfo, called: dict[str, str]
) -> Team:
    """A team; `called` has the members of those before it by name, with what tells them apart."""
    section = parent.subsection(item, f"team '{name.text}'")
    parent.refuse_number(name, "the name of a team")
    ring = Ring(section.word("ring", Ring.TOGETHER, list(Ring)))
    seconds = section.number("seconds", 20, LEAST_RING_SECONDS, 60, "seconds of ringing")
    longest = section.number("longest_wait", 60, SHORTEST_LONGEST_WAIT, 300, "seconds that a caller waits at most")
    hours = read_hours(section, "open", HelplineHours(inside=True), zone)
    read = [
        _member(section, number, member, rules, zone)
        for number, member in enumerate(section.items("members", most=MOST_MEMBERS), 1)
    ]
    members = with_numbers(tuple(member for member, *_ in read), rules)
    for member, (_, named, numbered) in zip(members, read, strict=True):
        if member.phone and not member.number:
            section.warn(numbered, f"{member.name} is not rung: {_why_not(member.phone, rules)}")
        phone = member.phone or member.number
        if member.name and called.setdefault(member.name, phone) != phone:
            text = "so nobody can take their place; give each a name of their own"
            section.warn(named, f"several members with different phones are called '{member.name}', {text}")
    if not members:
        section.warn(section.where, "has no members; callers who are to reach it go on to 'otherwise' at once")
    if len(members) == 1:
        section.warn(section.where, "has only one member; nobody answers when that phone does not")
    _refuse_twice(section, read)
    section.refuse_unknown()
    return Team(name.text, ring, seconds, longest, hours, members)


def _why_not(name: str, rules: NumberRules) -> str:
    """Why nobody is rung whose phone has this name, and what to do."""
    if rules.phone(name):
        return f"the phone of ${name} is another member's of this team, or leads to the helpline; replace it in People"
    return f"${name} has no number; confirm a phone on the console's page People, or set {name} in the environment"


def _member(
    parent: Section, place: int, item: Item, rules: NumberRules, zone: BaseTzInfo
) -> tuple[Member, Where, Where]:
    """A member, without the number that the store holds, and where its name and its number are written."""
    section = parent.subsection(item, f"{parent.label}, member {place}")
    name = section.text("name", hint="say whose phone it is, such as name: Desk")
    phone = section.text("number", hint="write the number, or a name like $ADVOCATE_1")
    section.refuse_number(name, "'name'")
    if phone.text.startswith("$"):
        section.refuse_number(phone, "the name of the phone")
    shifts = read_hours(section, "shifts", Always(), zone)
    desk = section.word("desk", "false", ("false", "true")) == "true"
    section.refuse_unknown()
    if held := held_as(phone, rules):
        return Member(name.text, "", shifts, desk, held), name.where, phone.where
    number = read_number(section, phone, rules, members=True) if phone.text else ""
    return Member(name.text, number, shifts, desk), name.where, phone.where


def _refuse_twice(section: Section, read: Iterable[tuple[Member, Where, Where]]) -> None:
    """Reports whoever is in a team twice, and two members with one phone. Where single values are judged, each of the
    two is told: a form may have changed either."""
    seen: dict[str, tuple[Member, Where, Where]] = {}
    for found in read:
        member, named, numbered = found
        phone = member.phone or member.number
        other, other_named, other_numbered = seen.setdefault(phone, found) if phone else found
        if other is member:
            continue
        if other.name == member.name:
            text, places = f"'{member.name}' is in this team twice; remove one", (other_named, named)
        else:
            text = f"'{other.name}' and '{member.name}' have the same phone; remove one, or give it another phone"
            places = other_numbered, numbered
        for place in places if section.findings.single else places[1:]:
            section.problem(place, text)


def read_resources(
    parent: Section,
    languages: Mapping[str, LanguageInfo],
    rules: NumberRules,
    zone: BaseTzInfo,
    teams: Iterable[Team],
) -> Mapping[str, Resource]:
    """The outside lines by name. Their numbers are public, so none may be the phone of a member of a team."""
    resources = parent.section("resources", "resources").at_most(MOST_RESOURCES)
    phones = {member.number: member.name for team in teams for member in team.members if not member.desk}
    found = {}
    for name, item in resources.entries():
        section = resources.subsection(item, f"resource '{name.text}'")
        found[name.text] = read = _resource(section, name, languages, rules, zone)
        _refuse_phones(section, read, phones)
    return found


def _refuse_phones(section: Section, line: Resource, phones: Mapping[str, str]) -> None:
    """Reports every number of a line that is a person's phone."""
    ways = {"number": line.number, "text": line.ways.text, "tty": line.ways.tty, "videophone": line.ways.videophone}
    for key, number in ways.items():
        if number and (whose := phones.get(number)):
            text = f"'{key}' is the phone of {whose}, and would stand on the public page; write the line's own number"
            section.problem(section.where_of(key), text)


def _resource(
    section: Section, name: Scalar, languages: Mapping[str, LanguageInfo], rules: NumberRules, zone: BaseTzInfo
) -> Resource:
    names = _names(section, "name", languages, hint="write what callers hear the line called")
    phone = section.text("number", hint="write the number with its country code, such as +1 800 841 8371")
    hours = read_hours(section, "open", Always(), zone)
    if not section.has("open"):
        section.problem(section.where, "'open' is missing; write always, or the days and their times")
    kept = _CONFIDENTIALITY[section.word("confidential", "false", _CONFIDENTIALITY)]
    if not section.has("confidential"):
        section.problem(section.where, "'confidential' is missing; write true, false, private or anonymous")
    verified = read_date(section, "verified")
    if not section.has("verified"):
        section.warn(section.where, "has no 'verified' date; dial the number and write down the day")
    ways = _ways(section, rules)
    spoken, about = _names(section, "languages", languages), _names(section, "about", languages, longest=LONGEST_ABOUT)
    own = section.word("caller_id", "helpline", ("helpline", "caller")) == "caller"
    section.note()
    section.refuse_unknown()
    number = read_number(section, phone, rules) if phone.text else ""
    where = section.where_of("verified")
    return Resource(name.text, names, number, hours, kept, verified, own, where, ways, spoken, about)


def _names(
    section: Section,
    key: str,
    languages: Mapping[str, LanguageInfo],
    *,
    hint: str | None = None,
    longest: int = LONGEST_NAME,
) -> Names:
    """One text is the same in all languages, as a proper name is; a table has one for each."""
    names = read_names(section, key, tuple(languages), hint=hint, longest=longest, numbered=True)
    if isinstance(section.take(key), Scalar):
        return dict.fromkeys(languages, first_name(names))
    if names:
        refuse_lacking(section, section.where_of(key), key, languages, names)
    return names


def _ways(section: Section, rules: NumberRules) -> Ways:
    """The ways to a line without speaking."""
    return Ways(
        text=_text_number(section, rules),
        chat=read_link(section, "chat"),
        tty=_other_number(section, "tty", rules),
        videophone=_other_number(section, "videophone", rules),
        web=read_link(section, "web"),
    )


def _text_number(section: Section, rules: NumberRules) -> str:
    """The number under `text`, which may be a short one, such as 988."""
    value = section.text("text")
    if not _SHORT_NUMBER.match(value.text):
        return _other_number(section, "text", rules)
    if value.text in EMERGENCY:
        section.problem(
            value.where, f"'text' is '{value.text}', an emergency number, which the page names anyway; leave it out"
        )
    return value.text


def _other_number(section: Section, key: str, rules: NumberRules) -> str:
    return read_number(section, section.text(key), rules) if section.has(key) else ""
