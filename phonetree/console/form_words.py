"""What is said of a draft's files, in the words of the forms: a setting by the label of the field that has it.

The labels are those of the forms themselves, so one that is new, or is called otherwise, is called so here, too.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache

from phonetree.config.in_forms import in_a_list
from phonetree.console.edit_general_forms import SECONDS
from phonetree.console.form_fields import Group, Input
from phonetree.console.form_places import FormPlace, Told
from phonetree.console.forms import Forms
from phonetree.core.schedule import dated
from phonetree.proof.moments import EXAMPLE


def labels_of(groups: Iterable[Group]) -> Mapping[str, str]:
    """What a form calls the settings that it has, by their names in the files."""
    found: dict[str, str] = {}
    for group in groups:
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
    forms: Forms, places: Mapping[Told, FormPlace], told: Iterable[Told], languages: Mapping[str, str]
) -> dict[str, str]:
    """Sentences about places of the files in the words of the forms there, by the sentences. `languages` have their
    names."""

    @cache
    def labels(page: str, name: str) -> Mapping[str, str]:
        found = forms.of(page, name)
        return labels_of(found[1]) if found else {}

    return {
        each[1]: in_words(each[1], labels(form.page, form.name) if (form := places.get(each)) else {}, languages)
        for each in told
    }


def in_words(text: str, labels: Mapping[str, str], languages: Mapping[str, str]) -> str:
    """A sentence with settings called by their labels, languages by their names, and moments as everywhere."""
    text = _LANGUAGE.sub(lambda found: f"in {languages.get(found[1], found[0][3:])}", in_a_list(text, labels))
    text = EXAMPLE.sub(lambda found: f"(such as {dated(datetime.fromisoformat(found[1]))})", text)
    return _LIMIT.sub(lambda found: f"The helpline, '{SECONDS[found[1]]}'", text)


_LANGUAGE = re.compile(r"\bin '([\w-]+)'")
_LIMIT = re.compile(rf"\bbudgets, ({'|'.join(SECONDS)})\b")
