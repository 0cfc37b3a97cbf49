"""The tree: nodes, their words, and whom they reach. Compiled, frozen, and independent of files.

`config` builds it from the YAML files and reports their problems; a tree that is built is valid: every name that a
node leads to exists, and every prompt has every language, or at least the one that it falls back to.
"""

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from operator import itemgetter
from typing import ClassVar, Literal, NamedTuple, assert_never

from pytz.tzinfo import BaseTzInfo

from phonetree.core.pronunciation import Pronunciation
from phonetree.core.schedule import Kind, Names, Schedule, Week, week_is_open
from phonetree.core.verbs import Spoken, Voice
from phonetree.errors import Where

NodeId = str
Language = str
Key = str

PERSON_KEY = "0"
"""Reaches a person from every menu."""
AGAIN_KEY = "*"
"""Repeats the menu, in every menu."""


# -- words


@dataclass(frozen=True, slots=True)
class Text:
    """Words that do not depend on the moment."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """Words that depend on the moment."""

    name: Literal["next_opening", "closure"]


class Dialled(NamedTuple):
    """A telephone number for callers in the helpline's country: as it is written there, and what they dial; both in
    groups of digits."""

    written: str
    keys: str


Dialling = Mapping[str, Dialled]
"""The numbers of a site (E.164) for its callers; those of North America are left out where the helpline is there."""


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number (E.164): read digit by digit, written in groups."""

    number: str


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address."""

    address: str


LinkName = Literal["form", "resources", "services"]
"""The helpline's own pages that a text can name."""


@dataclass(frozen=True, slots=True)
class Link:
    """A page of the helpline (https), spoken as the product's phrase for it."""

    name: LinkName
    url: str


@dataclass(frozen=True, slots=True)
class Audio:
    """A recorded prompt, and its words in writing."""

    file: str
    transcript: str


Part = Text | Field | Number | Email | Link | Audio
Prompt = Mapping[Language, tuple[Part, ...]]
"""What is said, by language. A language with a fallback may lack it."""


@dataclass(frozen=True, slots=True)
class LanguageInfo:
    """A language of the helpline: its voice, its own name (`Español`), and how it pronounces words that are not spoken
    as written. `fallback` is the language of the texts that it lacks; None when it lacks none."""

    id: Language
    voice: Voice
    name: str
    pronunciation: Pronunciation
    fallback: Language | None = None


# -- whom a call can reach


class Confidentiality(StrEnum):
    """How confidential an outside line is."""

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
    """Open in the spans of its own week, holiday or not."""

    week: Week
    zone: BaseTzInfo

    def is_open(self, schedule: Schedule, now: datetime) -> bool:  # noqa: ARG002 -- one of three with this signature
        return week_is_open(self.week, self.zone, now)


@dataclass(frozen=True, slots=True)
class During:
    """Other hours, as far as they are in one of these stretches (`inside`), each from a moment to before another, or as
    far as they are in none: the shifts of whoever takes a place, and those of the member who is away. The stretches are
    in order, without overlaps."""

    hours: "Hours"
    stretches: tuple[tuple[datetime, datetime], ...]
    inside: bool

    def is_open(self, schedule: Schedule, now: datetime) -> bool:
        number = bisect_right(self.stretches, now, key=itemgetter(0)) - 1
        within = number >= 0 and now < self.stretches[number][1]
        return within is self.inside and self.hours.is_open(schedule, now)


Hours = Always | HelplineHours | OwnHours | During


def own_hours(hours: Hours) -> OwnHours | None:
    """The week of spans that hours depend on, if they do on one of their own."""
    while isinstance(hours, During):
        hours = hours.hours
    return hours if isinstance(hours, OwnHours) else None


@dataclass(frozen=True, slots=True)
class Member:
    """One phone of a team. `shifts` are the hours in which it may ring; `desk` says that no voicemail answers it,
    so that the fallback may ring it.

    `phone` is the name (such as ADVOCATE_3) under which the store holds its number, "" when the file or the environment
    does. As long as the store has none, `number` is "", and the member is never on shift.
    """

    name: str
    number: str
    shifts: Hours
    desk: bool = False
    phone: str = ""

    @property
    def known_as(self) -> str:
        """What tells it from others: its number, or the name of the one that it has not yet."""
        return self.number or self.phone


class Ring(StrEnum):
    """In which order a team's phones ring."""

    TOGETHER = "together"
    IN_ORDER = "in-order"
    ROTATE = "rotate"


@dataclass(frozen=True, slots=True)
class Team:
    """People who take calls. A phone rings for `seconds`; no caller waits longer than `longest_wait` seconds."""

    id: str
    ring: Ring
    seconds: int
    longest_wait: int
    hours: Hours
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    """Ways to an outside line without speaking, "" where it has none.

    `tty` and `videophone` are numbers (E.164), `text` may also be a short one; `chat` and `web` are addresses (https).
    """

    text: str = ""
    chat: str = ""
    tty: str = ""
    videophone: str = ""
    web: str = ""

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self.text or self.chat or self.tty or self.videophone or self.web)


@dataclass(frozen=True, slots=True)
class Resource:
    """An outside line. `number` is E.164; `own_caller_id` shows them the caller's number, not the helpline's.

    `verified` is when the number and the other ways were last tried, and `verified_at` where that is written, for
    messages. `languages` says which ones they speak, if that is known; `about` says whom the line is for.
    """

    id: str
    names: Names
    number: str
    hours: Hours
    confidentiality: Confidentiality
    verified: date | None
    own_caller_id: bool = False
    verified_at: Where | None = field(default=None, compare=False)
    ways: Ways = Ways()
    languages: Names = field(default_factory=dict)
    about: Names = field(default_factory=dict)


# -- nodes


class NodeKind(StrEnum):
    """The kinds of node, as routing.yaml calls them."""

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
    """A choice that changes the language (back to the first one, if it is already spoken)."""

    language: Language


Target = GoTo | Speak


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A key and where it leads, compared by identity. `resource` is the outside line to which it leads, if it does."""

    key: Key
    label: Prompt
    target: Target
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """Asks for a key. `mention` has the keys of `always` that are spoken; after its tries it leads to `silence`."""

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
    """Says something and continues."""

    kind: ClassVar = NodeKind.MESSAGE
    id: NodeId
    say: Prompt
    go: NodeId


@dataclass(frozen=True, slots=True)
class HoursNode:
    """Branches by the kind of the moment: open, closed or holiday."""

    kind: ClassVar = NodeKind.HOURS
    id: NodeId
    go: Mapping[Kind, NodeId]


@dataclass(frozen=True, slots=True)
class Connect:
    """Rings a team. Leads to `closed` outside its hours, to `otherwise` when nobody takes the call, to `after` when
    the conversation ended and the caller is still there (None: a goodbye)."""

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
    """Takes a message of at most `longest` seconds, then continues."""

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
    """The prompts of a node, without the labels of its keys."""
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
    """The first node from `name` on that is not a message."""
    node = nodes[name]
    while isinstance(node, Message):
        node = nodes[node.go]
    return node


# -- the page


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of the page besides the tree: a text, and a list of points."""

    heading: Prompt
    text: Prompt | None
    points: tuple[Prompt, ...] = ()


def texts_of(
    nodes: Iterable[Node], always: Iterable[Choice], resources: Iterable[Resource], page: Iterable[Passage]
) -> Iterator[Mapping[Language, object]]:
    """Every text of a site, by language: what is said, what keys are called, the names of lines, and the page."""
    nodes = tuple(nodes)
    for node in nodes:
        yield from prompts_of(node)
    own = (choice for node in nodes if isinstance(node, Menu) for choice in node.choices)
    yield from (choice.label for choice in (*own, *always) if isinstance(choice.target, GoTo))
    for line in resources:
        yield line.names
        yield from (names for names in (line.languages, line.about) if names)
    for passage in page:
        yield from (passage.heading, *((passage.text,) if passage.text else ()), *passage.points)


# -- the whole

EXIT = "https://www.weather.gov/"
"""Where the public page's Quick Exit leads unless the site says otherwise: a page that anybody may have open."""


@dataclass(frozen=True, slots=True)
class Helpline:
    """Who we are: what callers see and read. Numbers are E.164.

    `number` is the one that callers dial. `provider_number` is the one at the provider where their calls arrive: the
    same one, unless another carrier forwards the helpline's number there. `caller_id` is which of the two the phones
    we ring see. `exit` is where Quick Exit leads on the public page. `emergency` is what callers dial in danger,
    `relay` who cannot speak or hear; "" if that is not known.
    """

    name: str
    number: str
    provider_number: str
    caller_id: str
    email: str | None
    exit: str = EXIT
    emergency: str = ""
    relay: str = ""

    @property
    def forwarded(self) -> bool:
        """Whether callers dial another number than the provider's."""
        return self.number != self.provider_number

    @property
    def way_in(self) -> tuple[str, str | None]:
        """The number where calls arrive, and the one that they are forwarded from, if any."""
        return self.provider_number, self.number if self.forwarded else None

    @property
    def may_be_refused(self) -> bool:
        """Whether the provider may refuse the caller id: it accepts its own numbers, and others once they are
        verified there (Twilio, voice/twiml/dial, `callerId`)."""
        return self.caller_id != self.provider_number


@dataclass(frozen=True, slots=True)
class Budgets:
    """A helpline's own limits, in seconds: speech until one key rings an advocate, or any line; speech and waiting
    until somebody is rung for a caller who presses nothing (`silent`); and the longest wait for a team."""

    advocate: int = 15
    crisis_line: int = 25
    silent: int = 120
    whole_wait: int = 90


class Reached(StrEnum):
    """What a promise says that callers reach."""

    LINE = "line"
    TEAM = "team"
    NODE = "node"


Destination = tuple[Reached, str]
"""An outside line, a team or a node, with its name."""

NO_KEY = ""
"""Stands for silence among the keys of a promise: the caller presses nothing when asked."""


@dataclass(frozen=True, slots=True)
class OwnPromise:
    """A promise that staff added to those of the product: who presses `keys`, one at each question, `reaches` that.

    It holds at moments of these kinds (`when`), in one language or (None) in every one. `within` is the seconds until
    then, if they are promised as well; `where` is where it is written, for messages.
    """

    when: frozenset[Kind]
    keys: tuple[Key, ...]
    reaches: Destination
    language: Language | None = None
    within: int | None = None
    where: Where | None = field(default=None, compare=False)

    @property
    def calls(self) -> tuple[object, ...]:
        """The calls that it is about, and what they reach, without how soon."""
        return self.when, self.keys, self.language, self.reaches


Saying = tuple[Language, NodeId | None, int | str]
"""A language; a node, and which of its prompts or choices (by `id`); or no node, and the name of a phrase."""


@dataclass(frozen=True, eq=False)
class Site:
    """One revision of everything a call needs: tree, schedule, people, resources.

    `last_resort` is the outside line that callers reach when one of our turns fails. `alike` are groups of nodes that
    correspond to each other, by day and by night.
    """

    revision: str
    helpline: Helpline
    languages: Mapping[Language, LanguageInfo]
    phrases: Mapping[Language, Mapping[str, str]]
    page_words: Mapping[Language, Mapping[str, str]]
    schedule: Schedule
    start: Mapping[Kind, NodeId]
    always: Mapping[Key, Choice]
    teams: Mapping[str, Team]
    resources: Mapping[str, Resource]
    nodes: Mapping[NodeId, Node]
    last_resort: str
    alike: tuple[frozenset[NodeId], ...] = ()
    budgets: Budgets = Budgets()
    promises: tuple[OwnPromise, ...] = ()
    page: tuple[Passage, ...] = ()
    dialling: Dialling = field(default_factory=dict)
    places: Mapping[NodeId, Where] = field(default_factory=dict)
    """Where each node is written, for messages."""
    written: Mapping[str, Team] = field(default_factory=dict)
    """The teams as they are written, if covers are in force or to come: `teams` are those with the covers."""
    said: dict[Saying, tuple[Spoken, ...]] = field(default_factory=dict, init=False, repr=False)
    """What is said in the same words at any moment (`wording.say_in_advance`). A copy of the site has nothing yet."""

    @property
    def teams_written(self) -> Mapping[str, Team]:
        """The teams as they are written, whatever covers there are."""
        return self.written or self.teams

    @property
    def members(self) -> Iterator[Member]:
        """Everybody in these teams, in order; whoever is in several teams comes several times."""
        return (member for team in self.teams_written.values() for member in team.members)

    @property
    def namesakes(self) -> frozenset[str]:
        """The names that members with different phones have: who is meant by one, nobody can tell."""
        phones: dict[str, str] = {}
        return frozenset(
            each.name
            for each in self.members
            if phones.setdefault(each.name, each.phone or each.number) != (each.phone or each.number)
        )

    @property
    def texts(self) -> Iterator[Mapping[Language, object]]:
        """Every text, by language; those of an inherited choice again for each menu."""
        return texts_of(self.nodes.values(), self.always.values(), self.resources.values(), self.page)

    @property
    def complete_languages(self) -> tuple[Language, ...]:
        """Those in which every text has to be given; others are given in their fallback where they lack one."""
        return tuple(language for language, info in self.languages.items() if not info.fallback)

    def language_of(self, text: Container[Language], language: Language) -> Language:
        """The language in which a text is given to those who chose `language`."""
        return language if language in text else self.languages[language].fallback or language

    @property
    def first_language(self) -> Language:
        """The language in which a call begins."""
        return next(iter(self.languages))

    @property
    def chosen_languages(self) -> tuple[Language, ...]:
        """The languages that a key chooses, in the order of all, without the first."""
        chosen = {choice.target.language for choice in self.always.values() if isinstance(choice.target, Speak)}
        return tuple(each for each in self.languages if each in chosen - {self.first_language})

    def known_language(self, language: str) -> Language:
        """The language of that name, or the first one if it is unknown."""
        return language if language in self.languages else self.first_language

    def changed(self, language: Language, to: Language) -> Language:
        """The language after a change: back to the first one, if the call is in that one already."""
        return self.first_language if language == to else to

    def offers(self, choice: Choice, now: datetime) -> bool:
        """Whether a choice is spoken at `now`: one that leads to an outside line is left out while that is closed."""
        return choice.resource is None or self.resources[choice.resource].hours.is_open(self.schedule, now)

    @property
    def person(self) -> NodeId:
        """Where callers go who make no choice: the node of key 0."""
        target = self.always[PERSON_KEY].target
        assert isinstance(target, GoTo)
        return target.node
