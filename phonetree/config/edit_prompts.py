"""Edits of what callers hear: prompts of nodes, in all languages at once, and the product's own phrases."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phonetree.config.document import Value
from phonetree.config.edit_places import FIELDS, ROUTING_KEYS, kind_of
from phonetree.config.steps import Put, Step, new_or_other, value_at

Prompt = Value | None
"""A text, or one for each language, or for a language the name of a recording and its text; None if there is none."""


@dataclass(frozen=True, slots=True)
class SetPrompt:
    """Other words of a node: under `say` or `again`. Languages without words are left out."""

    node: str
    field: str
    before: Prompt
    after: Prompt


@dataclass(frozen=True, slots=True)
class SetPhrase:
    """One of the product's sentences in other words; in those of the product if there are none after."""

    language: str
    phrase: str
    before: str | None
    after: str | None


def of_prompt(edit: SetPrompt, said: Value) -> Iterator[Step]:
    kind = kind_of(said, edit.node)
    path = ("nodes", edit.node, kind, edit.field)
    yield from texts(said, path, edit.before, edit.after, FIELDS[kind], edit.field)


def of_phrase(edit: SetPhrase, said: Value) -> Iterator[Step]:
    path = ("phrases", edit.language, edit.phrase)
    field = f"phrases.{edit.language}.{edit.phrase}"
    yield new_or_other(said, path, written_out(edit.before), written_out(edit.after), ROUTING_KEYS, field=field)


def texts(
    said: Value, path: tuple[str | int, ...], before: Prompt, after: Prompt, order: tuple[str, ...], field: str
) -> Iterator[Put]:
    """Texts at a path: language by language, so that what somebody else does in another one is no conflict."""
    before, after = written_out(before), written_out(after)
    now = value_at(said, path)
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping) and isinstance(now, Mapping):
        for language in dict.fromkeys((*before, *after)):
            if before.get(language) != after.get(language):
                where = (*path, language)
                yield Put(where, before.get(language), after.get(language), field=f"{field}.{language}")
    else:
        yield new_or_other(said, path, before, after, order, field=field)


def written_out(value: Value | None) -> Value | None:
    """Texts as they are written: each on one line, without languages that have no words; None if nothing is left."""
    match value:
        case None:
            return None
        case str():
            return " ".join(value.split()) or None
        case tuple():
            return tuple(each for each in map(written_out, value) if each is not None) or None
        case _:
            found = {key: written_out(each) for key, each in value.items()}
            return {key: each for key, each in found.items() if each is not None} or None
