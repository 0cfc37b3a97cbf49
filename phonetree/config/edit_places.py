"""Where things stand in routing.yaml, what leads where, and what else names them."""

import re
from collections.abc import Collection, Container, Iterator, Mapping

from phonetree.config.document import Value
from phonetree.config.nodes import KINDS, NODE_NAME
from phonetree.config.steps import texts_in, value_at
from phonetree.core.tree import NodeKind
from phonetree.errors import EditError

ROUTING_KEYS = (
    "helpline", "languages", "links", "start", "ended", "last_resort", "alike", "promises", "page", "budgets", "always",
    "phrases", "teams", "resources", "nodes",
)  # fmt: skip
"""The keys of routing.yaml in the order of the shipped one."""

FIELDS: Mapping[str, tuple[str, ...]] = {
    "menu": ("like", "say", "again", "choices", "mention", "wait", "tries", "silence"),
    "message": ("say", "go"),
    "hours": ("open", "closed", "holiday"),
    "connect": ("team", "say", "closed", "otherwise", "after"),
    "transfer": ("resource", "say", "otherwise", "after"),
    "voicemail": ("say", "longest", "silence", "go"),
    "goodbye": ("say",),
}
"""What a node of each kind has, in that order."""

LEADS: Mapping[str, tuple[str, ...]] = {
    "menu": ("like", "silence"),
    "message": ("go",),
    "hours": ("open", "closed", "holiday"),
    "connect": ("closed", "otherwise", "after"),
    "transfer": ("otherwise", "after"),
    "voicemail": ("go",),
    "goodbye": (),
}
"""Those of them that name another node."""

_MENTIONED = re.compile(r"\{([a-z0-9_-]+)\.(?:name|number)\}")


def table(said: Value, *path: str | int) -> Mapping[str, Value]:
    """The table at a path; an empty one if there is none."""
    found = value_at(said, path)
    return found if isinstance(found, Mapping) else {}


def items(said: Value, *path: str | int) -> tuple[Value, ...]:
    """The list at a path; an empty one if there is none."""
    found = value_at(said, path)
    return found if isinstance(found, tuple) else ()


def kind_of(said: Value, node: str) -> str:
    """The kind of a node. Raises EditError if there is no such node, or it has none."""
    refuse_gone(table(said, "nodes"), node)
    kind = next((key for key in table(said, "nodes", node) if key in KINDS), None)
    if kind is None:
        kinds = ", ".join(KINDS)
        raise EditError({"": f"'{node}' is no node yet: its kind is missing, or misspelt. Write one of these: {kinds}"})
    return kind


def leading_to(said: Value, node: str, but: Collection[str] = ()) -> Iterator[str]:
    """What leads to a node or names it, each in words. A node that leads to itself does not count, nor do others that
    are left out."""
    for name, where, target in _leads(said):
        if target == node and name not in (node, *but):
            yield where
    for group in items(said, "alike"):
        if node in items(group):
            yield "alike"
    for number, promise in enumerate(items(said, "promises"), 1):
        others = {**table(said, "resources"), **table(said, "teams")}
        if value_at(promise, ("reaches",)) == node and node not in others:
            yield f"promise {number}"


def left_over(said: Value) -> tuple[str, ...]:
    """The nodes to which no call comes: neither the start nor anything else that calls come to leads there."""
    leads: dict[str, list[str]] = {}
    for name, _, target in _leads(said):
        leads.setdefault(name, []).append(str(target))
    reached, waiting = {""}, [""]
    while waiting:
        new = set(leads.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    return tuple(name for name in table(said, "nodes") if name not in reached)


def _leads(said: Value) -> Iterator[tuple[str, str, Value | None]]:
    """Where everything leads: the node at which it begins, if it is one; in words; the node there."""
    for kind, target in table(said, "start").items():
        yield "", f"the start when {kind}", target
    yield "", "the end of a conversation (ended)", value_at(said, ("ended",))
    for key, choice in table(said, "always").items():
        yield "", f"key {key} of every menu", value_at(choice, ("go",))
    for name in table(said, "nodes"):
        for kind in table(said, "nodes", name):
            for field in LEADS.get(kind, ()):
                yield name, f"{name} ({field})", value_at(said, ("nodes", name, kind, field))
            for key, choice in table(said, "nodes", name, kind, "choices").items():
                yield name, f"{name}, key {key}", value_at(choice, ("go",))


def using_line(said: Value, line: str) -> Iterator[str]:
    """What names an outside line, each in words."""
    if value_at(said, ("last_resort",)) == line:
        yield "the last resort"
    yield from _using(said, "resource", line)
    for number, promise in enumerate(items(said, "promises"), 1):
        if value_at(promise, ("reaches",)) == line:
            yield f"promise {number}"
    for name, node in (
        *table(said, "nodes").items(),
        *((key, value_at(said, (key,)) or "") for key in ("always", "page")),
    ):
        if any(line in _MENTIONED.findall(text) for text in texts_in(node)):
            yield f"a text of {name}"


def same_number(said: Value, line: str) -> Iterator[str]:
    """The other outside lines that have the number of one, however it is written."""
    numbers = {
        name: "".join(filter(str.isdigit, f"{value_at(each, ('number',))}"))
        for name, each in table(said, "resources").items()
    }
    yield from (name for name, number in numbers.items() if name != line and number and number == numbers.get(line))


def using_team(said: Value, team: str) -> Iterator[str]:
    """What names a team, each in words."""
    yield from _using(said, "team", team)
    for number, promise in enumerate(items(said, "promises"), 1):
        if value_at(promise, ("reaches",)) == team and team not in table(said, "resources"):
            yield f"promise {number}"


def _using(said: Value, field: str, name: str) -> Iterator[str]:
    for node in table(said, "nodes"):
        if any(value_at(content, (field,)) == name for content in table(said, "nodes", node).values()):
            yield node


def using_language(said: Value, language: str) -> Iterator[str]:
    """What names a language or is written in it, each in words."""
    others = {name: each for name, each in table(said, "languages").items() if name != language}
    yield from (f"{name}, which falls back to it" for name, each in others.items() if _is_in(each, language))
    for part in ("phrases", "always", "promises", "page", "resources"):
        if _is_in(value_at(said, (part,)) or "", language):
            yield part
    nodes = [node for node, each in table(said, "nodes").items() if _is_in(each, language)]
    if nodes:
        yield ", ".join(nodes[:3]) + (f" and {len(nodes) - 3} more nodes" if len(nodes) > 3 else "")


def _is_in(value: Value, language: str) -> bool:
    """Whether a text anywhere in a value is in a language, or a setting names it."""
    if isinstance(value, Mapping):
        named = language in value or language in (value.get("language"), value.get("fallback"))
        return named or any(_is_in(each, language) for each in value.values())
    return isinstance(value, tuple) and any(_is_in(each, language) for each in value)


def mentioning(said: Value, keys: Container[str]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Where a menu mentions any of the keys of every menu, and all that it mentions."""
    for node in table(said, "nodes"):
        path = ("nodes", node, NodeKind.MENU, "mention")
        mentioned = tuple(each for each in items(said, *path) if isinstance(each, str))
        if any(each in keys for each in mentioned):
            yield path, mentioned


def refuse_used(used: Iterator[str], what: str, field: str = "") -> None:
    """Raises EditError if anything names what is to be removed."""
    if found := list(dict.fromkeys(used)):
        raise EditError({field: f"{what} cannot be removed: used by {'; '.join(found)}. Change that first"})


def refuse_unfit(name: str, field: str) -> None:
    """Raises EditError for a name of a line or a team that no node could have, either."""
    if not NODE_NAME.match(name):
        raise EditError({field: f"'{name}' cannot be its name; use small letters, digits, - and _"})


def refuse_gone(there: Mapping[str, Value], name: str) -> None:
    """Raises EditError if what is to be changed is not there any more."""
    if name not in there:
        raise EditError({"": f"'{name}' is not there any more: somebody removed it; see what is there now"})


def refuse_taken(taken: Mapping[str, Value], name: str, field: str) -> None:
    """Raises EditError if there is something of that name already."""
    if name in taken:
        raise EditError({field: f"'{name}' is there already; choose another name"})
