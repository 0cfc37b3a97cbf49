"""The languages of a site: their voices, and what a language that lacks texts falls back to."""

import re
from collections.abc import Mapping
from dataclasses import replace

from phonetree.config.document import Item, Listing, Scalar, Table
from phonetree.config.pronunciation import read_pronunciation
from phonetree.config.reader import Findings, Section, suggest
from phonetree.core.tree import LanguageInfo
from phonetree.core.verbs import Voice
from phonetree.errors import Where

MOST_LANGUAGES = 9
"""Languages of a helpline: callers change them with a key."""

LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2})?\Z")
"""How a language is named."""

_VOICE = re.compile(r"(man|woman|alice|[A-Za-z]+\.[A-Za-z][\w.-]*)\Z")
"""The basic voices, and those with the name of their maker (Twilio, voice/twiml/say/text-speech)."""

_CODE = re.compile(r"([a-z]{2,3}(-[A-Z][a-z]{3})?-([A-Z]{2}|[0-9]{3})|[a-z]{3})\Z")
"""Language, script and country (RFC 5646), as the provider lists them: es-US, cmn-CN, arb."""

_CODES = {"en": ("en-US", "English"), "es": ("es-US", "español")}


def read_languages(table: Table, findings: Findings) -> Mapping[str, LanguageInfo]:
    """Only the languages: hours.yaml needs them before the rest can be read.

    Empty if they are unusable, a name is invalid or the file ends before its nodes; texts are then not checked against
    them.
    """
    section = Section(table, "", findings)
    languages = section.section(
        "languages", "languages", hint="write them with their voices, the first one first"
    ).at_most(MOST_LANGUAGES)
    own = {name.text: _language(languages, name, item) for name, item in languages.entries()}
    if languages.present and not own:
        languages.problem(languages.where, "there is none; write at least one with its voice")
    read = _with_fallbacks(languages, own)
    nodes = section.take("nodes")
    written = _written(nodes)
    unwritten = [
        name
        for name, _ in languages.entries()
        if written and name.text not in written and LANGUAGE.match(name.text) and not read[name.text].fallback
    ]
    for name in unwritten:  # such as when its name is mistyped: one problem, not one for each text of the file
        known = suggest(name.text, [each for each in written if each not in read])
        others = [each for each in read if each in written]
        partial = f", or begin with {{fallback: {others[0]}}}" if others else ""
        hint = known or f"; write them{partial}, or leave it out"
        languages.problem(name.where, f"no text is written in '{name.text}'{hint}")
    return read if nodes and not unwritten and all(map(LANGUAGE.match, read)) else {}


def place_of(table: Table, language: str) -> Where:
    """Where a language of routing.yaml is written."""
    for key, item in table.entries:
        if key.text == "languages":
            return next((name.where for name, _ in _entries(item) if name.text == language), key.where)
    return table.where


def _written(item: Item | None) -> list[str]:
    """The languages of the texts: the keys of all tables that may be prompts."""
    if isinstance(item, Listing):
        return [each for inner in item.items for each in _written(inner)]
    if not isinstance(item, Table):
        return []
    prompts = [key.text for key, value in item.entries if _is_prompt(key, value) for key, _ in _entries(value)]
    return list(dict.fromkeys((*prompts, *(each for _, value in item.entries for each in _written(value)))))


def _is_prompt(key: Scalar, value: Item) -> bool:
    return key.text in ("say", "again", "label") and isinstance(value, Table)


def _entries(item: Item) -> tuple[tuple[Scalar, Item], ...]:
    return item.entries if isinstance(item, Table) else ()


def _language(parent: Section, name: Scalar, item: Item) -> LanguageInfo:
    section = parent.subsection(item, f"language '{name.text}'")
    if not LANGUAGE.match(name.text):
        section.problem(name.where, "a language is two or three small letters, such as en or es")
    code, called = _CODES.get(name.text, ("", ""))
    voice = section.text("voice", hint="write the provider's voice, such as Polly.Joanna-Neural")
    spoken = section.text("code", code, hint=None if code else "write its code with the country, such as fr-CA")
    if voice.text and not _VOICE.match(voice.text):
        section.problem(
            voice.where, f"'{voice.text}' is no voice; write one of the provider's, such as Polly.Joanna-Neural"
        )
    if spoken.text and not _CODE.match(spoken.text):
        section.problem(spoken.where, f"'{spoken.text}' is no code; write the language and the country, such as fr-CA")
    own_name = section.text("name", called, hint=None if called else "write what the language calls itself")
    pronunciation = read_pronunciation(section.section("spoken", f"language '{name.text}', spoken"))
    fallback = section.text("fallback").text or None
    section.refuse_unknown()
    return LanguageInfo(
        name.text, Voice(voice.text, spoken.text), section.plain(own_name, "'name'"), pronunciation, fallback
    )


def _with_fallbacks(section: Section, languages: Mapping[str, LanguageInfo]) -> Mapping[str, LanguageInfo]:
    """The languages, after every fallback was checked. In place of an unusable one stands a usable one, so that no text
    is held against it."""
    checked = dict(languages)
    complete = [name for name, info in languages.items() if not info.fallback]
    for name, item in section.entries():
        fallback = languages[name.text].fallback
        if fallback and fallback not in complete:
            inner = section.subsection(item, f"language '{name.text}'")
            inner.problem(inner.where_of("fallback"), _unusable(fallback, name.text, languages, complete))
            checked[name.text] = replace(languages[name.text], fallback=next(iter(complete), None))
    return checked


def _unusable(fallback: str, language: str, languages: Mapping[str, LanguageInfo], complete: list[str]) -> str:
    if fallback == language:
        return f"'fallback' is '{fallback}', the language itself; name another one that has every text"
    if fallback in languages:
        return f"'fallback' is '{fallback}', which has a fallback itself; name one that has every text"
    return f"'fallback' is '{fallback}', which is not one of the languages{suggest(fallback, complete)}"
