"""What callers would hear, reach, or no longer reach after an edit, and when, in sentences for staff.

Both sites are played through the same calls (`lockstep`), on the new site's hours, so that a change of hours is
said once (`calendar`) and not as a change of everything that depends on it.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from phonetree.core.schedule import Kind
from phonetree.core.tree import (
    Helpline,
    NodeId,
    Site,
)
from phonetree.core.verbs import Dial, Verbs
from phonetree.core.wording import sentence
from phonetree.diff.compare import partings, place_of
from phonetree.diff.describe import Said, Words, line_named, listed
from phonetree.diff.hours import changed_hours
from phonetree.diff.normalise import as_written, under_the_same_hours
from phonetree.proof.moments import Moments, moments
from phonetree.proof.walk import Walk, nothing_to_collect, walk

MOST_PLACES = 4
"""As many places as are named one by one."""

_BY_THE_CLOCK = (
    "weekdays", "months", "on_the_hour", "past_the_hour", "one_in_the_morning", "one_in_the_afternoon", "morning",
    "afternoon", "noon", "midnight", "today", "tomorrow", "this_week", "later", "no_opening", "a_closure",
)  # fmt: skip
"""Phrases that are said in place of {next_opening} and {closure}, which stand for themselves here."""


def changes(old: Site, new: Site, since: date) -> tuple[str, ...]:
    """Every change, in the order in which a caller would meet it; what holds everywhere comes first."""
    with nothing_to_collect():
        hours, helpline = map(sentence, changed_hours(old, new, since)), _about_the_helpline(old, new)
        return (*hours, *helpline, *_on_calls(old, new, since))


# -- what is the same on every call


def _about_the_helpline(old: Site, new: Site) -> Iterator[str]:
    for what in ("name", "number", "email"):
        was, now = getattr(old.helpline, what), getattr(new.helpline, what)
        if was != now:
            yield f"The helpline's {what} is {now or 'not given'}; it was {was or 'not given'}."
    if old.helpline.forwarded or new.helpline.forwarded:
        yield from _about_forwarding(old.helpline, new.helpline)
    for language, info in new.languages.items():
        before = old.languages.get(language)
        if before is None:
            yield f"{info.name} is spoken now."
        elif before.voice != info.voice:
            yield f"{info.name} is spoken by {info.voice.name}; it was {before.voice.name}."
        yield from _phrases(old, new, language)
    for language, info in old.languages.items():
        if language not in new.languages:
            yield f"{info.name} is no longer spoken."
    if old.first_language != new.first_language and old.first_language in new.languages:
        yield f"Calls begin in {new.languages[new.first_language].name}."


def _about_forwarding(old: Helpline, new: Helpline) -> Iterator[str]:
    if old.provider_number != new.provider_number:
        yield f"Calls come in at {new.provider_number}; they came in at {old.provider_number}."
    if old.caller_id != new.caller_id:
        yield f"Phones that ring are shown {new.caller_id}; they were shown {old.caller_id}."


def _phrases(old: Site, new: Site, language: str) -> Iterator[str]:
    """Phrases that no turn of the walk says in full."""
    before, after = old.phrases.get(language, {}), new.phrases[language]
    for name in (*_BY_THE_CLOCK, "lost_place", "trouble", "fallback", "fallback_next", "cut_off"):
        if before and before.get(name) != after[name]:
            yield f'The phrase "{before.get(name)}" is "{after[name]}" now.'


# -- what happens on calls


def _on_calls(old: Site, new: Site, since: date) -> Iterator[str]:
    played, edited = as_written(under_the_same_hours(old, new)), as_written(new)
    kinds = moments(since, edited, played)
    walks = walk(played, kinds), walk(edited, kinds)
    words = Words(played, edited, kinds)
    found: dict[Said, _Found] = {}
    for parting in partings(played, edited, kinds, walks):
        for place, said in words.of(parting):
            found.setdefault(said, _Found()).add(parting.moment, place)
    met = _met(walks[0]), _met(walks[1])
    for said, where in _gathered(found):
        ever = set().union(*(each.get(place, ()) for each in met for place in where.places))
        yield sentence(_when(where.moments, ever, kinds) + _where(where.places) + str(said))
    yield from _reached(played, edited, walks)
    yield from _last_resort(played, edited)


class _Found:
    """When and where a change is met."""

    def __init__(self) -> None:
        self.moments: set[int] = set()
        self.places: dict[str, None] = {}

    def add(self, moment: int, place: str) -> None:
        self.moments.add(moment)
        if place:
            self.places[place] = None


def _met(found: Walk) -> dict[NodeId, set[int]]:
    """The moments at which calls come to each place."""
    met: dict[NodeId, set[int]] = {}
    for place, verbs, passed in zip(found.places, found.verbs, found.passed, strict=True):
        here = place_of(verbs)
        for node in (*passed, *((here.node,) if here else ())):
            met.setdefault(node, set()).add(place.moment)
    return met


def _gathered(found: dict[Said, _Found]) -> Iterator[tuple[Said, _Found]]:
    """Causes that lead to the same, at the same moments and places, are one change."""
    groups: dict[tuple[object, ...], tuple[Said, _Found]] = {}
    for said, where in found.items():
        key = (said.text, frozenset(where.moments), frozenset(where.places), not said.causes)
        before = groups[key][0].causes if key in groups else ()
        groups[key] = (Said(said.text, before + said.causes), where)
    yield from groups.values()


def _reached(old: Site, new: Site, walks: tuple[Walk, Walk]) -> Iterator[str]:
    """Outside lines that no call comes to any more, or that calls come to at last."""
    was, now = ({number for verbs in found.verbs for number in _lines_rung(verbs)} for found in walks)
    known = {line.number for line in new.resources.values()} & {line.number for line in old.resources.values()}
    kept = {line.number for line in old.resources.values() if line.id in new.resources}
    renumbered = {number for number in kept if number not in {line.number for line in new.resources.values()}}
    for number in sorted(was - now - renumbered):
        yield f"No call reaches {line_named(old, number)} any more."
    for number in sorted((now - was) & known):
        yield f"Calls can reach {line_named(new, number)} now."


def _lines_rung(verbs: Verbs) -> Iterator[str]:
    for verb in verbs:
        if isinstance(verb, Dial) and verb.screen is None:
            yield from verb.numbers


def _last_resort(old: Site, new: Site) -> Iterator[str]:
    was, now = (site.resources[site.last_resort] for site in (old, new))
    if was.number != now.number:
        yield f"When our server fails: callers reach {line_named(new, now.number)}, not {line_named(old, was.number)}."


# -- when and where


def _when(which: set[int], ever: set[int], kinds: Moments) -> str:
    """The moments in words; nothing when it is all of them, or all in which calls come there."""
    if ever and ever <= which:
        return ""
    by_kind = {kind: {n for n, one in enumerate(kinds.kinds) if one.kind is kind} for kind in Kind}
    whole = [kind for kind, numbers in by_kind.items() if numbers and numbers <= which]
    if sum(len(by_kind[kind]) for kind in whole) == len(which):
        if len(which) == len(kinds.kinds):
            return ""
        said = {Kind.OPEN: "when open", Kind.CLOSED: "when closed", Kind.HOLIDAY: "on holidays"}
        return sentence(" and ".join(said[kind] for kind in whole)) + ", "
    example = kinds.kinds[min(which)].at
    return f"At some hours (such as {example:%A %H:%M}), "


def _where(places: Mapping[str, None]) -> str:
    names = tuple(places)
    if len(names) > MOST_PLACES:
        names = (*names[: MOST_PLACES - 1], f"{len(names) - MOST_PLACES + 1} more places")
    return f"in {listed(names)}: " if names else ""
