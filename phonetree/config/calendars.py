"""Calendars of public holidays, each a country or one of its states, from the library `holidays`.

Two parts of the library are left out, which take longer to import than all the rest, and which nobody here needs:
`holidays.countries` imports all its 250 modules with the first one, and `holidays.version` searches the installed
packages for its own number. An empty package and a module without a number stand in their places. So a country is
imported when hours.yaml names it: before the file is accepted, never while a caller waits.
"""

import sys
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType


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


def public_holidays(country: str, state: str | None, year: int) -> Iterator[tuple[date, str]]:
    """Every public holiday that a calendar has in a year: its day and its name there."""
    for day, name in holidays.country_holidays(country, subdiv=state, years=year).items():
        if day.year == year:
            yield day, name
