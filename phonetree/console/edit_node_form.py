"""The form of a node: its words in all languages, where it leads, and the choices of a menu."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phonetree.config.document import Value
from phonetree.config.edit_nodes import MoveChoice, SetField
from phonetree.config.edit_places import FIELDS, kind_of, table
from phonetree.config.edit_prompts import SetPrompt
from phonetree.config.edits import FormEdit
from phonetree.config.nodes import MOST_CHOICES
from phonetree.config.positions import Path
from phonetree.console.edit_choices_form import (
    CHOOSE,
    KEYS,
    NEW,
    choice_edits,
    choice_inputs,
    choices_of,
    free_keys,
    keys_of,
    new_choice,
    new_choice_inputs,
    options_of,
    room_of,
)
from phonetree.console.form_fields import Button, Group, Input, Languages, Typed, dotted, text_of, typed_value
from phonetree.core.wording import sentence

PROMPTS = {
    "say": ("What callers hear", "{next_opening}, {closure}, and the {name} and {number} of a line are filled in."),
    "again": ("What is said when it is repeated", "Empty: the same as at first."),
}

NODES = {
    "go": ("Then", "The node that comes next.", CHOOSE),
    "silence": ("After silence", "Where a caller comes who presses nothing.", "a person"),
    "otherwise": ("If nobody answers", "", CHOOSE),
    "closed": ("When nobody can be rung", "", "as if nobody answers"),
    "after": ("After the conversation", "", "as after other conversations"),
    "open": ("When the line is open", "", CHOOSE),
    "holiday": ("On holidays and closed days", "", CHOOSE),
    "like": ("The same choices as", "A menu whose choices this one has, too.", "none: only its own choices"),
}
"""Settings that name a node: what they are called, a hint, and what holds if none is chosen."""

NUMBERS = {
    "tries": ("How often the menu is said", "1 to 5; usually 3. Then callers come to a person."),
    "wait": ("Seconds to wait for a key", "5 to 20; usually 8."),
    "longest": ("Longest message, in seconds", "30 to 600; usually 180."),
    "silence": ("Seconds of silence that end a message", "5 to 60; usually 10."),
}
"""Those that are numbers."""

UP, DOWN = "up.", "down."


@dataclass(frozen=True, slots=True)
class NodeForm:
    """The form of one node; `routing` is what the file says now."""

    routing: Value
    node: str
    languages: Languages

    @property
    def kind(self) -> str:
        return kind_of(self.routing, self.node)

    def now(self) -> Value:
        """What the file says about it."""
        return table(self.routing, "nodes", self.node)

    def field_at(self, way: Path) -> str:
        """What the fields are called of a place in the file."""
        return dotted(way[3:])

    def groups(self, said: Value) -> Iterator[Group]:
        """Its fields, with what the node says."""
        content = table(said, self.kind)
        for field in (each for each in FIELDS[self.kind] if each in PROMPTS):
            legend, hint = PROMPTS[field]
            required = field == "say" and self.kind in ("message", "voicemail")
            yield Group(
                legend, tuple(self.languages.texts(field, content.get(field), required=required)), hint, wide=True
            )
        if settings := tuple(self._settings(content)):
            yield Group("What happens then", settings)
        if self.kind == "menu":
            yield from self._choices(content)

    def _settings(self, content: Mapping[str, Value]) -> Iterator[Input]:
        for field in FIELDS[self.kind]:
            value = text_of(content, field)
            if field in NUMBERS and (field != "silence" or self.kind == "voicemail"):
                yield Input(field, NUMBERS[field][0], value, hint=NUMBERS[field][1])
            elif field in NODES:
                nodes = table(self.routing, "nodes")
                menus = [each for each in nodes if field != "like" or "menu" in table(nodes, each)]
                label, hint, none = NODES[field]
                if (field, self.kind) == ("closed", "hours"):
                    label, none = "When the line is closed", CHOOSE
                if (field, self.kind) == ("otherwise", "transfer"):
                    none = "back to the menu"
                yield Input(field, label, value, "choose", hint, options_of(menus, value, none))
            elif field in ("team", "resource"):
                label = "Who is rung" if field == "team" else "Which outside line"
                yield Input(field, label, value, "choose", "", options_of(table(self.routing, f"{field}s"), value))
            elif field == "mention":
                always = [(key, f"key {key}") for key in table(self.routing, "always")]
                ticked = content.get("mention")
                hint = "Keys of every menu that this one says at its end."
                options = (*always, ("star", "the star key, which repeats"))
                shown = tuple(each for each in ticked if isinstance(each, str)) if isinstance(ticked, tuple) else ()
                yield Input(field, "Keys that are mentioned", shown, "ticks", hint, options)

    def _choices(self, content: Mapping[str, Value]) -> Iterator[Group]:
        choices, nodes = table(content, "choices"), table(self.routing, "nodes")
        for number, (key, choice) in enumerate(choices.items(), 1):
            name = f"choices.{key}"
            buttons = [Button(f"{UP}{key}", f"Move key {key} up")] if number > 1 else []
            buttons += [Button(f"{DOWN}{key}", f"Move key {key} down")] if number < len(choices) else []
            hint = "Two choices can exchange keys: choose the other's key in each, then save." if number == 1 else ""
            inputs = [Input(f"{name}.key", "Key", key, "choose", hint, keys_of(dict.fromkeys((*KEYS, key))))]
            inputs += choice_inputs(key, choice, self.languages, nodes)
            inputs.append(Input(f"{name}.remove", "Remove this choice", "", "tick"))
            legend = f"Choice {number}: key {key}"
            yield Group(legend, tuple(inputs), buttons=tuple(buttons), wide=True, about=name)
        inputs = list(new_choice_inputs(KEYS, self.languages, nodes))
        yield Group("A new choice", tuple(inputs), self._room(), wide=True, about=NEW)

    def _room(self) -> str:
        """Which keys are left for a new choice, and what to do if none is."""
        if free := free_keys(self.routing, self.node):
            return f"It is said last; move it up afterwards. {sentence(room_of(self.routing, self.node, free))}."
        if len(choices_of(self.routing, self.node)) >= MOST_CHOICES:
            why = f"a menu has {MOST_CHOICES} choices at most"
        else:
            why = "each is a choice here already, or works in every menu"
        return (
            f"No key is left for it: {why}. Remove a choice, and take its key; or let one of them lead to another "
            "menu, and add it there."
        )

    def edits(self, before: Value, typed: Typed) -> Iterator[FormEdit]:
        """What to do so that the node says what was typed, where that differs from `before`."""
        content = table(before, self.kind)
        for field in FIELDS[self.kind]:
            was = content.get(field)
            if field in PROMPTS:
                yield SetPrompt(self.node, field, was, self.languages.typed(typed, field, was))
            elif field == "mention":
                sent = list(filter(None, typed.getlist("mention")))
                was_keys = was if isinstance(was, tuple) else ()
                kept = (*(key for key in was_keys if key in sent), *(key for key in sent if key not in was_keys))
                yield SetField(self.node, field, was, kept or None)
            elif field != "choices":
                yield SetField(self.node, field, was, typed_value(typed, field, was))
        if self.kind == "menu":
            yield from self._of_choices(table(content, "choices"), typed)

    def _of_choices(self, choices: Mapping[str, Value], typed: Typed) -> Iterator[FormEdit]:
        made, keys = choice_edits(self.node, choices, typed, self.languages)
        yield from made
        order = tuple(keys.values())
        if new := new_choice(self.node, typed, self.languages, order[-1] if order else None):
            yield new
            order = (*order, new.key)
        yield from self._moved(typed.get("action", ""), keys, order)

    def _moved(self, action: str, keys: Mapping[str, str], order: tuple[str, ...]) -> Iterator[FormEdit]:
        """`action` names the key as it was."""
        direction, _, was = action.partition(".")
        if (key := keys.get(was)) is None or len(order) < 2:
            return
        number = order.index(key)
        behind = {"up": number - 2, "down": number + 1}.get(direction, number)
        if direction in ("up", "down") and (number > 0 if direction == "up" else behind < len(order)):
            yield MoveChoice(self.node, key, order[behind] if behind >= 0 else None, order, f"choices.{was}")
