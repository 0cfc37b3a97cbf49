"""How soon callers reach somebody: seconds of speech and keys, by language and kind of moment."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, assert_never

from phonetree.core import engine
from phonetree.core.events import Pressed
from phonetree.core.speech import spoken_seconds
from phonetree.core.state import State, Step
from phonetree.core.tree import PERSON_KEY, Language, NodeId, Site, Speak
from phonetree.core.verbs import Bridge, Dial, Gather, Hangup, Play, Record, Redirect, Say, Verbs
from phonetree.proof.longest import Longest
from phonetree.proof.search import Point
from phonetree.proof.situations import SILENT
from phonetree.proof.walk import Walk


@dataclass(frozen=True, slots=True)
class TimeToHelp:
    """Seconds of speech until an advocate, or an outside line, is rung with one key (None: no single key does that);
    and until anybody is rung for a caller who presses nothing."""

    kind: str
    at: str
    language: str
    accepted: bool
    """Whether staff know that nobody can be rung then, and accepted what callers come to."""
    advocate: float | None
    line: float | None
    silent: float | None


class Greeting(NamedTuple):
    """The first turn of a call in a language at a kind of moment."""

    language: Language
    begin: Point


def greetings(site: Site, walk: Walk) -> Iterator[Greeting]:
    """One for each kind of moment and language."""
    for number in range(len(walk.moments.kinds)):
        first: dict[Language, Point] = {}
        for language, begin in first_turns(site, walk, number):
            first.setdefault(language, begin)  # several keys may choose it, or one the language that is spoken anyway
        yield from (Greeting(language, begin) for language, begin in first.items())


def times_to_help(greeted: Iterable[Greeting], longest: Longest) -> Iterator[TimeToHelp]:
    """One for each greeting, if what is said takes longest."""
    for greeting in greeted:
        moment = longest.walk.moments.kinds[greeting.begin.moment]
        rung = tuple(with_one_key(greeting, longest))
        silent, _ = _until_rung(_alone(longest, greeting.begin), asked_again_is_too_late=False)
        advocate, line = (
            min((each.seconds for each in rung if each.team == team), default=None) for team in (True, False)
        )
        yield TimeToHelp(moment.kind, str(moment), greeting.language, bool(moment.accepted), advocate, line, silent)


class Rung(NamedTuple):
    """That a team's phone, or else an outside line, is rung so many seconds after a greeting began, for a caller who
    presses one key in it: the turn of that key."""

    seconds: float
    team: bool
    pressed: Point


def with_one_key(greeting: Greeting, longest: Longest) -> Iterator[Rung]:
    """Everybody whom a greeting's keys ring before another question, if what is said takes longest."""
    for key, offered in _offers(longest.verbs(greeting.begin)):
        if pressed := longest.walk.following(greeting.begin, Pressed(key)):
            seconds, screened = _until_rung(_alone(longest, pressed), asked_again_is_too_late=True)
            if seconds is not None:
                yield Rung(offered + seconds, screened, pressed)


@dataclass(frozen=True, slots=True)
class FromHere:
    """Seconds of speech, and of waiting for a key, until somebody is rung for a caller who comes to a node: with the
    one key that is quickest, and for a caller who presses nothing. None: nobody is rung so."""

    key: str
    with_key: float | None
    silent: float | None


def from_here(site: Site, node: NodeId, language: Language, now: datetime) -> FromHere:
    """How soon somebody is rung from a node, at a moment (aware). It asks the engine alone, so it needs no walk."""
    entered = engine.turn(site, State(site.revision, language, node, Step.ANNOUNCE), SILENT, now).verbs
    silent, _ = _until_rung(_going_on(site, entered, now), asked_again_is_too_late=False)
    best: float | None = None
    best_key, asked = "", question(entered)
    for key, offered in _offers(entered) if asked else ():
        if asked and (best is None or offered < best):
            pressed = engine.turn(site, asked.then, Pressed(key), now).verbs
            seconds, _ = _until_rung(_going_on(site, pressed, now), asked_again_is_too_late=True)
            if seconds is not None and (best is None or offered + seconds < best):
                best_key, best = key, offered + seconds
    return FromHere(best_key, best, silent)


def _going_on(site: Site, verbs: Verbs, now: datetime) -> Iterator[Verbs]:
    """The documents of a call whose caller does nothing from one on, until one comes again."""
    seen: set[State] = set()
    while True:
        yield verbs
        last = verbs[-1]
        if not isinstance(last, Redirect) or last.then in seen:
            return
        seen.add(last.then)
        verbs = engine.turn(site, last.then, SILENT, now).verbs


def first_turns(site: Site, walk: Walk, moment: int) -> Iterator[tuple[str, Point]]:
    """The first turn of a call at a kind of moment, and the one after each change of language, with their languages."""
    begin = walk.point(walk.begin, moment)
    assert begin is not None
    yield site.first_language, begin
    for after in walk.after(begin):
        event = walk.place(after).event
        choice = site.always.get(event.keys) if isinstance(event, Pressed) else None
        if choice and isinstance(choice.target, Speak):
            yield choice.target.language, after


def _offers(verbs: Verbs) -> Iterator[tuple[str, float]]:
    """Each key of the menu except 0, and the seconds until it has been offered ("..., press 1.")."""
    gather = question(verbs)
    passed = 0.0
    for piece in gather.spoken if gather else ():
        passed += spoken_seconds(piece)
        if isinstance(piece, Say) and piece.key and piece.key != PERSON_KEY:
            yield piece.key, passed


def until_offered(asked: Gather, key: str) -> float:
    """The seconds until a question has offered a key; one that it does not offer is pressed after all its words."""
    passed = 0.0
    for piece in asked.spoken:
        passed += spoken_seconds(piece)
        if isinstance(piece, Say) and piece.key == key:
            break
    return passed


def question(verbs: Verbs) -> Gather | None:
    """The question that a document asks the caller, if any."""
    return next((verb for verb in verbs if isinstance(verb, Gather) and verb.then.step is Step.ASK), None)


def _alone(longest: Longest, point: Point) -> Iterator[Verbs]:
    """The documents of a call whose caller does nothing, until one comes again."""
    return map(longest.verbs, path_alone(longest.walk, point))


def path_alone(walk: Walk, point: Point, key: str | None = None) -> Iterator[Point]:
    """The turns of a call whose caller does nothing, or presses `key` at every question, until one comes again."""
    following: Point | None = point
    seen: set[Point] = set()
    while following is not None and following not in seen:
        seen.add(following)
        yield following
        event = Pressed(key) if key is not None and question(walk.verbs(following)) else SILENT
        following = walk.following(following, event)


def path_until_rung(walk: Walk, point: Point) -> Iterator[Point]:
    """The turns of a call whose caller does nothing from one on, up to the one that rings a phone."""
    for following in path_alone(walk, point):
        yield following
        if any(isinstance(verb, Dial) for verb in walk.verbs(following)):
            return


def _until_rung(documents: Iterator[Verbs], *, asked_again_is_too_late: bool) -> tuple[float | None, bool]:
    """Seconds of speech, and of waiting for a key, until a phone rings, and whether it is a team's. None: nobody
    is rung, or only after another question."""
    passed = 0.0
    for verbs in documents:
        for verb in verbs:
            match verb:
                case Dial():
                    return passed, verb.screen is not None
                case Gather():
                    passed += sum(map(spoken_seconds, verb.spoken))
                    passed += verb.seconds if verb.then.step is Step.ASK else 0
                case Say() | Play():
                    passed += spoken_seconds(verb)
                case Record() | Redirect() | Hangup() | Bridge():
                    pass
                case _:
                    assert_never(verb)
        if asked_again_is_too_late and question(verbs):
            break
    return None, False
