"""What callers hear when it takes longest: when we open again, and why we are closed, depend on more than the kind of
moment.

Staff can close the line until any minute of any day. So when we open is measured by the longest words that there are
for it, and not by the dates that stand now. A day with a name, such as a holiday, is measured with the openings that
follow such days: all of that stands in the files.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from phonetree.core.schedule import Kind, Names, Status
from phonetree.core.speech import speech_seconds, spoken_seconds
from phonetree.core.tree import Language, Site
from phonetree.core.verbs import Gather, Play, Say, Spoken, Verbs
from phonetree.core.wording import Speaker, every_form, fields_of
from phonetree.proof.moments import Moment, Moments
from phonetree.proof.search import Point
from phonetree.proof.walk import Walk

_SENTENCES = re.compile(r"(?<=[.!?])\s+")


class Told(NamedTuple):
    """What callers may be told of the hours, and when: the next opening, if there is one, and why we are closed."""

    now: datetime
    opening: datetime | None
    names: Names


class Longest:
    """The documents of a walk, each as it is when it takes longest to say."""

    def __init__(self, site: Site, moments: Moments, walk: Walk) -> None:
        self.site, self.moments, self.walk = site, moments, walk
        self._depending = {node.id for node in site.nodes.values() if fields_of(site, node)}
        self._unnamed: list[Told] = []
        self._told: dict[int, list[Told]] = {}
        self._found: dict[tuple[int, int], tuple[Verbs, Told]] = {}

    def depends(self, answer: int) -> bool:
        """Whether the words of an answer depend on more than the kind of moment."""
        if answer not in self.walk.time_dependent:
            return False
        return any(piece.node in self._depending for piece in pieces(self.walk.answers[answer].verbs))

    def verbs(self, point: Point) -> Verbs:
        """The document of a turn."""
        return self._longest(point)[0] if self.depends(self.walk.answer_of[point.case]) else self.walk.verbs(point)

    def sentences(self, points: Iterable[Point]) -> str:
        """What is said of the hours in the documents of some turns; "" if nothing is."""
        return " ".join(dict.fromkeys(chain.from_iterable(map(self._about_hours, points))))

    def _about_hours(self, point: Point) -> Iterator[str]:
        if self.depends(self.walk.answer_of[point.case]):
            verbs, told = self._longest(point)
            other = Told(told.now, None if told.opening else told.now, {})
            known = set(_sentences(self._document(point, other)))
            yield from (each for each in _sentences(verbs) if each not in known)

    def _longest(self, point: Point) -> tuple[Verbs, Told]:
        key = self.walk.situation_of[point.case], point.moment
        if key not in self._found:
            each = ((self._document(point, told), told) for told in self._candidates(point.moment))
            self._found[key] = max(each, key=lambda found: sum(map(spoken_seconds, pieces(found[0]))))
        return self._found[key]

    def _document(self, point: Point, told: Told) -> Verbs:
        kind = self.moments.kinds[point.moment].kind
        return self.walk.told(point, told.now, Status(kind, told.names, None, told.opening))

    def _candidates(self, moment: int) -> list[Told]:
        """What may take longest to say at a kind of moment."""
        if moment not in self._told:
            kind = self.moments.kinds[moment]
            named = list(named_hours(self.site, kind))
            unnamed = [] if kind.kind is Kind.HOLIDAY else self._without_a_name()
            self._told[moment] = self._longest_of([*named, *unnamed])
        return self._told[moment]

    def _without_a_name(self) -> list[Told]:
        """The longest words for the next opening in each language, and those that there is none in sight."""
        if not self._unnamed:
            for language in self.site.languages:
                measure = self._measure(language)
                now, opening, _ = max(every_form(self.site, language, measure), key=lambda each: measure(each.words))
                self._unnamed.append(Told(now, opening, {}))
            self._unnamed.append(Told(self._unnamed[0].now, None, {}))
        return self._unnamed

    def _longest_of(self, every: list[Told]) -> list[Told]:
        """Those that take longest to say in a language: by the opening, by the name, and by both."""
        found: list[Told] = []
        for language in self.site.languages:
            measure = self._measure(language)
            seconds = {(told.now, told.opening): measure(_opening(self.site, language, told)) for told in every}
            names = [measure(_name(self.site, language, told)) for told in every]
            openings = [seconds[told.now, told.opening] for told in every]
            for by in (openings, names, list(map(sum, zip(openings, names, strict=True)))):
                told = every[by.index(max(by))]
                if told not in found:
                    found.append(told)
        return found

    def _measure(self, language: Language) -> Callable[[str], float]:
        aloud = self.site.languages[language].pronunciation.aloud
        return lambda words: speech_seconds(aloud(words))


def longest_words(longest: Longest, points: Iterable[Point]) -> str:
    """That it takes so long with these words about the hours in some turns; "" if there are none."""
    said = longest.sentences(points)
    return f", with the longest words for our hours: '{said}'" if said else ""


def named_hours(site: Site, moment: Moment) -> Iterator[Told]:
    """What callers are told at the moments of a kind that have a name, such as holidays. Most share the opening of the
    one before."""
    schedule = site.schedule
    before = opening = None
    for at in moment.all:
        if names := schedule.names(at):
            if before is None or opening is None or not before <= at < opening:
                opening = schedule.status(at).next_opening
            yield Told(at, opening, names)
            before = at


def pieces(verbs: Verbs) -> Iterator[Spoken]:
    """All that is said in a document."""
    for verb in verbs:
        if isinstance(verb, Gather):
            yield from verb.spoken
        elif isinstance(verb, Say | Play):
            yield verb


def _sentences(verbs: Verbs) -> Iterator[str]:
    return chain.from_iterable(_SENTENCES.split(piece.text) for piece in pieces(verbs) if isinstance(piece, Say))


def _opening(site: Site, language: Language, told: Told) -> str:
    speak = Speaker(site, language, told.now)
    return speak.moment(told.opening) if told.opening else speak.words("no_opening")


def _name(site: Site, language: Language, told: Told) -> str:
    return told.names.get(language) or Speaker(site, language, told.now).words("a_closure")
