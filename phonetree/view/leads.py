"""A node as callers meet it at a moment: its words, and where everything that can happen there leads.

For staff. What callers hear is the engine's to say, what they hear at once is taken from its answer; the tests compare
where a node leads with calls.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from phonetree.core import engine
from phonetree.core.events import Silent
from phonetree.core.ringing import roster
from phonetree.core.schedule import Kind
from phonetree.core.state import State, Step
from phonetree.core.tree import (
    Choice,
    Connect,
    Goodbye,
    GoTo,
    HoursNode,
    Key,
    Language,
    Menu,
    Message,
    Node,
    NodeId,
    NodeKind,
    Prompt,
    Site,
    Speak,
    Transfer,
    Voicemail,
)
from phonetree.core.verbs import Gather, Say
from phonetree.core.wording import Speaker

ENDS = "the call ends"
BACK = "the last menu"


@dataclass(frozen=True, slots=True)
class Words:
    """Words as spoken, and as written if these differ (otherwise ""); and their language."""

    spoken: str
    written: str
    language: Language


@dataclass(frozen=True, slots=True)
class Lead:
    """Where something leads that happens at a node: to another one, or to what `end` says.

    `what` happens, and in `short` for a picture, if that is another. `key` is the key that it takes ("": none), and
    `label` what the key is called. `now` says whether it can happen at this moment; `offered` whether callers are
    offered the key. What is not offered leads nowhere.
    """

    what: str
    node: NodeId | None
    end: str = ""
    short: str = ""
    key: Key = ""
    label: Words | None = None
    now: bool = True
    offered: bool = True


@dataclass(frozen=True, slots=True)
class Met:
    """A node at a moment. `closed` says why it is of no use then ("": it is)."""

    node: Node
    kind: NodeKind
    words: tuple[tuple[str, Words], ...]
    """What callers hear, each with when."""
    leads: tuple[Lead, ...]
    closed: str = ""

    @property
    def id(self) -> NodeId:
        """Its name."""
        return self.node.id


def met(site: Site, name: NodeId, language: Language, now: datetime) -> Met:
    """A node as callers meet it at a moment (aware), in a language."""
    reader = _Reader(site, language, now)
    node = site.nodes[name]
    return Met(node, node.kind, tuple(reader.words(node)), tuple(reader.leads(node)), reader.closed(node))


def always(site: Site, language: Language, now: datetime) -> tuple[Lead, ...]:
    """The keys that work in every menu, but the one that repeats it."""
    reader = _Reader(site, language, now)
    return tuple(map(reader.choice, site.always.values()))


def said_first(site: Site, language: Language, now: datetime) -> Words | None:
    """What is said at short notice before anything else, if anything is."""
    words = site.schedule.words(now)
    speak = Speaker(site, language, now).of(words)
    if speak.language not in words:
        return None
    return _words(speak.say(words[speak.language]).text, words[speak.language], speak.language)


@dataclass(frozen=True, slots=True)
class _Reader:
    site: Site
    language: Language
    now: datetime

    # -- words

    def words(self, node: Node) -> Iterator[tuple[str, Words]]:
        match node:
            case Menu(say=say, again=again):
                yield from self._prompt("", say)
                if again != say:
                    yield from self._prompt("Again", again)
            case HoursNode():
                pass
            case Message(say=say):
                yield from self._prompt("", say)
            case Voicemail(say=say):
                yield from self._prompt("", say)
                yield from self._phrases(node.id)
            case Connect(say=say) | Transfer(say=say):
                yield from self._prompt("", say)
                if not say and not self.closed(node):
                    yield from self._phrases(node.id)
            case Goodbye(say=say):
                yield from self._prompt("", say)
            case _:
                assert_never(node)

    def _prompt(self, when: str, prompt: Prompt | None) -> Iterator[tuple[str, Words]]:
        if prompt:
            yield when, self._of(prompt)

    def _of(self, prompt: Prompt) -> Words:
        speak = self._speak.of(prompt)
        return _words(speak.say(speak.aloud(prompt)).text, speak.text(prompt), speak.language)

    def _phrases(self, name: NodeId) -> Iterator[tuple[str, Words]]:
        """The product's own sentences that are said on entering a node."""
        state = State(self.site.revision, self.language, name, Step.ANNOUNCE)
        said = engine.turn(self.site, state, Silent(), self.now).verbs[0]
        if isinstance(said, Gather):
            phrases = [each.text for each in said.spoken if isinstance(each, Say) and each.node is None]
            yield "", Words(" ".join(phrases), "", self.language)

    @property
    def _speak(self) -> Speaker:
        return Speaker(self.site, self.language, self.now)

    # -- leads

    def leads(self, node: Node) -> Iterator[Lead]:
        match node:
            case Menu(tries=tries):
                yield from map(self.choice, node.choices)
                times = "once" if tries == 1 else f"{tries} times"
                yield Lead(f"No key, or a wrong one, {times}", node.silence, short="No key")
            case Message(go=go):
                yield Lead("Then", go)
            case HoursNode(go=go_by_kind):
                here = self.site.schedule.kind(self.now)
                for kind in sorted(Kind, key=lambda kind: kind is not here):
                    yield Lead(f"When the line is {KINDS[kind]}", go_by_kind[kind], short="Now", now=kind is here)
            case Connect():
                open_ = self._is_open(node)
                yield Lead("Busy, no answer, or nobody on shift", node.otherwise, short="No answer", now=open_)
                yield self._ended(node)
                yield Lead("Outside the hours of the team", node.closed, short="Not its hours", now=not open_)
            case Transfer(otherwise=otherwise):
                end = "" if otherwise else BACK
                yield Lead("Closed, busy, no answer or failure", otherwise, end, "No answer")
                yield self._ended(node)
            case Voicemail(go=go):
                yield Lead("A message was left, or none twice", go, short="Then")
            case Goodbye():
                yield Lead("Then", None, ENDS)
                yield Lead("Any key but those below", None, BACK, "Another key")
            case _:
                assert_never(node)

    def _ended(self, node: Connect | Transfer) -> Lead:
        end = "" if node.after else ENDS
        return Lead("After the conversation", node.after, end, "After", now=not self.closed(node))

    def choice(self, choice: Choice) -> Lead:
        """A key of a menu, or one that works in all of them."""
        match choice.target:
            case Speak(language):
                to = self.site.languages[self.site.changed(self.language, language)].name
                return Lead(f"Key {choice.key}", None, f"the same in {to}", key=choice.key)
            case GoTo(node):
                offered = self.site.offers(choice, self.now)
                label = self._of(choice.label)
                return Lead(f"Key {choice.key}", node, key=choice.key, label=label, offered=offered)
            case _:
                assert_never(choice.target)

    def closed(self, node: Node) -> str:
        """Why a node is of no use at this moment; "" if it is of use."""
        if isinstance(node, Connect):
            if not self._is_open(node):
                return "the team has no hours at this moment"
            if not roster(self.site.teams[node.team], self.site.schedule, self.now):
                return "nobody is on shift at this moment"
        if isinstance(node, Transfer) and not self.site.resources[node.resource].hours.is_open(
            self.site.schedule, self.now
        ):
            return "the line is closed at this moment"
        return ""

    def _is_open(self, node: Connect) -> bool:
        return self.site.teams[node.team].hours.is_open(self.site.schedule, self.now)


KINDS = {Kind.OPEN: "open", Kind.CLOSED: "closed", Kind.HOLIDAY: "closed for a day"}


def _words(spoken: str, written: str, language: Language) -> Words:
    return Words(spoken, "" if written == spoken else written, language)
