"""What callers would hear, reach, or no longer reach after an edit, and when, in sentences for staff.

Both sites are walked with the new site's hours, so that changed hours are described once (`hours`) and not as changes
of everything that depends on them. If nothing but hours changed, nothing is walked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from phonetree.core.schedule import Kind, Schedule
from phonetree.core.tree import NodeId, Site
from phonetree.core.verbs import Dial
from phonetree.core.wording import sentence, written
from phonetree.diff.compare import LastTable, Table, differences
from phonetree.diff.describe import Change, describe, line_named, listed
from phonetree.diff.hours import changed_hours
from phonetree.diff.limits import changed_limits
from phonetree.diff.normalise import comparable, same
from phonetree.proof.moments import Moments, moments
from phonetree.proof.own import sentence as promised
from phonetree.proof.walk import gc_disabled

MOST_PLACES = 4
"""How many places are named individually."""

_LAST = LastTable()

SAID_BY_TURNS = frozenset(
    {
        "choice", "language", "again", "partly", "wrong_key", "no_key", "not_open_now", "to_a_person", "screen",
        "screen_language", "screen_again", "taken", "gone", "connecting", "transfer", "private", "anonymous",
        "not confidential", "unreachable", "ended", "recording", "too_short", "no_message", "thanks",
    }
)  # fmt: skip
"""Phrases that callers hear in the turns that are compared. A change of any other is described by itself."""


def changes(old: Site, new: Site, since: date) -> tuple[str, ...]:
    """Every change from `since` on, in the order in which a caller would encounter it; what applies everywhere comes
    first. Raises ProofError."""
    with gc_disabled():
        hours = map(sentence, changed_hours(old, new, since))
        always = *hours, *_about_the_helpline(old, new), *_about_languages(old, new), *_about_promises(old, new)
        always = *always, *changed_limits(old, new)
        was, now = comparable(old, new)
        return always if same(was, now) else (*always, *_on_calls(was, now, since, old.schedule))


# -- what is the same on every call


def _about_the_helpline(old: Site, new: Site) -> Iterator[str]:
    was, now = old.helpline, new.helpline
    for what, before, after in (
        ("name", was.name, now.name),
        ("number", written(was.number, old.dialling), written(now.number, new.dialling)),
        ("email", was.email, now.email),
        ("emergency number", was.emergency, now.emergency),
    ):
        if before != after:
            yield f"The helpline's {what} is {after or 'not given'}; it was {before or 'not given'}."
    if was.forwarded or now.forwarded:
        if was.provider_number != now.provider_number:
            before, after = written(was.provider_number, old.dialling), written(now.provider_number, new.dialling)
            yield f"Calls come in at {after}; they came in at {before}."
        if was.caller_id != now.caller_id:
            before, after = written(was.caller_id, old.dialling), written(now.caller_id, new.dialling)
            yield f"Ringing phones show {after}; they showed {before}."


def _about_languages(old: Site, new: Site) -> Iterator[str]:
    for language, info in new.languages.items():
        before = old.languages.get(language)
        if before is None:
            yield f"{info.name} is now spoken."
        elif before.voice != info.voice:
            yield f"{info.name} is spoken by {info.voice.name}; it was {before.voice.name}."
        phrases = old.phrases.get(language, {})
        for name, text in new.phrases[language].items():
            if name not in SAID_BY_TURNS and text != phrases.get(name, text):
                yield f'The phrase "{phrases[name]}" is now "{text}".'
    for language, info in old.languages.items():
        if language not in new.languages:
            yield f"{info.name} is no longer spoken."
    if old.first_language != new.first_language and old.first_language in new.languages:
        yield f"Calls begin in {new.languages[new.first_language].name}."


def _about_promises(old: Site, new: Site) -> Iterator[str]:
    """The helpline's own promises that were added or taken away; one that says something else is both."""
    was, now = ([promised(site, promise) for promise in site.promises] for site in (old, new))
    yield from (f"No longer promised: {each}" for each in was if each not in now)
    yield from (f"Newly promised: {each}" for each in now if each not in was)


# -- what happens on calls


def _on_calls(old: Site, new: Site, since: date, before: Schedule) -> Iterator[str]:
    """What is different on calls, of sites with the hours of the new one; `before` has those of the old one. What was
    before is not told of hours at which the line was not the same."""
    kinds = moments(since, new, old)
    with _LAST.of(old, kinds) as was:
        yield from _between(was, Table(new, kinds), kinds, before)


def _between(was: Table, now: Table, kinds: Moments, before: Schedule) -> Iterator[str]:
    reached = was.reached | now.reached
    found: dict[Change, dict[NodeId, set[int]]] = {}
    for difference in differences(was, now):
        for place, change in describe(difference):
            found.setdefault(change, {}).setdefault(place, set()).add(difference.new.place.moment)
    alike = _alike(kinds, before)
    for change, where in _gathered(found):
        which = set().union(*where.values())
        ever = {moment for moment, _, node in reached if node in where}
        places = tuple(place for place in where if place)
        told = change if which & alike.keys() else change.alone
        yield sentence(_when(which, ever, kinds, alike) + _where(places) + str(told))
    yield from _lines(was, now)


def _gathered(found: Mapping[Change, dict[NodeId, set[int]]]) -> Iterable[tuple[Change, dict[NodeId, set[int]]]]:
    """Merges causes that lead to the same, at the same moments and places, into one change."""
    groups: dict[tuple[object, ...], tuple[Change, dict[NodeId, set[int]]]] = {}
    for change, where in found.items():
        key = change.text, frozenset(set().union(*where.values())), frozenset(where), not change.causes
        causes = groups[key][0].causes if key in groups else ()
        groups[key] = replace(change, causes=causes + change.causes), where
    return groups.values()


def _alike(kinds: Moments, before: Schedule) -> dict[int, datetime]:
    """The kinds of moment at some time of which the line was the same `before`, each with the first such time."""
    found = {
        number: next((at for at in (one.at, *one.all) if before.kind(at) is one.kind), None)
        for number, one in enumerate(kinds.kinds)
    }
    return {number: at for number, at in found.items() if at}


def _when(which: set[int], ever: set[int], kinds: Moments, alike: Mapping[int, datetime]) -> str:
    """The moments in words; empty if they are all moments, or all (`ever`) at which calls reach the nodes."""
    if (ever and ever <= which) or len(which) == len(kinds.kinds):
        return ""
    said = {Kind.OPEN: "when open", Kind.CLOSED: "when closed", Kind.HOLIDAY: "on holidays"}
    other = {one.kind for n, one in enumerate(kinds.kinds) if n not in which}
    matching = {kinds.kinds[n].kind for n in which}
    if not matching & other:
        return sentence(" and ".join(said[kind] for kind in Kind if kind in matching)) + ", "
    first = min(which & alike.keys() or which)
    return f"At some hours (such as {alike.get(first, kinds.kinds[first].at):%A %H:%M}), "


def _where(names: tuple[str, ...]) -> str:
    if len(names) > MOST_PLACES:
        names = (*names[: MOST_PLACES - 1], f"{len(names) - MOST_PLACES + 1} more places")
    return f"in {listed(names)}: " if names else ""


# -- outside lines


def _lines(old: Table, new: Table) -> Iterator[str]:
    """Outside lines that calls no longer reach, or newly reach; and a changed last resort."""
    was, now = (
        {
            verb.numbers[0]
            for answer in table.walk.follows
            for verb in table.walk.answers[answer].verbs
            if isinstance(verb, Dial) and verb.screen is None
        }
        for table in (old, new)
    )
    before, after = old.site.resources, new.site.resources
    numbers = {line.number for line in after.values()}
    known = numbers & {line.number for line in before.values()}
    renumbered = {line.number for line in before.values() if line.id in after and line.number not in numbers}
    for number in sorted(was - now - renumbered):
        yield f"No call reaches {line_named(old.site, number)} any more."
    for number in sorted((now - was) & known):
        yield f"Calls can now reach {line_named(new.site, number)}."
    last, is_last = before[old.site.last_resort].number, after[new.site.last_resort].number
    if last != is_last:
        reached = f"{line_named(new.site, is_last)}, not {line_named(old.site, last)}"
        yield f"When our server fails: callers reach {reached}."
