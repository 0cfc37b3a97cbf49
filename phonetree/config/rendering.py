"""Renders and parses documents before an edit is accepted, so that none fails while a caller waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.parsers import expat

from phonetree.core import engine
from phonetree.core.fallback import fallback
from phonetree.core.tree import Language, Site
from phonetree.core.verbs import Verbs
from phonetree.provider.twiml import MOST_BYTES, Renderer, RenderError

SPARE_BYTES = 8 * 1024
"""Room for what a document may have besides its words: the address of the server and a state in each verb, and
announcements at short notice."""

_AT_ANY_TIME = datetime.fromtimestamp(0, UTC)
_renderer = Renderer("")


def usable(verbs: Verbs, spare: int = SPARE_BYTES) -> bytes:
    """The document, after it was parsed as XML. Raises ValueError with the reason when no phone network could use it,
    or when it leaves fewer bytes than `spare`."""
    try:
        document = _renderer.write(verbs)
        expat.ParserCreate().Parse(document, True)
    except RenderError as error:
        raise ValueError(f"is too long to be sent ({error}); shorten its texts") from error
    except Exception as error:  # whatever it is, callers would have hit it
        raise ValueError(f"cannot be written as XML ({type(error).__name__})") from error
    if len(document) > MOST_BYTES - spare:
        most = max(0, MOST_BYTES - spare) // 1024
        raise ValueError(f"has {len(document) // 1024} kB, of at most {most}; shorten its texts")
    return document


@dataclass(frozen=True, slots=True)
class LastResort:
    """What callers hear when one of our turns fails: rendered when the site is accepted, so nothing more can fail."""

    documents: Mapping[Language, bytes]
    first: bytes

    def document(self, language: str) -> bytes:
        """The document in a language, or in the first one."""
        return self.documents.get(language, self.first)


def last_resort(site: Site) -> LastResort:
    """The last resort of a site. Raises ValueError when it, or the fallback, could not be used."""
    usable(fallback(site))
    documents = {language: usable(engine.rescue(site, _AT_ANY_TIME, language)) for language in site.languages}
    return LastResort(documents, documents[site.first_language])
