"""Calendars of public holidays, each a country or one of its states, from the library `holidays`.

The library's package `holidays.countries` imports all its 250 modules with the first one: most of the time that a
command takes, and memory that every worker keeps. So a package with the same modules and nothing imported stands in its
place, and a country is imported when hours.yaml names it: before the file is accepted, never when a caller waits.
"""

import sys
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.util import find_spec, module_from_spec

import holidays
from holidays.registry import EntityLoader

PACKAGE = "holidays.countries"


def _import_no_country() -> None:
    """Puts the package there without running its file, unless somebody has imported it already."""
    if PACKAGE not in sys.modules and (found := find_spec(PACKAGE)):
        sys.modules[PACKAGE] = module_from_spec(found)


_import_no_country()


@cache
def countries() -> frozenset[str]:
    """The countries that have a calendar, by their ISO codes."""
    return frozenset(EntityLoader.get_country_codes(include_aliases=False))


def states(country: str) -> tuple[str, ...]:
    """The states of a country that have a calendar of their own."""
    return tuple(getattr(holidays, country).subdivisions)


def public_holidays(country: str, state: str | None, year: int) -> Iterator[tuple[date, str]]:
    """Every public holiday that a calendar has in a year: its day and its name there."""
    for day, name in holidays.country_holidays(country, subdiv=state, years=year).items():
        if day.year == year:
            yield day, name
