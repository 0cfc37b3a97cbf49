"""What callers would hear, reach, or no longer reach after an edit, and when, in sentences for staff.

Both sites are played through the same calls (`lockstep`), on the new site's hours, so that a change of hours is
said once (`calendar`) and not as a change of everything that depends on it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TypeVar

from phonetree.core.calendar import changed_hours, lines_of_both, teams_of_both
from phonetree.core.events import DialEnded, LegAnswered, LegPressed, Pressed, Recorded
from phonetree.core.explore import SILENT, Walk, take, walk
from phonetree.core.lockstep import Parting, partings, passed_by, place_of, rounds, said_in, sentences
from phonetree.core.moments import Moments, moments
from phonetree.core.schedule import Kind
from phonetree.core.state import Step
from phonetree.core.tree import (
    AGAIN_KEY,
    Choice,
    Connect,
    Field,
    Goodbye,
    GoTo,
    Menu,
    Node,
    NodeId,
    Part,
    Prompt,
    Site,
    Text,
    Transfer,
    Voicemail,
)
from phonetree.core.verbs import Dial, Gather, Record, Verbs
from phonetree.core.wording import sentence

MOST_PLACES = 4
"""As many places as are named one by one."""

A_PHONE = "a team's phone"
NOTHING = "nothing"
AGAIN = "the same choices again"

_SENTENCE = re.compile(r"(?<=[.!?]) ")

_BY_THE_CLOCK = (
    "weekdays", "months", "on_the_hour", "past_the_hour", "one_in_the_morning", "one_in_the_afternoon", "morning",
    "afternoon", "noon", "midnight", "today", "tomorrow", "this_week", "later", "no_opening", "a_closure",
)  # fmt: skip
"""Phrases that are said in place of {next_opening} and {closure}, which stand for themselves here."""


def changes(old: Site, new: Site, since: date) -> tuple[str, ...]:
    """Every change, in the order in which a caller would meet it; what holds everywhere comes first."""
    return (*map(sentence, changed_hours(old, new, since)), *_about_the_helpline(old, new), *_on_calls(old, new, since))


# -- what is the same on every call


def _about_the_helpline(old: Site, new: Site) -> Iterator[str]:
    for what in ("name", "number", "email"):
        was, now = getattr(old.helpline, what), getattr(new.helpline, what)
        if was != now:
            yield f"The helpline's {what} is {now or 'not given'}; it was {was or 'not given'}."
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


def _phrases(old: Site, new: Site, language: str) -> Iterator[str]:
    """Phrases that no turn of the walk says in full."""
    before, after = old.phrases.get(language, {}), new.phrases[language]
    for name in (*_BY_THE_CLOCK, "lost_place", "trouble", "fallback", "fallback_next"):
        if before and before.get(name) != after[name]:
            yield f'The phrase "{before.get(name)}" is "{after[name]}" now.'


# -- what happens on calls


def _on_calls(old: Site, new: Site, since: date) -> Iterator[str]:
    played, edited = _as_written(_under_the_same_hours(old, new)), _as_written(new)
    kinds = moments(since, edited, played)
    walks = walk(played, kinds), walk(edited, kinds)
    words = _Words(played, edited, kinds, said_in(played), said_in(edited))
    found: dict[_Said, _Found] = {}
    for parting in partings(played, edited, kinds, walks):
        for place, said in words.of(parting):
            found.setdefault(said, _Found()).add(parting.moment, place)
    met = _met(walks[0], words.messages), _met(walks[1], words.new_messages)
    for said, where in _gathered(found):
        ever = set().union(*(each.get(place, ()) for each in met for place in where.places))
        yield sentence(_when(where.moments, ever, kinds) + _where(where.places) + str(said))
    yield from _reached(played, edited, walks)
    yield from _last_resort(played, edited)


@dataclass(frozen=True, slots=True)
class _Said:
    """One change. `causes` is what leads elsewhere, when it is that which changed."""

    text: str
    causes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.causes:
            return self.text
        verb = {("leads",): "lead", ("does",): "do"} if len(self.causes) > 1 else {}
        head, _, rest = self.text.partition(" ")
        return f"{_listed(self.causes)} {verb.get((head,), head)} {rest}"


class _Found:
    """When and where a change is met."""

    def __init__(self) -> None:
        self.moments: set[int] = set()
        self.places: dict[str, None] = {}

    def add(self, moment: int, place: str) -> None:
        self.moments.add(moment)
        if place:
            self.places[place] = None


def _met(found: Walk, messages: Mapping[str, NodeId]) -> dict[NodeId, set[int]]:
    """The moments at which calls come to each place."""
    met: dict[NodeId, set[int]] = {}
    for place, verbs in zip(found.places, found.verbs, strict=True):
        here = place_of(verbs)
        for node in (*passed_by(verbs, messages), *((here.node,) if here else ())):
            met.setdefault(node, set()).add(place.moment)
    return met


def _gathered(found: dict[_Said, _Found]) -> Iterator[tuple[_Said, _Found]]:
    """Causes that lead to the same, at the same moments and places, are one change."""
    groups: dict[tuple[object, ...], tuple[_Said, _Found]] = {}
    for said, where in found.items():
        key = (said.text, frozenset(where.moments), frozenset(where.places), not said.causes)
        before = groups[key][0].causes if key in groups else ()
        groups[key] = (_Said(said.text, before + said.causes), where)
    yield from groups.values()


def _reached(old: Site, new: Site, walks: tuple[Walk, Walk]) -> Iterator[str]:
    """Outside lines that no call comes to any more, or that calls come to at last."""
    was, now = ({number for verbs in found.verbs for number in _lines_rung(verbs)} for found in walks)
    known = {line.number for line in new.resources.values()} & {line.number for line in old.resources.values()}
    kept = {line.number for line in old.resources.values() if line.id in new.resources}
    renumbered = {number for number in kept if number not in {line.number for line in new.resources.values()}}
    for number in sorted(was - now - renumbered):
        yield f"No call reaches {_line(old, number)} any more."
    for number in sorted((now - was) & known):
        yield f"Calls can reach {_line(new, number)} now."


def _lines_rung(verbs: Verbs) -> Iterator[str]:
    for verb in verbs:
        if isinstance(verb, Dial) and verb.screen is None:
            yield from verb.numbers


def _last_resort(old: Site, new: Site) -> Iterator[str]:
    was, now = (site.resources[site.last_resort] for site in (old, new))
    if was.number != now.number:
        yield f"When our server fails: callers reach {_line(new, now.number)}, not {_line(old, was.number)}."


@dataclass(frozen=True, slots=True)
class _Words:
    """A parting in words: each change with the place where it is met."""

    old: Site
    new: Site
    kinds: Moments
    messages: Mapping[str, NodeId]
    new_messages: Mapping[str, NodeId]

    def of(self, parting: Parting) -> Iterator[tuple[str, _Said]]:
        chosen = self._chosen(parting)
        if not parting.same_place or (chosen and chosen[0] != chosen[1]):
            yield self._way(parting)
        elif _rings(parting):
            yield self._ringing(parting)
        else:
            here = place_of(parting.new)
            place = here.node if here else ""
            if isinstance(parting.event, LegAnswered | LegPressed):
                place = A_PHONE
            yield from self._heard(parting, place)
            for text in _settings(self.old, self.new, parting):
                yield place, _Said(text)

    # -- another place

    def _way(self, parting: Parting) -> tuple[str, _Said]:
        was, now = self._chosen(parting) or ("", "")
        if was == now:
            was = self._destination(self.old, parting, parting.old, self.messages)
            now = self._destination(self.new, parting, parting.new, self.new_messages)
        origin = parting.before.node if parting.before else ""
        if was == NOTHING:
            text = f"leads to {now} now; before, to nothing."
        elif now == NOTHING:
            text = f"does nothing now; before, it was {was}."
        else:
            text = f"leads to {now} now, not to {was}."
        return origin, _Said(text, (self._cause(parting),))

    def _chosen(self, parting: Parting) -> tuple[str, str] | None:
        """Where the key that was pressed leads to as it is written: before, and now."""
        before, event = parting.before, parting.event
        if before is None or not isinstance(event, Pressed) or event.keys == AGAIN_KEY:
            return None
        return _target(self.old, before.node, event.keys), _target(self.new, before.node, event.keys)

    def _cause(self, parting: Parting) -> str:
        """What leads on."""
        before, event = parting.before, parting.event
        if before is None:
            return "a call that comes in"
        match event:
            case Pressed(key) if key == AGAIN_KEY and before.repeats:
                return "asking too often to hear it again"
            case Pressed(key) if self._means_something(key, parting):
                return f"key {key}"
            case Pressed():
                return "a wrong key" if before.step is Step.ASK else "a key in the midst of words"
            case DialEnded(connected=True):
                return "the end of the conversation"
            case DialEnded():
                return "ringing that nobody answers"
            case Recorded(0):
                return "a message without words"
            case Recorded():
                return "a message"
            case LegAnswered() | LegPressed():
                return "the question to press 1"
            case _ if before.step is Step.ASK:
                return "silence"
            case _:
                return "what comes next"

    def _means_something(self, key: str, parting: Parting) -> bool:
        """Whether a key is more than a wrong one; the key of an outside line that is closed is not."""
        was, is_ = self._chosen(parting) or (AGAIN, AGAIN)
        if was != is_ or is_ == NOTHING:
            return was != is_
        assert parting.before
        now, name = self.kinds.kinds[parting.moment].at, parting.before.node
        nodes = [(site, site.nodes.get(name)) for site in (self.old, self.new)]
        choices = [
            (site, one) for site, node in nodes if isinstance(node, Menu) for one in node.choices if one.key == key
        ]
        return not choices or any(site.offers(one, now) for site, one in choices)

    def _destination(self, site: Site, parting: Parting, verbs: Verbs, messages: Mapping[str, NodeId]) -> str:
        here, before = place_of(verbs), parting.before
        if passed := passed_by(verbs, messages):
            return describe(site, passed[0])
        if here is None:
            return "the end of the call"
        if before is not None and here.node == before.node and here.misses > before.misses:
            return AGAIN
        name = describe(site, here.node)
        changed = before is not None and here.language != before.language
        return f"{name} in {site.languages[here.language].name}" if changed else name

    # -- the same place

    def _heard(self, parting: Parting, place: str) -> Iterator[tuple[str, _Said]]:
        """Sentences that are said in one and not in the other."""
        was, now = ([one for text in sentences(verbs) for one in _SENTENCE.split(text)] for verbs in _both(parting))
        here = place_of(parting.new)
        whose = "" if place != A_PHONE else "on it "
        if here and here.language != self.new.first_language:
            whose += f"in {self.new.languages[here.language].name} "
        for gone, come in _replaced(was, now):
            here_said = self._owner(come or gone, place)
            if gone and come == gone:
                earlier = now.index(come) < was.index(come)
                yield here_said, _Said(f'{whose}"{come}" is said {"earlier" if earlier else "later"} now.')
            elif gone and come:
                yield here_said, _Said(f'{whose}"{come}" is said instead of "{gone}"')
            elif come:
                yield here_said, _Said(f'{whose}"{come}" is said too.')
            else:
                yield here_said, _Said(f'{whose}"{gone}" is no longer said.')

    def _owner(self, sentence: str, place: str) -> str:
        """The message that a sentence belongs to, or else the place at which it is heard."""
        for messages in (self.new_messages, self.messages):
            for text, node in messages.items():
                if sentence in text:
                    return node
        return place

    # -- ringing

    def _ringing(self, parting: Parting) -> tuple[str, _Said]:
        assert parting.before
        begin = parting.before.at(Step.RING)
        at = self.kinds.kinds[parting.moment].at
        was, now = (_plan(site, take(site, at, (begin, SILENT, 0))) for site in (self.old, self.new))
        if was == now:
            return parting.before.node, _Said(f"other numbers ring: {now}.")
        return parting.before.node, _Said(f"rings {now or 'nobody'}; before, {was or 'nobody'}.")


def _both(parting: Parting) -> tuple[Verbs, Verbs]:
    return parting.old, parting.new


def _rings(parting: Parting) -> bool:
    rings = any(isinstance(verb, Dial) and verb.screen for verb in (*parting.old, *parting.new))
    return rings and parting.before is not None and parting.before.step in (Step.RING, Step.RUNG)


def _target(site: Site, node: NodeId, key: str) -> str:
    here = site.nodes.get(node)
    own = {choice.key: choice for choice in here.choices} if isinstance(here, Menu) else {}
    choice = own.get(key) or site.always.get(key)
    if choice is None:
        return NOTHING
    if isinstance(choice.target, GoTo):
        return describe(site, choice.target.node)
    return site.languages[choice.target.language].name


def _plan(site: Site, verbs: Verbs) -> str:
    names = {member.number: member.name for team in site.teams.values() for member in team.members}
    plan = []
    for dial in rounds(site, verbs):
        phones = " and ".join(names.get(number, "another phone") for number in dial.numbers)
        plan.append(f"{phones} for {dial.seconds} s")
    return ", then ".join(plan)


def _settings(old: Site, new: Site, parting: Parting) -> Iterator[str]:
    """What verbs ask for besides words."""
    for was, now in zip(parting.old, parting.new, strict=False):
        match was, now:
            case Gather(_, before, then), Gather(_, after, _) if before != after and then.step is Step.ASK:
                yield f"waits {after} s for a key; before, {before} s."
            case Record(longest, silence), Record(now_longest, now_silence) if (longest, silence) != (
                now_longest,
                now_silence,
            ):
                yield (
                    f"records at most {now_longest} s, and until {now_silence} s of silence; "
                    f"before, {longest} s and {silence} s."
                )
            case Dial(numbers, shown, _, None), Dial(now_numbers, now_shown, _, None):
                if numbers != now_numbers:
                    yield f"rings {_line(new, now_numbers[0])}; before, {_line(old, numbers[0])}."
                if (shown is None) != (now_shown is None):
                    yield f"they see {'the caller' if now_shown is None else 'the helpline'}'s number now."


def _line(site: Site, number: str) -> str:
    names = [next(iter(line.names.values())) for line in site.resources.values() if line.number == number]
    return f"{names[0]} ({number})" if names else number


def describe(site: Site, name: NodeId) -> str:
    """A node in a few words of staff's."""
    match site.nodes[name]:
        case Connect(team=team):
            return f"team '{team}' ({name})"
        case Transfer(resource=resource):
            return f"{next(iter(site.resources[resource].names.values()))} ({name})"
        case Voicemail():
            return f"a message ({name})"
        case Goodbye():
            return f"the end of the call ({name})"
        case node:
            return f"{type(node).__name__.lower()} {name}"


def _replaced(was: list[str], now: list[str]) -> Iterator[tuple[str, str]]:
    """Sentences that took the place of others; "" where there is none, twice the same where it moved."""
    parts = [
        (was[a:b], now[c:d])
        for what, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
        if what != "equal"
    ]
    moved = {text for gone, _ in parts for text in gone} & {text for _, come in parts for text in come}
    yield from ((text, text) for text in sorted(moved))
    for part in parts:
        gone, come = ([text for text in texts if text not in moved] for texts in part)
        yield from zip_longest(gone, come, fillvalue="")


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
    return f"in {_listed(names)}: " if names else ""


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


# -- two sites made comparable


def _under_the_same_hours(old: Site, new: Site) -> Site:
    """The old site with every hour, and the helpline's own number, as in the new one."""
    hours = {before.id: line.hours for line, before in lines_of_both(old, new)}
    resources = {name: replace(line, hours=hours.get(line.id, line.hours)) for name, line in old.resources.items()}
    teams = dict(old.teams)
    for team, before in teams_of_both(old, new):
        shifts = {member.number: member.shifts for member in team.members}
        members = tuple(replace(one, shifts=shifts.get(one.number, one.shifts)) for one in before.members)
        teams[before.id] = replace(before, hours=team.hours, members=members)
    return replace(old, helpline=new.helpline, schedule=new.schedule, resources=resources, teams=teams)


def _as_written(site: Site) -> Site:
    """The site with {next_opening} and {closure} spoken as they are written."""
    nodes = {name: _plain(node) for name, node in site.nodes.items()}
    always = {key: _plain_choice(choice) for key, choice in site.always.items()}
    return replace(site, nodes=nodes, always=always)


N = TypeVar("N", bound=Node)


def _plain(node: N) -> N:
    fields: dict[str, object] = {
        name: _plain_prompt(prompt) for name in ("say", "again") if (prompt := getattr(node, name, None)) is not None
    }
    if isinstance(node, Menu):
        fields["choices"] = tuple(map(_plain_choice, node.choices))
    return replace(node, **fields)  # type: ignore[arg-type]


def _plain_choice(choice: Choice) -> Choice:
    return replace(choice, label=_plain_prompt(choice.label))


def _plain_prompt(prompt: Prompt) -> Prompt:
    return {language: tuple(map(_plain_part, parts)) for language, parts in prompt.items()}


def _plain_part(part: Part) -> Part:
    return Text(f"{{{part.name}}}") if isinstance(part, Field) else part
