"""Announcements that are offered to pick from, when staff say something before the menu at short notice."""

from dataclasses import dataclass, replace

from phonetree.core.schedule import Names
from phonetree.core.tree import Site


@dataclass(frozen=True, slots=True)
class Ready:
    """What an announcement is about, for staff, and its words by language; whether it fits while the line is open, and
    while it is closed."""

    about: str
    words: Names
    when_open: bool = True
    when_closed: bool = False


USUAL = (
    Ready(
        "The weather",
        {
            "en": "Our office is closed because of the weather. We answer the telephone as usual.",
            "es": "La oficina está cerrada por el mal tiempo. Contestamos el teléfono como siempre.",
        },
    ),
    Ready(
        "The weather",
        {
            "en": "We are closed because of the weather.",
            "es": "Hoy no atendemos por el mal tiempo.",
        },
        when_open=False,
        when_closed=True,
    ),
    Ready(
        "Many calls",
        {
            "en": "Many people are calling us now. It may take longer than usual until somebody answers.",
            "es": "En este momento nos llaman muchas personas. Podemos tardar más de lo habitual en contestar.",
        },
    ),
    Ready(
        "Trouble with the telephones",
        {
            "en": "There is trouble with our telephones. If the call is cut off, please call again.",
            "es": "Tenemos problemas con los teléfonos. Si se corta la llamada, vuelva a llamar, por favor.",
        },
        when_closed=True,
    ),
)
"""By language, without its region."""


def ready(site: Site, *, is_open: bool) -> tuple[Ready, ...]:
    """Those that fit while the line is open, or closed, and whose words are there in every language of a site that has
    to be complete, in the order of its languages."""
    bases = {language: language.partition("-")[0] for language in site.languages}
    needed = {bases[language] for language in site.complete_languages}
    return tuple(
        replace(each, words={language: each.words[base] for language, base in bases.items() if base in each.words})
        for each in USUAL
        if (each.when_open if is_open else each.when_closed) and needed <= set(each.words)
    )
