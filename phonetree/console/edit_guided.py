"""What is added in one go in several parts of the files: an outside line with a key, a choice with a message."""

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from phonetree.config.document import Value
from phonetree.config.edit_lines import AddLine
from phonetree.config.edit_nodes import AddChoice, AddNode
from phonetree.config.edit_places import table
from phonetree.config.edits import FormEdit
from phonetree.config.nodes import MOST_CHOICES
from phonetree.console.edit_choices_form import KEYS, NEW, SPOKEN, choices_of, free_keys, keys_of, room_of
from phonetree.console.edit_people_forms import CONFIDENTIAL
from phonetree.console.form_fields import (
    HOURS_HINT,
    Group,
    Input,
    Languages,
    Typed,
    hours_value,
    typed_value,
)
from phonetree.core.characters import plain_letters
from phonetree.core.tree import NodeKind
from phonetree.errors import EditError
from phonetree.proof.promises import MOST_SPOKEN_CHOICES

LONGEST_NAME = 40
"""Characters of a name that is made from words."""

_WORD = re.compile(r"[a-z0-9]+")
_LEFT_OUT = ("the", "a", "an", "for", "to")
"""Words that say nothing at the beginning of a name."""

CALLED = "{name}"
"""What stands for what a new line is called, whose name in the files nobody knows yet."""

_NAME = "In the lists of Edit. Small letters, digits, - and _. Empty: made from the words above."
_MENU = (
    f"Behind its other choices; callers remember {MOST_SPOKEN_CHOICES} at most. A menu that has {MOST_CHOICES} "
    "choices, with those of the menu that it is like, or no free key is not here."
)
_KEY = "Those that are free stand beside the menu."


@dataclass(frozen=True, slots=True)
class Made:
    """What was added: the names of a line, of a node, and the key of a menu that leads there."""

    line: str = ""
    node: str = ""
    menu: str = ""
    key: str = ""


class Guided(Protocol):
    """What a page adds."""

    def groups(self) -> Iterator[Group]: ...

    def made(self, typed: Typed) -> Made: ...

    def edits(self, typed: Typed, made: Made) -> Iterator[FormEdit]: ...


@dataclass(frozen=True, slots=True)
class NewLine:
    """An outside line; a node that connects with it; and a choice of a menu that leads there, if one is chosen."""

    routing: Value
    languages: Languages
    today: date

    def groups(self) -> Iterator[Group]:
        """Its fields."""
        names = self.languages.texts("name", None, "As callers hear it, as in: the Night Line.", required=False)
        yield Group("What the line is called", tuple(names), wide=True)
        dialled = "Tick this after you dialled the number and the right people answered."
        yield Group(
            "How it is reached",
            (
                Input("number", "Number", hint="With + and the country code."),
                Input("verified", "I dialled it today", "", "tick", dialled),
                Input("open", "Hours", "always", "lines", HOURS_HINT),
                Input("confidential", "What callers tell", "true", "choose", "", CONFIDENTIAL),
            ),
        )
        yield Group("The key that leads there", (*_key_inputs(self.routing, "no key yet"),))
        words = f"What the key does, as in: for {CALLED}. {CALLED} stands for what the line is called."
        yield Group(
            "What the key says", tuple(self.languages.texts(f"{NEW}.label", None, words, required=False)), wide=True
        )
        yield Group("Its name", (Input("line", "Name", hint=_NAME),))

    def made(self, typed: Typed) -> Made:
        """What it will be called. Raises EditError if something has to be written first."""
        menu = typed.get(f"{NEW}.menu", "")
        name = self.languages.typed(typed, "name", None)
        label = self.languages.typed(typed, f"{NEW}.label", None)
        _refuse_lacking(
            {
                f"name.{self.languages.complete[0]}": None if name else "Write what callers hear it called",
                "number": None if typed_value(typed, "number", None) else "Write its number",
                f"{NEW}.label.{self.languages.complete[0]}": None if label or not menu else "Write what the key does",
            }
        )
        line = typed_value(typed, "line", None) or named_by(_first(name), table(self.routing, "resources"))
        if not menu:
            return Made(line)
        return Made(line, named_by(f"line {line}", table(self.routing, "nodes")), menu, _key(self.routing, menu, typed))

    def edits(self, typed: Typed, made: Made) -> Iterator[FormEdit]:
        """All that has to be added."""
        content: dict[str, Value] = {
            "name": self.languages.typed(typed, "name", None) or "",
            "number": typed_value(typed, "number", None) or "",
            "open": hours_value(typed.get("open", "")) or "always",
            "confidential": typed.get("confidential", ""),
        }
        yield AddLine(made.line, content | ({"verified": f"{self.today}"} if typed.get("verified") else {}))
        if made.menu:
            yield AddNode(made.node, NodeKind.TRANSFER, None, {"resource": made.line}, _last_transfer(self.routing))
            said = Typed(
                {
                    name: text.replace(CALLED, f"{{{made.line}.name}}") if name.startswith(f"{NEW}.label.") else text
                    for name, text in typed.items()
                }
            )
            yield _choice(self.routing, self.languages, said, made)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message, and a choice of a menu that leads there."""

    routing: Value
    languages: Languages

    def groups(self) -> Iterator[Group]:
        """Its fields."""
        yield Group("The key", (*_key_inputs(self.routing, "choose one"),))
        yield Group(
            "What the key says", tuple(self.languages.texts(f"{NEW}.label", None, SPOKEN, required=False)), wide=True
        )
        words = self.languages.texts("message.say", None, "What callers hear who press it.", required=False)
        yield Group("The message", tuple(words), wide=True)
        nodes = (("", "back to the menu"), *((each, each) for each in table(self.routing, "nodes")))
        then = Input("message.go", "Then", "", "choose", "What comes after the message.", nodes)
        yield Group("After it", (then, Input("node", "Name of the message", hint=_NAME)))

    def made(self, typed: Typed) -> Made:
        """What it will be called. Raises EditError if something has to be written first."""
        menu, first = typed.get(f"{NEW}.menu", ""), self.languages.complete[0]
        label = self.languages.typed(typed, f"{NEW}.label", None)
        words = self.languages.typed(typed, "message.say", None)
        _refuse_lacking(
            {
                f"{NEW}.menu": None if menu else "Choose the menu that offers it",
                f"{NEW}.label.{first}": None if label else "Write what the key does",
                f"message.say.{first}": None if words else "Write what callers hear",
            }
        )
        node = typed_value(typed, "node", None) or named_by(_first(label), table(self.routing, "nodes"))
        return Made("", node, menu, _key(self.routing, menu, typed))

    def edits(self, typed: Typed, made: Made) -> Iterator[FormEdit]:
        """All that has to be added."""
        words = self.languages.typed(typed, "message.say", None)
        go = typed.get("message.go", "") or made.menu
        yield AddNode(made.node, NodeKind.MESSAGE, words, {"go": go}, made.menu)
        yield _choice(self.routing, self.languages, typed, made)


# -- keys of menus


def _key_inputs(routing: Value, none: str) -> Iterator[Input]:
    free = {
        menu: free_keys(routing, menu) for menu in table(routing, "nodes") if "menu" in table(routing, "nodes", menu)
    }
    menus = (("", none), *((menu, f"{menu} ({room_of(routing, menu, keys)})") for menu, keys in free.items() if keys))
    yield Input(f"{NEW}.menu", "Menu", "", "choose", _MENU, menus)
    yield Input(f"{NEW}.key", "Key", "", "choose", _KEY, (("", "the first free one"), *keys_of(KEYS)))


def _key(routing: Value, menu: str, typed: Typed) -> str:
    if key := typed.get(f"{NEW}.key", ""):
        return key
    if free := free_keys(routing, menu):
        return free[0]
    full = len(choices_of(routing, menu)) >= MOST_CHOICES
    why = f"has {MOST_CHOICES} choices, the most that a menu can have" if full else "has no key left"
    raise EditError({f"{NEW}.menu": f"{menu} {why}; choose another menu, or remove a choice first"})


def _choice(routing: Value, languages: Languages, typed: Typed, made: Made) -> FormEdit:
    own = [*table(routing, "nodes", made.menu, "menu", "choices")]
    label = languages.typed(typed, f"{NEW}.label", None)
    return AddChoice(made.menu, made.key, label, made.node, own[-1] if own else None)


def _last_transfer(routing: Value) -> str | None:
    """The node behind which another one of this kind is written."""
    nodes = table(routing, "nodes")
    return next((node for node in reversed([*nodes]) if NodeKind.TRANSFER in table(nodes, node)), None)


# -- what has to be written, and names


def _refuse_lacking(lacking: Mapping[str, str | None]) -> None:
    if problems := {field: text for field, text in lacking.items() if text}:
        raise EditError(problems)


def _first(words: Value | None) -> str:
    """Words in the first language that has some."""
    return words if isinstance(words, str) else next((each for each in map(str, table(words or "").values())), "")


def named_by(words: str, taken: Container[str]) -> str:
    """A name made from words, which nothing else has."""
    found = _WORD.findall(plain_letters(words))
    while found[1:] and found[0] in _LEFT_OUT:
        found = found[1:]
    name = "_".join(found)[:LONGEST_NAME].strip("_") or "new"
    number = 1
    while (unique := name if number == 1 else f"{name}_{number}") in taken:
        number += 1
    return unique
