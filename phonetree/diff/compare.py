"""Two sites played through the same calls, turn by turn, to where they part.

Both are asked by the engine; what their documents say and do is compared, not what their files say. Names of
nodes and voices are left out of it. Where a call comes to another place in one site than in the other, it is
not followed further; every place that both sites have is compared in the end, however it is reached.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher

from phonetree.core import engine
from phonetree.core.events import DialEnded, Event
from phonetree.core.state import LEG_STEPS, State, Step
from phonetree.core.tree import Language, Message, NodeId, Site
from phonetree.core.turn import Turn
from phonetree.core.verbs import Dial, Gather, Play, Record, Redirect, Say, Spoken, Verb, Verbs
from phonetree.proof.moments import Moments
from phonetree.proof.walk import SILENT, Happening, Walk, following, take

ENOUGH_ALIKE = 0.5
"""The share of sentences in common above which a node counts as the same one under a new name."""

MOST_ROUNDS = 200
"""Rounds of one ringing: more than any team has."""

_OWN_CLOCK = datetime.fromtimestamp(0, UTC)
"""A moment where none matters: a ringing tells the time by itself."""


@dataclass(frozen=True, slots=True)
class Parting:
    """A turn that is not the same in both sites.

    `before` is where the call was in the new site (None: it came in, or came to a node however), `event` what
    happened there. `same_place` says whether both sites are at the same node then.
    """

    moment: int
    before: State | None
    event: Event
    old: Turn
    new: Turn
    same_place: bool


@dataclass(frozen=True, slots=True)
class _Pair:
    moment: int
    old: Happening
    new: Happening


def partings(old: Site, new: Site, moments: Moments, walks: tuple[Walk, Walk]) -> Iterator[Parting]:
    """Every turn in which two sites differ. Both have the same schedule, and `moments` tells both apart;
    `walks` are all turns of the old one and of the new one."""
    lockstep = _Lockstep(old, new, moments)
    for moment in range(len(moments.kinds)):
        lockstep.meet(_Pair(moment, _BEGINS, _BEGINS))
    yield from lockstep.play()
    for moment, language, node in sorted(lockstep.not_compared(walks)):
        now = moments.kinds[moment].at
        visits = engine.visit(old, node, language, now), engine.visit(new, node, language, now)
        coming: Happening = (State(new.revision, language, node, Step.ANNOUNCE), SILENT, 0)
        yield from lockstep.compare(_Pair(moment, coming, coming), *visits)
        yield from lockstep.play()


_BEGINS: Happening = (None, SILENT, 0)


class _Lockstep:
    def __init__(self, old: Site, new: Site, moments: Moments) -> None:
        self._old, self._new, self._moments = old, new, moments
        self._seen: set[_Pair] = set()
        self._waiting: deque[_Pair] = deque()
        self._compared: set[tuple[int, Language, NodeId]] = set()

    def meet(self, pair: _Pair) -> None:
        if pair not in self._seen:
            self._seen.add(pair)
            self._waiting.append(pair)

    def play(self) -> Iterator[Parting]:
        while self._waiting:
            pair = self._waiting.popleft()
            now = self._moments.kinds[pair.moment].at
            old, new = take(self._old, now, pair.old), take(self._new, now, pair.new)
            yield from self.compare(pair, old, new)

    def compare(self, pair: _Pair, old: Turn, new: Turn) -> Iterator[Parting]:
        """One turn: how it differs, and what follows it where both are at the same place."""
        equal = essence(old.verbs) == essence(new.verbs)
        before, event, _ = pair.new
        if not equal and ringing(before, old.verbs, new.verbs):
            yield Parting(pair.moment, before, event, old, new, same_place=True)
            self._ends_of_ringing(pair, old.verbs, new.verbs)
            return
        same = equal or self._same_place(old, new)
        if not equal:
            yield Parting(pair.moment, before, event, old, new, same)
        if same:
            self._follow(pair.moment, old.verbs, new.verbs)
        elif left := place_of(old.verbs):
            self._compared.add((pair.moment, left.language, left.node))  # whoever came there comes elsewhere now

    def not_compared(self, walks: tuple[Walk, Walk]) -> set[tuple[int, Language, NodeId]]:
        """The places that calls of both sites come to, but never the same call, or only when the hours change in
        the midst of it."""
        return (self._places(walks[0]) & self._places(walks[1])) - self._compared

    def _places(self, found: Walk) -> set[tuple[int, Language, NodeId]]:
        return {
            (place.moment, state.language, state.node)
            for place in found.places
            if (state := place.state)
            and state.step not in LEG_STEPS
            and state.node in self._old.nodes
            and state.node in self._new.nodes
            and state.language in self._old.languages
            and state.language in self._new.languages
        }

    def _same_place(self, old: Turn, new: Turn) -> bool:
        one, two = place_of(old.verbs), place_of(new.verbs)
        passed, now_passed = messages_passed(self._old, old), messages_passed(self._new, new)
        if passed != now_passed and {*passed, *now_passed} & self._old.nodes.keys() & self._new.nodes.keys():
            return False
        if one is None or two is None:
            return one is two
        if one.language != two.language and {one.language, two.language} <= self._new.languages.keys():
            return False
        if one.node == two.node:
            return type(self._old.nodes[one.node]) is type(self._new.nodes[two.node])
        renamed = one.node not in self._new.nodes and two.node not in self._old.nodes
        if not renamed or type(self._old.nodes[one.node]) is not type(self._new.nodes[two.node]):
            return False
        return SequenceMatcher(None, sentences(old.verbs), sentences(new.verbs)).ratio() >= ENOUGH_ALIKE

    def _follow(self, moment: int, old: Verbs, new: Verbs) -> None:
        if (one := place_of(old)) and (two := place_of(new)) and one.node == two.node:
            self._compared.add((moment, two.language, two.node))
        ways = {cause[0]: tuple(follows()) for cause, follows in following(old)}
        for cause, follows in following(new):
            for before, after in zip(ways.get(cause[0], ()), follows(), strict=False):
                self.meet(_Pair(moment, before, after))

    def _ends_of_ringing(self, pair: _Pair, old: Verbs, new: Verbs) -> None:
        """Where ringing differs, only its ends are compared: nobody takes the call, or somebody does."""
        one, two = _rung_out(self._old, old) or pair.old, _rung_out(self._new, new) or pair.new
        self.meet(_Pair(pair.moment, one, two))
        if one[0] and two[0] and one[0].step is two[0].step is Step.RUNG:
            taken = DialEnded(connected=True)
            self.meet(_Pair(pair.moment, (one[0], taken, 0), (two[0], taken, 0)))


def messages_passed(site: Site, turn: Turn) -> tuple[NodeId, ...]:
    """The messages that a turn says before it comes to its place."""
    return tuple(name for name in turn.passed if isinstance(site.nodes[name], Message))


def ringing(before: State | None, old: Verbs, new: Verbs) -> bool:
    """Whether a team is being rung, by one of the two at least."""
    screened = any(isinstance(verb, Dial) and verb.screen for verb in (*old, *new))
    return screened and before is not None and before.step in (Step.RING, Step.RUNG)


def rounds(site: Site, verbs: Verbs) -> Iterator[Dial]:
    """The rounds of a ringing, from a document on, when every one of them rings out."""
    for _ in range(MOST_ROUNDS):
        dial = next((verb for verb in verbs if isinstance(verb, Dial) and verb.screen), None)
        if dial is None or dial.then is None:
            return
        yield dial
        verbs = take(site, _OWN_CLOCK, (dial.then, DialEnded(connected=False), dial.seconds)).verbs


def _rung_out(site: Site, verbs: Verbs) -> Happening | None:
    """The end of a ringing that nobody takes."""
    last = None
    for dial in rounds(site, verbs):
        last = dial
    return (last.then, DialEnded(connected=False), last.seconds) if last else None


def place_of(verbs: Verbs) -> State | None:
    """Where a document leaves the caller; None: nowhere, it ends."""
    for verb in verbs:
        if isinstance(verb, Gather | Record | Redirect):
            return verb.then
        if isinstance(verb, Dial):
            return verb.then
    return None


def spoken_in(verbs: Verbs) -> Iterator[Spoken]:
    """Everything that is spoken in a document."""
    for verb in verbs:
        if isinstance(verb, Gather):
            yield from verb.spoken
        elif isinstance(verb, Say | Play):
            yield verb


def sentences(verbs: Verbs) -> list[str]:
    """The words of everything that is spoken in a document."""
    return list(map(words_of, spoken_in(verbs)))


def words_of(piece: Spoken) -> str:
    """What is heard of a piece; an audio file by its name too."""
    return piece.text if isinstance(piece, Say) else f"{piece.transcript} [{piece.file}]"


def essence(verbs: Verbs) -> tuple[object, ...]:
    """All of a document that a caller can tell, without names of nodes."""
    return tuple(map(_essence, verbs))


def _essence(verb: Verb) -> object:
    match verb:
        case Gather(spoken, seconds, then):
            return tuple(map(words_of, spoken)), seconds, then.step, then.language
        case Dial(numbers, caller_id, seconds, screen, then):
            return numbers, caller_id, seconds, screen is None, then is None
        case Record(longest, silence, _):
            return longest, silence
        case Redirect(then):
            return then.step, then.language
        case Say() | Play():
            return words_of(verb)
        case _:
            return type(verb)
