"""What the product itself says, on the phone and on the page, in every language of a site.

The catalogue has it in some languages; a site's own file of phrases has it in another one, and routing.yaml can word
the phrases of the phone differently.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from phonetree.config.document import Scalar, Table
from phonetree.config.emergency import warn_of_another
from phonetree.config.languages import LANGUAGE, place_of
from phonetree.config.prompts import refuse_repeats
from phonetree.config.reader import Findings, Section, suggest
from phonetree.core.phrases import PHRASES, phrases_for
from phonetree.core.tree import Language, LanguageInfo
from phonetree.errors import Where, printable
from phonetree.settings import DEFAULT_FOLDER, PROGRAM, STORE, config_folder, source
from phonetree.view.words import WORDS

FOLDER = "phrases"
"""The folder of the files of phrases, beside routing.yaml."""

LONGEST_PHRASE = 500
"""Characters of one of the product's phrases: half a minute of speech."""

MOST_NAMED = 5
"""How many missing phrases a problem names."""

Texts = Mapping[str, str]

PARTS: Mapping[str, Mapping[Language, Texts]] = {"phone": PHRASES, "page": WORDS}
"""The parts of a file of phrases, each with the catalogue."""

LISTS = {"weekdays": 7, "months": 12}
"""Phrases that list names with commas between them, and how many."""

MAY_LEAVE_OUT = frozenset({"partly"})
"""Phrases whose field may be left out: a translator writes the name of the other language as one says it."""

_FIELD = re.compile(r"\{([a-z]+)\}")
"""A field of a phrase: only its name, without a format, a position, an attribute or an index."""


def file_of(language: Language) -> str:
    """The name of a language's file of phrases, in the folder of routing.yaml."""
    return f"{FOLDER}/{language}.yaml"


def command_for(language: Language, folder: Path) -> str:
    """The command that writes the file of phrases of a language, or adds to it what it lacks. Where the store is the
    source, that is done in a folder that was exported, and is published then."""
    if folder != config_folder() or source() != STORE:
        elsewhere = "" if folder == DEFAULT_FOLDER else f" --config {printable(quote(str(folder)))}"
        return f"{PROGRAM} phrases --language {language}{elsewhere}"
    there = f"{PROGRAM} phrases --language {language} --config DIR"
    return f"{PROGRAM} export DIR, then {there}, and once it is translated {PROGRAM} publish DIR --note TEXT"


def fields_of(text: str) -> list[str]:
    """The names of the fields in a phrase, each once."""
    return list(dict.fromkeys(_FIELD.findall(text)))


def english_of(part: str) -> Texts:
    """The English of a part of the phrases, which is the list of what every language needs."""
    return PARTS[part]["en"]


def lacking(given: Mapping[str, Texts]) -> list[tuple[str, str]]:
    """The phrases that are missing or empty, each as its part and its name."""
    return [(part, name) for part in PARTS for name in english_of(part) if not given.get(part, {}).get(name)]


@dataclass(frozen=True, slots=True)
class Wording:
    """The phrases of the phone, and the words of the page, by language."""

    phrases: Mapping[Language, Texts]
    page_words: Mapping[Language, Texts]


def read_wording(
    routing: Table,
    files: Mapping[Language, Table | None],
    languages: Mapping[Language, LanguageInfo],
    folder: Path,
    emergency: str,
    findings: Findings,
) -> Wording:
    """The phrases of every language: those of the catalogue, with the number that callers dial in danger, of its file
    (None: it cannot be read, which is reported), and of `phrases` in routing.yaml. What a language lacks is one
    problem."""
    section = Section(routing, "", findings).section("phrases", "phrases")
    reworded = {
        key.text: _read(section.subsection(item, f"phrases, {key.text}"), "phone", emergency)
        for key, item in section.entries()
        if _is_spoken(section, key, languages)
    }
    complete: dict[Language, dict[str, dict[str, str]]] = {}
    for language in languages:
        known = {"phone": phrases_for(language, emergency), "page": WORDS.get(language, {})}
        table = files.get(language)
        written = read_file(table, known, emergency, findings) if table else {}
        given: dict[str, dict[str, str]] = {part: {**known[part], **written.get(part, {})} for part in PARTS}
        given["phone"] |= {name: text for name, text in reworded.get(language, {}).items() if text}
        complete[language] = given
        missing = lacking(given)
        if findings.patched:
            for part, name in missing:
                given[part][name] = {**english_of(part), **phrases_for("en", emergency)}[name]
        elif missing and LANGUAGE.match(language) and (table or language not in files):
            where = Where(str(folder / file_of(language))) if table else place_of(routing, language)
            findings.problem(where, _lacks(language, missing, folder, written=table is not None))
    return Wording(
        phrases={language: given["phone"] for language, given in complete.items()},
        page_words={language: given["page"] for language, given in complete.items()},
    )


def _lacks(language: Language, missing: list[tuple[str, str]], folder: Path, *, written: bool) -> str:
    """The problem with a language that lacks phrases; `written` if it has a file of them."""
    names = ", ".join(name if _is_unique(name) else f"{name} ({part})" for part, name in missing[:MOST_NAMED])
    more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
    needed = sum(len(english_of(part)) for part in PARTS)
    command = command_for(language, folder)
    hint = (
        f"translate them here; this adds any that are not in the file: {command}"
        if written
        else f"to translate them: {command}"
    )
    return f"language '{language}' lacks {len(missing)} of the product's {needed} phrases: {names}{more}; {hint}"


def _is_unique(name: str) -> bool:
    """Whether only one part has a phrase of this name."""
    return sum(name in english_of(part) for part in PARTS) == 1


def read_file(table: Table, known: Mapping[str, Texts], emergency: str, findings: Findings) -> Mapping[str, Texts]:
    """The phrases in a file, by part. Empty ones are left out. `known` are those that the product has in the
    language."""
    section = Section(table, "", findings)
    given: dict[str, Texts] = {}
    for part in PARTS:
        inner = section.section(part, part)
        names = {key.text for key, item in inner.entries() if isinstance(item, Scalar) and item.text}
        misspelt = not english_of(part).keys() <= names | known.get(part, {}).keys()
        given[part] = _read(inner, part, emergency, strict=misspelt and not findings.patched, blank=True)
    section.refuse_unknown()
    return given


def _is_spoken(section: Section, key: Scalar, languages: Mapping[str, LanguageInfo]) -> bool:
    if key.text in languages or not languages:
        return True
    section.problem(key.where, f"'{key.text}' is not one of the languages{suggest(key.text, languages)}")
    return False


def _read(section: Section, part: str, emergency: str, *, strict: bool = True, blank: bool = False) -> Texts:
    """The phrases of a part; with `blank`, one that is empty is not there yet.

    `strict`: a name that no phrase has is a problem, because it may be that of a missing one; otherwise it is a
    warning, so that no upgrade refuses a file for a phrase that is no longer needed.
    """
    english = english_of(part)
    phrases: dict[str, str] = {}
    for key, item in section.entries():
        value = section.scalar(item, f"'{key.text}'", spoken=True)
        if key.text not in english:
            report = section.problem if strict else section.warn
            report(key.where, f"'{key.text}' is not one of the product's phrases{suggest(key.text, english)}")
        elif value.text or not blank:
            _check(section, key.text, value, english[key.text])
            warn_of_another(section, value, f"'{key.text}'", emergency)
            phrases[key.text] = value.text
    return phrases


def _check(section: Section, name: str, value: Scalar, original: str) -> None:
    wanted, found = set(fields_of(original)), set(fields_of(value.text))
    if section.refuse_comment(value):
        return
    if not value.text.strip():
        section.problem(value.where, f"'{name}' is empty; write what callers hear, such as: {original}")
    elif set("{}") & set(_FIELD.sub("", value.text)):
        # a phrase is filled in with str.format, which would interpret the rest of such a field
        text = f"'{name}' has a brace that is not around a field's name alone; write fields plainly, like {{name}}"
        section.problem(value.where, f"{text}, and no other braces; the original: {original}")
    elif len(value.text) > LONGEST_PHRASE:
        text = f"'{name}' has {len(value.text)} characters; at most {LONGEST_PHRASE} are allowed"
        section.problem(value.where, f"{text}, so leave out what can wait")
    elif found != wanted and not (name in MAY_LEAVE_OUT and found < wanted):
        has = " and ".join(f"{{{field}}}" for field in sorted(wanted)) or "no fields in braces"
        section.problem(value.where, f"'{name}' has to hold {has}, as the original does: {original}")
    refuse_repeats(section, value, f"'{name}'", _FIELD.findall(value.text))
    if (count := LISTS.get(name)) and [bool(word.strip()) for word in value.text.split(",")] != [True] * count:
        section.problem(value.where, f"'{name}' has to list {count} names with commas between them")
