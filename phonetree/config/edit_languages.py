"""Edits of the languages: their voices, how words are said, what a language that lacks texts falls back to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phonetree.config.document import Value
from phonetree.config.edit_places import refuse_gone, refuse_taken, refuse_used, table, using_language
from phonetree.config.edit_prompts import texts
from phonetree.config.steps import Put, Step, new_or_other
from phonetree.errors import EditError

LANGUAGE_FIELDS = ("voice", "code", "name", "fallback", "spoken")
"""What a language has, in that order."""


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """Another value of a language, such as its voice; under `spoken` a table of words and how each is said."""

    language: str
    field: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class AddLanguage:
    """A new language, last: calls begin in the first one."""

    language: str
    content: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class RemoveLanguage:
    """A language less, in which nothing is written any more. `before` is what it says."""

    language: str
    before: Value


LanguageEdit = SetLanguage | AddLanguage | RemoveLanguage


def of_language(edit: LanguageEdit, said: Value) -> Iterator[Step]:
    path, field = ("languages", edit.language), f"languages.{edit.language}"
    if not isinstance(edit, AddLanguage):
        refuse_gone(table(said, "languages"), edit.language)
    match edit:
        case SetLanguage(_, "spoken", before, after):
            yield from texts(said, (*path, "spoken"), before, after, LANGUAGE_FIELDS, f"{field}.spoken")
        case SetLanguage(_, name, before, after):
            yield new_or_other(said, (*path, name), before, after, LANGUAGE_FIELDS, field=f"{field}.{name}")
        case AddLanguage(language, content):
            refuse_taken(table(said, "languages"), language, "languages.new.language")
            entry = {name: content[name] for name in LANGUAGE_FIELDS if name in content}
            yield new_or_other(said, path, None, entry, field="languages.new")
        case RemoveLanguage(language, before):
            if [*table(said, "languages")] == [language]:
                raise EditError({f"{field}.remove": "A helpline needs a language; add another one first"})
            refuse_used(using_language(said, language), language, f"{field}.remove")
            yield Put(path, before, None, field=f"{field}.remove")
