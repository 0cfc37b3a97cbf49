"""Warnings that depend on the date: they do not block publishing, but somebody should check."""

import re
from calendar import isleap
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import readability

from phonetree.config.hours import Holidays
from phonetree.config.paths import reached_when
from phonetree.core.ringing import hours_of
from phonetree.core.rota import boundaries
from phonetree.core.schedule import Kind, first_name
from phonetree.core.speech import speech_seconds, whole_seconds
from phonetree.core.tree import (
    AGAIN_KEY,
    Language,
    Menu,
    NodeId,
    Part,
    Prompt,
    Resource,
    Site,
    Text,
    prompts_of,
)
from phonetree.errors import ConfigWarning, Where

OLD_DAYS = 180
"""A number that nobody has dialled for half a year may have changed."""

LONG_PROMPT_SECONDS = 25.0
"""Someone in distress remembers little of a longer prompt."""

FEWEST_WORDS = 10
"""Fewer words say nothing about how hard a text is."""

HARD_TO_READ = 45
"""LIX (Björnsson 1968): words per sentence plus the percentage of words of more than six letters. From about 45 on
a text is as hard as official writing. It counts no syllables, so it works for every language."""

HIGHEST_GRADE = 7
"""The highest school grade of an English text by the Flesch-Kincaid formula (Kincaid et al. 1975): text for everybody
is advised to stay at grade 6 to 8, and callers cannot read a sentence again."""

FEWEST_ENGLISH_WORDS = 20
"""A grade of fewer words depends on single names."""

SOON_DAYS = 60
"""A past date that, a year later, would be within so many days was meant a year later: in December people write this
year for next January."""

SHIFT_DAYS = timedelta(weeks=4)
"""How far ahead shifts are compared with the hours of their team."""

CLOSURES_BY = (11, 1)
"""From this month and day on, next year's closures should be known."""

_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH_WORD = re.compile(r"[a-z][a-z'’-]*")
_COUNTED_AS_NONE = re.compile(r"\b[^\W\daeiouy]+e?\b")
"""Words such as "the" and "we", in which the library finds no syllable."""
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_SENTENCE_END = re.compile(r"[.!?:;]+(?=\s|$)")
_SPOKEN_KEY = re.compile(r"\b(?:press|oprima|pulse|marque el)\s+(?:el\s+)?(\d|star|asterisco)\b", re.IGNORECASE)


FAR_YEARS = 5
"""Nobody plans so many years ahead: the year is mistyped."""


def advice(site: Site, folder: Path, today: date) -> tuple[ConfigWarning, ...]:
    """What staff should check, as of today."""
    hours, routing = (str(folder / name) for name in ("hours.yaml", "routing.yaml"))
    return (
        *(ConfigWarning(Where(hours), text) for text in missing_closures(site, today)),
        *(ConfigWarning(Where(hours), text) for text in _unnamed_holidays(site, today)),
        *(ConfigWarning(Where(hours, *place), text) for place, text in _dated(site, today)),
        *(ConfigWarning(Where(routing), text) for text in (*_languages(site), *_never_on_shift(site, today))),
        *(ConfigWarning(line.verified_at or Where(routing), text) for line, text in old_numbers(site, today)),
        *(
            ConfigWarning(site.places.get(node, Where(routing)), text)
            for node, text in (*_of_other_hours(site), *_spoken_keys(site), *_heavy_texts(site), *_hard_texts(site))
        ),
    )


def missing_closures(site: Site, today: date) -> Iterator[str]:
    """That next year's closures are missing, when they should be known."""
    following = today.year + 1
    known = any(entry.last.year == following for entry in site.schedule.dated)
    if (today.month, today.day) >= CLOSURES_BY and not known:
        yield f"no closures are written for {following}; ask which days are announced, and add them"


def _unnamed_holidays(site: Site, today: date) -> Iterator[str]:
    """The languages in which public holidays of this year and the next have no name, each with what to write."""
    holidays = site.schedule.holidays
    years = (today.year, today.year + 1)
    for language in site.complete_languages:
        lacking = holidays.unnamed(language, years) if isinstance(holidays, Holidays) else ()
        if lacking:
            more = f" and on {len(lacking) - 1} other holidays" if lacking[1:] else ""
            yield (
                f"callers in '{language}' hear only a general word on '{lacking[0]}'{more}, since the calendar has no "
                f'name in that language; write it under holidays, names, such as "{lacking[0]}": {{{language}: ...}}'
            )


def _dated(site: Site, today: date) -> Iterator[tuple[tuple[int, int], str]]:
    """Messages on entries for dates that are past or far ahead, with their places."""
    for entry in site.schedule.dated:
        called = f"'{name}'" if (name := first_name(entry.names)) else "it"
        if entry.last < today:
            yield entry.place, f"{called} was over on {entry.last}; {_meant(entry.first, today)}"
        elif entry.last.year >= today.year + FAR_YEARS:
            yield entry.place, f"{called} is more than {FAR_YEARS - 1} years ahead, on {entry.last}; check its year"


def _meant(first: date, today: date) -> str:
    """What to do with a past entry that began on `first`."""
    later = first + timedelta(days=365 + isleap(first.year + (first.month > 2)))
    last_years = first.year == today.year - 1
    if later >= today and (last_years or (later - today).days <= SOON_DAYS):
        return f"write {later} if the year is wrong, otherwise remove the entry"
    return "remove the entry, or check its year"


def old_numbers(site: Site, today: date) -> Iterator[tuple[Resource, str]]:
    """The lines last verified long ago, or in the future."""
    for line in site.resources.values():
        age = (today - line.verified).days if line.verified else 0
        if age > OLD_DAYS:
            try_all = "dial it, try its other ways," if line.ways.any else "dial it"
            yield line, f"resource '{line.id}' was last verified {age} days ago; {try_all} and write down the day"
        elif age < 0:
            text = f"'verified' ({line.verified}) is in the future; write the day on which the number was dialled"
            yield line, f"resource '{line.id}': {text}"


def _of_other_hours(site: Site) -> Iterator[tuple[NodeId, str]]:
    """Nodes with which calls begin while the line is open, and to which others come while it is not, or the other way
    round."""
    told: set[tuple[NodeId, NodeId]] = set()
    for kind in Kind:
        reached = reached_when(site, kind)
        is_open = kind is Kind.OPEN
        for name in (site.start[each] for each in Kind if (each is Kind.OPEN) is not is_open):
            before = reached.get(name)
            if before and name != site.start[kind] and (before, name) not in told:
                told.add((before, name))
                while_, when = ("open", "it is not") if is_open else ("closed", "it is open")
                yield (
                    before,
                    f"node '{before}' leads to '{name}' also while the line is {while_}; calls begin there when "
                    f"{when}, so look whether what it says is right then",
                )


def _spoken_keys(site: Site) -> Iterator[tuple[NodeId, str]]:
    """Texts that name a key which does nothing; the product itself says the keys."""
    for node in site.nodes.values():
        keys = {choice.key for choice in node.choices} if isinstance(node, Menu) else set()
        for prompt in (getattr(node, "say", None), getattr(node, "again", None)):
            for key in _keys(site, prompt):
                if key not in keys | site.always.keys() | {AGAIN_KEY}:
                    text = f"mentions key {key}, which does nothing there; leave keys out of texts"
                    yield node.id, f"node '{node.id}' {text}"


def _heavy_texts(site: Site) -> Iterator[tuple[NodeId, str]]:
    """Prompts that are long, or hard to follow."""
    for node in site.nodes.values():
        for prompt in (getattr(node, "say", None), getattr(node, "again", None)):
            for language, parts in (prompt or {}).items():
                text = _as_written(parts)
                whose = _whose(node.id, language)
                said = site.languages[language].pronunciation.aloud(text)
                if (seconds := speech_seconds(said)) > LONG_PROMPT_SECONDS:
                    yield (
                        node.id,
                        f"{whose} speaks for {whole_seconds(seconds)} s; split it, or leave out what can wait",
                    )
                if not _is_english(language) and reading_level(text) > HARD_TO_READ:
                    yield node.id, f"{whose} is hard to follow; use shorter sentences and words"


def _hard_texts(site: Site) -> Iterator[tuple[NodeId, str]]:
    """Nodes whose whole English text is above the highest grade."""
    for node in site.nodes.values():
        for language in filter(_is_english, site.languages):
            prompts = (parts for prompt in prompts_of(node) if (parts := prompt.get(language)))
            grade = reading_grade(" ".join(map(_as_written, prompts)))
            if grade > HIGHEST_GRADE:
                hint = f"callers follow at most grade {HIGHEST_GRADE} with ease, so use shorter sentences and words"
                yield node.id, f"{_whose(node.id, language)} is hard to follow (grade {grade:.1f}); {hint}"


def _languages(site: Site) -> Iterator[str]:
    """Languages that nobody can choose, and those that lack texts."""
    texts = tuple({id(each): each for each in site.texts}.values())
    for language, info in site.languages.items():
        if language not in (site.first_language, *site.chosen_languages):
            key = next((key for key in "789654321" if key not in site.always), "7")
            hint = f"write one under always, such as {key}: {{language: {language}}}"
            yield f"no key leads to {info.name}: nobody hears it; {hint}"
        if info.fallback:
            lacking = sum(language not in text for text in texts)
            yield f"{lacking} of {len(texts)} texts are not written in '{language}', and are given in '{info.fallback}'"


def _never_on_shift(site: Site, today: date) -> Iterator[str]:
    """Members whose shifts are never in the hours of their team, in the coming weeks in which it has any."""
    schedule = site.schedule
    for team in site.teams_written.values():
        seen = set(boundaries(schedule, hours_of(team), today, today + SHIFT_DAYS))
        open_ = [now for now in seen if team.hours.is_open(schedule, now)]
        for member in team.members if open_ else ():
            if not any(member.shifts.is_open(schedule, now) for now in open_):
                yield (
                    f"team '{team.id}': {member.name} is never rung, since all these shifts are at hours at which the "
                    "team is closed; correct the shifts, or the hours"
                )


def _whose(node: NodeId, language: Language) -> str:
    return f"node '{node}' ({language})"


def _is_english(language: Language) -> bool:
    return language.partition("-")[0] == "en"


def _as_written(parts: tuple[Part, ...]) -> str:
    return "".join(part.text if isinstance(part, Text) else _SAMPLE for part in parts)


_SAMPLE = "on Monday"


def reading_grade(text: str) -> float:
    """The Flesch-Kincaid grade of an English text, without its numbers; 0 for one that is too short."""
    counted = _COUNTED_AS_NONE.sub("a", text.lower())
    sentences = [_ENGLISH_WORD.findall(each) for each in _BETWEEN_SENTENCES.split(counted)]
    if sum(map(len, sentences)) < FEWEST_ENGLISH_WORDS:
        return 0.0
    measured = readability.getmeasures("\n".join(" ".join(words) for words in sentences if words), lang="en")
    return float(measured["readability grades"]["Kincaid"])


def reading_level(text: str) -> float:
    """LIX of a text; 0 for one that is too short."""
    words = _WORD.findall(text)
    if len(words) < FEWEST_WORDS:
        return 0.0
    sentences = max(1, len(_SENTENCE_END.findall(text)))
    return len(words) / sentences + 100 * sum(len(word) > 6 for word in words) / len(words)


def _keys(site: Site, prompt: Prompt | None) -> Iterator[str]:
    for language, parts in (prompt or {}).items():
        told = _key_told(site.phrases[language]["choice"])
        for part in parts:
            if isinstance(part, Text):
                found = (*_SPOKEN_KEY.findall(part.text), *told.findall(part.text))
                yield from (key if key.isdigit() else AGAIN_KEY for key in dict.fromkeys(found))


def _key_told(choice: str) -> re.Pattern[str]:
    """How a language names a key: the word before it in the product's own phrase, such as "pressione" in "{label},
    pressione {key}."."""
    verb = re.search(r"(\w+) \{key\}", choice)
    return re.compile(rf"\b{re.escape(verb[1])}\s+(\d)\b" if verb else r"(?!)()", re.IGNORECASE)
