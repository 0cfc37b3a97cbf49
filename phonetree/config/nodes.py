"""The nodes of routing.yaml: each is a name, one kind, and what that kind needs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import assert_never

from phonetree.config.document import Item, Scalar
from phonetree.config.prompts import PromptReader
from phonetree.config.reader import Section, closest, suggest
from phonetree.core.numbers_in_texts import refusal_in_name
from phonetree.core.schedule import Kind
from phonetree.core.tree import (
    AGAIN_KEY,
    PERSON_KEY,
    Choice,
    Connect,
    Goodbye,
    GoTo,
    HoursNode,
    Key,
    Menu,
    Message,
    Node,
    NodeId,
    NodeKind,
    Prompt,
    Resource,
    Speak,
    Target,
    Team,
    Transfer,
    Voicemail,
)
from phonetree.errors import Where

KINDS = tuple(NodeKind)

STAR = "star"
"""How the files write the key *, which means something else in YAML."""

MOST_MENTIONED = 11
"""Keys of `always` that a menu mentions: there are ten, and the star."""

MOST_CHOICES = 6
"""Choices of one menu, unspoken ones included; the proof is stricter about spoken ones."""

MOST_NODES = 5000
"""The largest site that was proven (`bench.growth`)."""

MOST_LIKE = 10
"""Menus in a row, each `like` the next."""

NODE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_NO_KEY = "a caller presses a single key; write one from 0 to 9, and use a second menu when they are not enough"
_KEY = re.compile(r"[0-9]\Z")


class NodeReader:
    """Reads the nodes of one site, and collects the links between them, to check them when all are known."""

    def __init__(
        self, prompts: PromptReader, teams: Mapping[str, Team], resources: Mapping[str, Resource], names: Iterable[str]
    ) -> None:
        self.prompts = prompts
        self.teams = teams
        self.resources = resources
        self.names = dict.fromkeys(names)  # in file order, for suggestions
        self.always: Mapping[Key, Choice] = {}
        self.person: NodeId = ""
        self.ended: NodeId | None = None
        self.likes: dict[NodeId, tuple[Where, NodeId]] = {}
        self._unknown: dict[NodeId, list[tuple[Section, Where, str]]] = {}

    # -- links

    def link(self, section: Section, key: str, *, hint: str | None = None, default: NodeId = "") -> NodeId:
        """The node under a key. With a hint it is required."""
        value = section.text(key, hint=hint)
        return self.known(section, key, value) if value.text else default

    def known(self, section: Section, key: str, value: Scalar) -> NodeId:
        """The node that a scalar names."""
        if self.names and value.text not in self.names:
            self._unknown.setdefault(value.text, []).append((section, value.where, key))
        return value.text

    def refuse_unknown(self) -> list[NodeId]:
        """Reports each undefined node, at the first mention. Returns those that are not close to a defined one."""
        for name, used in self._unknown.items():
            section, where, key = min(used, key=lambda use: use[1])
            more = f" (and {len(used) - 1} more place{'s' * (len(used) > 2)})" if len(used) > 1 else ""
            hint = suggest(name, self.names) or "; write one that is, or add a node of that name"
            section.problem(where, f"'{key}' is '{name}', which is not defined{more}{hint}")
        return [name for name in self._unknown if not closest(name, self.names)]

    # -- keys

    def read_always(self, parent: Section) -> None:
        """The keys that work in every menu."""
        section = parent.section("always", "always", hint=f"write at least {PERSON_KEY}: the key that reaches a person")
        self.always = {
            key.text: self._choice(section, key, item, f"always, key '{key.text}'") for key, item in section.entries()
        }
        person = self.always.get(PERSON_KEY)
        if person and isinstance(person.target, GoTo):
            self.person = person.target.node
        elif section.present:
            section.problem(section.where, f"key '{PERSON_KEY}' is missing; {PERSON_KEY} always reaches a person")

    def _choice(self, parent: Section, key: Scalar, item: Item, label: str) -> Choice:
        section = parent.subsection(item, label)
        if not _KEY.match(key.text):
            again = (
                f"the star always says the menu again; remove this, and write {STAR} under 'mention' to have it said"
            )
            section.problem(key.where, again if key.text in ("*", STAR) else _NO_KEY)
        target = self._target(section)
        words: Prompt = {} if isinstance(target, Speak) else self.prompts.required(section, "label", _LABEL_HINT)
        section.refuse_unknown()
        return Choice(key.text, words, target)

    def _target(self, section: Section) -> Target:
        if not section.has("language"):
            return GoTo(self.link(section, "go", hint="write the node that the key leads to"))
        value = section.text("language")
        if value.text not in self.prompts.languages and self.prompts.languages:
            known = suggest(value.text, self.prompts.languages)
            section.problem(value.where, f"'{value.text}' is not one of the languages{known}")
        return Speak(value.text)

    # -- nodes

    def read(self, parent: Section) -> Mapping[NodeId, Node]:
        """Every node by name."""
        nodes = {name.text: node for name, item in parent.entries() if (node := self._node(parent, name, item))}
        return {name: self._with_inherited(parent, node, nodes) for name, node in nodes.items()}

    def _with_inherited(self, parent: Section, node: Node, nodes: Mapping[NodeId, Node]) -> Node:
        """A menu that is `like` another has its choices and mentions too, except those that it defines itself."""
        seen = [node.id]
        while isinstance(node, Menu) and seen[-1] in self.likes:
            where, other_name = self.likes[seen[-1]]
            other = nodes.get(other_name)
            if len(seen) > MOST_LIKE:
                parent.findings.problem(
                    where, f"menu '{node.id}': more than {MOST_LIKE} menus in a row are 'like' the next; name the last"
                )
                break
            if not isinstance(other, Menu) or other_name in seen:
                parent.findings.problem(
                    where, f"menu '{seen[-1]}': 'like' has to name another menu that is not 'like' this one"
                )
                break
            seen.append(other_name)
            own = {choice.key: choice for choice in node.choices}
            inherited = tuple(own.pop(choice.key, choice) for choice in other.choices)
            node = replace(node, choices=(*inherited, *own.values()), mention=node.mention or other.mention)
        return node

    def _node(self, parent: Section, name: Scalar, item: Item) -> Node | None:
        if not NODE_NAME.match(name.text):
            parent.problem(name.where, f"'{name.text}' cannot be a node's name; use small letters, digits, - and _")
        parent.refuse_number(name, "the name of a node")
        if isinstance(item, Scalar) and not item.text:
            hint = "write what it does below it, such as message: or menu:"
            parent.findings.problem(name.where, f"node '{name.text}': is empty; {hint}")
            return None
        outer = parent.subsection(item, f"node '{name.text}'")
        given = [key for key, _ in outer.entries()]
        for key in given:
            if key.text not in KINDS:
                outer.problem(key.where, f"'{key.text}' is not a kind of node{suggest(key.text, KINDS)}")
        kinds = [NodeKind(key.text) for key in given if key.text in KINDS]
        if len(kinds) != 1:
            if kinds or (outer.present and not given):
                outer.problem(name.where, f"needs exactly one of {', '.join(KINDS)}")
            return None
        kind = kinds[0]
        section = outer.section(kind, f"{kind} '{name.text}'")
        node = self._built(kind, section, name.text)
        section.refuse_unknown()
        return node

    def _built(self, kind: NodeKind, section: Section, name: NodeId) -> Node:
        match kind:
            case NodeKind.MENU:
                return self._menu(section, name)
            case NodeKind.MESSAGE:
                return self._message(section, name)
            case NodeKind.HOURS:
                return HoursNode(name, self.by_kind(section))
            case NodeKind.CONNECT:
                return self._connect(section, name)
            case NodeKind.TRANSFER:
                return self._transfer(section, name)
            case NodeKind.VOICEMAIL:
                return self._voicemail(section, name)
            case NodeKind.GOODBYE:
                return Goodbye(name, self.prompts.read(section, "say"))
            case _:
                assert_never(kind)

    def _menu(self, section: Section, name: NodeId) -> Menu:
        like = self.link(section, "like")
        if like:
            self.likes[name] = section.where_of("like"), like
        hint = None if like else "write the keys and where they lead"
        choices = section.section("choices", f"menu '{name}', choices", hint=hint)
        read = tuple(
            self._choice(choices, key, item, f"menu '{name}', key '{key.text}'") for key, item in choices.entries()
        )
        if choices.present and not read:
            section.problem(choices.where, "has no choices; write at least one key, or make it a message")
        if len(read) > MOST_CHOICES:
            section.problem(
                choices.where, f"has {len(read)} choices; nobody remembers more than {MOST_CHOICES}, use a second menu"
            )
        for choice in read:
            if choice.key in self.always:
                place = choices.where_of(choice.key)
                section.problem(place, f"key '{choice.key}' has a meaning in every menu ('always'); use another key")
        return Menu(
            name,
            say=self.prompts.read(section, "say"),
            again=self.prompts.read(section, "again"),
            choices=read,
            mention=self._mention(section),
            tries=section.number("tries", 3, 1, 5, "times that the menu is said"),
            wait=section.number("wait", 8, 5, 20, "seconds to wait for a key"),
            silence=self.link(section, "silence", default=self.person),
        )

    def _mention(self, section: Section) -> tuple[Key, ...]:
        keys = []
        for item in section.items("mention", most=MOST_MENTIONED):
            key = section.scalar(item, "a key")
            if key.text not in (*self.always, STAR, PERSON_KEY):
                known = suggest(key.text, [*self.always, STAR])
                section.problem(key.where, f"'mention': '{key.text}' is not one of the keys of 'always'{known}")
            keys.append(AGAIN_KEY if key.text == STAR else key.text)
        return tuple(keys)

    def _message(self, section: Section, name: NodeId) -> Message:
        say = self.prompts.required(section, "say", "write what callers hear")
        return Message(name, say, self.link(section, "go", hint="write the node that comes next"))

    def by_kind(self, section: Section) -> Mapping[Kind, NodeId]:
        """A node for each of open, closed and holiday."""
        return {
            kind: self.link(section, kind, hint="write a node for each of open, closed and holiday") for kind in Kind
        }

    def _connect(self, section: Section, name: NodeId) -> Connect:
        team = section.text("team", hint="write the name of a team")
        misnamed = any(map(refusal_in_name, self.teams))  # which is reported, and is the team that is meant
        if team.text and team.text not in self.teams and not misnamed:
            section.problem(team.where, f"team '{team.text}' is not defined{suggest(team.text, self.teams)}")
        otherwise = self.link(section, "otherwise", hint="write the node for when nobody answers")
        return Connect(
            name,
            team.text,
            say=self.prompts.read(section, "say"),
            closed=self.link(section, "closed", default=otherwise),
            otherwise=otherwise,
            after=self.link(section, "after") or self.ended,
        )

    def _transfer(self, section: Section, name: NodeId) -> Transfer:
        line = section.text("resource", hint="write the name of a resource")
        if line.text and line.text not in self.resources and self.resources:
            section.problem(line.where, f"resource '{line.text}' is not defined{suggest(line.text, self.resources)}")
        return Transfer(
            name,
            line.text,
            say=self.prompts.read(section, "say"),
            otherwise=self.link(section, "otherwise") or None,
            after=self.link(section, "after") or self.ended,
        )

    def _voicemail(self, section: Section, name: NodeId) -> Voicemail:
        return Voicemail(
            name,
            say=self.prompts.required(section, "say", "ask how, and whether, it is safe to call back"),
            longest=section.number("longest", 180, 30, 600, "seconds of a message"),
            silence=section.number("silence", 10, 5, 60, "seconds without a word"),
            go=self.link(section, "go", hint="write the node that comes after the message"),
        )


_LABEL_HINT = "write what the key does, such as to speak with an advocate"
