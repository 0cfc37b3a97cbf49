"""What was typed in a form, in the words that stand beside its fields."""

from collections.abc import Iterator

from werkzeug.datastructures import MultiDict

from phonetree.console import times
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


def in_words(form: MultiDict[str, str]) -> Iterator[tuple[str, str]]:
    """What is in a form as its labels and values; what only a program reads is left out."""
    unused = {
        name
        for name, choice, other in (("begins_at", "begins", "at"), ("until_at", "until", times.OTHER))
        if form.get(choice) != other
    }
    for name, values in form.lists():
        for value in filter(None, values):
            if name == "until" and value != times.OTHER:
                yield LABELS["until_at"], _end(value)
            elif name not in unused and (label := LABELS.get(name) or _in_a_language(name) or _in_a_file(name)):
                yield label, value


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
