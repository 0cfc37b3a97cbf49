"""What somebody should look at after an edit, in sentences for staff: words that were changed in some languages only,
limits that allow more, and texts that name hours when hours were changed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from phonetree.core.tree import Audio, Choice, GoTo, Language, Menu, Prompt, Site, Text
from phonetree.diff.describe import listed
from phonetree.diff.hours import lines_of_both, named, spoken_date, teams_of_both
from phonetree.diff.limits import loosened_limits
from phonetree.proof.moments import DAYS

THE_PAGE = "the public page"

_WORD = re.compile(r"\w+")
_NUMBER = r"(?<![\d.,:-])(?:[01]?\d|2[0-4])(?:[:.h][0-5]\d)?"
_AFTER = r"(?![\d-]|[.,:]\d)"
_FROM_TO = re.compile(rf"{_NUMBER}(?:\s*[-–—]\s*|[^\d.,;:!?]{{1,40}}){_NUMBER}{_AFTER}")
_MINUTES = re.compile(rf"(?<![\d:])(?:[01]?\d|2[0-4]):[0-5]\d{_AFTER}")


def to_check(old: Site, new: Site, since: date) -> Iterator[str]:
    """Every such sentence; days are looked at from `since` on."""
    yield from _changed_in_some(old, new, since)
    yield from loosened_limits(old, new)
    naming = tuple(dict.fromkeys(_naming_hours(old, new)))
    if len(naming) == 1:
        yield f"This text names hours: {naming[0]}; does it still hold?"
    elif naming:
        yield f"These texts name hours: {', '.join(naming)}; do they still hold?"


# -- texts, with what staff call them


Words = Mapping[Language, str]


@dataclass(frozen=True, slots=True)
class _Written:
    """A text in every language: its `place`, which both sites have, and what it is called."""

    place: tuple[object, ...]
    called: str
    words: Words


def _texts(site: Site) -> Iterator[_Written]:
    """The texts of a site; one that several menus share comes once."""
    seen: set[int] = set()
    for place, called, prompt in _prompts(site):
        if prompt and id(prompt) not in seen:
            seen.add(id(prompt))
            words = {language: "".join(_text(part) for part in parts) for language, parts in prompt.items()}
            yield _Written(place, called, words)


def _prompts(site: Site) -> Iterator[tuple[tuple[object, ...], str, Prompt | None]]:
    for node in site.nodes.values():
        yield (node.id, "say"), node.id, getattr(node, "say", None)
        if isinstance(node, Menu):
            yield (node.id, "again"), f"{node.id} when it is repeated", node.again
            for choice in node.choices:
                yield (node.id, choice.key), f"key {choice.key} in {node.id}", _label(choice)
    for choice in site.always.values():
        yield ("", choice.key), f"key {choice.key} in every menu", _label(choice)
    for number, passage in enumerate(site.page):
        for place, prompt in enumerate((passage.heading, passage.text, *passage.points)):
            yield (THE_PAGE, number, place), THE_PAGE, prompt


def _label(choice: Choice) -> Prompt | None:
    return choice.label if isinstance(choice.target, GoTo) else None


def _text(part: object) -> str:
    """The words of a part that are written for one language; not what is filled in for all, such as numbers."""
    match part:
        case Text(text):
            return text
        case Audio(transcript=transcript):
            return transcript
        case _:
            return " "


def _lines(site: Site) -> Iterator[_Written]:
    for line in site.resources.values():
        for what, words in (("name", line.names), ("languages", line.languages), ("about", line.about)):
            yield _Written((line.number, what), f"line {line.id}", words)


# -- words that were changed in some languages only


def _changed_in_some(old: Site, new: Site, since: date) -> Iterator[str]:
    found: dict[tuple[tuple[Language, ...], tuple[Language, ...]], dict[str, None]] = {}
    filled = list(_filled_in(old, new))
    before = {each.place: each.words for each in _all(old)}
    pairs = [(each.called, before.get(each.place, {}), each.words) for each in _all(new)]
    for called, was, now in (*pairs, *_days(old, new, since)):
        both = [language for language in new.languages if language in was and language in now]
        changed = tuple(each for each in both if _differ(was[each], now[each], filled, each))
        left = tuple(each for each in both if each not in changed)
        if changed and left:
            found.setdefault((changed, left), {})[called] = None
    for languages, places in found.items():
        changed_in, look_at = (listed(tuple(new.languages[each].name for each in part)) for part in languages)
        yield f"The words of {listed(tuple(places))} were changed in {changed_in} only; look at {look_at}"


def _all(site: Site) -> Iterator[_Written]:
    yield from _texts(site)
    yield from _lines(site)
    for name in next(iter(site.phrases.values())):
        words = {language: phrases[name] for language, phrases in site.phrases.items()}
        yield _Written(("phrase", name), f"phrase {name}", words)


def _days(old: Site, new: Site, since: date) -> Iterator[tuple[str, Words, Words]]:
    """The names of special days."""
    days = zip(old.schedule.days(since, DAYS), new.schedule.days(since, DAYS), strict=True)
    seen: list[tuple[Words, Words]] = []
    for was, now in days:
        if was.names != now.names and (was.names, now.names) not in seen:
            seen.append((was.names, now.names))
            yield f"{named(new, now.names)} ({spoken_date(now.date)})", was.names, now.names


def _filled_in(old: Site, new: Site) -> Iterator[tuple[Language, str, str]]:
    """What texts of a language are filled in with, and that changed itself: told once, not of each of these texts."""
    for line, before in lines_of_both(old, new):
        for language, name in line.names.items():
            yield language, before.names.get(language, name), name
    for language in new.languages:
        yield language, old.helpline.name, new.helpline.name


def _differ(was: str, now: str, filled: list[tuple[Language, str, str]], language: Language) -> bool:
    """Whether words of a language are other ones, whatever their punctuation."""
    if was == now:
        return False
    for spoken, before, after in filled:
        if spoken == language and was != before:
            was = was.replace(before, after)
    return _WORD.findall(was.casefold()) != _WORD.findall(now.casefold())


# -- texts that name hours


def _naming_hours(old: Site, new: Site) -> Iterator[str]:
    """The texts that name hours, if hours were changed, by what they are called; those of lines if theirs were."""
    schedule, before = new.schedule, old.schedule
    lines = {line.number for line, was in lines_of_both(old, new) if line.hours != was.hours}
    teams = any(team.hours != was.hours for team, was in teams_of_both(old, new))
    if not (lines or teams or schedule.week != before.week or str(schedule.zone) != str(before.zone)):
        return
    for each in (*_texts(new), *(line for line in _lines(new) if line.place[0] in lines)):
        if any(_names_hours(new, language, text) for language, text in each.words.items()):
            yield each.called


def _names_hours(site: Site, language: Language, text: str) -> bool:
    return any(pattern.search(text) for pattern in (_FROM_TO, _MINUTES, _said_in(site, language)))


def _said_in(site: Site, language: Language) -> re.Pattern[str]:
    """How a language says hours and weekdays, by the product's own phrases for them."""
    phrases = site.phrases[language]
    clock = [phrases[each] for each in ("one_in_the_morning", "one_in_the_afternoon", "morning", "afternoon")]
    said = [re.escape(each).replace(re.escape("{clock}"), _NUMBER) for each in clock]
    said += [re.escape(each) for each in (phrases["noon"], phrases["midnight"], *phrases["weekdays"].split(", "))]
    return re.compile("|".join(rf"\b{each}" for each in said), re.IGNORECASE)
