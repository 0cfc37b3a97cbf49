"""The promises that staff add to those of the product, under `promises` in routing.yaml: read, and written."""

import re
from collections.abc import Mapping, Sequence
from math import ceil

from phonetree.config.document import Listing, Value
from phonetree.config.nodes import STAR, NodeReader
from phonetree.config.reader import Section, suggest
from phonetree.core.schedule import Kind
from phonetree.core.tree import (
    AGAIN_KEY,
    NO_KEY,
    Destination,
    Goodbye,
    Key,
    Language,
    Node,
    NodeId,
    OwnPromise,
    Reached,
    Site,
)
from phonetree.errors import EditError

MOST_PROMISES = 100
"""Promises of a helpline's own."""

MOST_KEYS = 20
"""Keys of one promise: nobody presses more."""

LONGEST_WITHIN = 600
"""Seconds within which something can be promised: nobody waits longer on the phone."""

ROUNDED_SECONDS = 10
"""What the seconds of a call are rounded up to when they become a promise: words may get a little longer."""

ALWAYS, WAIT = "always", "wait"
"""How the file writes every kind of moment, and a question at which the caller presses nothing."""

_DIGIT = re.compile(r"[0-9]\Z")
_WORDS_OF_KEYS = {STAR: AGAIN_KEY, WAIT: NO_KEY}
_WHEN = f"write {', '.join(Kind)} or {ALWAYS}"
_KEYS = "write the keys that the caller presses, such as [2, 1], or [] for a caller who presses nothing"
_REACHES = "write the resource, team or node that the caller reaches"
_OF_TWO = "which is the name of a resource and of a team; give one of them another name"
_SILENT = "which says nothing, so that no call can be seen to come there; name the node before it"


def read_own_promises(parent: Section, reader: NodeReader, nodes: Mapping[NodeId, Node]) -> tuple[OwnPromise, ...]:
    """The promises, in file order; `nodes` are those that `reader` has read."""
    first: dict[tuple[object, ...], int] = {}
    found = []
    for number, item in enumerate(parent.items("promises", most=MOST_PROMISES), 1):
        section = parent.subsection(item, f"promises, entry {number}")
        promise = _promise(section, reader, nodes)
        if promise and first.setdefault(promise.calls, number) != number:
            section.problem(section.where, f"promises the same as entry {first[promise.calls]}; remove one of them")
        if promise:
            found.append(promise)
    return tuple(found)


def _promise(section: Section, reader: NodeReader, nodes: Mapping[NodeId, Node]) -> OwnPromise | None:
    """The promise of an entry; None if whom it is about cannot be told."""
    when, keys = _when(section), _keys(section)
    reaches = _reaches(section, reader, nodes)
    language = _language(section, reader)
    within = section.number("within", 0, 1, LONGEST_WITHIN, "seconds") if section.has("within") else None
    section.refuse_unknown()
    if when is None or keys is None or reaches is None:
        return None
    return OwnPromise(when, keys, reaches, language, within, section.where)


def _when(section: Section) -> frozenset[Kind] | None:
    item = section.require("when", _WHEN)
    words = item.items if isinstance(item, Listing) else (item,) if item else ()
    kinds: set[Kind] = set()
    for word in words:
        value = section.scalar(word, "'when'")
        if value.text in [*Kind, ALWAYS]:
            kinds |= set(Kind) if value.text == ALWAYS else {Kind(value.text)}
        else:
            section.problem(
                value.where, f"'when' is '{value.text}', which means nothing here{suggest(value.text, [*Kind, ALWAYS])}"
            )
            return None
    if item and not words:
        section.problem(item.where, f"'when' is empty; {_WHEN}")
    return frozenset(kinds) or None


def _keys(section: Section) -> tuple[Key, ...] | None:
    item = section.require("keys", _KEYS)
    if item is None:
        return None
    if not isinstance(item, Listing):
        section.problem(item.where, f"'keys' has to be a list in brackets; {_KEYS}")
        return None
    if len(item.items) > MOST_KEYS:
        section.problem(item.where, f"'keys' has {len(item.items)} entries; at most {MOST_KEYS} are allowed")
        return None
    keys: list[Key] = []
    for each in item.items:
        value = section.scalar(each, "a key")
        key = _WORDS_OF_KEYS.get(value.text, value.text)
        if key != value.text or _DIGIT.match(key):
            keys.append(key)
        else:
            hint = f"write one from 0 to 9, {STAR}, or {WAIT} for a question at which nothing is pressed"
            section.problem(value.where, f"'keys': '{value.text}' is not a key; {hint}")
            return None
    return tuple(keys)


def _reaches(section: Section, reader: NodeReader, nodes: Mapping[NodeId, Node]) -> Destination | None:
    """Whom a name is: a resource or a team, else a node."""
    value = section.text("reaches", hint=_REACHES)
    if value.text in reader.resources and value.text in reader.teams:
        section.problem(value.where, f"'reaches' is '{value.text}', {_OF_TWO}")
        return None
    if value.text in reader.resources:
        return Reached.LINE, value.text
    if value.text in reader.teams:
        return Reached.TEAM, value.text
    if value.text in reader.names:
        node = nodes.get(value.text)
        if isinstance(node, Goodbye) and node.say is None:
            section.problem(value.where, f"'reaches' is '{value.text}', {_SILENT}")
        return Reached.NODE, value.text
    if value.text and reader.names:
        known = suggest(value.text, [*reader.resources, *reader.teams, *reader.names]) or f"; {_REACHES}"
        section.problem(value.where, f"'reaches' is '{value.text}', which is not defined{known}")
    return None


def _language(section: Section, reader: NodeReader) -> Language | None:
    value = section.text("language")
    languages = reader.prompts.languages
    if section.has("language") and value.text not in languages and languages:
        section.problem(value.where, f"'{value.text}' is not one of the languages{suggest(value.text, languages)}")
    return value.text or None


# -- written


def promise_of_call(
    kind: Kind,
    keys: Sequence[Key],
    reaches: Destination,
    seconds: float | None = None,
    language: Language | None = None,
) -> OwnPromise:
    """What is promised if a call is to stay as it was: at every moment of its kind, in one language or in every one.
    Without the `seconds` until then, nothing is promised about them."""
    within = None if seconds is None else ceil(max(seconds, 1) / ROUNDED_SECONDS) * ROUNDED_SECONDS
    return OwnPromise(frozenset({kind}), tuple(keys), reaches, language, within)


def entry(site: Site, promise: OwnPromise) -> Mapping[str, Value]:
    """What an entry of routing.yaml says for a promise.

    Raises EditError where it would be read as a promise of something else that has the same name.
    """
    what, name = promise.reaches
    if (what is not Reached.LINE and name in site.resources) or (what is not Reached.TEAM and name in site.teams):
        raise EditError({"": f"'{name}' is the name of something else as well; give one of them another name first"})
    settings: dict[str, Value | None] = {
        "when": _written_when(promise.when),
        "language": promise.language,
        "keys": tuple(map(_written_key, promise.keys)),
        "reaches": name,
        "within": None if promise.within is None else f"{promise.within}",
    }
    return {setting: value for setting, value in settings.items() if value is not None}


def _written_when(when: frozenset[Kind]) -> Value:
    kinds = tuple(kind.value for kind in Kind if kind in when)
    return ALWAYS if len(kinds) == len(Kind) else kinds if len(kinds) > 1 else kinds[0]


def _written_key(key: Key) -> str:
    return next((word for word, each in _WORDS_OF_KEYS.items() if each == key), key)
