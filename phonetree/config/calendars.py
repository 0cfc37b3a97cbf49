"""Calendars of public holidays, each a country or one of its states, from the library `holidays`.

Two parts of the library are left out, which take longer to import than all the rest, and which nobody here needs:
`holidays.countries` imports all its 250 modules with the first one, and `holidays.version` searches the installed
packages for its own number. An empty package and a module without a number stand in their places. So a country is
imported when hours.yaml names it: before the file is accepted, never while a caller waits.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import NamedTuple


def _leave_out() -> None:
    """Does nothing if somebody has imported the library already."""
    if "holidays" in sys.modules or not (library := find_spec("holidays")):
        return
    version = ModuleType("holidays.version")
    version.__dict__["__version__"] = ""
    sys.modules[version.__name__] = version
    if countries := PathFinder.find_spec("holidays.countries", library.submodule_search_locations):
        sys.modules[countries.name] = module_from_spec(countries)


_leave_out()

import holidays  # noqa: E402 -- see above
from holidays.registry import EntityLoader  # noqa: E402 -- see above


@cache
def countries() -> frozenset[str]:
    """The countries that have a calendar, by their ISO codes."""
    return frozenset(EntityLoader.get_country_codes(include_aliases=False))


def states(country: str) -> tuple[str, ...]:
    """The states of a country that have a calendar of their own."""
    return tuple(getattr(holidays, country).subdivisions)


_OBSERVED = r"\s*\((?:observed|estimated|in lieu)[^)]*\)"
_LABELS = ("observed_label", "estimated_label", "observed_estimated_label")
"""How calendars mark a day that is not that of the holiday itself: in English, and in their languages."""


class Holiday(NamedTuple):
    """A public holiday: its day, its name in the calendar's own language, and its names in those that were asked for,
    as far as the library has them. `also` is what it is called in English, by which staff may know it."""

    day: date
    name: str
    names: Mapping[str, str]
    also: str

    @property
    def called(self) -> tuple[str, ...]:
        """Everything that it is called, its own name first."""
        return tuple(dict.fromkeys((self.name, self.also, *self.names.values())))


def own_language(country: str) -> str:
    """The language in which a country's calendar is written; those that the library does not translate are in
    English."""
    return _main(_own(country))


def public_holidays(country: str, state: str | None, year: int, languages: Iterable[str] = ()) -> Iterator[Holiday]:
    """Every public holiday that a calendar has in a year, without "(observed)". On a day with several holidays, one in
    each language may be another of them than in the next."""
    by_language = {
        language: dict(_of(country, state, year, known))
        for language in languages
        if (known := _known(country, language))
    }
    english = dict(_of(country, state, year, _known(country, "en")))
    for day, name in _of(country, state, year, _own(country)):
        names = {language: names[day] for language, names in by_language.items()}
        yield Holiday(day, name, names, english.get(day, name))


def _own(country: str) -> str:
    return getattr(holidays, country).default_language or "en"


def _known(country: str, language: str) -> str | None:
    """What the library calls a language, if it has a country's names in it: "en_US" for "en"."""
    own = _own(country)
    known = (own, *getattr(holidays, country).supported_languages)
    exact = (each for each in known if each.replace("_", "-").lower() == language.lower())
    return next(exact, None) or next((each for each in known if _main(each) == _main(language)), None)


def _main(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()


@lru_cache(maxsize=1024)
def _of(country: str, state: str | None, year: int, language: str | None) -> tuple[tuple[date, str], ...]:
    """The days of a year with the first of their names. The language is always said: without one the library takes that
    of the process, which differs from one machine to the next."""
    found = holidays.country_holidays(country, subdiv=state, years=year, language=language or _own(country))
    labels = [label for name in _LABELS if (label := getattr(found, name, ""))]
    added = "|".join(re.escape(each) for label in labels if (each := _in_brackets(found.tr(label))))
    observed = re.compile(rf"{_OBSERVED}|{added}" if added else _OBSERVED)
    return tuple(
        (day, observed.sub("", names).split(";")[0].strip()) for day, names in found.items() if day.year == year
    )


def _in_brackets(label: str) -> str:
    """What a label adds in brackets: " (observado)" of "%s (observado)". Others are part of the name."""
    added = label.removeprefix("%s")
    return added if added != label and added.lstrip().startswith(("(", "（")) else ""
