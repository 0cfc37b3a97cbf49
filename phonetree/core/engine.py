"""One turn of a call: from state and event to what the phone network is asked to do next.

The engine never speaks, dials or waits; it returns verbs. The state of the call travels in the `then` of those
verbs that come back. The engine may import only the rest of `core`. The rules:

- Everything is said inside a Gather, so that a key works at any time.
- Every list of verbs that a caller hears ends in a verb that continues the call, or in an intended Hangup.
- Silence and wrong keys are counted; after a menu's tries the call goes to a person, and says so.
- Hours are checked when a call passes a node that depends on them, and again before a team is rung.
- Without the caller, a call passes a node at most once: `config` refuses such cycles.
"""

from datetime import UTC, datetime
from typing import NamedTuple, assert_never

from phonetree.core import ringing
from phonetree.core.events import DialEnded, Event, HungUp, LegPressed, Pressed, Recorded, TooLate
from phonetree.core.state import LEG_STEPS, State, Step
from phonetree.core.tree import (
    AGAIN_KEY,
    PERSON_KEY,
    Confidentiality,
    Connect,
    Goodbye,
    GoTo,
    HoursNode,
    Language,
    Member,
    Menu,
    Message,
    Node,
    NodeId,
    Resource,
    Site,
    Speak,
    Target,
    Transfer,
    Voicemail,
)
from phonetree.core.turn import Outcome, Turn
from phonetree.core.verbs import Bridge, Dial, Gather, Hangup, Record, Redirect, Spoken, Verb, Verbs
from phonetree.core.wording import Speaker, digits, sentence
from phonetree.errors import StateError

MOST_REPEATS = 10
"""How often in a row a menu is repeated on request; after that a person is better."""

ANNOUNCE_SECONDS = 1
"""How long to wait for a key after an announcement: the network's minimum."""

TRANSFER_SECONDS = 30
"""How long an outside line rings: five or six rings, as long as people let a phone ring."""

SHORTEST_MESSAGE_SECONDS = 2
"""A shorter recording contains no words."""

MESSAGE_TRIES = 2
"""How often a message is asked for."""


class _Call(NamedTuple):
    """What the functions below share: the site, the moment, the state, and what this turn has collected so far."""

    site: Site
    now: datetime
    state: State
    passed: tuple[NodeId, ...] = ()
    outcome: Outcome | None = None
    interrupted: NodeId | None = None
    """The node whose words the caller interrupted."""

    @property
    def speak(self) -> Speaker:
        return Speaker(self.site, self.state.language, self.now, self.state.node)

    def at(self, node: NodeId) -> "_Call":
        """The same call at another node, with its counts reset."""
        state = self.state
        return self._in(State(state.revision, state.language, node, Step.ASK, state.menu, counted=state.counted))

    def speaking(self, language: Language) -> "_Call":
        state = self.state
        return self._in(State(state.revision, language, state.node, state.step, state.menu, counted=state.counted))

    def counting(self, misses: int, repeats: int) -> "_Call":
        return self._in(self.state.at(self.state.step, misses=misses, repeats=repeats))

    def passing(self) -> "_Call":
        """The same call, after it passed this node."""
        return _Call(self.site, self.now, self.state, (*self.passed, self.state.node), self.outcome, self.interrupted)

    def coming_to(self, outcome: Outcome) -> "_Call":
        """The call with this outcome, marked as counted unless it is `CALL`."""
        return (self if outcome is Outcome.CALL else self.marked())._replace(outcome=outcome)

    def marked(self) -> "_Call":
        """The call, marked as counted."""
        return self._in(self.state.at(self.state.step, counted=1))

    def turn(self, *verbs: Verb) -> Turn:
        return Turn(verbs, self.passed, self.outcome)

    def _in(self, state: State) -> "_Call":
        return _Call(self.site, self.now, state, self.passed, self.outcome, self.interrupted)

    def refused(self) -> "_Call":
        return self._in(self.state.at(self.state.step, refused=1))


def start(site: Site, now: datetime) -> Turn:
    """The first turn of a call that came in at `now` (aware)."""
    here = _begin(site, now, site.first_language).coming_to(Outcome.CALL)
    return _enter(here, here.state.node, _first_words(here))


def start_again(site: Site, now: datetime, language: Language) -> Turn:
    """The turn of a call whose state is unusable: the start of this site's tree, with a sentence that says so."""
    here = _begin(site, now, site.known_language(language)).marked()
    return _enter(here, here.state.node, (here.speak.phrase("lost_place"), *_in_part(here)))


def change_language(site: Site, node: NodeId, language: Language, now: datetime) -> Turn:
    """The turn of a call at a node that changes to a language, whatever came before."""
    there = _Call(site, now, State(site.revision, language, node, Step.ASK))
    return _enter(there, node, _first_words(there))


def rescue(site: Site, now: datetime, language: Language) -> Verbs:
    """Help that needs no further turn, for when one of our turns fails: the last resort's line, then its number, which
    callers hear after an answered call too."""
    speak = Speaker(site, site.known_language(language), now)
    line = site.resources[site.last_resort]
    name = speak.resource(line.id)
    return (
        speak.phrase("trouble", name=name),
        Dial((line.number,), site.helpline.provider_number, TRANSFER_SECONDS, None, None),  # never refused
        speak.phrase("cut_off", number=digits(line.number, site.dialling)),
        Hangup(),
    )


def turn(site: Site, state: State, event: Event, now: datetime) -> Turn:
    """What to do when `event` happens on a call in `state`.

    Raises StateError when the site has no such language or node; the calling code then starts the call again.
    """
    if isinstance(event, HungUp):
        return Turn((Hangup(),), outcome=_came_to(state.step, event.ended))
    here = _Call(site, now, state)
    if state.step in LEG_STEPS:
        return _screen(here, event)
    if state.language not in site.languages:
        raise StateError("the site does not speak this language")
    if state.node not in site.nodes or (state.menu and not isinstance(site.nodes.get(state.menu), Menu)):
        raise StateError("the site has no such node")
    return _go_on(here, event)


def _came_to(step: Step, ended: DialEnded | Recorded | None) -> Outcome | None:
    """The outcome of a call that the caller ended there."""
    match step, ended:
        case Step.BRIDGED, DialEnded(connected=True):
            return Outcome.LINE
        case Step.RECORDED, Recorded(seconds) if seconds >= SHORTEST_MESSAGE_SECONDS:
            return Outcome.MESSAGE
        case _:
            return None


def _begin(site: Site, now: datetime, language: Language) -> _Call:
    """A call at the node where calls begin."""
    node = site.start[site.schedule.kind(now)]
    return _Call(site, now, State(site.revision, language, node, Step.ASK))


def _first_words(here: _Call) -> tuple[Spoken, ...]:
    """What is said in a language before anything else."""
    return *_in_part(here), *_at_short_notice(here)


def _in_part(here: _Call) -> tuple[Spoken, ...]:
    """That some texts will be heard in another language: said before the first of them."""
    words = here.speak.partly
    return (here.speak.say(words),) if words else ()


def _at_short_notice(here: _Call) -> tuple[Spoken, ...]:
    """The announcement of the override in force, if any."""
    words = here.site.schedule.words(here.now)
    speak = here.speak.of(words)
    return (speak.say(words[speak.language]),) if speak.language in words else ()


def _go_on(here: _Call, event: Event) -> Turn:
    """The turn after what the call waited for. A step that does not fit its node enters the node again."""
    node = here.site.nodes[here.state.node]
    match here.state.step:
        case Step.ASK:
            return _asked(here, node, event)
        case Step.ANNOUNCE:
            return _interrupt(here, node.id, event.keys) if isinstance(event, Pressed) else _enter(here, node.id)
        case Step.RING | Step.RUNG:
            return _rung(here, node, event)
        case Step.BRIDGED:
            return _bridged(here, node, event)
        case Step.RECORDED:
            return _recorded(here, node, event)
        case Step.SCREEN | Step.ACCEPT:
            return _screen(here, event)
        case _:
            assert_never(here.state.step)


def _asked(here: _Call, node: Node, event: Event) -> Turn:
    if not isinstance(node, Menu):
        return _enter(here, node.id)
    return (
        _choose(here, node, event.keys)
        if isinstance(event, Pressed)
        else _miss(here, node, here.speak.phrase("no_key"))
    )


def _rung(here: _Call, node: Node, event: Event) -> Turn:
    if not isinstance(node, Connect):
        return _enter(here, node.id)
    if here.state.step is Step.RING:
        began = int(here.now.timestamp())
        return _ring(here, node, _places(here, node, began), ringing.RingProgress(began))
    talked = isinstance(event, DialEnded) and event.connected
    return _after(here.marked(), node) if talked else _ring_on(here, node, event)


def _bridged(here: _Call, node: Node, event: Event) -> Turn:
    if not isinstance(node, Transfer):
        return _enter(here, node.id)
    talked = isinstance(event, DialEnded) and event.connected
    return _after(here.coming_to(Outcome.LINE), node) if talked else _unreachable(here, node, event)


def _recorded(here: _Call, node: Node, event: Event) -> Turn:
    if not isinstance(node, Voicemail):
        return _enter(here, node.id)
    if isinstance(event, Recorded) and event.seconds >= SHORTEST_MESSAGE_SECONDS:
        return _enter(here.coming_to(Outcome.MESSAGE), node.go, (here.speak.phrase("thanks"),))
    return _no_message(here, node)


# -- entering a node


def _enter(here: _Call, node_id: NodeId, spoken: tuple[Spoken, ...] = ()) -> Turn:
    """The turn of entering a node; `spoken` is said first."""
    here = here.at(node_id)
    match here.site.nodes[node_id]:
        case Menu() as node:
            return _ask(here, node, spoken, first=True)
        case Message(say=say, go=go):
            return _enter(here.passing(), go, spoken + here.speak.prompt(say))
        case HoursNode(go=go_by_kind):
            return _enter(here.passing(), go_by_kind[here.site.schedule.kind(here.now)], spoken)
        case Connect() as node:
            return _connect(here, node, spoken)
        case Transfer() as node:
            return _transfer(here, node, spoken)
        case Voicemail() as node:
            words = (*spoken, *here.speak.prompt(node.say), here.speak.phrase("recording"))
            return _record(here, node, words, misses=0)
        case Goodbye(say=say):
            return here.turn(*_announce(here, spoken + here.speak.prompt(say)), Hangup())
        case other:
            assert_never(other)


def _announce(here: _Call, spoken: tuple[Spoken, ...]) -> Verbs:
    """Words after which the call continues by itself; a key during them is accepted."""
    if not spoken or here.interrupted == here.state.node:
        return ()
    return (Gather(spoken, ANNOUNCE_SECONDS, here.state.at(Step.ANNOUNCE)),)


def _interrupt(here: _Call, node_id: NodeId, key: str) -> Turn:
    """A key during an announcement: one of those that always work, or else "skip this"; in a goodbye, "stay"."""
    if key == AGAIN_KEY:
        return _enter(here, node_id)
    if key in here.site.always:
        return _follow(here, here.site.always[key].target)
    if isinstance(here.site.nodes[node_id], Goodbye):
        return _back(here, ())
    return _enter(here._replace(interrupted=node_id), node_id)


def _follow(here: _Call, target: Target) -> Turn:
    match target:
        case GoTo(node):
            return _enter(here, node)
        case Speak(language):
            there = _changed(here, language)
            return _enter(there, here.state.node, _first_words(there))


def _changed(here: _Call, language: Language) -> _Call:
    """The call after a change to this language."""
    return here.speaking(here.site.changed(here.state.language, language))


# -- menus


def _ask(here: _Call, menu: Menu, before: tuple[Spoken, ...], *, first: bool) -> Turn:
    then = here.state.at(Step.ASK, menu=menu.id, misses=here.state.misses, repeats=here.state.repeats)
    spoken = before + (_first_hearing(here, menu) if first else _later_hearing(here, menu))
    return here.turn(Gather(spoken, menu.wait, then), Redirect(then))


def _first_hearing(here: _Call, menu: Menu) -> tuple[Spoken, ...]:
    always = [here.site.always[key] for key in menu.mention if key != AGAIN_KEY]
    choices, speak = _choices(here, menu), here.speak
    return (
        *speak.prompt(menu.say),
        *choices[:1],  # the shortest way to help comes first
        *(speak.offer(choice) for choice in always if isinstance(choice.target, Speak)),
        *choices[1:],
        *(speak.offer(choice) for choice in always if isinstance(choice.target, GoTo)),
        *((speak.phrase("again"),) if AGAIN_KEY in menu.mention else ()),
    )


def _later_hearing(here: _Call, menu: Menu) -> tuple[Spoken, ...]:
    """Shorter: the caller has heard the greeting and most of the keys that always work."""
    speak = here.speak
    person = (speak.offer(here.site.always[PERSON_KEY]),) if PERSON_KEY in menu.mention else ()
    return *speak.prompt(menu.again), *_choices(here, menu), *person


def _choices(here: _Call, menu: Menu) -> tuple[Spoken, ...]:
    speak = here.speak
    return tuple([speak.offer(choice) for choice in menu.choices if here.site.offers(choice, here.now)])


def _choose(here: _Call, menu: Menu, key: str) -> Turn:
    for choice in menu.choices:
        if choice.key == key:
            if here.site.offers(choice, here.now):
                return _follow(here, choice.target)
            assert choice.resource is not None
            return _miss(here, menu, _closed(here, choice.resource))
    if key == AGAIN_KEY and here.state.repeats >= MOST_REPEATS:
        return _give_up(here, menu)
    if key == AGAIN_KEY:
        return _ask(here.counting(here.state.misses, here.state.repeats + 1), menu, (), first=False)
    if key in here.site.always:
        return _follow(here, here.site.always[key].target)
    return _miss(here, menu, here.speak.phrase("wrong_key"))


def _miss(here: _Call, menu: Menu, why: Spoken) -> Turn:
    misses = here.state.misses + 1
    if misses < menu.tries:
        return _ask(here.counting(misses, here.state.repeats), menu, (why,), first=False)
    return _give_up(here, menu)


def _give_up(here: _Call, menu: Menu) -> Turn:
    """The tries are used up: the call goes to `silence`, with an announcement if that is a person."""
    to_a_person = menu.silence == here.site.person
    return _enter(here, menu.silence, (here.speak.phrase("to_a_person"),) if to_a_person else ())


# -- people


def _connect(here: _Call, node: Connect, spoken: tuple[Spoken, ...]) -> Turn:
    team = here.site.teams[node.team]
    if not team.hours.is_open(here.site.schedule, here.now):
        return _enter(here, node.closed, spoken)
    if not ringing.roster(team, here.site.schedule, here.now):
        return _enter(here, node.otherwise, spoken)
    words = here.speak.prompt(node.say) or (here.speak.phrase("connecting"),)
    return here.turn(*_announce(here, spoken + words), Redirect(here.state.at(Step.RING)))


def _ring_on(here: _Call, node: Connect, event: Event) -> Turn:
    """A round ended, and nobody was connected."""
    state = here.state
    members = _places(here, node, state.began)
    team = here.site.teams[node.team]
    rung, now = state.rung, state.ringing
    if not now:  # an earlier version began this ringing
        rung, now = (ringing.first(team, members, rounds) for rounds in (state.round, state.round + 1))
    past = ringing.RingProgress(state.began, state.round, state.rang, state.picked, rung, state.alone)
    if _may_be_refused(here, event):  # the same round again, with a caller id that no provider refuses
        return _ring(here.refused(), node, members, past)
    picked_up = event.picked_up if isinstance(event, DialEnded) else frozenset()
    picked = ringing.bits(place for place, member in enumerate(members) if member.number in picked_up)
    return _ring(here, node, members, past.after(now, picked))


def _may_be_refused(here: _Call, event: Event) -> bool:
    """Whether no phone rang, perhaps because the provider refused the helpline's caller id."""
    failed = isinstance(event, DialEnded) and event.failed
    return failed and here.site.helpline.may_be_refused and not here.state.refused


def _caller_id(here: _Call) -> str:
    """The caller id that the phones we ring see."""
    helpline = here.site.helpline
    return helpline.provider_number if here.state.refused else helpline.caller_id


def _ring(here: _Call, node: Connect, members: tuple[Member, ...], past: ringing.RingProgress) -> Turn:
    """The next round; `members` are those on shift when the ringing began, in the order in which they ring."""
    round_ = ringing.next_round(here.site.teams[node.team], members, past, here.now)
    if round_ is None:
        return _enter(here.coming_to(Outcome.UNANSWERED) if past.rounds else here, node.otherwise)
    ring = here.state.at(
        Step.RUNG,
        round=past.rounds,
        rang=past.waited(here.now),
        picked=past.picked,
        rung=past.rung,
        ringing=round_.places,
        alone=past.alone,
        began=past.began,
        token=here.state.token,
        refused=here.state.refused,
    )
    screen = State(
        ring.revision, ring.language, node.id, Step.SCREEN, round=ring.round, token=ring.token, counted=ring.counted
    )
    return here.turn(Dial(round_.numbers, _caller_id(here), round_.seconds, screen, ring), Redirect(ring))


def _places(here: _Call, node: Connect, began: int) -> tuple[Member, ...]:
    team = here.site.teams[node.team]
    on_shift = ringing.places(team, here.site.schedule, datetime.fromtimestamp(began, UTC))
    return ringing.in_turn(team, on_shift, began)


def _after(here: _Call, node: Connect | Transfer) -> Turn:
    """The conversation ended, and the caller is still there."""
    if node.after is None:
        return here.turn(here.speak.phrase("ended"), Hangup())
    return _enter(here, node.after)


def _screen(here: _Call, event: Event) -> Turn:
    """A turn on a member's leg. Only pressing 1 connects it."""
    speak = Speaker(here.site, here.site.first_language, here.now)
    match event:
        case LegPressed(ringing.ACCEPT_KEY, None):
            return here.coming_to(Outcome.ADVOCATE).turn(Bridge())
        case LegPressed(ringing.ACCEPT_KEY, TooLate() as too_late):
            return here.turn(speak.phrase(too_late), Hangup())
        case LegPressed():
            return _screen_question(here, speak.phrase("screen_again"), here.state.misses + 1)
        case _ if here.state.language == speak.language or here.state.language not in here.site.languages:
            return _screen_question(here, speak.phrase("screen"), 0)
        case _:
            language = here.site.languages[here.state.language].name
            return _screen_question(here, speak.phrase("screen_language", language=language), 0)


def _screen_question(here: _Call, question: Spoken, asked: int) -> Turn:
    if asked >= ringing.SCREEN_TRIES:
        return here.turn(Hangup())
    accept = here.state.at(Step.ACCEPT, misses=asked, round=here.state.round, token=here.state.token)
    return here.turn(Gather((question,), ringing.SCREEN_WAIT_SECONDS, accept), Hangup())


# -- outside lines


def _transfer(here: _Call, node: Transfer, spoken: tuple[Spoken, ...]) -> Turn:
    line = here.site.resources[node.resource]
    if not line.hours.is_open(here.site.schedule, here.now):
        return _failed(here, node, (*spoken, _closed(here, line.id)))
    words = here.speak.prompt(node.say) or _introduce(here, node)
    return here.turn(*_announce(here, spoken + words), *_bridge(here, line))


def _bridge(here: _Call, line: Resource) -> Verbs:
    ended = here.state.at(Step.BRIDGED, refused=here.state.refused)
    caller_id = None if line.own_caller_id else _caller_id(here)
    return Dial((line.number,), caller_id, TRANSFER_SECONDS, None, ended), Redirect(ended)


def _closed(here: _Call, resource: str) -> Spoken:
    return here.speak.phrase("not_open_now", name=sentence(here.speak.resource(resource)))


def _introduce(here: _Call, node: Transfer) -> tuple[Spoken, ...]:
    line = here.site.resources[node.resource]
    who = here.speak.phrase("transfer", name=here.speak.resource(line.id))
    if line.confidentiality is Confidentiality.CONFIDENTIAL:
        return (who,)
    return who, here.speak.phrase(line.confidentiality)


def _unreachable(here: _Call, node: Transfer, event: Event) -> Turn:
    line = here.site.resources[node.resource]
    open_still = line.hours.is_open(here.site.schedule, here.now)
    if _may_be_refused(here, event) and open_still and not line.own_caller_id:
        return here.turn(*_bridge(here.refused(), line))
    name = sentence(here.speak.resource(line.id))
    number = digits(line.number, here.site.dialling)
    return _failed(here, node, (here.speak.phrase("unreachable", name=name, number=number),))


def _failed(here: _Call, node: Transfer, spoken: tuple[Spoken, ...]) -> Turn:
    return _enter(here, node.otherwise, spoken) if node.otherwise else _back(here, spoken)


def _back(here: _Call, spoken: tuple[Spoken, ...]) -> Turn:
    """Back to the menu heard last, or to the start if there was none."""
    if menu := here.state.menu:
        back = here.at(menu)
        heard = back.site.nodes[menu]
        assert isinstance(heard, Menu)
        return _ask(back, heard, spoken, first=False)
    return _enter(here, here.site.start[here.site.schedule.kind(here.now)], spoken)


# -- messages


def _record(here: _Call, node: Voicemail, words: tuple[Spoken, ...], misses: int) -> Turn:
    recorded = here.state.at(Step.RECORDED, misses=misses)
    return here.turn(*_announce(here, words), Record(node.longest, node.silence, recorded), Redirect(recorded))


def _no_message(here: _Call, node: Voicemail) -> Turn:
    asked = here.state.misses + 1
    if asked < MESSAGE_TRIES:
        return _record(here, node, (here.speak.phrase("too_short"),), misses=asked)
    return _enter(here, node.go, (here.speak.phrase("no_message"),))
