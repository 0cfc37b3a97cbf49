"""Choices of menus, and the keys that work in every menu: their fields, and the form of the latter."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from phonetree.config.document import Value
from phonetree.config.edit_nodes import (
    AddChoice,
    AddLanguageKey,
    RemoveChoice,
    SetKeys,
    SetLabel,
    SetLanguageKey,
    SetLead,
)
from phonetree.config.edit_places import table
from phonetree.config.edits import FormEdit
from phonetree.config.nodes import MOST_CHOICES, MOST_LIKE
from phonetree.config.positions import Path
from phonetree.console.form_fields import (
    Group,
    Input,
    Languages,
    Options,
    Typed,
    dotted,
    text_of,
    typed_below,
    typed_value,
)
from phonetree.core.tree import PERSON_KEY
from phonetree.proof.promises import MOST_SPOKEN_CHOICES

CHOOSE = "choose one"
KEYS = "1234567890"
NEW = "choices.new"

SPOKEN = "What the key does, as in: to speak with an advocate."
_LANGUAGE = "language "
"""What a choice begins with that leads to no node, but changes the language. No node's name has a space."""


def options_of(names: Iterable[str], now: str, none: str = CHOOSE) -> Options:
    """Names to choose from, with the one that is there even if it is not defined, and what holds if none is chosen."""
    known = [("", none), *((each, each) for each in names)]
    undefined = [] if now in dict(known) else [(now, f"{now} (not defined)")]
    return (*known, *undefined)


def keys_of(keys: Iterable[str]) -> Options:
    """Keys to choose from."""
    return tuple((each, each) for each in keys)


def free_keys(routing: Value, menu: str) -> list[str]:
    """The keys that a menu can still have; none if it has as many choices as a menu may have."""
    used, choices = table(routing, "always"), choices_of(routing, menu)
    return [key for key in KEYS if key not in used and key not in choices] if len(choices) < MOST_CHOICES else []


def room_of(routing: Value, menu: str, keys: Sequence[str]) -> str:
    """What a menu has room for: the keys that are free."""
    free = f"free: {', '.join(keys)}"
    full = len(choices_of(routing, menu)) >= MOST_SPOKEN_CHOICES
    return f"{free}; full, {MOST_SPOKEN_CHOICES} choices are all that callers remember" if full else free


def choices_of(routing: Value, menu: str) -> Mapping[str, None]:
    """The keys of a menu, with those of the menu that it is like."""
    choices: dict[str, None] = {}
    for _ in range(MOST_LIKE):
        choices |= dict.fromkeys(table(routing, "nodes", menu, "menu", "choices"))
        menu = text_of(routing, "nodes", menu, "menu", "like")
    return choices


def choice_inputs(key: str, choice: Value, languages: Languages, nodes: Iterable[str]) -> Iterator[Input]:
    """What a choice says and where it leads, or which language it changes to. One that says neither leads nowhere
    yet."""
    name, go, language = f"choices.{key}", text_of(choice, "go"), text_of(choice, "language")
    if language:
        known = {language: f"{language} (not defined)", **languages.names}
        yield Input(f"{name}.language", "Changes the language to", language, "choose", "", tuple(known.items()))
    elif isinstance(choice, Mapping):
        yield from languages.texts(f"{name}.label", table(choice).get("label"))
        yield Input(f"{name}.go", "Leads to", go, "choose", "", options_of(nodes, go))


def new_choice_inputs(keys: Iterable[str], languages: Languages, nodes: Iterable[str]) -> Iterator[Input]:
    """The fields of a new one."""
    spoken = ((f"{_LANGUAGE}{each}", f"the language {called}") for each, called in languages.names.items())
    leads = (*options_of(nodes, ""), *spoken)
    yield Input(f"{NEW}.key", "Key", "", "choose", "", (("", "no new choice"), *keys_of(keys)))
    yield from languages.texts(f"{NEW}.label", None, SPOKEN, required=False)
    yield Input(f"{NEW}.go", "Leads to", "", "choose", "A key for a language says that language's own words.", leads)


def choice_edits(
    menu: str | None, choices: Mapping[str, Value], typed: Typed, languages: Languages
) -> tuple[list[FormEdit], Mapping[str, str]]:
    """What to do so that the choices of a menu, or the keys of all menus (None), are as they were typed; and the keys
    of those that are left, by the keys that they had."""
    edits: list[FormEdit] = []
    gone = [key for key in choices if typed.get(f"choices.{key}.remove")]
    for key, choice in ((key, choices[key]) for key in choices if key not in gone):
        name, label, go = f"choices.{key}", table(choice).get("label"), table(choice).get("go")
        if language := text_of(choice, "language"):
            edits.append(SetLanguageKey(menu, key, language, typed_value(typed, f"{name}.language", language) or ""))
        elif isinstance(choice, Mapping):
            edits.append(SetLabel(menu, key, label, languages.typed(typed, f"{name}.label", label)))
            lead = typed_value(typed, f"{name}.go", go)
            if lead or go:
                edits.append(SetLead(menu, key, go, lead or ""))
    edits += [RemoveChoice(menu, key, choices[key]) for key in gone]
    keys = {key: typed.get(f"choices.{key}.key", key) for key in choices if key not in gone}
    if any(old != new for old, new in keys.items()):
        edits.append(SetKeys(menu, keys, tuple(keys)))
    return edits, keys


def new_choice(
    menu: str | None, typed: Typed, languages: Languages, behind: str | None
) -> AddChoice | AddLanguageKey | None:
    """The choice that was typed anew, if one was."""
    if not typed_below(typed, NEW):
        return None
    key, go = typed.get(f"{NEW}.key", ""), typed.get(f"{NEW}.go", "")
    if go.startswith(_LANGUAGE):
        return AddLanguageKey(menu, key, go.removeprefix(_LANGUAGE), behind, NEW)
    return AddChoice(menu, key, languages.typed(typed, f"{NEW}.label", None), go, behind, NEW)


@dataclass(frozen=True, slots=True)
class AlwaysForm:
    """The form of the keys that work in every menu."""

    routing: Value
    languages: Languages

    def now(self) -> Value:
        """What the file says about them."""
        return table(self.routing, "always")

    def field_at(self, way: Path) -> str:
        """What the fields are called of a place in the file."""
        return dotted(("choices", *way[1:]))

    def groups(self, said: Value) -> Iterator[Group]:
        """A group for each key, and one for a new one."""
        nodes, keys = table(self.routing, "nodes"), table(said)
        for key, choice in keys.items():
            inputs = list(choice_inputs(key, choice, self.languages, nodes))
            if key != PERSON_KEY:
                others = [each for each in self._free(keys) if each not in keys]
                inputs.insert(0, Input(f"choices.{key}.key", "Key", key, "choose", "", keys_of([key, *others])))
                inputs.append(Input(f"choices.{key}.remove", "Remove this key", "", "tick", _REMOVED))
            hint = _PERSON if key == PERSON_KEY else ""
            yield Group(f"Key {key}", tuple(inputs), hint, wide=True, about=f"choices.{key}")
        free = [key for key in self._free(keys) if key not in keys]
        hint = _NEW if free else _NO_KEY
        yield Group("A new key", tuple(new_choice_inputs(free, self.languages, nodes)), hint, wide=True, about=NEW)

    def _free(self, keys: Mapping[str, Value]) -> list[str]:
        """The keys that no menu has for itself."""
        nodes = table(self.routing, "nodes")
        used = {key for node in nodes for key in table(nodes, node, "menu", "choices")}
        return [key for key in KEYS if key not in used or key in keys]

    def edits(self, before: Value, typed: Typed) -> Iterator[FormEdit]:
        """What to do so that the keys are as they were typed, where that differs from `before`."""
        made, keys = choice_edits(None, table(before), typed, self.languages)
        yield from made
        if new := new_choice(None, typed, self.languages, next(reversed(tuple(keys.values())), None)):
            yield new


_PERSON = "This key reaches a person in every menu, so it cannot be removed."
_REMOVED = "Menus that say it no longer do."
_NO_KEY = (
    "No key is left for a new one: each works in every menu already, or some menu has it for itself. Remove one here, "
    "or give that menu's choice another key on the menu's page; then save."
)
_NEW = (
    "It works in every menu and during all speech. Keys that a menu has for itself are left out. Callers hear of a new "
    "one where a menu mentions it: tick it on the pages of the menus with which calls begin."
)
