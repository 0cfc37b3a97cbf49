"""A promise about every document that a call may need, in addition to those of the proof, which knows no documents."""

from collections.abc import Iterator
from math import ceil
from xml.sax.saxutils import escape

from phonetree.config.reader import LONGEST_NAME
from phonetree.config.rendering import SPARE_BYTES, usable
from phonetree.core import engine
from phonetree.core.tree import Language, Site
from phonetree.core.verbs import Dial, Gather, Verbs
from phonetree.core.wording import every_form, fields_of
from phonetree.proof.promises import Breach, Found, Promise, Walked


def _usable(walked: Walked) -> Iterator[Breach]:
    """Checks each document once. Those that differ only in addresses, which consist of checked names and numbers, count
    as one: that saves nine in ten."""
    site = walked.site
    more = _Moments(site)
    looked_at: dict[tuple[object, ...], str] = {}

    def found() -> Iterator[Found]:
        for answer, verbs in walked.documents:
            words = _without_addresses(verbs)
            if words not in looked_at:
                looked_at[words] = _fault(verbs, more)
            if looked_at[words]:
                point = walked.walk.first(answer)
                yield point, f"what is said at node '{walked.node(point)}' {looked_at[words]}", None

    yield from walked.breaches(found())
    for kind in walked.moments.kinds:
        for language in site.languages:
            if fault := _fault(engine.start_again(site, kind.at, language).verbs, more):
                yield Breach(f"what callers hear when their place is lost {fault}", node=site.start[kind.kind])


def _fault(verbs: Verbs, more: "_Moments") -> str:
    """Why no phone network could use a document; "" if it could."""
    try:
        usable(verbs, spare=SPARE_BYTES + more.bytes_in(verbs))
    except ValueError as error:
        return str(error)
    return ""


class _Moments:
    """How many bytes longer the words that depend on the moment may be at another moment than the walked one."""

    def __init__(self, site: Site) -> None:
        self._longest = {language: self._bytes(site, language) for language in site.languages}
        self._fields = {node.id: fields_of(site, node) for node in site.nodes.values()}

    def bytes_in(self, verbs: Verbs) -> int:
        """The maximum for a document."""
        spoken = (piece for verb in verbs if isinstance(verb, Gather) for piece in verb.spoken)
        nodes = {piece.node for piece in spoken if piece.node}
        return sum(times * self._longest[language] for node in nodes for language, times in self._fields[node].items())

    @staticmethod
    def _bytes(site: Site, language: Language) -> int:
        pronunciation = site.languages[language].pronunciation
        closure = "&" * ceil(LONGEST_NAME * pronunciation.growth)
        forms = (each.words for each in every_form(site, language, len))
        said = map(pronunciation.aloud, (*forms, site.phrases[language]["a_closure"]))
        return max(len(escape(words).encode()) for words in (*said, closure))


def _without_addresses(verbs: Verbs) -> tuple[object, ...]:
    return tuple(
        [
            verb.spoken
            if type(verb) is Gather
            else (verb.numbers, verb.caller_id)
            if type(verb) is Dial
            else getattr(verb, "text", None) or type(verb)
            for verb in verbs
        ]
    )


DOCUMENTS: Promise = ("documents", "Every answer is a document that the phone network can use.", _usable)
"""In addition to the promises of the proof, which does not know documents."""
