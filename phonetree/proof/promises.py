"""The promises to callers: each a sentence, and a check of everything that can happen.

The checks examine what the engine asks the phone network to do; they have no rules of the tree of their own.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from phonetree.core.events import DialEnded, LegPressed, Pressed
from phonetree.core.schedule import Kind
from phonetree.core.speech import speech_seconds
from phonetree.core.state import LEG_STEPS, Step
from phonetree.core.tree import PERSON_KEY, Connect, Goodbye, GoTo, Menu, NodeId, Site, Speak, past_words, prompts_of
from phonetree.core.verbs import Dial, Gather, Hangup, Record, Redirect, Say, Verbs
from phonetree.core.wording import Speaker
from phonetree.proof.budgets import TimeToHelp, alone, first_turns, question, times_to_help
from phonetree.proof.memoised import Situation
from phonetree.proof.moments import Moments
from phonetree.proof.walk import Place, Walk, path_to

MOST_SPOKEN_CHOICES = 5
"""Choices spoken in one menu, apart from the change of language: callers do not remember more."""

LONGEST_SENTENCE_SECONDS = 40.0
"""The longest prompt that callers can take in."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A case in which a promise does not hold, the turns (numbers in the walk) that lead there, and the node to look at
    first (None: no single node is at fault)."""

    text: str
    path: tuple[int, ...] = ()
    node: NodeId | None = None


@dataclass(frozen=True)
class Walked:
    """A site and everything that can happen on its calls."""

    site: Site
    moments: Moments
    walk: Walk

    @property
    def documents(self) -> Iterator[tuple[int, Verbs]]:
        """Every document, once for each kind of moment, with the first turn that has it."""
        verbs = self.walk.verbs
        return ((turn, verbs[turn]) for turn in self.walk.distinct)

    @cached_property
    def menus(self) -> tuple[tuple[int, Gather], ...]:
        """Every question that a caller is asked, once for each state and kind of moment."""
        found: dict[tuple[int, object], tuple[int, Gather]] = {}
        for turn, verbs in self.documents:
            if gather := question(verbs):
                found.setdefault((self.walk.moment_of[turn], gather.then), (turn, gather))
        return tuple(found.values())

    @cached_property
    def dials(self) -> tuple[tuple[int, Dial], ...]:
        """Every ringing."""
        return tuple((turn, verb) for turn, verbs in self.documents for verb in verbs if isinstance(verb, Dial))

    @cached_property
    def times_to_help(self) -> tuple[TimeToHelp, ...]:
        """How soon callers reach somebody."""
        return tuple(times_to_help(self.site, self.moments, self.walk))

    def now(self, turn: int) -> datetime:
        """An example of the moment at which a turn is taken."""
        return self.moments.kinds[self.walk.moment_of[turn]].at

    def node(self, turn: int) -> NodeId:
        """Where the call is when a turn is taken; for an incoming call, where it begins."""
        place = self.walk.places[turn]
        return place.state.node if place.state else self.site.start[self.moments.kinds[place.moment].kind]

    def breach(self, text: str, turn: int, node: NodeId | None = None) -> Breach:
        """A breach at `node`, or else at the node where the call is."""
        return Breach(text, self.walk.path(turn), node or self.node(turn))


# -- where a call ends


def ends_at_help(walked: Walked) -> Iterator[Breach]:
    """Follows a call only until somebody is reached, a voicemail can be left, or the caller asks to leave."""
    walk = walked.walk
    places, after, hours_changed = walk.places, walk.after, walk.hours_changed
    hangs_up = [_hangs_up(answer.verbs) for answer in walk.answers]
    walked_on: set[tuple[int, int]] = set()
    reached = _Reached(walk)
    reached.add(-1, (turn for turn, before in enumerate(walk.before) if before < 0))
    taken = changed = 0
    while taken < len(reached.turns):
        while taken < len(reached.turns):
            turn = reached.turns[taken]
            answer = walk.answer_of[turn]
            if hangs_up[answer] and not _asked_to_leave(walked.site, places[turn]):
                yield Breach(
                    "a caller who reached nobody is hung up on", path_to(reached.before, turn), walked.node(turn)
                )
            seen = (walk.moment_of[turn], answer)
            if seen not in walked_on and not any(isinstance(verb, Record) for verb in walk.answers[answer].verbs):
                reached.add(turn, after[turn])
            walked_on.add(seen)
            taken += 1
        for turn in reached.turns[changed:taken]:  # changes of the hours: last, since no phone can play them
            reached.add(turn, hours_changed[turn])
        changed = taken


_NEVER = -2


class _Reached:
    """The turns that were reached, in order, without any after a conversation; and the one `before` each of them."""

    def __init__(self, walk: Walk) -> None:
        self.turns = array("i")
        self.before = array("i", [_NEVER]) * len(walk)
        self._out_of_scope = list(map(_out_of_scope, walk.situations))
        self._situation_of = walk.situation_of

    def add(self, before: int, turns: Iterable[int]) -> None:
        for turn in turns:
            if self.before[turn] == _NEVER and not self._out_of_scope[self._situation_of[turn]]:
                self.before[turn] = before
                self.turns.append(turn)


def _hangs_up(verbs: Verbs) -> bool:
    return isinstance(verbs[-1], Hangup) and not any(isinstance(verb, Dial | Record | Redirect) for verb in verbs)


def _asked_to_leave(site: Site, place: Place) -> bool:
    """Whether the caller pressed a key that leads to a goodbye, directly or after a message."""
    if place.state is None or not isinstance(place.event, Pressed):
        return False
    menu = site.nodes[place.state.node]
    if isinstance(menu, Goodbye):
        return True  # the goodbye is repeated; how the call got there was checked before
    own = {choice.key: choice for choice in menu.choices} if isinstance(menu, Menu) else {}
    choice = own.get(place.event.keys) or site.always.get(place.event.keys)
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
        for language, begin in first_turns(walked.site, walked.walk, walked.walk.turn_at[Place(moment)]):
            if not any(_rings(verbs) for verbs in alone(walked.walk, begin, key)):
                yield walked.breach(f"{who} reaches nobody, in '{language}'", begin)


def zero_reaches_a_person(walked: Walked) -> Iterator[Breach]:
    for turn, gather in walked.menus:
        moment = walked.walk.places[turn].moment
        pressed = walked.walk.turn_at.get(Place(moment, gather.then, Pressed(PERSON_KEY)))
        if pressed is not None and not _rings_before_a_menu(walked, pressed):
            yield walked.breach(f"0 reaches nobody from menu '{gather.then.node}'", pressed)


def _rings_before_a_menu(walked: Walked, turn: int) -> bool:
    for verbs in alone(walked.walk, turn):
        if _rings(verbs):
            return True
        if question(verbs):
            return False
    return False


# -- when nobody answers


def nobody_waits_too_long(walked: Walked) -> Iterator[Breach]:
    too_long = {
        number: text
        for number, situation in enumerate(walked.walk.situations)
        if (text := _waits_too_long(walked.site, situation))
    }
    for turn, situation in enumerate(walked.walk.situation_of) if too_long else ():
        if situation in too_long:
            yield walked.breach(too_long[situation], turn)


def _waits_too_long(site: Site, situation: Situation) -> str | None:
    state, _, elapsed = situation
    if state is None or state.step is not Step.RUNG:
        return None
    node = site.nodes[state.node]
    assert isinstance(node, Connect)
    waited, longest = state.rang + elapsed, site.teams[node.team].longest_wait
    too_long = waited > min(longest, site.budgets.whole_wait)
    return f"team '{node.team}' can keep a caller waiting for {waited} s" if too_long else None


def loops_wait_for_the_caller(walked: Walked) -> Iterator[Breach]:
    """No cycle without a key: a depth-first search of all turns that happen without the caller. What follows equal
    answers at one moment is the same, and is searched once."""
    walk = walked.walk
    without_a_key = _without_a_key(walk)
    done: set[tuple[int, int]] = set()
    for root in walk.distinct:
        stack, on_the_way = [(root, without_a_key(root))], {root}
        while stack:
            turn, following = stack[-1]
            after = next(following, None)
            if after is None:
                stack.pop()
                on_the_way.discard(turn)
                done.add((walk.moment_of[turn], walk.answer_of[turn]))
            elif after in on_the_way:
                yield walked.breach("a call goes round for ever without the caller", after)
                return
            elif (walk.moment_of[after], walk.answer_of[after]) not in done:
                on_the_way.add(after)
                stack.append((after, without_a_key(after)))


def _without_a_key(walk: Walk) -> Callable[[int], Iterator[int]]:
    """A function from a turn to those that follow it without a key."""
    pressed = [isinstance(event, Pressed | LegPressed) for _, event, _ in walk.situations]
    follows = [[each for each in follows if not pressed[each]] for follows in walk.follows]

    def after(turn: int) -> Iterator[int]:
        turn_of = walk.turn_of[walk.moment_of[turn]]
        return (turn_of[situation] for situation in follows[walk.answer_of[turn]])

    return after


# -- whom a call reaches


def only_our_numbers_ring(walked: Walked) -> Iterator[Breach]:
    lines = {line.number: line for line in walked.site.resources.values()}
    members = {member.number for team in walked.site.teams.values() for member in team.members}
    ours = (walked.site.helpline.caller_id, walked.site.helpline.provider_number)
    for turn, dial in walked.dials:
        for number in dial.numbers:
            line = lines.get(number)
            if dial.screen is None and line is None:
                yield walked.breach("a phone that is not an outside line is rung and not asked to press 1", turn)
            if dial.screen is not None and number not in members:
                yield walked.breach("a number that belongs to no team is rung as a member's", turn)
            if dial.caller_id not in ours and not (line and line.own_caller_id):
                yield walked.breach("a phone shows a number other than the helpline's", turn)


def closed_lines_do_not_ring(walked: Walked) -> Iterator[Breach]:
    lines = {line.number: line for line in walked.site.resources.values()}
    for turn, dial in walked.dials:
        for number in dial.numbers if dial.screen is None else ():
            line = lines.get(number)
            if line and not line.hours.is_open(walked.site.schedule, walked.now(turn)):
                yield walked.breach(f"'{line.id}' is rung while it is closed", turn)


# -- what a caller hears


def languages_are_kept(walked: Walked) -> Iterator[Breach]:
    """A language with a fallback may speak that, after it said so when it was chosen."""
    site = walked.site
    voices = {
        language: {info.voice, site.languages[info.fallback or language].voice}
        for language, info in site.languages.items()
    }
    for turn, gather in walked.menus:
        voice = voices[gather.then.language]
        others = [say for say in gather.spoken if isinstance(say, Say) and say.voice not in voice]
        offers = sum(isinstance(choice.target, Speak) for choice in walked.site.always.values())
        if len(others) > offers:
            yield walked.breach(
                f"menu '{gather.then.node}' speaks a language other than the caller's", turn, gather.then.node
            )
    for moment in range(len(walked.moments.kinds)):
        for language, begin in first_turns(site, walked.walk, walked.walk.turn_at[Place(moment)]):
            speak = Speaker(site, language, walked.moments.kinds[moment].at)
            spoken = [say for verb in walked.walk.verbs[begin] if isinstance(verb, Gather) for say in verb.spoken]
            if speak.partly and spoken[:1] != [speak.say(speak.partly)]:
                yield walked.breach(f"callers are not told that '{language}' is spoken in part only", begin)


def menus_are_short(walked: Walked) -> Iterator[Breach]:
    for turn, gather in walked.menus:
        menu = walked.site.nodes[gather.then.node]
        assert isinstance(menu, Menu)
        spoken = sum(walked.site.offers(choice, walked.now(turn)) for choice in menu.choices)
        if spoken > MOST_SPOKEN_CHOICES:
            text = f"menu '{menu.id}' speaks {spoken} choices; callers remember at most {MOST_SPOKEN_CHOICES}"
            yield walked.breach(text, turn, menu.id)


def prompts_are_short(walked: Walked) -> Iterator[Breach]:
    known: dict[str, float] = {}
    for turn, verbs in walked.documents:
        for say in (piece for verb in verbs if isinstance(verb, Gather) for piece in verb.spoken):
            if isinstance(say, Say) and say.text not in known:
                known[say.text] = speech_seconds(say.text)
                if known[say.text] > LONGEST_SENTENCE_SECONDS:
                    text = f"a prompt speaks for {known[say.text]:.0f} s: '{say.text[:40]}...'"
                    yield walked.breach(text, turn, _speaker(walked, turn, say))


def _speaker(walked: Walked, turn: int, say: Say) -> NodeId | None:
    """The node whose words these are, if any."""
    speakers = [Speaker(walked.site, language, walked.now(turn)) for language in walked.site.languages]
    for node in walked.site.nodes.values():
        for prompt in prompts_of(node):
            if any(say in speaker.prompt(prompt) for speaker in speakers):
                return node.id
    return None


def keys_mean_the_same(walked: Walked) -> Iterator[Breach]:
    """Compares the menus with which calls begin, by day and by night; `alike` lists nodes that count as the same."""
    site = walked.site
    menus = [node for name in dict.fromkeys(site.start.values()) if isinstance(node := site.nodes[name], Menu)]
    first, *others = [{choice.key: choice.target for choice in menu.choices} for menu in menus] or [{}]
    for menu, keys in zip(menus[1:], others, strict=True):
        for key in first.keys() & keys.keys():
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


_SHORTER = "shorten what is said before the first keys, or allow more seconds: budgets, {}"


def help_is_near(walked: Walked) -> Iterator[Breach]:
    budgets = walked.site.budgets
    for time in walked.times_to_help:
        when = f"when {time.kind} ({time.at}), in '{time.language}'"
        begins_at = walked.site.start[Kind(time.kind)]
        if time.advocate is not None and time.advocate > budgets.advocate:
            yield Breach(
                f"an advocate is rung after {time.advocate:.0f} s of speech, not {budgets.advocate} s, {when}; "
                f"{_SHORTER.format('advocate')}",
                node=begins_at,
            )
        if time.kind == "open" and time.advocate is None and walked.site.teams:
            yield Breach(f"no single key reaches an advocate {when}", node=begins_at)
        soonest = min((each for each in (time.advocate, time.line) if each is not None), default=None)
        if soonest is None or soonest > budgets.crisis_line:
            after = f", but after {soonest:.0f} s," if soonest else ""
            hint = _SHORTER.format("crisis_line")
            text = f"nobody is rung within {budgets.crisis_line} s and one key{after} {when}"
            yield Breach(f"{text}; {hint}" if soonest else text, node=begins_at)
        if time.silent is not None and time.silent > budgets.silent:
            waited = f"{time.silent:.0f} s, not {budgets.silent} s,"
            text = f"a caller who presses nothing waits {waited} until somebody is rung {when}"
            yield Breach(f"{text}; {_SHORTER.format('silent')}", node=begins_at)


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
