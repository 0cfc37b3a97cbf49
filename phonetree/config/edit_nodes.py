"""Edits of nodes: their settings and where they lead, the choices of menus, and nodes added and removed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phonetree.config.document import Value
from phonetree.config.edit_places import (
    FIELDS,
    ROUTING_KEYS,
    kind_of,
    leading_to,
    mentioning,
    refuse_taken,
    refuse_used,
    table,
)
from phonetree.config.edit_prompts import Prompt, texts, written_out
from phonetree.config.steps import Move, Put, Rename, Step, new_or_other
from phonetree.core.tree import PERSON_KEY, NodeKind
from phonetree.errors import EditError


@dataclass(frozen=True, slots=True)
class SetField:
    """Another value of a node's setting that is no prompt, such as `go`, `tries` or `mention`; none if there is none
    after."""

    node: str
    field: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class SetStart:
    """Another node at which calls begin: `kind` is open, closed or holiday."""

    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SetEnd:
    """Another node after a conversation (`ended`), or another line for when the server fails (`last_resort`)."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class AddNode:
    """A new node, behind another one or last, with the least that its kind needs: words, and where it leads, such as
    {"go": "goodbye"}; for a menu, where each key leads, such as {"1": "goodbye"}."""

    node: str
    kind: NodeKind
    words: Prompt
    leads: Mapping[str, Value]
    behind: str | None = None


@dataclass(frozen=True, slots=True)
class RemoveNode:
    """A node less, to which nothing leads any more. `before` is what it says."""

    node: str
    before: Value


@dataclass(frozen=True, slots=True)
class RemoveNodes:
    """Several nodes less, to which nothing else leads. `before` is what each says."""

    before: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class AddChoice:
    """A new choice of a menu, behind that of another key, or first; `menu` None: a key that works in every menu.
    `field` is what a form calls it."""

    menu: str | None
    key: str
    label: Prompt
    go: str
    behind: str | None
    field: str = "choices.new"


@dataclass(frozen=True, slots=True)
class AddLanguageKey:
    """A new key that changes the language, behind that of another key, or first; `menu` as in `AddChoice`."""

    menu: str | None
    key: str
    language: str
    behind: str | None
    field: str = "choices.new"


@dataclass(frozen=True, slots=True)
class RemoveChoice:
    """A choice less; `menu` None: a key that works in every menu, which no menu mentions then. `before` is what it
    says."""

    menu: str | None
    key: str
    before: Value


@dataclass(frozen=True, slots=True)
class MoveChoice:
    """A choice that is said behind that of another key, or first; its key stays. `order`: the keys as they were;
    `field`: what a form calls it."""

    menu: str
    key: str
    behind: str | None
    order: tuple[str, ...]
    field: str = "choices"


@dataclass(frozen=True, slots=True)
class SetKeys:
    """Other keys for the choices of a menu, all at once: two can change places. `order` are the keys as they were;
    `menu` None: keys that work in every menu, which menus mention by their new names then."""

    menu: str | None
    keys: Mapping[str, str]
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetLabel:
    """Other words of a choice; `menu` None: of a key that works in every menu."""

    menu: str | None
    key: str
    before: Prompt
    after: Prompt


@dataclass(frozen=True, slots=True)
class SetLead:
    """Another node to which a choice leads; `menu` None: a key that works in every menu."""

    menu: str | None
    key: str
    before: Value | None
    after: str


@dataclass(frozen=True, slots=True)
class SetLanguageKey:
    """Another language that a choice changes to; `menu` as in `SetLead`."""

    menu: str | None
    key: str
    before: str
    after: str


NodeEdit = (
    SetField
    | SetStart
    | SetEnd
    | AddNode
    | RemoveNode
    | RemoveNodes
    | AddChoice
    | AddLanguageKey
    | RemoveChoice
    | MoveChoice
    | SetKeys
    | SetLabel
    | SetLead
    | SetLanguageKey
)


def of_node(edit: NodeEdit, said: Value) -> Iterator[Step]:
    match edit:
        case SetField(node, field, before, after):
            kind = kind_of(said, node)
            yield new_or_other(said, ("nodes", node, kind, field), before, after, FIELDS[kind], field=field)
        case SetStart(kind, before, after):
            yield Put(("start", kind), before, after, field=f"start.{kind}")
        case SetEnd(field, before, after):
            yield new_or_other(said, (field,), before, after, ROUTING_KEYS, field=field)
        case AddNode(node, kind, words, leads, behind):
            refuse_taken(table(said, "nodes"), node, "node")
            levels = 3 if kind is NodeKind.MENU else 2  # down to its choices
            yield Put(
                ("nodes", node), None, {kind: _content(kind, words, leads)}, (behind,) if behind else None, levels
            )
        case RemoveNode(node, before):
            yield from _removed({node: before}, said)
        case RemoveNodes(before):
            yield from _removed(before, said)
        case SetLabel(menu, key, before, after):
            field = f"choices.{key}.label"
            yield from texts(said, (*_choices(said, menu, key, field), key, "label"), before, after, (), field)
        case SetLead(menu, key, before, after):
            field = f"choices.{key}.go"
            yield Put((*_choices(said, menu, key, field), key, "go"), before, after, field=field)
        case SetLanguageKey(menu, key, before, after):
            field = f"choices.{key}.language"
            yield Put((*_choices(said, menu, key, field), key, "language"), before, after, field=field)
        case _:
            yield from _of_choices(edit, said)


def _removed(nodes: Mapping[str, Value], said: Value) -> Iterator[Step]:
    for node, before in nodes.items():
        refuse_used(leading_to(said, node, nodes), node)
        yield Put(("nodes", node), before, None)


def _content(kind: NodeKind, words: Prompt, leads: Mapping[str, Value]) -> Mapping[str, Value]:
    words = written_out(words)
    if kind is NodeKind.MENU:
        return {"choices": {key: {"label": words or "", "go": go} for key, go in leads.items()}}
    found = {**leads, **({"say": words} if words is not None else {})}
    return {field: found[field] for field in FIELDS[kind] if field in found}


def _of_choices(edit: AddChoice | AddLanguageKey | RemoveChoice | MoveChoice | SetKeys, said: Value) -> Iterator[Step]:
    path = _path(said, edit.menu)
    match edit:
        case AddChoice(_, key, label, go, behind, field):
            yield _added(said, path, key, {"label": written_out(label) or "", "go": go}, behind, field)
        case AddLanguageKey(_, key, language, behind, field):
            yield _added(said, path, key, {"language": language}, behind, field)
        case RemoveChoice(menu, key, before):
            field = f"choices.{key}.remove"
            own = table(said, *_choices(said, menu, key, field))
            _refuse_needed(said, menu, own, key)
            yield from _mentions(said, menu, {key: None})
            only = list(own) == [key]  # of a menu that is like another one
            yield Put(path if only else (*path, key), own if only else before, None, field=field)
        case MoveChoice(menu, key, behind, order, field):
            yield Move((*_choices(said, menu, key, field), key), behind, order, field)
        case SetKeys(menu, keys, order):
            now = [keys.get(key, key) for key in order]
            if twice := next((key for key in now if now.count(key) > 1), None):
                was = next((key for key in keys if keys[key] == twice != key), twice)
                raise EditError({f"choices.{was}.key": f"key {twice} is there twice; give each choice its own key"})
            if menu is None and keys.get(PERSON_KEY, PERSON_KEY) != PERSON_KEY:
                raise EditError({f"choices.{PERSON_KEY}.key": _PERSON})
            yield from _mentions(said, menu, keys)
            yield Rename(path, keys, order, "choices")


def _added(
    said: Value, path: tuple[str, ...], key: str, choice: Mapping[str, Value], behind: str | None, field: str
) -> Put:
    own = table(said, *path)
    if not key:
        raise EditError({f"{field}.key": "Choose the key of the new choice"})
    if key in own:
        raise EditError({f"{field}.key": f"key {key} is there already; choose another one"})
    order = (*((behind,) if behind else ()), key)
    if behind and behind not in own:  # that of the menu which this one is like
        order = (*own, key)
    return new_or_other(said, (*path, key), None, choice, order, field=field)


def _refuse_needed(said: Value, menu: str | None, own: Mapping[str, Value], key: str) -> None:
    """Raises EditError for a choice that has to be there."""
    if menu is None and key == PERSON_KEY:
        raise EditError({f"choices.{key}.remove": _PERSON})
    if menu is not None and list(own) == [key] and "like" not in table(said, "nodes", menu, NodeKind.MENU):
        raise EditError({f"choices.{key}.remove": _LAST})


def _mentions(said: Value, menu: str | None, keys: Mapping[str, str | None]) -> Iterator[Put]:
    """What menus mention of the keys that work in every menu, when these have other names, or are gone (None)."""
    if menu is not None:
        return
    for path, mentioned in mentioning(said, keys):
        renamed = (keys.get(each, each) for each in mentioned)
        yield Put(path, mentioned, tuple(filter(None, renamed)) or None, field="choices")


_LAST = "A menu needs a choice; add another one first, or remove the menu"
_PERSON = f"Key {PERSON_KEY} reaches a person in every menu; let it lead elsewhere instead"


def _menu(said: Value, menu: str) -> str:
    if kind_of(said, menu) != NodeKind.MENU:
        raise EditError({"": f"'{menu}' is no menu any more; see what is there now"})
    return NodeKind.MENU


def _path(said: Value, menu: str | None) -> tuple[str, ...]:
    """The way to the choices of a menu, or to the keys that work in every menu (None)."""
    return ("always",) if menu is None else ("nodes", menu, _menu(said, menu), "choices")


def _choices(said: Value, menu: str | None, key: str, field: str) -> tuple[str, ...]:
    """The way to the choices among which a key is."""
    path = _path(said, menu)
    if key not in table(said, *path):
        raise EditError(
            {field: f"Key {key} is not there any more: somebody changed or removed it; see what is there now"}
        )
    return path
