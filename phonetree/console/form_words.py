"""What is said of a draft's files, in the words of the forms: a setting by the label of the field that has it.

The labels are those of the forms themselves, so one that is new, or is called otherwise, is called so here, too.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Protocol

from phonetree.config.document import Value
from phonetree.config.edits import FormEdit
from phonetree.config.in_forms import in_a_list
from phonetree.config.site import HOURS, ROUTING, Contents
from phonetree.config.steps import value_of
from phonetree.console.edit_choices_form import AlwaysForm
from phonetree.console.edit_general_forms import SECONDS, HelplineForm, HoursForm, PhrasesForm
from phonetree.console.edit_languages_form import LanguagesForm
from phonetree.console.edit_node_form import NodeForm
from phonetree.console.edit_page_form import PageForm
from phonetree.console.edit_people_forms import LineForm, TeamForm
from phonetree.console.form_fields import Group, Input, Languages, Typed
from phonetree.console.form_places import FormPlace
from phonetree.errors import EditError, Where


class Form(Protocol):
    """What a page edits."""

    def now(self) -> Value: ...

    def groups(self, said: Value) -> Iterable[Group]: ...

    def edits(self, before: Value, typed: Typed) -> Iterable[FormEdit]: ...


def form_at(place: FormPlace, hours: Value, routing: Value, languages: Languages, today: date) -> Form:
    """The form of a place, with what the files say."""
    match place.page:
        case "hours":
            return HoursForm(hours, languages)
        case "node":
            return NodeForm(routing, place.name, languages)
        case "line":
            return LineForm(routing, place.name, languages, today)
        case "team":
            return TeamForm(routing, place.name)
        case "phrases":
            return PhrasesForm(routing, languages)
        case "languages":
            return LanguagesForm(routing, languages)
        case "always":
            return AlwaysForm(routing, languages)
        case "page":
            return PageForm(routing, languages)
        case "helpline":
            return HelplineForm(routing, languages)
        case _:
            raise ValueError(place)


def labels_of(form: Form) -> Mapping[str, str]:
    """What a form calls the settings that it has, by their names in the files."""
    found: dict[str, str] = {}
    for group in form.groups(form.now()):
        for each in group.inputs:
            key, label = _labelled(group, each)
            found.setdefault(key, label)
    if "date" in found:
        found["from"] = found["date"]  # one field for both
    return found


def _labelled(group: Group, field: Input) -> tuple[str, str]:
    *before, key = field.name.split(".")
    if not field.language:
        return key, field.label
    key = next(each for each in reversed(before) if not each.isdigit())
    if not group.about:  # all its fields are this text, in each language
        return key, group.legend
    called, several, _ = field.label.partition(", ")
    return key, called if several else {"label": "Words"}.get(key, key.capitalize())


def in_form_words(
    files: Contents, forms: Mapping[Where, FormPlace], told: Iterable[tuple[Where, str]], today: date
) -> dict[str, str]:
    """Sentences about places of the files in the words of the forms there, by the sentences."""
    try:
        hours, routing = (value_of(files[name], name) for name in (HOURS, ROUTING))
    except EditError:  # there are no forms
        return {}
    languages = Languages.of(routing, {})

    @cache
    def labels(page: str, name: str) -> Mapping[str, str]:
        return labels_of(form_at(FormPlace(page, name), hours, routing, languages, today))

    return {
        text: in_words(text, labels(form.page, form.name) if (form := forms.get(where)) else {}) for where, text in told
    }


def in_words(text: str, labels: Mapping[str, str]) -> str:
    """A sentence with settings called by their labels."""
    return _LIMIT.sub(lambda found: f"The helpline, '{SECONDS[found[1]]}'", in_a_list(text, labels))


_LIMIT = re.compile(rf"\bbudgets, ({'|'.join(SECONDS)})\b")
