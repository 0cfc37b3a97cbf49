"""The promises, each kept or broken with the shortest call that breaks it.

A promise is a sentence and a check over everything that can happen (`explore`). The checks ask the engine
and look at what it asks the phone network for; they have no rules of the tree of their own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from phonetree.core.budgets import Arrival, arrivals
from phonetree.core.events import DialEnded, Pressed, Recorded, Silent
from phonetree.core.explore import Place, Turn, Walk, walk
from phonetree.core.moments import Moments, moments
from phonetree.core.seconds import speech_seconds
from phonetree.core.state import LEG_STEPS, Step
from phonetree.core.tree import PERSON_KEY, Budgets, Connect, GoTo, Menu, Site, Speak
from phonetree.core.verbs import Dial, Gather, Hangup, Record, Redirect, Say, Verbs

MOST_TURNS_ALONE = 60
"""A call that has not arrived after so many turns without the caller never will."""

MOST_SPOKEN_CHOICES = 5
"""Choices spoken in one menu, besides the change of language: more are not remembered."""

LONGEST_SENTENCE_SECONDS = 40.0
"""The longest that one prompt may speak before it is too much to take in."""

MOST_BREACHES = 5
"""How many ways of breaking one promise are shown."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which a promise is broken, and the turns that lead there."""

    text: str
    path: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A promise and what became of it."""

    id: str
    promise: str
    breaches: tuple[Breach, ...]

    @property
    def kept(self) -> bool:
        return not self.breaches


@dataclass(frozen=True)
class Walked:
    """A site and everything that can happen on its calls."""

    site: Site
    moments: Moments
    turns: Walk
    came_from: dict[Place, Place]
    budgets: Budgets

    @cached_property
    def menus(self) -> tuple[tuple[Place, Gather], ...]:
        """Every question that is put to a caller, once for each state and kind of moment."""
        found: dict[tuple[int, object], tuple[Place, Gather]] = {}
        for place, turn in self.turns.items():
            for verb in turn.verbs:
                if isinstance(verb, Gather) and verb.then.step is Step.ASK:
                    found.setdefault((place.moment, verb.then), (place, verb))
        return tuple(found.values())

    @cached_property
    def dials(self) -> tuple[tuple[Place, Dial], ...]:
        """Every ringing."""
        return tuple(
            (place, verb) for place, turn in self.turns.items() for verb in turn.verbs if isinstance(verb, Dial)
        )

    def path(self, place: Place) -> tuple[Place, ...]:
        """The turns through which a place was first reached, itself the last."""
        path = [place]
        while path[-1] in self.came_from:
            path.append(self.came_from[path[-1]])
        return tuple(reversed(path))

    def breach(self, text: str, place: Place) -> Breach:
        return Breach(text, self.path(place))


@dataclass(frozen=True, slots=True)
class Proof:
    """Every promise with its verdict, and how soon callers reach somebody."""

    verdicts: tuple[Verdict, ...]
    arrivals: tuple[Arrival, ...]
    walk: Walk
    moments: Moments

    @property
    def turns(self) -> int:
        """How many turns can happen."""
        return len(self.walk)

    @property
    def kinds(self) -> int:
        """How many kinds of moment there are."""
        return len(self.moments.kinds)

    @property
    def kept(self) -> bool:
        return all(verdict.kept for verdict in self.verdicts)


def prove(site: Site, since: date) -> Proof:
    """Walks everything that can happen from `since` on, and checks every promise."""
    kinds = moments(site, since)
    turns, came_from = walk(site, kinds)
    walked = Walked(site, kinds, turns, came_from, site.budgets)
    verdicts = tuple(Verdict(id_, promise, tuple(_first(check(walked)))) for id_, promise, check in PROMISES)
    return Proof(verdicts, tuple(arrivals(site, kinds, turns)), turns, kinds)


def _first(breaches: Iterator[Breach]) -> Iterator[Breach]:
    seen: set[str] = set()
    for breach in breaches:
        if breach.text not in seen:
            seen.add(breach.text)
            yield breach
        if len(seen) == MOST_BREACHES:
            return


# -- where a call ends


def ends_at_help(walked: Walked) -> Iterator[Breach]:
    """Walks on only as long as nobody was reached, no message could be left, and nothing was asked for."""
    waiting = [place for place in walked.turns if place.state is None]
    seen = set(waiting)
    for place in waiting:
        turn = walked.turns[place]
        if _leads_to_hangup(turn.verbs) and not isinstance(place.event, Pressed):
            yield walked.breach("a call that reached nobody is hung up on", place)
        for following in turn.after:
            if following not in seen and not _helps(turn, following) and not _on_a_leg(following):
                seen.add(following)
                waiting.append(following)


def _leads_to_hangup(verbs: Verbs) -> bool:
    return isinstance(verbs[-1], Hangup) and not any(isinstance(verb, Dial | Record | Redirect) for verb in verbs)


def _helps(turn: Turn, following: Place) -> bool:
    talked = isinstance(following.event, DialEnded) and following.event.connected
    return talked or any(isinstance(verb, Record) for verb in turn.verbs)


def _on_a_leg(place: Place) -> bool:
    return place.state is not None and place.state.step in LEG_STEPS


def _alone(walked: Walked, place: Place, key: str | None = None) -> Iterator[tuple[Place, Verbs]]:
    """The turns of a call whose caller does nothing, or presses `key` at every question."""
    for _ in range(MOST_TURNS_ALONE):
        turn = walked.turns[place]
        yield place, turn.verbs
        wanted = [after for after in turn.after if isinstance(after.event, Silent)]
        if key is not None and any(isinstance(verb, Gather) and verb.then.step is Step.ASK for verb in turn.verbs):
            wanted = [after for after in turn.after if after.event == Pressed(key)]
        if not wanted:
            return
        place = wanted[0]


def _rings(verbs: Verbs) -> bool:
    return any(isinstance(verb, Dial) for verb in verbs)


def _begins(walked: Walked) -> Iterator[Place]:
    """The first turn of a call at each kind of moment, and the one after each change of language."""
    for place, turn in walked.turns.items():
        if place.state is None:
            yield place
            for after in turn.after:
                choice = walked.site.always.get(after.event.keys) if isinstance(after.event, Pressed) else None
                if choice and isinstance(choice.target, Speak):
                    yield after


def silence_reaches_a_person(walked: Walked) -> Iterator[Breach]:
    yield from _reaches(walked, None, "a caller who never presses a key")


def wrong_keys_reach_a_person(walked: Walked) -> Iterator[Breach]:
    yield from _reaches(walked, "#", "a caller who presses nothing but wrong keys")


def _reaches(walked: Walked, key: str | None, who: str) -> Iterator[Breach]:
    for begin in _begins(walked):
        if not any(_rings(verbs) for _, verbs in _alone(walked, begin, key)):
            yield walked.breach(f"{who} reaches nobody", begin)


def zero_reaches_a_person(walked: Walked) -> Iterator[Breach]:
    for place, gather in walked.menus:
        pressed = Place(place.moment, gather.then, Pressed(PERSON_KEY))
        if pressed in walked.turns and not _rings_before_a_menu(walked, pressed):
            yield walked.breach(f"0 reaches nobody from menu '{gather.then.node}'", pressed)


def _rings_before_a_menu(walked: Walked, place: Place) -> bool:
    for _, verbs in _alone(walked, place):
        if _rings(verbs):
            return True
        if any(isinstance(verb, Gather) and verb.then.step is Step.ASK for verb in verbs):
            return False
    return False


# -- when nobody answers


def nobody_waits_too_long(walked: Walked) -> Iterator[Breach]:
    for place in walked.turns:
        state = place.state
        if state is None or state.step is not Step.RUNG:
            continue
        node = walked.site.nodes[state.node]
        assert isinstance(node, Connect)
        waited, ceiling = state.rang + place.later, walked.site.teams[node.team].longest_wait
        if waited > min(ceiling, walked.budgets.whole_wait):
            yield walked.breach(f"team '{node.team}' can keep a caller waiting for {waited} s", place)


def loops_wait_for_the_caller(walked: Walked) -> Iterator[Breach]:
    """No way round without a key: a search for cycles among all turns that happen by themselves."""
    done: set[Place] = set()
    for root in walked.turns:
        stack, on_the_way = [(root, iter(_by_itself(walked, root)))], {root}
        while stack and root not in done:
            place, following = stack[-1]
            after = next(following, None)
            if after is None:
                stack.pop()
                on_the_way.discard(place)
                done.add(place)
            elif after in on_the_way:
                yield walked.breach("a call goes round without the caller", after)
                return
            elif after not in done:
                on_the_way.add(after)
                stack.append((after, iter(_by_itself(walked, after))))


def _by_itself(walked: Walked, place: Place) -> list[Place]:
    return [after for after in walked.turns[place].after if isinstance(after.event, Silent | DialEnded | Recorded)]


# -- whom a call reaches


def only_our_numbers_ring(walked: Walked) -> Iterator[Breach]:
    lines = {line.number: line for line in walked.site.resources.values()}
    members = {member.number for team in walked.site.teams.values() for member in team.members}
    ours = walked.site.helpline.number
    for place, dial in walked.dials:
        for number in dial.numbers:
            line = lines.get(number)
            if dial.screen is None and line is None:
                yield walked.breach("a phone that is no outside line rings without being asked to press 1", place)
            if dial.screen is not None and number not in members:
                yield walked.breach("a number that belongs to no team rings as if it did", place)
            if dial.caller_id != ours and not (line and line.own_caller_id):
                yield walked.breach("a phone is shown another number than the helpline's", place)


def closed_lines_do_not_ring(walked: Walked) -> Iterator[Breach]:
    lines = {line.number: line for line in walked.site.resources.values()}
    for place, dial in walked.dials:
        now = walked.moments.kinds[place.moment].at
        for number in dial.numbers:
            line = lines.get(number)
            if dial.screen is None and line and not line.hours.is_open(walked.site.schedule, now):
                yield walked.breach(f"'{line.id}' is rung while it is closed", place)


# -- what a caller hears


def languages_are_kept(walked: Walked) -> Iterator[Breach]:
    voices = {language: info.voice for language, info in walked.site.languages.items()}
    for place, gather in walked.menus:
        others = [say for say in gather.spoken if isinstance(say, Say) and say.voice != voices[gather.then.language]]
        offers = sum(isinstance(choice.target, Speak) for choice in walked.site.always.values())
        if len(others) > offers:
            yield walked.breach(f"menu '{gather.then.node}' speaks another language than the caller's", place)


def menus_are_short(walked: Walked) -> Iterator[Breach]:
    for place, gather in walked.menus:
        menu = walked.site.nodes[gather.then.node]
        assert isinstance(menu, Menu)
        spoken = sum(choice.resource is None or _is_open(walked, place, choice.resource) for choice in menu.choices)
        if spoken > MOST_SPOKEN_CHOICES:
            text = f"menu '{menu.id}' speaks {spoken} choices; at most {MOST_SPOKEN_CHOICES} are remembered"
            yield walked.breach(text, place)
        for say in gather.spoken:
            if isinstance(say, Say) and speech_seconds(say.text) > LONGEST_SENTENCE_SECONDS:
                length = round(speech_seconds(say.text))
                yield walked.breach(f"a prompt before menu '{menu.id}' speaks for {length} s", place)


def _is_open(walked: Walked, place: Place, resource: str) -> bool:
    return walked.site.resources[resource].hours.is_open(walked.site.schedule, walked.moments.kinds[place.moment].at)


def keys_mean_the_same(walked: Walked) -> Iterator[Breach]:
    """By day and by night, of the menus with which calls begin; `alike` names what may stand for one another."""
    site = walked.site
    begins = [node for name in dict.fromkeys(site.start.values()) if isinstance(node := site.nodes[name], Menu)]
    first, *others = [{choice.key: choice.target for choice in menu.choices} for menu in begins] or [{}]
    for menu, keys in zip(begins[1:], others, strict=True):
        for key in first.keys() & keys.keys():
            one, two = first[key], keys[key]
            if one == two or (isinstance(one, GoTo) and isinstance(two, GoTo) and _alike(site, one.node, two.node)):
                continue
            yield Breach(f"key {key} means one thing in menu '{begins[0].id}' and another in menu '{menu.id}'")


def _alike(site: Site, one: str, two: str) -> bool:
    return any({one, two} <= group for group in site.alike)


# -- how soon


def help_is_near(walked: Walked) -> Iterator[Breach]:
    budgets = walked.budgets
    for arrival in arrivals(walked.site, walked.moments, walked.turns):
        when = f"when {arrival.kind} ({arrival.at}), in '{arrival.language}'"
        if arrival.advocate is not None and arrival.advocate > budgets.advocate:
            yield Breach(
                f"an advocate is rung after {arrival.advocate:.0f} s, not {budgets.advocate} s, of speech {when}"
            )
        if arrival.kind == "open" and arrival.advocate is None and walked.site.teams:
            yield Breach(f"no single key reaches an advocate {when}")
        soonest = min((each for each in (arrival.advocate, arrival.line) if each is not None), default=None)
        if soonest is None or soonest > budgets.crisis_line:
            yield Breach(f"nobody is rung within {budgets.crisis_line} s and one key {when}")


PROMISES: tuple[tuple[str, str, Callable[[Walked], Iterator[Breach]]], ...] = (
    (
        "help",
        "Every call ends at a person, an outside line, a message, or words that were asked for.",
        ends_at_help,
    ),
    (
        "silence",
        "A caller who never presses a key reaches a person, at any hour and in every language.",
        silence_reaches_a_person,
    ),
    ("wrong-keys", "A caller who presses nothing but wrong keys reaches a person.", wrong_keys_reach_a_person),
    ("zero", "0 reaches a person from every menu.", zero_reaches_a_person),
    ("wait", "Nobody waits longer than a team's ceiling, however its phones are answered.", nobody_waits_too_long),
    ("loops", "Nothing goes round without the caller.", loops_wait_for_the_caller),
    (
        "numbers",
        "Only people of a team and outside lines ring; people are asked to press 1, and see the helpline's number.",
        only_our_numbers_ring,
    ),
    ("closed-lines", "A line that is closed is never rung.", closed_lines_do_not_ring),
    ("languages", "A caller hears the language they chose to the end.", languages_are_kept),
    ("short-menus", "Menus and prompts are short enough to remember.", menus_are_short),
    ("same-keys", "Keys mean the same by day and by night.", keys_mean_the_same),
    ("near", "Help is within seconds and one key.", help_is_near),
)
