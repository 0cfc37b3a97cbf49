"""The tree: nodes, the words in them, and whom they reach. Compiled, frozen, and free of files.

`config` builds these from the YAML files and reports what is wrong with them there; what is built here
is legal: every name that a node leads to exists, and every prompt has every language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Literal, assert_never

from pytz.tzinfo import BaseTzInfo

from phonetree.core.pronunciation import Pronunciation
from phonetree.core.schedule import Kind, Names, Schedule, Week, week_is_open
from phonetree.core.verbs import Voice
from phonetree.errors import Where

NodeId = str
Language = str
Key = str

PERSON_KEY = "0"
"""Reaches a person from every menu."""
AGAIN_KEY = "*"
"""Says the menu again, in every menu."""


# -- words


@dataclass(frozen=True, slots=True)
class Text:
    """Words to be spoken as they stand."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """Words that depend on the moment."""

    name: Literal["next_opening", "closure"]


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number (E.164): read digit by digit, written in groups."""

    number: str


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address."""

    address: str


LinkName = Literal["form", "resources", "services"]
"""The pages of its own that a helpline may name."""


@dataclass(frozen=True, slots=True)
class Link:
    """A page of the helpline (https), spoken of by the product's phrase for it."""

    name: LinkName
    url: str


@dataclass(frozen=True, slots=True)
class Audio:
    """A recorded prompt, and its words for those who read."""

    file: str
    transcript: str


Part = Text | Field | Number | Email | Link | Audio
Prompt = Mapping[Language, tuple[Part, ...]]
"""What is said, by language."""


@dataclass(frozen=True, slots=True)
class LanguageInfo:
    """A language of the helpline: its voice, its name in itself (`Español`), and how it says words that are written
    otherwise."""

    id: Language
    voice: Voice
    name: str
    pronunciation: Pronunciation


# -- whom a call can reach


class Confidentiality(StrEnum):
    """What an outside line does with what it is told."""

    CONFIDENTIAL = "confidential"
    ANONYMOUS = "anonymous"
    PRIVATE = "private"
    NOT_CONFIDENTIAL = "not confidential"


@dataclass(frozen=True, slots=True)
class Always:
    """Open at every moment."""

    def is_open(self, schedule: Schedule, now: datetime) -> bool:  # noqa: ARG002 -- one of three with this signature
        return True


@dataclass(frozen=True, slots=True)
class HelplineHours:
    """Open when the helpline is (`inside`), or exactly when it is not."""

    inside: bool

    def is_open(self, schedule: Schedule, now: datetime) -> bool:
        return schedule.is_open(now) is self.inside


@dataclass(frozen=True, slots=True)
class OwnHours:
    """Open in the spans of a week of its own, holidays or not."""

    week: Week
    zone: BaseTzInfo

    def is_open(self, schedule: Schedule, now: datetime) -> bool:  # noqa: ARG002 -- one of three with this signature
        return week_is_open(self.week, self.zone, now)


Hours = Always | HelplineHours | OwnHours


@dataclass(frozen=True, slots=True)
class Member:
    """One phone of a team. `shifts` are the hours in which it may ring; `desk` says that no voicemail answers it,
    so that it may ring unasked when our server is gone."""

    name: str
    number: str
    shifts: Hours
    desk: bool = False


class Ring(StrEnum):
    """In which order a team's phones ring."""

    TOGETHER = "together"
    IN_ORDER = "in-order"
    ROTATE = "rotate"


@dataclass(frozen=True, slots=True)
class Team:
    """People who take calls. One phone rings for `seconds`; nobody waits longer than `longest_wait` seconds."""

    id: str
    ring: Ring
    seconds: int
    longest_wait: int
    hours: Hours
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """An outside line. `number` is E.164; `own_caller_id` shows them the caller's number, not the helpline's.

    `verified_at` is where `verified` is written, for those who are told of it.
    """

    id: str
    names: Names
    number: str
    hours: Hours
    confidentiality: Confidentiality
    verified: date | None
    own_caller_id: bool = False
    verified_at: Where | None = field(default=None, compare=False)


# -- nodes


class NodeKind(StrEnum):
    """What a node is, in the words of routing.yaml."""

    MENU = "menu"
    MESSAGE = "message"
    HOURS = "hours"
    CONNECT = "connect"
    TRANSFER = "transfer"
    VOICEMAIL = "voicemail"
    GOODBYE = "goodbye"


@dataclass(frozen=True, slots=True)
class GoTo:
    """A choice that leads to a node."""

    node: NodeId


@dataclass(frozen=True, slots=True)
class Speak:
    """A choice that changes the language (back to the first one, when it is spoken already)."""

    language: Language


Target = GoTo | Speak


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A key and where it leads, each one its own. `resource` is the outside line behind it, if it is nothing else."""

    key: Key
    label: Prompt
    target: Target
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """Asks for a key. `mention` names the keys of `always` that are spoken; `silence` is where the tries end."""

    kind: ClassVar = NodeKind.MENU
    id: NodeId
    say: Prompt | None
    again: Prompt | None
    choices: tuple[Choice, ...]
    mention: tuple[Key, ...]
    tries: int
    wait: int
    silence: NodeId


@dataclass(frozen=True, slots=True)
class Message:
    """Says something and goes on."""

    kind: ClassVar = NodeKind.MESSAGE
    id: NodeId
    say: Prompt
    go: NodeId


@dataclass(frozen=True, slots=True)
class HoursNode:
    """Goes on by what the moment is."""

    kind: ClassVar = NodeKind.HOURS
    id: NodeId
    go: Mapping[Kind, NodeId]


@dataclass(frozen=True, slots=True)
class Connect:
    """Rings a team: `closed` when it is not its hours, `otherwise` when nobody takes the call, `after` when
    the conversation is over and the caller is still there (None: a goodbye)."""

    kind: ClassVar = NodeKind.CONNECT
    id: NodeId
    team: str
    say: Prompt | None
    closed: NodeId
    otherwise: NodeId
    after: NodeId | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Bridges to an outside line. When that fails: `otherwise`, or the menu heard last. `after` as in Connect."""

    kind: ClassVar = NodeKind.TRANSFER
    id: NodeId
    resource: str
    say: Prompt | None
    otherwise: NodeId | None
    after: NodeId | None


@dataclass(frozen=True, slots=True)
class Voicemail:
    """Takes a message of at most `longest` seconds, then goes on."""

    kind: ClassVar = NodeKind.VOICEMAIL
    id: NodeId
    say: Prompt
    longest: int
    silence: int
    go: NodeId


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Ends the call; without words when `say` is None."""

    kind: ClassVar = NodeKind.GOODBYE
    id: NodeId
    say: Prompt | None


Node = Menu | Message | HoursNode | Connect | Transfer | Voicemail | Goodbye


def prompts_of(node: Node) -> tuple[Prompt, ...]:
    """What a node says itself: labels of keys are left out."""
    match node:
        case Menu(say=say, again=again):
            prompts: tuple[Prompt | None, ...] = say, again
        case Message(say=say) | Voicemail(say=say) | Connect(say=say) | Transfer(say=say) | Goodbye(say=say):
            prompts = (say,)
        case HoursNode():
            prompts = ()
        case _:
            assert_never(node)
    return tuple(prompt for prompt in prompts if prompt)


def past_words(nodes: Mapping[NodeId, Node], name: NodeId) -> Node:
    """The first node from `name` on that is more than words."""
    node = nodes[name]
    while isinstance(node, Message):
        node = nodes[node.go]
    return node


# -- the page


@dataclass(frozen=True, slots=True)
class Passage:
    """Something that the page says besides the tree: a text, and points in a list."""

    heading: Prompt
    text: Prompt | None
    points: tuple[Prompt, ...] = ()


# -- the whole


@dataclass(frozen=True, slots=True)
class Helpline:
    """Who we are: what callers see and read. Numbers are E.164.

    `number` is the one that callers dial. `provider_number` is the one at the provider where their calls arrive: the
    same one, unless whoever carries the helpline's number forwards it there. `caller_id` is the one of the two that
    the phones we ring are shown.
    """

    name: str
    number: str
    provider_number: str
    caller_id: str
    email: str | None

    @property
    def forwarded(self) -> bool:
        """Whether callers dial another number than the one that the provider has."""
        return self.number != self.provider_number

    @property
    def way_in(self) -> tuple[str, str | None]:
        """The number where calls arrive, and the one that they are forwarded from, if they are."""
        return self.provider_number, self.number if self.forwarded else None

    @property
    def may_be_refused(self) -> bool:
        """Whether the provider may refuse the caller id: it shows numbers of its own, and others once they are
        verified there (Twilio, voice/twiml/dial, `callerId`)."""
        return self.caller_id != self.provider_number


@dataclass(frozen=True, slots=True)
class Budgets:
    """What a helpline allows itself, in seconds: speech until an advocate, or any line, is rung by one key; speech and
    waiting until somebody is rung for a caller who presses nothing (`silent`); and the longest wait for a team."""

    advocate: int = 15
    crisis_line: int = 25
    silent: int = 120
    whole_wait: int = 90


@dataclass(frozen=True, eq=False)
class Site:
    """One revision of everything a call needs: tree, schedule, people, resources.

    `last_resort` is the outside line that everything leads to when we fail ourselves. `alike` are groups of
    nodes that stand for one another, by day and by night.
    """

    revision: str
    helpline: Helpline
    languages: Mapping[Language, LanguageInfo]
    phrases: Mapping[Language, Mapping[str, str]]
    schedule: Schedule
    start: Mapping[Kind, NodeId]
    always: Mapping[Key, Choice]
    teams: Mapping[str, Team]
    resources: Mapping[str, Resource]
    nodes: Mapping[NodeId, Node]
    last_resort: str
    alike: tuple[frozenset[NodeId], ...] = ()
    budgets: Budgets = Budgets()
    page: tuple[Passage, ...] = ()
    places: Mapping[NodeId, Where] = field(default_factory=dict)
    """Where each node is written, for whoever has to mend it."""

    @property
    def first_language(self) -> Language:
        """The language in which a call begins."""
        return next(iter(self.languages))

    def known_language(self, language: str) -> Language:
        """The language of that name, or the first one when there is none."""
        return language if language in self.languages else self.first_language

    def offers(self, choice: Choice, now: datetime) -> bool:
        """Whether a choice is spoken at `now`: one that leads to an outside line rests while that is closed."""
        return choice.resource is None or self.resources[choice.resource].hours.is_open(self.schedule, now)

    @property
    def person(self) -> NodeId:
        """Where a caller goes who makes no choice: the node behind 0."""
        target = self.always[PERSON_KEY].target
        assert isinstance(target, GoTo)
        return target.node
