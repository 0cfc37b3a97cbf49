"""Reasons to close that are offered to pick from: those that the files had before, then the usual ones."""

from collections.abc import Iterator

from phonetree.core.schedule import Names
from phonetree.core.tree import Site

USUAL: tuple[Names, ...] = (
    {"en": "a snow day", "es": "el día de nieve"},
    {"en": "staff training", "es": "la capacitación del personal"},
    {"en": "a staff meeting", "es": "la reunión del personal"},
    {"en": "repairs in the office", "es": "reparaciones en la oficina"},
)
"""By language, without its region; said after "We are closed for"."""

MOST = 8


def reasons(site: Site) -> tuple[Names, ...]:
    """Names that are there in every language of a site that has to be complete, in the order of its languages."""
    found: dict[tuple[str, ...], Names] = {}
    for names in _all(site):
        if set(names) >= set(site.complete_languages):
            ordered = {language: names[language] for language in site.languages if language in names}
            found.setdefault(tuple(ordered.values()), ordered)
    return tuple(found.values())[:MOST]


def _all(site: Site) -> Iterator[Names]:
    for usual in USUAL:
        yield {each: usual[base] for each in site.languages if (base := each.partition("-")[0]) in usual}
    for entry in reversed(site.schedule.dated):
        if not entry.spans:
            yield entry.names
