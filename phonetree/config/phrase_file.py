"""A file of phrases as somebody translates it: every phrase below its English, with what may stand in it."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from phonetree.config.document import Item, Scalar, Table, parse
from phonetree.config.phrases import LISTS, PARTS, english_of, fields_of
from phonetree.core.phrases import EXAMPLES
from phonetree.core.tree import Language
from phonetree.errors import ConfigError, Problem, Where

_HEAD = """\
# What the product itself says in '{language}': on the phone, and on the public page. Write every text between the
# quotes below its English; one that is "" is missing. Words in braces are filled in: keep each as it is, where your
# language wants it. What may stand there is shown after the English. A quotation mark in a text is written \\".
"""

_CANNOT = "cannot be added to as it is written; put every phrase on a line of its own, below 'phone:' or 'page:'"


def completed(text: str, language: Language, name: str) -> str:
    """A file of phrases with those that it lacks, to be translated; "" stands for a file that does not exist yet.
    Nothing that is written in it changes. `name` is what problems call the file. Raises ConfigError."""
    if not text:
        return _HEAD.format(language=language) + "".join(f"\n{part}:\n{_entries(english_of(part))}" for part in PARTS)
    before = _values(parse(text.encode(), name))
    added = _with_missing(text, name)
    after: Mapping[tuple[str, str], str] = {}
    with suppress(ConfigError):  # what it was added to is not as it is usually written
        after = _values(parse(added.encode(), name))
    if not before.items() <= after.items() or not _all_names() <= after.keys():
        raise ConfigError([Problem(Where(name), _CANNOT)])
    return added


def untranslated(text: str, name: str) -> int:
    """How many phrases of a file are still missing or empty. Raises ConfigError."""
    values = _values(parse(text.encode(), name))
    return sum(not values.get(each) for each in _all_names())


def _all_names() -> set[tuple[str, str]]:
    return {(part, name) for part in PARTS for name in english_of(part)}


def _with_missing(text: str, name: str) -> str:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    table = parse(text.encode(), name)
    starts = sorted(key.where.line - 1 for key, _ in table.entries)
    written = {key.text: (key.where.line - 1, item) for key, item in table.entries}
    for part, (line, item) in sorted(written.items(), key=lambda each: -each[1][0]):  # from below: lines keep places
        english, known = english_of(part) if part in PARTS else {}, _names(item)
        if missing := {name: words for name, words in english.items() if name not in known}:
            end = next((start for start in starts if start > line), len(lines))
            while end > line + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
                end -= 1
            lines.insert(end, _entries(missing, _indent(item)))
    new = (f"\n{part}:\n{_entries(english_of(part))}" for part in PARTS if part not in written)
    return "".join((*lines, *new))


def _names(item: Item) -> set[str]:
    return {key.text for key, _ in item.entries} if isinstance(item, Table) else set()


def _indent(item: Item) -> int:
    return item.entries[0][0].where.column - 1 if isinstance(item, Table) and item.entries else 2


def _values(table: Table) -> Mapping[tuple[str, str], str]:
    """The phrases of a file by part and name."""
    return {
        (part.text, key.text): value.text
        for part, item in table.entries
        if isinstance(item, Table)
        for key, value in item.entries
        if isinstance(value, Scalar)
    }


def _entries(english: Mapping[str, str], indent: int = 2) -> str:
    """Phrases to be translated."""
    return "".join(f"{' ' * indent}{line}\n" for name, text in english.items() for line in _entry(name, text))


def _entry(name: str, english: str) -> Iterator[str]:
    yield f"# {english}"
    if fields := fields_of(english):
        yield f"#   {'; '.join(f'{{{field}}}: {EXAMPLES[field]}' for field in fields)}"
    if count := LISTS.get(name):
        yield f"#   {count} names, with commas between them"
    yield f'{name}: ""'
