"""Whatever the two files can say, a form can say: their keys as the compiler reads them, beside those that forms write.

A new key of the files fails here until a form has it, or until a reason stands in `WITHOUT_A_FORM`.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from phonetree.config.document import Item, Listing, Scalar, Table, Value, parse
from phonetree.config.edits import FormEdit, steps_of
from phonetree.config.reader import Section
from phonetree.config.site import HOURS, ROUTING, wrong_values
from phonetree.config.steps import Said, taken, value_at
from phonetree.console.edit_choices_form import AlwaysForm
from phonetree.console.edit_general_forms import HelplineForm, HoursForm, PhrasesForm
from phonetree.console.edit_languages_form import LanguagesForm
from phonetree.console.edit_node_form import NodeForm
from phonetree.console.edit_page_form import PageForm
from phonetree.console.edit_people_forms import LineForm, TeamForm
from phonetree.console.form_fields import Input, Languages, Typed
from phonetree.console.form_words import labels_of
from phonetree.console.forms import Form
from phonetree.errors import EditError, Where
from tests.support.each_kind import HOURS_FILE, ROUTING_FILE
from tests.support.lines import RULES

_OPENINGS = "a new day with hours of its own is written among the closures, which means the same; these can be removed"
WITHOUT_A_FORM = {"openings": _OPENINGS, **{f"openings.*.{key}": _OPENINGS for key in ("date", "open", "note")}}
"""Keys that no form has, each with the reason."""

Keys = set[str]

NAMED = (
    "languages", "teams", "resources", "nodes", "always", "phrases", "choices", "names", "spoken",
)  # fmt: skip
"""Tables whose keys are names that staff choose."""


def _asked(monkeypatch: pytest.MonkeyPatch) -> Keys:
    """Every key that the compiler looks for, whether or not it is there, as a path in which names and numbers are a
    star."""
    asked: set[tuple[Where, str]] = set()
    done = Section.take

    def take(self: Section, key: str) -> Item | None:
        if self.present:
            asked.add((self.where, key))
        return done(self, key)

    monkeypatch.setattr(Section, "take", take)
    files = {HOURS: HOURS_FILE, ROUTING: ROUTING_FILE}
    wrong_values(files, Path("site"), RULES)
    paths = dict(each for name, data in files.items() for each in _tables(parse(data, f"site/{name}"), ()))
    return {_starred((*paths[where], key)) for where, key in asked}


def _tables(item: Item, path: tuple[str, ...]) -> Iterator[tuple[Where, tuple[str, ...]]]:
    """Where each table stands, and its path."""
    match item:
        case Table(entries, where):
            yield where, path
            for key, each in entries:
                yield from _tables(each, (*path, key.text))
        case Listing(items):
            for number, each in enumerate(items):
                yield from _tables(each, (*path, str(number)))
        case Scalar():
            return


def _starred(path: Iterable[str | int]) -> str:
    """A path of which names that staff choose, and numbers, do not count."""
    found: list[str] = []
    for key in path:
        number = isinstance(key, int) or (key.isdigit() and found and found[-1] not in NAMED)
        found.append("*" if number or (found and found[-1] in NAMED) else str(key))
    return ".".join(found)


def _forms(hours: Value, routing: Value) -> Iterator[Form]:
    languages = Languages.of(routing, {})
    yield HoursForm(hours, languages)
    for form in (HelplineForm, LanguagesForm, AlwaysForm, PageForm, PhrasesForm):
        yield form(routing, languages)
    for node in ("menu", "hours", "message", "connect", "transfer", "voicemail", "bye"):
        yield NodeForm(routing, node, languages)
    yield LineForm(routing, "line", languages, date(2026, 12, 1))
    yield TeamForm(routing, "team")


def _written(files: dict[str, Said]) -> Iterator[str]:
    """Every key that a form changes when one of its fields, or those of one new thing, say something else."""
    for form in _forms(files[HOURS].value, files[ROUTING].value):
        said = files[HOURS] if isinstance(form, HoursForm) else files[ROUTING]
        before = form.now()
        for group in form.groups(before):
            for each in group.inputs:
                for typed in _typed(each, group.inputs):
                    for edit in form.edits(before, typed):
                        yield from _changed(said, edit)


def _typed(field: Input, beside: tuple[Input, ...]) -> Iterator[Typed]:
    """A field that says something else; of a new thing, all its fields, with that one or without."""
    if field.name.endswith(".remove"):
        return
    if ".new." not in field.name:
        yield Typed({field.name: _other(field)})
        return
    new = {each.name: _other(each) for each in beside if not each.name.endswith(".remove")}
    yield Typed(new)
    yield Typed({name: text for name, text in new.items() if name != field.name})


def _other(field: Input) -> str:
    options = [value for value, _ in field.options if value and value != field.value]
    if options:
        return options[0]
    if field.name.endswith(("new.date", ".to")):
        return f"2026-12-{10 + len(field.name)}"
    return {"tick": "true", "lines": "monday: 9:00-10:00"}.get(field.kind, "$OTHER")


def _changed(said: Said, edit: FormEdit) -> Iterator[str]:
    """The paths of the values that an edit makes different."""
    try:
        for step in steps_of(edit, said.value):
            after = taken(said, step)
            yield from _differing(said.value, after.value, ())
            said = after
    except EditError:
        return


def _differing(one: Any, other: Any, path: tuple[str | int, ...]) -> Iterator[str]:
    if one == other:
        return
    yield _starred(path)
    for each in (one, other):
        keys = each if isinstance(each, dict) else range(len(each)) if isinstance(each, tuple) else ()
        for key in keys:
            yield from _differing(value_at(one, (key,)), value_at(other, (key,)), (*path, key))


@pytest.mark.slow
def test_every_key_of_the_files_has_a_form(monkeypatch: pytest.MonkeyPatch) -> None:
    written = set(
        _written({name: Said.of(data, name) for name, data in ((HOURS, HOURS_FILE), (ROUTING, ROUTING_FILE))})
    )
    asked = _asked(monkeypatch)
    assert len(asked) > 90
    assert sorted(asked - written) == sorted(WITHOUT_A_FORM)


@pytest.mark.slow
def test_every_key_of_the_files_has_a_label_for_what_is_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hours, routing = (Said.of(data, name).value for name, data in ((HOURS, HOURS_FILE), (ROUTING, ROUTING_FILE)))
    labels = {key for form in _forms(hours, routing) for key in labels_of(form.groups(form.now()))}
    asked = _asked(monkeypatch) - WITHOUT_A_FORM.keys()
    single = {path.rpartition(".")[2] for path in asked if not any(other.startswith(f"{path}.") for other in asked)}
    assert single - labels == {"phrases", "*"}, "names that staff choose"
