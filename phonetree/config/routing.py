"""routing.yaml to the parts of a site."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pytz.tzinfo import BaseTzInfo

from phonetree.config import cut, paths
from phonetree.config.document import Item, Listing, Table
from phonetree.config.emergency import read_emergency, relay_of, with_emergency
from phonetree.config.languages import place_of
from phonetree.config.links import read_link
from phonetree.config.nodes import MOST_NODES, NodeReader
from phonetree.config.numbers import NumberRules, country_of, dialled, read_number
from phonetree.config.own_promises import read_own_promises
from phonetree.config.page import read_page
from phonetree.config.people import read_resources, read_teams
from phonetree.config.phrases import read_wording
from phonetree.config.prompts import LINKS, PromptReader
from phonetree.config.pronunciation import refuse_other_keys
from phonetree.config.reader import Findings, Section, suggest
from phonetree.core.schedule import Kind
from phonetree.core.tree import (
    EXIT,
    Always,
    Budgets,
    Choice,
    Dialling,
    Helpline,
    Key,
    LanguageInfo,
    LinkName,
    Node,
    NodeId,
    OwnPromise,
    Passage,
    Resource,
    Team,
    texts_of,
)
from phonetree.errors import Where

LONGEST_EMAIL = 254
"""Characters of an address (RFC 5321, 4.5.3.1.3)."""

_NODES = f"write what callers hear and where it leads, or, if the file ends too early, {cut.BRING_BACK}"
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(\.[\w-]+)+\Z")


@dataclass(frozen=True, slots=True)
class Routing:
    """The contents of routing.yaml."""

    helpline: Helpline
    languages: Mapping[str, LanguageInfo]
    phrases: Mapping[str, Mapping[str, str]]
    page_words: Mapping[str, Mapping[str, str]]
    start: Mapping[Kind, NodeId]
    always: Mapping[Key, Choice]
    teams: Mapping[str, Team]
    resources: Mapping[str, Resource]
    nodes: Mapping[NodeId, Node]
    last_resort: str
    alike: tuple[frozenset[NodeId], ...]
    budgets: Budgets
    promises: tuple[OwnPromise, ...]
    page: tuple[Passage, ...]
    dialling: Dialling
    places: Mapping[NodeId, Where]


def _numbers(helpline: Helpline, resources: Mapping[str, Resource]) -> Iterator[str]:
    """The numbers that callers hear or read, and those of the helpline."""
    yield from (helpline.number, helpline.provider_number, helpline.caller_id)
    for line in resources.values():
        yield from (line.number, line.ways.text, line.ways.tty, line.ways.videophone)


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
    phrase_files: Mapping[str, Table | None],
    zone: BaseTzInfo,
    folder: Path,
    rules: NumberRules,
    findings: Findings,
) -> Routing:
    """The rest of routing.yaml, with the files of phrases by language (None: one that cannot be read) and a folder's
    audio; problems are added to `findings`."""
    section = Section(table, "", findings)
    section.take("languages")
    section.take("phrases")
    helpline = _helpline(section.section("helpline", "helpline", hint="write its name and number"), rules)
    rules = replace(rules, ours=frozenset(filter(None, (helpline.number, helpline.provider_number))))
    wording = read_wording(table, phrase_files, languages, folder, helpline.emergency, findings)
    refuse_other_keys(section, languages, wording.phrases)
    languages = {
        language: replace(info, pronunciation=with_emergency(info.pronunciation, helpline.emergency))
        for language, info in languages.items()
    }
    teams = read_teams(section, rules, zone)
    resources = read_resources(section, languages, rules, zone, teams.values())
    dialling = dialled(_numbers(helpline, resources), helpline.number)
    links = _links(section.section("links", "links"))
    prompts = PromptReader(languages, helpline, folder / "audio", resources, links, dialling)
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
    promises = read_own_promises(section, reader, read)
    section.refuse_unknown()
    findings.tell_lacking(lambda language: place_of(table, language))
    cut.explain(table, findings, lost=reader.refuse_unknown(), ended=section.lacks("nodes"))
    places = {key.text: key.where for key, _ in nodes.entries()}
    if not (findings.problems or findings.single):
        paths.check(read, places, start, reader.always, findings)
    if not findings.problems:
        read = paths.with_resources(read)
    texts = tuple(texts_of(read.values(), reader.always.values(), resources.values(), page))
    return Routing(
        helpline,
        {language: _without_idle_fallback(info, texts) for language, info in languages.items()},
        wording.phrases,
        wording.page_words,
        start,
        reader.always,
        teams,
        resources,
        read,
        last_resort,
        alike,
        budgets,
        promises,
        page,
        dialling,
        places,
    )


def _without_idle_fallback(info: LanguageInfo, texts: Iterable[Mapping[str, object]]) -> LanguageInfo:
    """A language whose fallback is never heard has none."""
    return info if any(info.id not in text for text in texts) else replace(info, fallback=None)


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
        section.problem(email.where, f"'{email.text}' is not an e-mail address; write it like help@example.org")
    leave = read_link(section, "exit", EXIT)
    section.take("emergency")
    section.refuse_unknown()
    dialled = read_number(section, number, rules) if number.text else ""
    called = read_number(section, at_the_provider, rules) if section.has("provider_number") else dialled
    country = country_of(dialled)
    emergency = read_emergency(section, country)
    shown_number = called if shown == "provider" else dialled
    named = section.plain(name, "'name'")
    relay = relay_of(country, emergency)
    return Helpline(named, dialled, called, shown_number, email.text or None, leave, emergency, relay)


def _last_resort(section: Section, resources: Mapping[str, Resource]) -> str:
    value = section.text("last_resort", hint="write the resource that callers reach when the server itself fails")
    resource = resources.get(value.text)
    if value.text and not resource:
        section.problem(value.where, f"resource '{value.text}' is not defined{suggest(value.text, resources)}")
    elif resource and not isinstance(resource.hours, Always):
        section.problem(value.where, f"'{value.text}' is not always open; choose a line that is")
    return value.text
