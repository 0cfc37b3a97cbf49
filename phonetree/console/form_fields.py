"""Fields of forms that edit a file: what they show, and what somebody typed into them, as values of the file."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any, Literal

from werkzeug.datastructures import MultiDict

from phonetree.config.document import Value
from phonetree.config.edit_places import table
from phonetree.config.edit_prompts import written_out
from phonetree.config.steps import value_at

Typed = MultiDict[str, str]
"""What was sent."""

Options = tuple[tuple[str, str], ...]
"""What can be chosen: what is written, and what it is called."""


@dataclass(frozen=True, slots=True)
class Input:
    """A field. Its name is what edits call it (`steps.Put.field`), so that a problem finds its place."""

    name: str
    label: str
    value: str | tuple[str, ...] = ""
    kind: Literal["line", "lines", "choose", "tick", "ticks"] = "line"
    hint: str = ""
    options: Options = ()
    language: str = ""
    missing: bool = False
    problem: str = ""

    @property
    def id(self) -> str:
        """What the page calls it: the name, without white space, which an id cannot have."""
        return "-".join(("field", *self.name.split()))


@dataclass(frozen=True, slots=True)
class Button:
    """What saves the form and does something more."""

    action: str
    label: str

    @property
    def id(self) -> str:
        """What the page calls it."""
        return f"do-{self.action}"


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together; `wide` if they are texts in several languages, side by side; `about` what they are
    about, where the legend says its place too; `folded` if they are shown when somebody asks."""

    legend: str
    inputs: tuple[Input, ...]
    hint: str = ""
    buttons: tuple[Button, ...] = ()
    wide: bool = False
    about: str = ""
    folded: bool = False

    @property
    def id(self) -> str:
        """What the page calls it, also when it stands elsewhere."""
        return "-".join(("part", *(self.about or self.legend).split()))


def with_typed(groups: Iterable[Group], typed: Typed) -> tuple[Group, ...]:
    """The fields with what was typed into them, as far as it was sent."""

    def filled(each: Input) -> Input:
        if each.name not in typed:
            return each
        sent = [text for text in typed.getlist(each.name) if text]
        return replace(each, value=tuple(sent) if each.kind == "ticks" else "".join(sent[:1]))

    return tuple(replace(group, inputs=tuple(map(filled, group.inputs))) for group in groups)


def with_problems(groups: Iterable[Group], problems: Mapping[str, str]) -> tuple[tuple[Group, ...], str]:
    """The fields with their problems, and what is wrong with none of them. A problem that is inside a field, or in a
    group that has it in several, is told at the first."""
    groups = tuple(groups)
    names = [each.name for group in groups for each in group.inputs]
    told: dict[str, list[str]] = {}
    for field, text in problems.items():
        inside = [name for name in names if f"{field}.".startswith(f"{name}.")]
        around = _around(field, names)
        told.setdefault(max(inside, key=len) if inside else (around or [""])[0], []).append(text)
    marked = tuple(
        replace(group, inputs=tuple(replace(each, problem=" ".join(told.get(each.name, ()))) for each in group.inputs))
        for group in groups
    )
    return marked, "\n".join(told.get("", ()))


def _around(field: str, names: list[str]) -> list[str]:
    """The fields of the smallest group that a field belongs to."""
    while field:
        if found := [name for name in names if name.startswith(f"{field}.")]:
            return found
        field = field.rpartition(".")[0]
    return []


def touched(groups: Iterable[Group], typed: Typed) -> Typed:
    """Only what was typed that differs from what the fields showed."""
    found = Typed()
    for each in (each for group in groups for each in group.inputs):
        sent = typed.getlist(each.name)
        shown = each.value if isinstance(each.value, tuple) else (each.value,)
        if _alike(sent) != _alike(shown) and (sent or each.kind == "tick"):
            found.setlist(each.name, sent)
    return found


def part_edited(shown: Iterable[Group], now: Sequence[Group], typed: Typed) -> tuple[str, str]:
    """The part of a form to come back to after it was saved, and what has the focus there: the button that was pressed,
    or the first part into which something was typed, under its new name or key; what stands in its place if it is gone.
    "" if nothing was typed."""
    names = [group.id for group in now]
    action = typed.get("action", "")
    for number, group in enumerate(shown):
        pressed = action and any(action.partition(".")[2] == each.action.partition(".")[2] for each in group.buttons)
        if pressed or (not action and touched([group], typed)):
            new = _under_its_new_name(group, number, now, typed)
            part = next((each for each in (*new, group.id) if each in names), names[min(number, len(names) - 1)])
            buttons = {each.id for each in now[names.index(part)].buttons}
            return part, f"do-{action}" if f"do-{action}" in buttons else part
    return "", ""


def _under_its_new_name(group: Group, number: int, now: Sequence[Group], typed: Typed) -> tuple[str, ...]:
    """The part that something has, which was part `number`, if what was typed gives it another name: of several of that
    name, the one that stands where it was."""
    names = tuple(_renamed(group, typed))
    found = [place for place, each in enumerate(now) if each.about and each.about.partition("~")[0] in names]
    return (now[min(found, key=lambda place: abs(place - number))].id,) if found else ()


def _renamed(group: Group, typed: Typed) -> Iterator[str]:
    """What a part is about if what was typed into it gives it another name, key or day."""
    for field in ("key", "name", "date"):
        if typed.get(f"{group.about}.{field}"):
            kind = "member" if group.about == "members.new" else group.about.partition(".")[0]
            yield from named(kind, [typed[f"{group.about}.{field}"]])


def _alike(texts: Iterable[str]) -> list[str]:
    """Texts of which neither the order counts nor the white space."""
    lines = ("\n".join(" ".join(line.split()) for line in text.splitlines()) for text in texts)
    return sorted(filter(None, lines))


def named(prefix: str, names: Iterable[str]) -> tuple[str, ...]:
    """What fields begin with that are about things of these names: the same for each thing, whatever else comes or
    goes, as long as its name is its own. No white space stands in it, since it is part of an element's id."""
    found: list[str] = []
    for name in ("_".join(each.split()) for each in names):
        alike = chain([f"{prefix}.{name}"], (f"{prefix}.{name}~{number}" for number in count(2)))
        found.append(next(each for each in alike if each not in found))
    return tuple(found)


def dotted(way: Iterable[str | int]) -> str:
    """What fields are called that have the names of the file."""
    return ".".join(map(str, way))


def typed_below(typed: Typed, prefix: str) -> bool:
    """Whether anything was typed into fields that begin like this."""
    return any(text.strip() for name, text in typed.items(multi=True) if name.startswith(f"{prefix}."))


# -- values


def packed(value: Value) -> str:
    """A value as a hidden field."""
    return json.dumps(value, ensure_ascii=False)


def unpacked(text: str) -> Value:
    """The opposite; nothing when it is no value."""
    try:
        return _value(json.loads(text))
    except (ValueError, RecursionError):
        return ""


def _value(loaded: Any) -> Value:
    match loaded:
        case str():
            return loaded
        case list():
            return tuple(map(_value, loaded))
        case dict():
            return {str(key): _value(each) for key, each in loaded.items()}
        case _:
            raise ValueError(loaded)


def text_of(value: Value | None, *path: str | int) -> str:
    """A single value at a path; "" if there is none."""
    found = value_at(value, path)
    return found if isinstance(found, str) else ""


def typed_value(typed: Typed, name: str, before: Value | None) -> str | None:
    """The single value that was typed; None for none, and the one before if the field was not sent."""
    if name not in typed:
        return before if isinstance(before, str) else None
    return " ".join(typed[name].split()) or None


# -- texts in all languages


@dataclass(frozen=True, slots=True)
class Languages:
    """The languages of a file: their names, and which of them need every text."""

    names: Mapping[str, str]
    complete: tuple[str, ...]

    @classmethod
    def of(cls, routing: Value, known: Mapping[str, str]) -> "Languages":
        """Those of routing.yaml; `known` are names of languages that need not be written there."""
        written = table(routing, "languages")
        names = {each: text_of(written, each, "name") or known.get(each, each) for each in written}
        complete = tuple(each for each in written if not text_of(written, each, "fallback"))
        return cls(names or {"en": "English"}, complete or ("en",))

    def texts(self, name: str, value: Value | None, hint: str = "", *, required: bool = True) -> Iterator[Input]:
        """Fields for a text in every language. A recording has its file, too."""
        some = value is not None or required
        for number, (language, called) in enumerate(self.names.items()):
            said = _in(value, language, self.complete)
            recording = isinstance(said, Mapping)
            missing = some and language in self.complete and not said
            shown = text_of(said, "text") if recording else text_of(said)
            label = f"{called}, the words of the recording" if recording else called
            told = hint if number == 0 else ""
            yield Input(f"{name}.{language}", label, shown, "lines", told, (), language, missing)
            if recording:
                yield Input(f"{name}.{language}.audio", f"{called}, the recording", text_of(said, "audio"))

    def typed(self, typed: Typed, name: str, before: Value | None) -> Value | None:
        """The text that was typed in every language; the one before, where the same was sent."""
        if not any(f"{name}.{language}" in typed for language in self.names):
            return before
        after: dict[str, Value] = {}
        for language in self.names:
            said = _in(before, language, self.complete)
            text = _kept(typed.get(f"{name}.{language}", ""), said)
            audio = typed.get(f"{name}.{language}.audio", "").strip()
            if isinstance(said, Mapping) and audio:
                text = {**({"text": text} if text else {}), "audio": audio}
                text = said if dict(said) == text else {key: text[key] for key in ("audio", "text") if key in text}
            if text:
                after[language] = text
        if isinstance(before, str) or (before is None and len(self.complete) == 1):
            same = {str(text) for text in after.values()}
            if len(same) == 1 and (isinstance(before, str) or len(after) == 1):
                return next(iter(after.values()))
        others = table(before or "")
        return {**{key: each for key, each in others.items() if key not in self.names}, **after} or None


def _in(value: Value | None, language: str, complete: Sequence[str]) -> Value | None:
    """A text in one language. One that is no table is the same in all that need it."""
    if isinstance(value, str):
        return value if language in complete else None
    return value_at(value, (language,))


def _kept(text: str, said: Value | None) -> Value:
    """A text as it was before, if only its white space is different."""
    before = text_of(said, "text") if isinstance(said, Mapping) else said
    words = written_out(text)
    return before if isinstance(before, str) and words == written_out(before) else words or ""


# -- hours


def hours_text(value: Value | None) -> str:
    """Hours as lines: a word, or a day and its spans on each."""
    if isinstance(value, Mapping):
        return "\n".join(f"{day}: {text_of(spans)}" for day, spans in value.items())
    return text_of(value)


def hours_value(text: str) -> Value | None:
    """The opposite; None when nothing was typed."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and not re.search(r"[\d:]", lines[0]):
        return lines[0]
    found: dict[str, str] = {}
    for day, spans in map(_day_and_spans, lines):  # a day may be there twice: morning and afternoon
        found[day] = f"{found[day]}, {spans}" if day in found else spans
    return found or None


_DAY_AND_SPANS = re.compile(r"(?P<day>[^\d:]*[^\d:\s])(?:\s*:\s*|\s+(?=\d))(?P<spans>.*)")
"""A line of hours; the colon behind the days may be forgotten."""


def _day_and_spans(line: str) -> tuple[str, str]:
    found = _DAY_AND_SPANS.fullmatch(line)
    return (found["day"], found["spans"]) if found else ("", line) if line[0].isdigit() else (line, "")


HOURS_HINT = (
    "A line for each day or days, such as monday-friday: 9:00-12:00, 13:00-17:00; "
    "or in place of that one word: always, or helpline hours"
)
