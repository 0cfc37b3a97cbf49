"""routing.yaml to the parts of a site."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pytz.tzinfo import BaseTzInfo

from phonetree.config import cut, paths
from phonetree.config.document import Item, Listing, Scalar, Table
from phonetree.config.links import read_link
from phonetree.config.nodes import MOST_NODES, NodeReader
from phonetree.config.numbers import NumberRules, read_number
from phonetree.config.page import read_page
from phonetree.config.people import read_resources, read_teams
from phonetree.config.prompts import LINKS, PromptReader, refuse_repeats
from phonetree.config.pronunciation import read_pronunciation, refuse_other_keys
from phonetree.config.reader import Findings, Section, suggest
from phonetree.core.phrases import PHRASES
from phonetree.core.schedule import Kind
from phonetree.core.tree import (
    EXIT,
    Always,
    Budgets,
    Choice,
    Helpline,
    Key,
    LanguageInfo,
    LinkName,
    Node,
    NodeId,
    Passage,
    Resource,
    Team,
)
from phonetree.core.verbs import Voice
from phonetree.errors import Where

MOST_LANGUAGES = 9
"""Languages of a helpline: callers change them with a key."""

LONGEST_PHRASE = 500
"""Characters of one of the product's phrases: half a minute of speech."""

LONGEST_EMAIL = 254
"""Characters of an address (RFC 5321, 4.5.3.1.3)."""

_NODES = f"write what callers hear and where it leads, or, if the file ends too early, {cut.BRING_BACK}"
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2})?\Z")
_CODES = {"en": ("en-US", "English"), "es": ("es-US", "español")}
_FIELD = re.compile(r"\{([a-z]+)\}")
"""A field of a phrase: only its name, without a format, a position, an attribute or an index."""
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(\.[\w-]+)+\Z")


@dataclass(frozen=True, slots=True)
class Routing:
    """The contents of routing.yaml."""

    helpline: Helpline
    languages: Mapping[str, LanguageInfo]
    phrases: Mapping[str, Mapping[str, str]]
    start: Mapping[Kind, NodeId]
    always: Mapping[Key, Choice]
    teams: Mapping[str, Team]
    resources: Mapping[str, Resource]
    nodes: Mapping[NodeId, Node]
    last_resort: str
    alike: tuple[frozenset[NodeId], ...]
    budgets: Budgets
    page: tuple[Passage, ...]
    places: Mapping[NodeId, Where]


def read_languages(table: Table, findings: Findings) -> Mapping[str, LanguageInfo]:
    """Only the languages: hours.yaml needs them before the rest can be read.

    Empty if they are unusable, a name is invalid or the file ends before its nodes; texts are then not checked against
    them.
    """
    section = Section(table, "", findings)
    languages = section.section(
        "languages", "languages", hint="write them with their voices, the first one first"
    ).at_most(MOST_LANGUAGES)
    read = {name.text: _language(languages, name, item) for name, item in languages.entries()}
    if languages.present and not read:
        languages.problem(languages.where, "there is none; write at least one with its voice")
    nodes = section.take("nodes")
    written = _written(nodes)
    unwritten = [
        name for name, _ in languages.entries() if written and name.text not in written and _LANGUAGE.match(name.text)
    ]
    for name in unwritten:  # such as when its name is mistyped: one problem, not one for each text of the file
        known = suggest(name.text, [each for each in written if each not in read])
        languages.problem(name.where, f"no text is written in '{name.text}'{known or '; write them, or leave it out'}")
    return read if nodes and not unwritten and all(map(_LANGUAGE.match, read)) else {}


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
    if not _LANGUAGE.match(name.text):
        section.problem(name.where, "a language is two or three small letters, such as en or es")
    code, called = _CODES.get(name.text, ("", ""))
    voice = section.text("voice", hint="write the provider's voice, such as Polly.Joanna-Neural")
    spoken = section.text("code", code, hint=None if code else "write its code with the country, such as fr-CA")
    own_name = section.text("name", called, hint=None if called else "write what the language calls itself")
    pronunciation = read_pronunciation(section.section("spoken", f"language '{name.text}', spoken"))
    section.refuse_unknown()
    return LanguageInfo(name.text, Voice(voice.text, spoken.text), section.plain(own_name, "'name'"), pronunciation)


def _links(section: Section) -> Mapping[LinkName, str]:
    """The addresses of the helpline's pages by name: "" for one without an address, which is a warning; callers do not
    hear of it."""
    links: dict[LinkName, str] = {}
    for name in LINKS:
        address = section.text(name)
        if address.text:
            links[name] = read_link(section, name)
        elif section.has(name):
            links[name] = ""
            section.warn(address.where, f"'{name}' has no address; the sentences that speak of it are left out")
    section.refuse_unknown()
    return links


def read_routing(
    table: Table,
    languages: Mapping[str, LanguageInfo],
    zone: BaseTzInfo,
    audio: Path,
    rules: NumberRules,
    findings: Findings,
) -> Routing:
    """The rest of routing.yaml; its problems are added to `findings`."""
    section = Section(table, "", findings)
    section.take("languages")
    helpline = _helpline(section.section("helpline", "helpline", hint="write its name and number"), rules)
    rules = replace(rules, ours=frozenset(filter(None, (helpline.number, helpline.provider_number))))
    phrases = _phrases(section.section("phrases", "phrases"), languages)
    refuse_other_keys(section, languages, phrases)
    resources = read_resources(section, tuple(languages), rules, zone)
    teams = read_teams(section, rules, zone)
    links = _links(section.section("links", "links"))
    prompts = PromptReader(languages, helpline, audio, resources, links)
    nodes = section.section("nodes", "nodes", hint=_NODES).at_most(MOST_NODES)
    reader = NodeReader(prompts, teams, resources, (key.text for key, _ in nodes.entries()))
    reader.read_always(section)
    reader.ended = reader.link(section, "ended") or None
    start = reader.by_kind(section.section("start", "start", hint="write a node for each of open, closed and holiday"))
    last_resort = _last_resort(section, resources)
    alike = tuple(_alike(section, reader, item) for item in section.items("alike"))
    budgets = _budgets(section.section("budgets", "budgets"))
    page = read_page(section, prompts)
    read = reader.read(nodes)
    section.refuse_unknown()
    cut.explain(table, findings, lost=reader.refuse_unknown(), ended=section.lacks("nodes"))
    places = {key.text: key.where for key, _ in nodes.entries()}
    if not findings.problems:
        paths.check(read, places, start, reader.always, findings)
    if not findings.problems:
        read = paths.with_resources(read)
    return Routing(
        helpline,
        languages,
        phrases,
        start,
        reader.always,
        teams,
        resources,
        read,
        last_resort,
        alike,
        budgets,
        page,
        places,
    )


def _alike(section: Section, reader: NodeReader, item: Item) -> frozenset[NodeId]:
    """Nodes that correspond to each other by day and by night."""
    if not isinstance(item, Listing) or len(item.items) < 2:
        section.problem(item.where, "'alike': write each group of nodes in brackets, such as [advocate, night_line]")
        return frozenset()
    return frozenset(reader.known(section, "alike", section.scalar(name, "a node")) for name in item.items)


def _budgets(section: Section) -> Budgets:
    budgets = Budgets(
        advocate=section.number("advocate", Budgets().advocate, 5, 120, "seconds of speech"),
        crisis_line=section.number("crisis_line", Budgets().crisis_line, 5, 120, "seconds of speech"),
        silent=section.number("silent", Budgets().silent, 20, 300, "seconds of speech and waiting"),
        whole_wait=section.number("whole_wait", Budgets().whole_wait, 30, 300, "seconds"),
    )
    section.refuse_unknown()
    return budgets


def _helpline(section: Section, rules: NumberRules) -> Helpline:
    name = section.text("name", hint="write what the helpline is called")
    number = section.text("number", hint="write the number that callers dial, such as +1 617 253 2300")
    at_the_provider = section.text("provider_number")
    shown = section.word("caller_id", "helpline", ("helpline", "provider"))
    email = section.text("email")
    if email.text and not (len(email.text) <= LONGEST_EMAIL and _EMAIL.match(email.text)):
        section.problem(email.where, f"'{email.text}' is not an e-mail address")
    leave = read_link(section, "exit", EXIT)
    section.refuse_unknown()
    dialled = read_number(section, number, rules) if number.text else ""
    called = read_number(section, at_the_provider, rules) if section.has("provider_number") else dialled
    shown_number = called if shown == "provider" else dialled
    return Helpline(section.plain(name, "'name'"), dialled, called, shown_number, email.text or None, leave)


def _last_resort(section: Section, resources: Mapping[str, Resource]) -> str:
    value = section.text("last_resort", hint="write the resource that callers reach when the server itself fails")
    resource = resources.get(value.text)
    if value.text and not resource:
        section.problem(value.where, f"resource '{value.text}' is not defined{suggest(value.text, resources)}")
    elif resource and not isinstance(resource.hours, Always):
        section.problem(value.where, f"'{value.text}' is not always open; choose a line that is")
    return value.text


# -- the product's phrases, replaced or added to


def _phrases(section: Section, languages: Mapping[str, LanguageInfo]) -> Mapping[str, Mapping[str, str]]:
    given = {
        key.text: _replaced(section.subsection(item, f"phrases, {key.text}"))
        for key, item in section.entries()
        if _is_spoken(section, key, languages)
    }
    complete = {language: {**PHRASES.get(language, {}), **given.get(language, {})} for language in languages}
    for language, phrases in complete.items():
        if _LANGUAGE.match(language) and (missing := sorted(PHRASES["en"].keys() - phrases.keys())):
            text = f"language '{language}' lacks {len(missing)} of the product's phrases: {', '.join(missing[:5])}"
            more = " and more" if len(missing) > 5 else ""
            section.problem(section.where, f"{text}{more}; write them all under phrases, {language}")
    return complete


def _is_spoken(section: Section, key: Scalar, languages: Mapping[str, LanguageInfo]) -> bool:
    if key.text in languages or not languages:
        return True
    section.problem(key.where, f"'{key.text}' is not one of the languages{suggest(key.text, languages)}")
    return False


def _replaced(section: Section) -> Mapping[str, str]:
    phrases: dict[str, str] = {}
    for key, item in section.entries():
        value = section.scalar(item, f"'{key.text}'", spoken=True)
        if key.text not in PHRASES["en"]:
            section.problem(
                key.where, f"'{key.text}' is not one of the product's phrases{suggest(key.text, PHRASES['en'])}"
            )
            continue
        _check_phrase(section, key.text, value)
        phrases[key.text] = value.text
    return phrases


def _check_phrase(section: Section, name: str, value: Scalar) -> None:
    original = PHRASES["en"][name]
    wanted, found = set(_FIELD.findall(original)), set(_FIELD.findall(value.text))
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
    elif found != wanted:
        has = " and ".join(f"{{{field}}}" for field in sorted(wanted)) or "no fields in braces"
        section.problem(value.where, f"'{name}' has to hold {has}, as the original does: {original}")
    refuse_repeats(section, value, f"'{name}'", _FIELD.findall(value.text))
    for listed, count in (("weekdays", 7), ("months", 12)):
        if name == listed and [bool(word.strip()) for word in value.text.split(",")] != [True] * count:
            section.problem(value.where, f"'{name}' has to list {count} names with commas between them")
