"""A turn in which two sites differ, in sentences for staff: what leads elsewhere, what is said, who rings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from phonetree.core.events import DialEnded, LegAnswered, LegPressed, Pressed, Recorded
from phonetree.core.state import Step
from phonetree.core.tree import (
    AGAIN_KEY,
    Connect,
    Goodbye,
    GoTo,
    HoursNode,
    Menu,
    Message,
    NodeId,
    Site,
    Transfer,
    Voicemail,
)
from phonetree.core.turn import Turn
from phonetree.core.verbs import Dial, Gather, Record, Verbs
from phonetree.diff.compare import Parting, messages_passed, place_of, ringing, rounds, spoken_in, words_of
from phonetree.proof.moments import Moments
from phonetree.proof.walk import SILENT, take

A_PHONE = "a team's phone"
NOTHING = "nothing"
AGAIN = "the same choices again"

_SENTENCE = re.compile(r"(?<=[.!?]) ")


@dataclass(frozen=True, slots=True)
class Said:
    """One change. `causes` is what leads elsewhere, when it is that which changed."""

    text: str
    causes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.causes:
            return self.text
        plural = {"leads": "lead", "does": "do"} if len(self.causes) > 1 else {}
        verb, _, rest = self.text.partition(" ")
        return f"{listed(self.causes)} {plural.get(verb, verb)} {rest}"


@dataclass(frozen=True, slots=True)
class Words:
    """A parting in words: each change with the place where it is met."""

    old: Site
    new: Site
    kinds: Moments

    def of(self, parting: Parting) -> Iterator[tuple[str, Said]]:
        chosen = self._chosen(parting)
        if not parting.same_place or (chosen and chosen[0] != chosen[1]):
            yield self._way(parting)
        elif ringing(parting.before, parting.old.verbs, parting.new.verbs):
            yield self._ringing(parting)
        else:
            here = place_of(parting.new.verbs)
            place = here.node if here else ""
            if isinstance(parting.event, LegAnswered | LegPressed):
                place = A_PHONE
            yield from self._heard(parting, place)
            for text in _settings(self.old, self.new, parting):
                yield place, Said(text)

    # -- another place

    def _way(self, parting: Parting) -> tuple[str, Said]:
        was, now = self._chosen(parting) or ("", "")
        if was == now:
            was = self._destination(self.old, parting, parting.old)
            now = self._destination(self.new, parting, parting.new)
        origin = parting.before.node if parting.before else ""
        if was == NOTHING:
            text = f"leads to {now} now; before, to nothing."
        elif now == NOTHING:
            text = f"does nothing now; before, it was {was}."
        else:
            text = f"leads to {now} now, not to {was}."
        return origin, Said(text, (self._cause(parting),))

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

    def _destination(self, site: Site, parting: Parting, turn: Turn) -> str:
        here, before = place_of(turn.verbs), parting.before
        if passed := messages_passed(site, turn):
            return describe(site, passed[0])
        if here is None:
            return "the end of the call"
        if before is not None and here.node == before.node and here.misses > before.misses:
            return AGAIN
        name = describe(site, here.node)
        changed = before is not None and here.language != before.language
        return f"{name} in {site.languages[here.language].name}" if changed else name

    # -- the same place

    def _heard(self, parting: Parting, place: str) -> Iterator[tuple[str, Said]]:
        """Sentences that are said in one and not in the other."""
        old, new = _sentences(parting.old), _sentences(parting.new)
        was, now, owners = [text for text, _ in old], [text for text, _ in new], dict((*old, *new))
        here = place_of(parting.new.verbs)
        whose = "" if place != A_PHONE else "on it "
        if here and here.language != self.new.first_language:
            whose += f"in {self.new.languages[here.language].name} "
        for gone, come in _replaced(was, now):
            here_said = owners[come or gone] or place
            if gone and come == gone:
                earlier = now.index(come) < was.index(come)
                yield here_said, Said(f'{whose}"{come}" is said {"earlier" if earlier else "later"} now.')
            elif gone and come:
                yield here_said, Said(f'{whose}"{come}" is said instead of "{gone}"')
            elif come:
                yield here_said, Said(f'{whose}"{come}" is said too.')
            else:
                yield here_said, Said(f'{whose}"{gone}" is no longer said.')

    # -- ringing

    def _ringing(self, parting: Parting) -> tuple[str, Said]:
        assert parting.before
        begin = parting.before.at(Step.RING)
        at = self.kinds.kinds[parting.moment].at
        was, now = (_plan(site, take(site, at, (begin, SILENT, 0)).verbs) for site in (self.old, self.new))
        if was == now:
            return parting.before.node, Said(f"other numbers ring: {now}.")
        return parting.before.node, Said(f"rings {now or 'nobody'}; before, {was or 'nobody'}.")


def _sentences(turn: Turn) -> list[tuple[str, NodeId | None]]:
    """Each sentence of a turn, with the node whose words it is."""
    return [(one, piece.node) for piece in spoken_in(turn.verbs) for one in _SENTENCE.split(words_of(piece))]


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
    for was, now in zip(parting.old.verbs, parting.new.verbs, strict=False):
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
                    yield f"rings {line_named(new, now_numbers[0])}; before, {line_named(old, numbers[0])}."
                if (shown is None) != (now_shown is None):
                    yield f"they see {'the caller' if now_shown is None else 'the helpline'}'s number now."


def line_named(site: Site, number: str) -> str:
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
        case HoursNode():
            return f"hours node {name}"
        case Menu():
            return f"menu {name}"
        case Message():
            return f"message {name}"


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


def listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
