"""An override by staff: checked like an edit before it is stored."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from phonetree.config.promises import SHOWN
from phonetree.config.reader import suggest
from phonetree.config.site import broken_by, overridden
from phonetree.core import ringing
from phonetree.core.characters import named, unfit
from phonetree.core.schedule import Kind, Override, dated
from phonetree.core.speech import speech_seconds
from phonetree.core.tree import Site
from phonetree.errors import OverrideError, Problem

MOST_DAYS = 31
"""Anything longer belongs in hours.yaml, where everybody sees it."""

NOBODY = "nobody is on shift then; fix the shifts in routing.yaml first"

LONGEST_WORDS = 500
"""Characters: far more than can be said in time."""

LONGEST_WORDS_SECONDS = 15.0
"""Callers hear the words before the menu on every call."""


def read_override(
    site: Site, kind: Kind | None, stretch: tuple[datetime, datetime], words: Mapping[str, str], now: datetime
) -> Override:
    """The requested override, between the moments of `stretch`. Raises OverrideError with every problem."""
    words = {language: " ".join(text.split()) for language, text in words.items()}
    if problems := (*_times(kind, *stretch, now), *_words(site, kind, words)):
        raise OverrideError(problems)
    return Override(*stretch, kind, words)


def _times(kind: Kind | None, begins: datetime, ends: datetime, now: datetime) -> Iterator[str]:
    if ends <= begins:
        yield f"it ends ({dated(ends)}) before it begins; choose a later end"
    elif ends <= now:
        yield f"it is already over ({dated(ends)}); choose a later end"
    if ends - begins > timedelta(days=MOST_DAYS):
        yield f"it lasts longer than {MOST_DAYS} days; write it into hours.yaml, as a closure or other hours"
    if kind is Kind.HOLIDAY:
        yield "an override is open or closed; write holidays and closures into hours.yaml"


def _words(site: Site, kind: Kind | None, words: Mapping[str, str]) -> Iterator[str]:
    if kind is None and not words:
        yield "it changes nothing and says nothing; choose open or closed, or give words"
    for language, text in words.items():
        info = site.languages.get(language)
        said = info.pronunciation.aloud(text) if info else text
        if not info:
            yield f"'{language}' is not one of the languages{suggest(language, site.languages)}"
        if not text:
            yield f"the words in '{language}' are empty; write what callers hear"
        elif set("{}") & set(text):
            yield f"the words in '{language}' have a brace; nothing is filled in here, so write plain words"
        elif bad := unfit(text):
            yield f"the words in '{language}' hold a character that cannot be seen or spoken ({named(bad)}); remove it"
        elif len(text) > LONGEST_WORDS:
            yield (
                f"the words in '{language}' have {len(text)} characters; at most {LONGEST_WORDS} are allowed, so leave "
                "out what can wait"
            )
        elif len(said) > LONGEST_WORDS:
            yield f"the words in '{language}' are {len(said)} characters as they are said; leave out what can wait"
        elif (seconds := speech_seconds(said)) > LONGEST_WORDS_SECONDS:
            yield (
                f"the words in '{language}' take {seconds:.0f} s to say; every caller hears them first, so leave "
                f"out what can wait (at most {LONGEST_WORDS_SECONDS:.0f} s)"
            )
    for language in site.languages if words else ():
        if site.language_of(words, language) not in words:
            yield f"the words are missing in '{language}'; write them in every language"


def check_promises(
    site: Site, override: Override, others: tuple[Override, ...], proof: Callable[[Site], tuple[Problem, ...]]
) -> None:
    """Raises OverrideError when this override, with the `others`, would break a promise that is kept without it;
    `proof` says which ones a site breaks."""
    if broken := broken_by((override, *others), site, proof, others):
        nobody = [f"team '{team}': {NOBODY}" for team in nobody_on_shift(site, override)]
        raise OverrideError([*nobody, *(problem.text.removesuffix(SHOWN) for problem in broken)])


def nobody_on_shift(site: Site, override: Override) -> tuple[str, ...]:
    """The teams with nobody on shift when an override opens the line."""
    if override.kind is not Kind.OPEN:
        return ()
    schedule = overridden(site, (override,)).schedule
    return tuple(
        team.id
        for team in site.teams.values()
        if team.hours.is_open(schedule, override.begins) and not ringing.roster(team, schedule, override.begins)
    )
