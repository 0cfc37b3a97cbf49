"""A row that differs, in sentences for staff: what leads elsewhere, what is said, who is rung."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import zip_longest
from operator import itemgetter
from typing import assert_never

from phonetree.core.events import DialEnded, HungUp, LegAnswered, LegPressed, Pressed, Recorded, Silent
from phonetree.core.state import LEG_STEPS, Step
from phonetree.core.tree import (
    AGAIN_KEY,
    Choice,
    Connect,
    Goodbye,
    GoTo,
    HoursNode,
    Language,
    Menu,
    Message,
    NodeId,
    Site,
    Speak,
    Transfer,
    Voicemail,
)
from phonetree.core.turn import Turn
from phonetree.core.verbs import Bridge, Dial, Gather, Hangup, Play, Record, Redirect, Say
from phonetree.core.wording import written
from phonetree.diff.compare import MOST_ROUNDS, Difference, Row, spoken_in, words_of
from phonetree.errors import ProofError
from phonetree.proof.situations import SILENT, Situation, take

A_PHONE = "a team's phone"
NOTHING = "nothing"

_SENTENCE = re.compile(r"(?<=[.!?]) ")


@dataclass(frozen=True, slots=True)
class Change:
    """One change in words. `causes` is what leads elsewhere, if that is the change; `now` is the same without what was
    before, if it tells that."""

    text: str
    causes: tuple[str, ...] = ()
    now: str = ""

    @property
    def alone(self) -> "Change":
        """The change without what was before."""
        return replace(self, text=self.now or self.text)

    def __str__(self) -> str:
        if not self.causes:
            return self.text
        plural = {"leads": "lead", "does": "do"} if len(self.causes) > 1 else {}
        verb, _, rest = self.text.partition(" ")
        return f"{listed(self.causes)} {plural.get(verb, verb)} {rest}"


A_PAIR = 0.2
"""How much a sentence and another one in its place count as alike, whatever they say."""

MOST_PAIRS = 2500
"""Sentences of one turn that are compared with each other; more are paired as they stand."""


def describe(difference: Difference) -> Iterator[tuple[str, Change]]:
    """How a row differs: each change with the node (or `A_PHONE`) where callers notice it ("": none in particular).
    Empty if the difference is inaudible."""
    old, new, state = difference.old, difference.new, difference.new.place.state
    if state and state.step in (Step.RING, Step.RUNG) and (_rung(old.turn) or _rung(new.turn)):
        yield from ((state.node, change) for change in _ringing(old, new))
        return
    place = new.leads_to.node if new.leads_to else ""
    if state and state.step in LEG_STEPS:
        place = A_PHONE
    words = [] if difference.elsewhere else list(_words(old, new, place))
    settings = [] if difference.elsewhere else list(_settings(old, new))
    if difference.elsewhere or ((words or settings) and _written(old) != _written(new)):
        yield state.node if state else "", _way(old, new)
    else:
        yield from words
        yield from ((place, Change(text)) for text in settings)


# -- another place


def _way(old: Row, new: Row) -> Change:
    """Where it leads: as written, or else as it turns out."""
    was, now = _written(old), _written(new)
    if was == now:
        spoken = old.place.state.language if old.place.state else old.site.first_language
        was, now = _destination(old, spoken), _destination(new, spoken)
    if was == NOTHING:
        text = f"leads to {now} instead of doing nothing."
    elif now == NOTHING:
        text = f"does nothing instead of leading to {was}."
    else:
        text = f"leads to {now} instead of {was}."
    return Change(text, (_cause(old, new),), "does nothing." if now == NOTHING else f"leads to {now}.")


def _choice(row: Row) -> Choice | None:
    """The choice of the key that was pressed, if any."""
    state, event = row.place.state, row.place.event
    if state is None or not isinstance(event, Pressed):
        return None
    node = row.site.nodes.get(state.node)
    own = {choice.key: choice for choice in node.choices} if isinstance(node, Menu) else {}
    return own.get(event.keys) or row.site.always.get(event.keys)


def _written(row: Row) -> str:
    """Where that choice leads."""
    choice = _choice(row)
    if choice is None:
        return NOTHING
    match choice.target:
        case GoTo(node):
            return node_named(row.site, node)
        case Speak(language):
            return row.site.languages[language].name
        case _:
            assert_never(choice.target)


def _cause(old: Row, new: Row) -> str:
    """What leads elsewhere."""
    state, event = new.place.state, new.place.event
    if state is None:
        return "an incoming call"
    choices = [(row, choice) for row in (old, new) if (choice := _choice(row))]
    offered = any(row.site.offers(choice, row.now) for row, choice in choices)  # not a closed outside line
    match event:
        case Pressed(key) if key == AGAIN_KEY and state.repeats:
            return "asking too often to hear it again"
        case Pressed(key) if key == AGAIN_KEY or _written(old) != _written(new) or offered:
            return f"key {key}"
        case Pressed():
            return "a wrong key" if state.step is Step.ASK else "a key during the prompt"
        case DialEnded(connected=True):
            return "the end of the conversation"
        case DialEnded():
            return "no answer"
        case Recorded(0):
            return "an empty message"
        case Recorded():
            return "a message"
        case LegAnswered() | LegPressed():
            return "the question to press 1"
        case Silent() | HungUp():
            return "silence" if state.step is Step.ASK else "the end of the prompt"
        case _:
            assert_never(event)


def _destination(row: Row, spoken: Language) -> str:
    next_state, state = row.leads_to, row.place.state
    if next_state is None:
        return "the end of the call"
    if state and next_state.node == state.node and next_state.misses > state.misses:
        return "the same choices again"
    name = node_named(row.site, next_state.node)
    return f"{name} in {row.site.languages[next_state.language].name}" if next_state.language != spoken else name


# -- the same place


def _words(old: Row, new: Row, place: str) -> Iterator[tuple[str, Change]]:
    """Sentences that only one row has or that moved, each at the node whose words it is."""
    before, after = _sentences(old), _sentences(new)
    was, now, owners = [text for text, _ in before], [text for text, _ in after], dict((*before, *after))
    whose = "on it " if place == A_PHONE else ""
    if new.leads_to and new.leads_to.language != new.site.first_language:
        whose += f"in {new.site.languages[new.leads_to.language].name} "
    for gone, come in _replaced(was, now):
        if gone and come == gone:
            text = f'"{come}" is said {"earlier" if now.index(come) < was.index(come) else "later"}.'
        elif gone and come:
            text = f'"{come}" is said instead of "{gone}"'
        else:
            text = f'"{come}" is also said.' if come else f'"{gone}" is no longer said.'
        yield owners[come or gone] or place, Change(whose + text)


def _sentences(row: Row) -> list[tuple[str, NodeId | None]]:
    """Each sentence of a turn, with the node whose words it is."""
    return [(one, piece.node) for piece in spoken_in(row.turn.verbs) for one in _SENTENCE.split(words_of(piece))]


def _replaced(was: list[str], now: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs of a sentence and its replacement; "" if there is none, twice the same sentence if it moved."""
    parts = [
        (was[a:b], now[c:d])
        for what, a, b, c, d in SequenceMatcher(None, was, now, autojunk=False).get_opcodes()
        if what != "equal"
    ]
    moved = {text for gone, _ in parts for text in gone} & {text for _, come in parts for text in come}
    yield from ((text, text) for text in sorted(moved))
    for part in parts:
        gone, come = ([text for text in texts if text not in moved] for texts in part)
        yield from _paired(gone, come)


def _paired(gone: list[str], come: list[str]) -> list[tuple[str, str]]:
    """Sentences with what replaces them, in order: those that are most alike, and as many as can be. "" stands for
    none."""
    if len(gone) * len(come) > MOST_PAIRS:
        return list(zip_longest(gone, come, fillvalue=""))
    best: list[list[tuple[float, list[tuple[str, str]]]]] = [
        [(0, [("", text) for text in come[:many]]) for many in range(len(come) + 1)]
    ]
    for old in gone:
        above = best[-1]
        row = [(above[0][0], [*above[0][1], (old, "")])]
        for number, new in enumerate(come):
            alike = A_PAIR + SequenceMatcher(None, old.split(), new.split(), autojunk=False).ratio()
            ways = (
                (above[number][0] + alike, above[number][1], (old, new)),
                (above[number + 1][0], above[number + 1][1], (old, "")),
                (row[number][0], row[number][1], ("", new)),
            )
            score, before, last = max(ways, key=itemgetter(0))
            row.append((score, [*before, last]))
        best.append(row)
    return best[-1][-1][1]


def _settings(old: Row, new: Row) -> Iterator[str]:
    """Differences in what the network is asked to do, apart from words."""
    for was, now in zip(_asked(old), _asked(new), strict=False):
        match was, now:
            case Gather(), Gather() if was.seconds != now.seconds:
                yield f"waits {now.seconds} s for a key instead of {was.seconds} s."
            case Record(), Record() if (was.longest, was.silence) != (now.longest, now.silence):
                before = f"{was.longest} s and {was.silence} s"
                yield f"records at most {now.longest} s, and until {now.silence} s of silence; before, {before}."
            case Dial(), Dial():
                if was.numbers != now.numbers:
                    before = line_named(old.site, was.numbers[0])
                    yield f"rings {line_named(new.site, now.numbers[0])} instead of {before}."
                if (was.caller_id is None) != (now.caller_id is None):
                    yield f"they now see {'the caller' if now.caller_id is None else 'the helpline'}'s number."


def _asked(row: Row) -> Iterator[Gather | Record | Dial]:
    for verb in row.turn.verbs:
        match verb:
            case Gather():
                if verb.then.step is Step.ASK:
                    yield verb
            case Record() | Dial():
                yield verb
            case Say() | Play() | Redirect() | Hangup() | Bridge():
                pass
            case _:
                assert_never(verb)


# -- ringing


def _ringing(old: Row, new: Row) -> Iterator[Change]:
    """The whole ringing, if one of its rounds differs."""
    one, two = _rung(old.turn), _rung(new.turn)
    if one and two and (one.numbers, one.seconds) == (two.numbers, two.seconds):
        return
    rounds = list(_rounds(old)), list(_rounds(new))
    was, now = _plan(old.site, rounds[0]), _plan(new.site, rounds[1])
    if was != now:
        rings = f"rings {now or 'nobody'}"
        yield Change(f"{rings}; before, {was or 'nobody'}.", now=f"{rings}.")
    elif [dial.numbers for dial in rounds[0]] != [dial.numbers for dial in rounds[1]]:
        yield Change(f"rings other numbers: {now}.")
    else:
        yield Change("rings differently when a phone is busy, or is picked up and nobody presses 1.")


def _rung(turn: Turn) -> Dial | None:
    """The ringing of a team."""
    return next((verb for verb in turn.verbs if isinstance(verb, Dial) and verb.screen), None)


def _rounds(row: Row) -> Iterator[Dial]:
    """Every round while nobody answers. Raises ProofError if there are more than `MOST_ROUNDS`."""
    assert row.place.state
    situation: Situation = row.place.state.at(Step.RING), SILENT, 0
    for _ in range(MOST_ROUNDS):
        dial = _rung(take(row.site, row.now, situation))
        if dial is None or dial.then is None:
            return
        yield dial
        situation = dial.then, DialEnded(connected=False), dial.seconds
    raise ProofError(f"'{row.place.state.node}' rings for more than {MOST_ROUNDS} rounds; give its team fewer members")


def _plan(site: Site, rounds: list[Dial]) -> str:
    names = {member.number: member.name for team in site.teams.values() for member in team.members}
    phones = [" and ".join(names.get(number, "another phone") for number in dial.numbers) for dial in rounds]
    return ", then ".join(f"{phone} for {dial.seconds} s" for phone, dial in zip(phones, rounds, strict=True))


# -- names


def line_named(site: Site, number: str) -> str:
    """An outside line by its name and number."""
    names = [next(iter(line.names.values())) for line in site.resources.values() if line.number == number]
    shown = written(number, site.dialling)
    return f"{names[0]} ({shown})" if names else shown


def node_named(site: Site, name: NodeId) -> str:
    """A node in a few words for staff."""
    node = site.nodes[name]
    match node:
        case Connect(team=team):
            return f"team '{team}' ({name})"
        case Transfer(resource=resource):
            return f"{next(iter(site.resources[resource].names.values()))} ({name})"
        case Voicemail():
            return f"voicemail {name}"
        case Goodbye():
            return f"the end of the call ({name})"
        case HoursNode():
            return f"hours node {name}"
        case Menu():
            return f"menu {name}"
        case Message():
            return f"message {name}"
        case _:
            assert_never(node)


def listed(names: tuple[str, ...]) -> str:
    """Names in a row: "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
