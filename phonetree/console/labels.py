"""What was typed in a form, in the words that stand beside its fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from phonetree.config.document import Value
from phonetree.config.steps import texts_in
from phonetree.console import times
from phonetree.console.form_fields import unpacked
from phonetree.console.services import services
from phonetree.errors import PhonetreeError

DAY = {"first": "First day", "last": "Last day", "open": "Hours"}

LABELS = DAY | {
    "name": "Name",
    "role": "Role",
    "number": "Number",
    "says_who": "Safe to say who calls",
    "away": "Who is away",
    "by": "Who takes the place",
    "begins_at": "Begins",
    "until_at": "Until",
    "although": "Rung although away",
    "accepted": "Accepted: callers come to",
    "member": "Whose shifts",
    "address": "Where to",
    "minutes": "Minutes before",
    "note": "Why",
    "title": "What you want to change",
}

IN_LANGUAGES = {"words-": "What callers hear first, in", "name.": "Name or reason in"}

FILE = "file."
"""What the fields of texts begin with; the name of the file comes after it."""


SECRETS = ("password", "new-password", "code")
"""Fields that are never shown or sent again. Other fields are called by what staff named: a member "Postcode desk"."""

BEFORE = "before"
"""The field with what stood in a form of a draft before anybody typed; all of its other fields are places."""

_UNTYPED = ("csrf_token", BEFORE, "once", "version", "base", "action", "what", "there")
"""Fields of such a form that nobody types."""

LONG = 5
"""Line breaks of a text that is shown in a box of its own."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into a field, by its name or by its label."""

    name: str
    value: str

    @property
    def long(self) -> bool:
        """Whether it is shown in a box of its own."""
        return self.value.count("\n") >= LONG


def in_words(form: MultiDict[str, str]) -> Iterator[Typed]:
    """What was typed into a form, by its labels: not what is secret, what only a program reads, nor what stood there
    before."""
    before = unpacked(form.get(BEFORE, ""))
    texts = {*texts_in(before)}
    return (
        Typed(label, value)
        for name, label, value in _labelled(form)
        if value.strip() and (value != stood if (stood := _stood(before, name)) is not None else value not in texts)
    )


def _stood(before: Value, name: str) -> str | None:
    """What stood in a field, if that can be told by its name: forms name theirs by places, those of a node without its
    kind."""
    inner = before.values() if isinstance(before, Mapping) else ()
    return next((text for each in (before, *inner) if (text := _text_at(each, name.split("."))) is not None), None)


def _text_at(value: Value, path: list[str]) -> str | None:
    if isinstance(value, str):
        return None if path else value
    if isinstance(value, Mapping):
        for length in range(1, len(path) + 1):  # a key may have a dot itself
            if (key := ".".join(path[:length])) in value:
                return _text_at(value[key], path[length:])
    return None


def _labelled(form: MultiDict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Each field that has been sent by its name, its label, and what is in it."""
    unused = {
        name
        for name, choice, other in (("begins_at", "begins", "at"), ("until_at", "until", times.OTHER))
        if form.get(choice) != other
    }
    for name, values in form.lists():
        for value in values:
            if name == "until" and value != times.OTHER:
                yield name, LABELS["until_at"], _end(value)
            elif name not in (*unused, *SECRETS) and (label := _label(name, of_draft=BEFORE in form)):
                yield name, label, value


def _label(name: str, *, of_draft: bool) -> str | None:
    found = LABELS.get(name) or _in_a_language(name) or _in_a_file(name)
    return name if not found and of_draft and name not in _UNTYPED else found


def _end(value: str) -> str:
    """The end that was chosen, by the helpline's clock."""
    try:
        _, ends = times.chosen(value)
        zone = services().live.known().site.schedule.zone
        return times.when(ends.astimezone(zone), services().now().astimezone(zone))
    except PhonetreeError:
        return value


def _in_a_language(name: str) -> str | None:
    for start, label in IN_LANGUAGES.items():
        if name.startswith(start):
            code = name.removeprefix(start)
            return f"{label} {_languages().get(code, code)}"
    return None


def _in_a_file(name: str) -> str | None:
    """A whole file, or a place in one: the fields of forms that edit it are called by their places."""
    if name.startswith(FILE):
        return name.removeprefix(FILE)
    return ", ".join(name.split(".")) if "." in name else None


def _languages() -> dict[str, str]:
    """The languages of callers by their codes, as far as they are known without the store."""
    try:
        languages = services().live.known().site.languages
    except PhonetreeError:
        return {}
    return {code: info.name for code, info in languages.items()}
