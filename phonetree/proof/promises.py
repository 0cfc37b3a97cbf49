"""The promises to callers: each a sentence, and a check of everything that can happen.

The checks examine what the engine asks the phone network to do; they have no rules of the tree of their own.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import chain
from math import inf

from phonetree.core.events import DialEnded, LegPressed, Pressed
from phonetree.core.schedule import Kind
from phonetree.core.speech import speech_seconds, whole_seconds
from phonetree.core.state import LEG_STEPS, Step
from phonetree.core.tree import (
    PERSON_KEY,
    Budgets,
    Connect,
    Destination,
    Goodbye,
    GoTo,
    Menu,
    NodeId,
    Reached,
    Site,
    Speak,
    Transfer,
    past_words,
)
from phonetree.core.turn import Turn
from phonetree.core.verbs import Dial, Gather, Hangup, Record, Redirect, Say, Verbs
from phonetree.core.wording import Speaker
from phonetree.errors import Where
from phonetree.proof.budgets import (
    Greeting,
    TimeToHelp,
    first_turns,
    greetings,
    path_alone,
    path_until_rung,
    question,
    times_to_help,
    with_one_key,
)
from phonetree.proof.longest import Longest, longest_words
from phonetree.proof.moments import Moments
from phonetree.proof.search import Point, Search, bits
from phonetree.proof.situations import SILENT, Situation
from phonetree.proof.walk import Walk

MOST_SPOKEN_CHOICES = 5
"""Choices spoken in one menu, apart from the change of language: callers do not remember more."""

LONGEST_SENTENCE_SECONDS = 40.0
"""The longest prompt that callers can take in."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A case in which a promise does not hold, the turns of the walk that lead there, and the node to look at first
    (None: no single node is at fault), or where the promise itself is written. `late`: callers are helped as promised,
    only it takes more seconds."""

    text: str
    path: tuple[Point, ...] = ()
    node: NodeId | None = None
    where: Where | None = None
    late: bool = False


Found = tuple[Point, str, NodeId | None]
"""A breach before its path is known: the turn, the text, and the node, if that is not where the call is."""


@dataclass(frozen=True)
class Walked:
    """A site and everything that can happen on its calls."""

    site: Site
    moments: Moments
    walk: Walk

    @property
    def documents(self) -> Iterator[tuple[int, Verbs]]:
        """Every document, with the number of its answer."""
        return ((number, self.walk.answers[number].verbs) for number in self.walk.follows)

    @cached_property
    def menus(self) -> tuple[tuple[int, Gather], ...]:
        """Every question that a caller is asked, with the number of its answer."""
        return tuple((number, gather) for number, verbs in self.documents if (gather := question(verbs)))

    @cached_property
    def dials(self) -> tuple[tuple[int, Dial], ...]:
        """Every ringing, with the number of its answer."""
        return tuple((number, verb) for number, verbs in self.documents for verb in verbs if isinstance(verb, Dial))

    @cached_property
    def times_to_help(self) -> tuple[TimeToHelp, ...]:
        """How soon callers reach somebody."""
        return tuple(times_to_help(self.greetings, self.longest))

    @cached_property
    def greetings(self) -> tuple[Greeting, ...]:
        """The first turns in each language at each kind of moment."""
        return tuple(greetings(self.site, self.walk))

    @cached_property
    def longest(self) -> Longest:
        """The documents when they take longest to say."""
        return Longest(self.site, self.moments, self.walk)

    def reaches(self, point: Point) -> bool:
        """Whether a turn rings a phone, or comes to what staff accepted while nobody can be rung."""
        answer = self.walk.answer_of[point.case]
        return _rings(self.walk.answers[answer].verbs) or bool(self.accepted_at(answer) >> point.moment & 1)

    def accepted_at(self, answer: int) -> int:
        """The moments at which staff accepted that callers get this answer while nobody can be rung."""
        if not self._accepted:
            return 0
        turn = self.walk.answers[answer]
        come_to = {*turn.passed, *(verb.then.node for verb in turn.verbs if isinstance(verb, Gather | Record))}
        return sum(1 << moment for moment, accepted in self._accepted.items() if come_to & accepted)

    @cached_property
    def _accepted(self) -> dict[int, frozenset[NodeId]]:
        """The nodes that staff accepted, by kind of moment, where there are any."""
        return {number: kind.accepted for number, kind in enumerate(self.moments.kinds) if kind.accepted}

    def come_to(self, answer: int) -> frozenset[Destination]:
        """Whom an answer rings, and the nodes that a call comes to with it."""
        if answer not in self._come_to:
            self._come_to[answer] = frozenset(_come_to(self.site, self.walk.answers[answer]))
        return self._come_to[answer]

    @cached_property
    def _come_to(self) -> dict[int, frozenset[Destination]]:
        return {}

    def moments_of(self, answer: int) -> Iterator[tuple[int, datetime]]:
        """The kinds of moment at which an answer is given, each with an example."""
        return ((moment, self.moments.kinds[moment].at) for moment in bits(self.walk.given[answer]))

    def node(self, point: Point) -> NodeId:
        """Where the call is when a turn is taken; for an incoming call, where it begins."""
        place = self.walk.place(point)
        return place.state.node if place.state else self.site.start[self.moments.kinds[place.moment].kind]

    def breach(self, text: str, point: Point, node: NodeId | None = None) -> Breach:
        """A breach at `node`, or else at the node where the call is."""
        return Breach(text, self.walk.path(point), node or self.node(point))

    def breaches(self, found: Iterable[Found]) -> Iterator[Breach]:
        """Breaches, those with shorter calls first."""
        for point, text, node in sorted(found, key=lambda each: self.walk.rank(each[0])):
            yield self.breach(text, point, node)


def _come_to(site: Site, turn: Turn) -> Iterator[Destination]:
    onward = (verb.then for verb in turn.verbs if isinstance(verb, Gather | Record | Redirect | Dial) and verb.then)
    yield from ((Reached.NODE, node) for node in (*turn.passed, *(state.node for state in onward)))
    yield from (reached for verb in turn.verbs if isinstance(verb, Dial) and (reached := rung(site, verb)))


def rung(site: Site, dial: Dial) -> Destination | None:
    """The line or the team that is rung (None: the last resort, after one of our turns failed)."""
    match site.nodes[dial.then.node] if dial.then else None:
        case Transfer(resource=line):
            return Reached.LINE, line
        case Connect(team=team):
            return Reached.TEAM, team
        case _:
            return None


# -- where a call ends


def ends_at_help(walked: Walked) -> Iterator[Breach]:
    """Follows a call only until somebody is reached, a voicemail can be left, or the caller asks to leave."""
    walk = walked.walk
    hangs_up = [_hangs_up(answer.verbs) for answer in walk.answers]
    records = [any(isinstance(verb, Record) for verb in answer.verbs) for answer in walk.answers]
    asked = [_asked_to_leave(walked.site, situation) for situation in walk.situations]
    out_of_scope = [_out_of_scope(situation) for situation in walk.situations]

    def follows(answer: int, _moment: int) -> Iterator[int]:
        after = () if records[answer] else walk.follows[answer]
        return (situation for situation in after if not out_of_scope[situation])

    search = Search(walked.moments)
    search.more_situations(len(walk.situations))
    search.run(walk.begin, walk.parts, follows, walk.waits.__getitem__)
    stranded = (
        case
        for case, answer in enumerate(search.answer_of)
        if hangs_up[answer] and not asked[search.situation_of[case]]
    )
    if first := min(search.points(stranded), key=search.rank, default=None):
        steps = (walk.point(search.situation_of[point.case], point.moment) for point in search.path(first))
        path = tuple(filter(None, steps))
        yield Breach("a caller who reached nobody is hung up on", path, walked.node(path[-1]))


def _hangs_up(verbs: Verbs) -> bool:
    return isinstance(verbs[-1], Hangup) and not any(isinstance(verb, Dial | Record | Redirect) for verb in verbs)


def _asked_to_leave(site: Site, situation: Situation) -> bool:
    """Whether the caller pressed a key that leads to a goodbye, directly or after a message."""
    state, event, _ = situation
    if state is None or not isinstance(event, Pressed):
        return False
    menu = site.nodes[state.node]
    if isinstance(menu, Goodbye):
        return True  # the goodbye is repeated; how the call got there was checked before
    own = {choice.key: choice for choice in menu.choices} if isinstance(menu, Menu) else {}
    choice = own.get(event.keys) or site.always.get(event.keys)
    if choice is None or not isinstance(choice.target, GoTo):
        return False
    return isinstance(past_words(site.nodes, choice.target.node), Goodbye)


def _out_of_scope(situation: Situation) -> bool:
    """Whether a turn is after a conversation, or on a member's leg."""
    state, event, _ = situation
    talked = isinstance(event, DialEnded) and event.connected
    return talked or (state is not None and state.step in LEG_STEPS)


def _rings(verbs: Verbs) -> bool:
    return any(isinstance(verb, Dial) for verb in verbs)


def silence_reaches_a_person(walked: Walked) -> Iterator[Breach]:
    yield from _reaches(walked, None, "a caller who never presses a key")


def wrong_keys_reach_a_person(walked: Walked) -> Iterator[Breach]:
    yield from _reaches(walked, "#", "a caller who presses only wrong keys")


def _reaches(walked: Walked, key: str | None, who: str) -> Iterator[Breach]:
    for moment in range(len(walked.moments.kinds)):
        for language, begin in first_turns(walked.site, walked.walk, moment):
            if not any(walked.reaches(point) for point in path_alone(walked.walk, begin, key)):
                yield walked.breach(f"{who} reaches nobody, in '{language}'", begin)


def zero_reaches_a_person(walked: Walked) -> Iterator[Breach]:
    walk = walked.walk

    def found() -> Iterator[Found]:
        for answer, gather in walked.menus:
            pressed = walk.situation_after(answer, Pressed(PERSON_KEY))
            assert pressed is not None
            if failing := _rings_nobody_before_a_menu(walked, pressed, walk.given[answer]):
                point = min(walk.points_in(pressed, failing), key=walk.rank)
                yield point, f"0 reaches nobody from menu '{gather.then.node}'", None

    return walked.breaches(found())


def _rings_nobody_before_a_menu(walked: Walked, situation: int, moments: int) -> int:
    """The moments, of those given, at which a caller who does nothing from a situation on is asked again, or hung up
    on, before a phone rings."""
    walk = walked.walk
    failing = 0
    seen: dict[int, int] = {}
    waiting = [(situation, moments)]
    while waiting:
        situation, moments = waiting.pop()
        again = moments & seen.get(situation, 0)
        seen[situation] = seen.get(situation, 0) | moments
        failing |= again
        for answer, at in walk.parts(situation, moments & ~again):
            verbs = walk.answers[answer].verbs
            if not _rings(verbs) and (at := at & ~walked.accepted_at(answer)):
                after = None if question(verbs) else walk.situation_after(answer, SILENT)
                if after is None:
                    failing |= at
                else:
                    waiting.append((after, at))
    return failing


# -- when nobody answers


def nobody_waits_too_long(walked: Walked) -> Iterator[Breach]:
    """One breach for each team, at its longest wait."""
    too_long = [_waits_too_long(walked.site, situation) for situation in walked.walk.situations]
    longest: dict[str, int] = {}
    for team, waited in filter(None, too_long):
        longest[team] = max(waited, longest.get(team, 0))
    cases = {case: found for case, at in enumerate(walked.walk.situation_of) if (found := too_long[at])}
    cases = {case: (team, waited) for case, (team, waited) in cases.items() if waited == longest[team]}
    return walked.breaches(
        (point, _told_long(walked.site, team, waited), None)
        for point in walked.walk.points(cases)
        for team, waited in (cases[point.case],)
    )


def _waits_too_long(site: Site, situation: Situation) -> tuple[str, int] | None:
    """The team, and how long it keeps the caller waiting, if that is too long."""
    state, _, elapsed = situation
    if state is None or state.step is not Step.RUNG:
        return None
    node = site.nodes[state.node]
    assert isinstance(node, Connect)
    waited, longest = state.rang + elapsed, site.teams[node.team].longest_wait
    return (node.team, waited) if waited > min(longest, site.budgets.whole_wait) else None


def _told_long(site: Site, team: str, waited: int) -> str:
    """A team that keeps callers waiting for longer than itself allows, or the whole line."""
    longest, whole = site.teams[team].longest_wait, site.budgets.whole_wait
    text = f"team '{team}' can keep a caller waiting for {waited} s, not {min(longest, whole)} s"
    if whole >= longest:
        return text
    return f"{text}; lower the team's 'longest_wait', or allow more seconds: budgets, whole_wait"


def loops_wait_for_the_caller(walked: Walked) -> Iterator[Breach]:
    """No cycle without a key: a depth-first search of all answers that follow without the caller."""
    walk = walked.walk
    pressed = [isinstance(event, Pressed | LegPressed) for _, event, _ in walk.situations]
    done, on_the_way = [0] * len(walk.answers), [0] * len(walk.answers)

    def after(answer: int, moments: int) -> Iterator[tuple[int, int]]:
        return chain(*(walk.parts(each, moments) for each in walk.follows[answer] if not pressed[each]))

    for root, given in walk.given.items():
        stack = [(root, given & ~done[root], after(root, given & ~done[root]))]
        on_the_way[root] |= given & ~done[root]
        while stack:
            answer, moments, following = stack[-1]
            then, at = next(following, (-1, 0))
            if then < 0:
                stack.pop()
                on_the_way[answer] &= ~moments
                done[answer] |= moments
            elif again := at & on_the_way[then]:
                yield walked.breach("a call goes round for ever without the caller", walk.first(then, again))
                return
            elif new := at & ~done[then]:
                on_the_way[then] |= new
                stack.append((then, new, after(then, new)))


# -- whom a call reaches


def only_our_numbers_ring(walked: Walked) -> Iterator[Breach]:
    lines = {line.number: line for line in walked.site.resources.values()}
    members = {member.number for team in walked.site.teams.values() for member in team.members if member.number}
    ours = (walked.site.helpline.caller_id, walked.site.helpline.provider_number)

    def found() -> Iterator[Found]:
        for answer, dial in walked.dials:
            for number in dial.numbers:
                line = lines.get(number)
                if dial.screen is None and line is None:
                    text = "a phone that is not an outside line is rung and not asked to press 1"
                    yield walked.walk.first(answer), text, None
                if dial.screen is not None and number not in members:
                    yield walked.walk.first(answer), "a number that belongs to no team is rung as a member's", None
                if dial.caller_id not in ours and not (line and line.own_caller_id):
                    yield walked.walk.first(answer), "a phone shows a number other than the helpline's", None

    return walked.breaches(found())


def closed_lines_do_not_ring(walked: Walked) -> Iterator[Breach]:
    lines = {line.number: line for line in walked.site.resources.values()}

    def found() -> Iterator[Found]:
        for answer, dial in walked.dials:
            for number in dial.numbers if dial.screen is None else ():
                line = lines.get(number)
                for moment, at in walked.moments_of(answer):
                    if line and not line.hours.is_open(walked.site.schedule, at):
                        yield walked.walk.first(answer, 1 << moment), f"'{line.id}' is rung while it is closed", None

    return walked.breaches(found())


# -- what a caller hears


def languages_are_kept(walked: Walked) -> Iterator[Breach]:
    """A language with a fallback may speak that, after it said so when it was chosen."""
    yield from walked.breaches(_in_other_languages(walked))
    site = walked.site
    for moment, kind in enumerate(walked.moments.kinds):
        for language, begin in first_turns(site, walked.walk, moment):
            speak = Speaker(site, language, kind.at)
            spoken = [say for verb in walked.walk.verbs(begin) if isinstance(verb, Gather) for say in verb.spoken]
            if speak.partly and spoken[:1] != [speak.say(speak.partly)]:
                yield walked.breach(f"callers are not told that '{language}' is spoken in part only", begin)


def _in_other_languages(walked: Walked) -> Iterator[Found]:
    site = walked.site
    offers = sum(isinstance(choice.target, Speak) for choice in site.always.values())
    voices = {
        language: {info.voice, site.languages[info.fallback or language].voice}
        for language, info in site.languages.items()
    }
    for answer, gather in walked.menus:
        voice = voices[gather.then.language]
        others = [say for say in gather.spoken if isinstance(say, Say) and say.voice not in voice]
        if len(others) > offers:
            text = f"menu '{gather.then.node}' speaks a language other than the caller's"
            yield walked.walk.first(answer), text, gather.then.node


def menus_are_short(walked: Walked) -> Iterator[Breach]:
    spoken: dict[tuple[NodeId, int], int] = {}

    def found() -> Iterator[Found]:
        for answer, gather in walked.menus:
            menu = walked.site.nodes[gather.then.node]
            assert isinstance(menu, Menu)
            for moment, at in walked.moments_of(answer):
                if (menu.id, moment) not in spoken:
                    spoken[menu.id, moment] = sum(walked.site.offers(choice, at) for choice in menu.choices)
                if (count := spoken[menu.id, moment]) > MOST_SPOKEN_CHOICES:
                    most = f"callers remember at most {MOST_SPOKEN_CHOICES}, so move one to a menu of its own"
                    text = f"menu '{menu.id}' speaks {count} choices; {most}"
                    yield walked.walk.first(answer, 1 << moment), text, menu.id

    return walked.breaches(found())


def prompts_are_short(walked: Walked) -> Iterator[Breach]:
    seconds: dict[str, float] = {}

    def found() -> Iterator[Found]:
        for answer, verbs in walked.documents:
            for say in (piece for verb in verbs if isinstance(verb, Gather) for piece in verb.spoken):
                if not isinstance(say, Say):
                    continue
                if say.text not in seconds:
                    seconds[say.text] = speech_seconds(say.text)
                if seconds[say.text] > LONGEST_SENTENCE_SECONDS:
                    text = f"a prompt speaks for {whole_seconds(seconds[say.text])} s: '{say.text[:40]}...'"
                    yield walked.walk.first(answer), text, say.node

    return (replace(breach, late=True) for breach in walked.breaches(found()))


def keys_mean_the_same(walked: Walked) -> Iterator[Breach]:
    """Compares the menus with which calls begin, by day and by night; `alike` lists nodes that count as the same."""
    site = walked.site
    menus = [node for name in dict.fromkeys(site.start.values()) if isinstance(node := site.nodes[name], Menu)]
    first, *others = [{choice.key: choice.target for choice in menu.choices} for menu in menus] or [{}]
    for menu, keys in zip(menus[1:], others, strict=True):
        for key in sorted(first.keys() & keys.keys()):
            one, two = first[key], keys[key]
            if one == two or (
                isinstance(one, GoTo) and isinstance(two, GoTo) and _count_as_same(site, one.node, two.node)
            ):
                continue
            text = f"key {key} means one thing in menu '{menus[0].id}' and another in menu '{menu.id}'"
            yield Breach(text, node=menu.id)


def _count_as_same(site: Site, one: NodeId, two: NodeId) -> bool:
    """Whether `alike` lists both nodes in one group."""
    return any({one, two} <= group for group in site.alike)


# -- how soon


def help_is_near(walked: Walked) -> Iterator[Breach]:
    """One breach for each limit, however many moments and languages are over it: one text or limit is the cause. Its
    call is that of the key that is quickest; if no key will do, that of a caller who presses nothing."""
    late: dict[str, list[tuple[float, Greeting, TimeToHelp]]] = {}
    for greeting, time in zip(walked.greetings, walked.times_to_help, strict=True):
        for limit, seconds in _too_late(walked.site, time):
            late.setdefault(limit, []).append((seconds, greeting, time))
    for limit, found in late.items():
        seconds, greeting, worst = max(found, key=lambda each: each[0])
        cases = dict.fromkeys((time.kind, time.language) for *_, time in found)
        others = [each for each in cases if each != (worst.kind, worst.language)]
        text = _told_late(walked.site.budgets, limit, seconds, _when(walked, greeting, worst) + _likewise(others))
        with_a_key = limit in ("advocate", "crisis_line") and seconds < inf
        path = _soonest(walked, greeting, team=limit == "advocate") if with_a_key else _silent(walked, greeting)
        yield Breach(text, path, walked.site.start[Kind(worst.kind)], late=seconds < inf)


def _when(walked: Walked, greeting: Greeting, time: TimeToHelp) -> str:
    """When it takes so long: at a moment, or once callers hear the words about the hours that take longest."""
    if hours := longest_words(walked.longest, path_alone(walked.walk, greeting.begin)):
        return f"when {time.kind}, in '{time.language}'{hours}"
    return f"when {time.kind} ({time.at}), in '{time.language}'"


_NO_KEY = "no key"
"""In place of a limit: no single key reaches an advocate."""


def _too_late(site: Site, time: TimeToHelp) -> Iterator[tuple[str, float]]:
    """The limits that a moment's times are over in a language, and by what: infinite if nobody is rung."""
    budgets = site.budgets
    if time.advocate is not None and time.advocate > budgets.advocate:
        yield "advocate", time.advocate
    if time.accepted:
        return
    if time.kind == "open" and time.advocate is None and site.teams:
        yield _NO_KEY, inf
    soonest = min((each for each in (time.advocate, time.line) if each is not None), default=inf)
    if soonest > budgets.crisis_line:
        yield "crisis_line", soonest
    if time.silent is not None and time.silent > budgets.silent:
        yield "silent", time.silent


def _told_late(budgets: Budgets, limit: str, seconds: float, when: str) -> str:
    hint = f"{when}; shorten what is said before the first keys, or allow more seconds: budgets, {limit}"
    match limit:
        case "advocate":
            return f"an advocate is rung after {whole_seconds(seconds)} s of speech, not {budgets.advocate} s, {hint}"
        case "crisis_line" if seconds == inf:
            return f"nobody is rung within {budgets.crisis_line} s and one key {when}"
        case "crisis_line":
            waited = f"but after {whole_seconds(seconds)} s,"
            return f"nobody is rung within {budgets.crisis_line} s and one key, {waited} {hint}"
        case "silent":
            waited = f"{whole_seconds(seconds)} s, not {budgets.silent} s,"
            return f"a caller who presses nothing waits {waited} until somebody is rung {hint}"
        case _:
            return f"no single key reaches an advocate {when}"


def _likewise(others: list[tuple[str, str]]) -> str:
    """The other kinds of moments and languages at which the same is so."""
    if not others:
        return ""
    kinds, languages = dict.fromkeys(kind for kind, _ in others), sorted({language for _, language in others})
    named = ", ".join(f"'{language}'" for language in languages)
    return f", and in {len(others)} more case{'s' * (len(others) > 1)} (when {', '.join(kinds)}; in {named})"


def _soonest(walked: Walked, greeting: Greeting, *, team: bool = False) -> tuple[Point, ...]:
    """The call that rings somebody, or a team, with one key as soon as any does."""
    walk = walked.walk
    found = min(
        (each for each in with_one_key(greeting, walked.longest) if each.team or not team),
        key=lambda each: each.seconds,
    )
    return *walk.path(greeting.begin), *path_until_rung(walk, found.pressed)


def _silent(walked: Walked, greeting: Greeting) -> tuple[Point, ...]:
    """The call of somebody who presses nothing, until a phone rings."""
    before = walked.walk.path(greeting.begin)[:-1]
    return *before, *path_until_rung(walked.walk, greeting.begin)


Promise = tuple[str, str, Callable[[Walked], Iterator[Breach]]]
"""Its id, its sentence, and its check."""

PROMISES: tuple[Promise, ...] = (
    (
        "help",
        "Every call leads to a person, an outside line, a message, or information that the caller asked for.",
        ends_at_help,
    ),
    (
        "silence",
        "A caller who never presses a key reaches a person, at any hour and in every language.",
        silence_reaches_a_person,
    ),
    ("wrong-keys", "A caller who presses only wrong keys reaches a person.", wrong_keys_reach_a_person),
    ("zero", "0 reaches a person from every menu.", zero_reaches_a_person),
    ("wait", "Nobody waits longer than a team's longest wait, however its phones are answered.", nobody_waits_too_long),
    ("loops", "No call goes round for ever without the caller.", loops_wait_for_the_caller),
    (
        "numbers",
        "Only members and outside lines are rung; members are asked to press 1, and see the helpline's number.",
        only_our_numbers_ring,
    ),
    ("closed-lines", "A closed line is never rung.", closed_lines_do_not_ring),
    (
        "languages",
        "Callers hear the language that they chose until the end of the call, or are told first that parts differ.",
        languages_are_kept,
    ),
    ("short-menus", "Menus are short enough to remember.", menus_are_short),
    ("short-prompts", "No prompt is too long to take in.", prompts_are_short),
    ("same-keys", "Keys mean the same by day and by night.", keys_mean_the_same),
    ("near", "Help is seconds and one key away.", help_is_near),
)
