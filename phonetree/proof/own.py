"""The promises that staff added to those of the product: callers who press these keys reach this.

What such a promise means is a table in docs/promises.md. It is checked by following its callers through the walk: those
who press each key as soon as they are asked, those who hear the question again first, and those who press during the
words before it. A call that goes round for ever without the caller breaks another promise, so it ends here silently.
"""

from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import NamedTuple

from phonetree.core.events import DialEnded, Pressed
from phonetree.core.schedule import Kind
from phonetree.core.speech import spoken_seconds, whole_seconds
from phonetree.core.tree import (
    AGAIN_KEY,
    NO_KEY,
    Destination,
    Key,
    Language,
    NodeId,
    OwnPromise,
    Reached,
    Site,
)
from phonetree.core.verbs import Dial, Gather, Record, Verbs
from phonetree.proof.budgets import question, until_offered
from phonetree.proof.counterexample import replay
from phonetree.proof.longest import longest_words
from phonetree.proof.promises import Breach, Promise, Walked, rung
from phonetree.proof.search import Point, bits
from phonetree.proof.situations import SILENT

_WHEN = {Kind.OPEN: "when open", Kind.CLOSED: "when closed", Kind.HOLIDAY: "on holidays"}


def own_promises(site: Site) -> Iterator[Promise]:
    """Each of the site's own promises, in file order."""
    for number, promise in enumerate(site.promises, 1):
        yield f"own-{number}", sentence(site, promise), partial(_breaches, promise)


def sentence(site: Site, promise: OwnPromise) -> str:
    """A promise in words: "When closed, whoever presses 1 reaches line 'barcc' within 30 s."."""
    when = " and ".join(_WHEN[kind] for kind in Kind if kind in promise.when)
    when = "at any time" if len(promise.when) == len(Kind) else when
    language = f", in '{promise.language}'" if promise.language else ""
    keys = ", then ".join(map(_named, promise.keys)) or _named(NO_KEY)
    within = f" within {promise.within} s" if promise.within else ""
    reaches = named(site, promise.reaches)
    return f"{when[0].upper()}{when[1:]}{language}, whoever presses {keys} reaches {reaches}{within}."


def named(site: Site, reached: Destination) -> str:
    """What is reached, in words: "line 'barcc'", "menu 'welcome'"."""
    what, name = reached
    return f"{site.nodes[name].kind if what is Reached.NODE else what} '{name}'"


def _named(key: Key) -> str:
    return "nothing" if key == NO_KEY else "star" if key == AGAIN_KEY else key


# -- the callers of a promise


class _Caller(NamedTuple):
    """A caller before a turn, who has pressed so many of the keys.

    `clock` is the seconds until now, None for somebody who takes their time or if no seconds are promised; `asks` the
    menu that has to ask again (None: whatever comes). `before` is the same caller a turn earlier.
    """

    situation: int
    pressed: int
    clock: float | None
    asks: NodeId | None = None
    before: "_Caller | None" = None

    def then(self, situation: int, pressed: int, clock: float | None, asks: NodeId | None = None) -> "_Caller":
        return _Caller(situation, pressed, clock, asks, self)


class _Failure(NamedTuple):
    """The callers who do not get what is promised, the moments at which they do not, and what they get. `late`: the
    same, but later."""

    caller: _Caller
    moments: int
    what: str
    late: bool = False


_Step = tuple[_Caller, int]
"""Callers, and the moments at which they are there."""


def _breaches(promise: OwnPromise, walked: Walked) -> Iterator[Breach]:
    for language in _not_offered(promise, walked):
        yield Breach(f"no key chooses '{language}'", where=promise.where)
    told: set[tuple[str, Kind, Language]] = set()
    for caller, moments, what, late in _Followed(promise, walked).failures():
        for kind, moment in _first_of_each_kind(walked, moments):
            path = _path(walked, caller, moment)
            language = _language(walked, path)
            if (what, kind, language) not in told:
                told.add((what, kind, language))
                pressed = replay(path, walked.walk, walked.moments).keys
                keys = ", then ".join("nothing" if key == "wait" else key for key in pressed.split(",")) or "none"
                hours = longest_words(walked.longest, path) if late else ""
                text = f"{what} {_WHEN[kind]}, in '{language}'{hours} (keys: {keys}){_also(promise, kind, walked)}"
                yield Breach(text, path, where=promise.where, late=late)


def _also(promise: OwnPromise, kind: Kind, walked: Walked) -> str:
    """What is promised besides of the same calls."""
    others = _of_the_same_calls(walked, promise, kind)
    return "".join(f"; also promised: {sentence(walked.site, other)[:-1]}" for other in others)


def _first_of_each_kind(walked: Walked, moments: int) -> Iterator[tuple[Kind, int]]:
    """The first of these moments when the line is open, when it is closed, and on a holiday."""
    seen: set[Kind] = set()
    for moment in bits(moments):
        kind = walked.moments.kinds[moment].kind
        if kind not in seen:
            seen.add(kind)
            yield kind, moment


def _not_offered(promise: OwnPromise, walked: Walked) -> Iterator[Language]:
    """The language of a promise, if callers cannot choose it."""
    if promise.language and promise.language not in {greeting.language for greeting in walked.greetings}:
        yield promise.language


def _of_the_same_calls(walked: Walked, promise: OwnPromise, kind: Kind) -> Iterator[OwnPromise]:
    """The other promises of calls that this one is about as well, if they say that those reach something else."""
    for other in walked.site.promises:
        if (
            other.keys == promise.keys
            and kind in other.when
            and other.reaches != promise.reaches
            and (other.language == promise.language or not (other.language and promise.language))
        ):
            yield other


def _path(walked: Walked, caller: _Caller, moment: int) -> tuple[Point, ...]:
    """The turns of a call, from the first to the one that a caller is at."""
    turns: list[Point] = []
    at: _Caller | None = caller
    while at:
        point = walked.walk.point(at.situation, moment)
        assert point is not None
        turns.append(point)
        at = at.before
    return tuple(reversed(turns))


def _language(walked: Walked, path: tuple[Point, ...]) -> Language:
    state = walked.walk.place(path[-1]).state
    return state.language if state else walked.site.first_language


class _Followed:
    """A promise's callers, followed until they reach what is promised, or something else."""

    def __init__(self, promise: OwnPromise, walked: Walked) -> None:
        self._promise, self._walked, self._walk = promise, walked, walked.walk
        self._kinds = walked.moments.kinds
        self._keys = promise.keys

    def failures(self) -> Iterator[_Failure]:
        """The calls that do not reach it, or too late, shortest first."""
        waiting = deque(self._begin())
        seen: dict[tuple[object, ...], int] = {}
        while waiting:
            caller, moments = waiting.popleft()
            known = caller[:-1]
            moments &= ~seen.get(known, 0)
            seen[known] = seen.get(known, 0) | moments
            for answer, verbs, at in self._heard(caller, moments) if moments else ():
                for step in self._taken(caller, answer, verbs, at):
                    if isinstance(step, _Failure):
                        yield step
                    else:
                        waiting.append(step)

    def _begin(self) -> Iterator[_Step]:
        """The callers who have heard nothing yet, or have just chosen their language."""
        walk, timed = self._walk, self._promise.within is not None
        together: dict[int, int] = {}
        for language, begin in self._walked.greetings:
            if self._kinds[begin.moment].kind in self._promise.when and self._promise.language in (None, language):
                situation = walk.situation_of[begin.case]
                together[situation] = together.get(situation, 0) | 1 << begin.moment
        for situation, moments in sorted(together.items(), key=lambda each: each[0] != walk.begin):
            first = None if situation == walk.begin else _Caller(walk.begin, 0, None)
            yield _Caller(situation, 0, 0.0 if timed else None, None, first), moments

    def _heard(self, caller: _Caller, moments: int) -> Iterator[tuple[int, Verbs, int]]:
        """The answers that a caller gets, each with its document and the moments: while seconds count, with what takes
        longest to say."""
        longest = self._walked.longest
        for answer, at in self._walk.parts(caller.situation, moments):
            if caller.clock is None or not longest.depends(answer):
                yield answer, self._walk.answers[answer].verbs, at
                continue
            together: dict[Verbs, int] = {}
            for moment in bits(at):
                point = self._walk.point(caller.situation, moment)
                assert point is not None
                verbs = longest.verbs(point)
                together[verbs] = together.get(verbs, 0) | 1 << moment
            yield from ((answer, verbs, same) for verbs, same in together.items())

    def _taken(self, caller: _Caller, answer: int, verbs: Verbs, at: int) -> Iterator[_Step | _Failure]:
        """What comes after a turn of a caller's, at these moments."""
        asked = question(verbs)
        if caller.asks and not (asked and asked.then.node == caller.asks):
            return  # the question was not asked again: to wait any longer is a choice of its own
        if caller.pressed == len(self._keys):
            if self._promise.reaches in self._walked.come_to(answer):
                yield from self._too_late(caller, verbs, at)
                return
            at &= ~self._walked.accepted_at(answer)
            if at and (instead := self._instead(verbs, asked)):
                yield _Failure(caller, at, f"the call reaches {named(self._walked.site, instead)}")
                return
        if at:
            yield from ((after, at) for after in self._going_on(caller, answer, verbs, asked))
            if self._ends(answer, verbs):
                yield _Failure(caller, at, self._ended(caller))

    def _ended(self, caller: _Caller) -> str:
        left = self._keys[caller.pressed :]
        next_ = "the next question" if left[:1] == (NO_KEY,) else f"{_named(left[0])} is pressed" if left else ""
        return f"the call ends before {next_}" if next_ else "the call ends"

    def _too_late(self, caller: _Caller, verbs: Verbs, at: int) -> Iterator[_Failure]:
        within = self._promise.within
        if within is not None and caller.clock is not None:
            what, name = self._promise.reaches
            seconds = caller.clock + _seconds(verbs, name if what is Reached.NODE else None)
            if seconds > within:
                yield _Failure(caller, at, f"the call takes {whole_seconds(seconds)} s, not {within} s,", late=True)

    def _instead(self, verbs: Verbs, asked: Gather | None) -> Destination | None:
        """What a caller who has pressed every key reaches in place of what is promised, if that is known."""
        if asked and self._keys:
            return Reached.NODE, asked.then.node
        what, _ = self._promise.reaches
        for verb in verbs:
            if isinstance(verb, Record):
                return Reached.NODE, verb.then.node
            if isinstance(verb, Dial) and what is not Reached.NODE:
                return rung(self._walked.site, verb)
        return None

    def _going_on(self, caller: _Caller, answer: int, verbs: Verbs, asked: Gather | None) -> Iterator[_Caller]:
        """The same caller a turn later, in every way in which that can be."""
        pressed, clock = caller.pressed, caller.clock
        key = self._keys[pressed] if pressed < len(self._keys) else None
        if asked and key:
            offered = None if clock is None else clock + until_offered(asked, key)
            yield from self._after(caller, answer, key, pressed + 1, offered)
            yield from self._after(caller, answer, NO_KEY, pressed, None, asked.then.node)
            return
        if clock is not None:
            clock += _seconds(verbs) + (asked.seconds if asked else 0)
        if _rings(verbs):
            yield from (caller.then(number, pressed, clock) for number in self._unanswered(answer))
        else:
            yield from self._after(caller, answer, NO_KEY, pressed + (asked is not None and key == NO_KEY), clock)
        if key and any(isinstance(verb, Gather) for verb in verbs):  # during words that ask for no key
            counts = key == AGAIN_KEY or key in self._walked.site.always  # any other only skips the words
            yield from self._after(caller, answer, key, pressed + counts, None)

    def _after(
        self, caller: _Caller, answer: int, key: Key, pressed: int, clock: float | None, asks: NodeId | None = None
    ) -> Iterator[_Caller]:
        """The caller after a key, or after none; nobody if the call ends there."""
        number = self._walk.situation_after(answer, Pressed(key) if key else SILENT)
        if number is not None:
            yield caller.then(number, pressed, clock, asks)

    def _unanswered(self, answer: int) -> Iterator[int]:
        """The situations in which ringing ended and nobody took the call."""
        for number in self._walk.follows[answer]:
            _, event, _ = self._walk.situations[number]
            if isinstance(event, DialEnded) and not event.connected:
                yield number

    def _ends(self, answer: int, verbs: Verbs) -> bool:
        return not _rings(verbs) and self._walk.situation_after(answer, SILENT) is None


def _rings(verbs: Verbs) -> bool:
    return any(isinstance(verb, Dial) for verb in verbs)


def _seconds(verbs: Verbs, node: NodeId | None = None) -> float:
    """The seconds that the words of a document take: all, or those before the first ones of a node."""
    passed = 0.0
    for piece in chain.from_iterable(verb.spoken for verb in verbs if isinstance(verb, Gather)):
        if node and piece.node == node:
            break
        passed += spoken_seconds(piece)
    return passed
