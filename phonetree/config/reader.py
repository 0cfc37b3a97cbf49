"""Reads a table, and collects every problem instead of raising the first.

A reader that finds a problem reports it and returns a placeholder, so that reading continues and all problems of a file
are found at once. Placeholders are never used: a site with a problem is not built.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from difflib import SequenceMatcher, get_close_matches
from heapq import nlargest
from itertools import pairwise
from typing import NoReturn, TypeVar

from phonetree.config.document import Item, Listing, Scalar, Table, curly, misquoted, said, unquoted
from phonetree.config.slips import COMMENT, RESTORE, uncoloned, uncoloned_key
from phonetree.core.numbers_in_texts import refusal_in_name, refusal_in_note
from phonetree.errors import MOST_PROBLEMS, ConfigError, ConfigWarning, Problem, Where

LONGEST_NAME = 100
"""Characters of a name: it is spoken inside sentences, on days that nobody checks in advance."""

T = TypeVar("T")

MOST_DIGITS = 9
"""Digits of a whole number, leading zeros included."""

LONGEST_PROBLEM = 600
"""Characters of a problem, which may quote a long text."""

LONGEST_MISSPELT = 64
"""Characters of a word for which a known one is suggested: no name is longer."""

MOST_LACKING = 5
"""Texts that are lacking in a language and are reported one by one; more are one problem."""

MOST_COMPARED = 50
"""Known words that are compared with a misspelt one letter by letter."""


class Findings:
    """The problems and warnings found so far. `patched`: phrases that a language lacks are none, because English ones
    stand in for them. `single`: only what is wrong with single values counts, not which texts are lacking or how nodes
    lead to each other."""

    def __init__(self, *, patched: bool = False, single: bool = False) -> None:
        self.patched = patched
        self.single = single
        self.problems: list[Problem] = []
        self.warnings: list[ConfigWarning] = []
        self._lacking: dict[str, list[tuple[Where, str]]] = {}

    def problem(self, where: Where, text: str) -> Problem:
        """Adds a problem, and returns it. Beyond `MOST_PROBLEMS`, raises ConfigError with all of them."""
        if len(self.problems) >= MOST_PROBLEMS:
            self.refuse(Where(where.file), f"has more problems than these {len(self.problems)}; fix them first")
        self.problems.append(found := Problem(where, _shortened(text)))
        return found

    def withdraw(self, problem: Problem) -> None:
        """Removes a problem that another one explains."""
        self.problems.remove(problem)

    def explain(self, where: Where, text: str) -> None:
        """Replaces all problems of a file by their one cause."""
        self.problems = [Problem(where, text), *(each for each in self.problems if each.where.file != where.file)]

    def refuse(self, where: Where, text: str) -> NoReturn:
        """Stops reading: raises ConfigError with the problems so far, and this one last."""
        raise ConfigError([*sorted(set(self.problems)), Problem(where, text)])

    def note_lacking(self, language: str, where: Where, text: str) -> None:
        """Notes that a text is not written in a language, for `tell_lacking`."""
        if self.single:
            return
        self._lacking.setdefault(language, []).append((where, text))

    def tell_lacking(self, place_of: Callable[[str], Where]) -> None:
        """Reports the texts that are lacking: each at its place if they are few; for a language that lacks many, one
        problem where the language is written, which is `place_of` it."""
        for language, lacking in self._lacking.items():
            if len(lacking) <= MOST_LACKING:
                for where, text in lacking:
                    self.problem(where, text)
                continue
            lines = ", ".join(str(where.line) for where, _ in sorted(lacking)[:MOST_LACKING])
            text = f"language '{language}' lacks {len(lacking)} texts, the first on lines {lines}"
            hint = "write them, or let them be heard in another language, such as {fallback: en}"
            self.problem(place_of(language), f"{text}; {hint}")

    def warn(self, where: Where, text: str) -> None:
        self.warnings.append(ConfigWarning(where, text))


def _shortened(text: str) -> str:
    """The beginning and the end of a text that is too long: they say where, and what to do."""
    half = LONGEST_PROBLEM // 2
    return text if len(text) <= LONGEST_PROBLEM else f"{text[:half]} [...] {text[-half:]}"


def suggest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` if a known word is close, else the known words if they are few, else nothing."""
    names = [name for name in known if name]
    if close := closest(word, names):
        return f"; did you mean '{close}'?"
    return f"; known here: {', '.join(names)}" if 0 < len(names) <= 12 else ""


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that a misspelt one is close to; "" when none is."""
    names = [name for name in known if name]
    close = _close(word.lower(), [name.lower() for name in names]) if len(word) <= LONGEST_MISSPELT else ""
    return next((name for name in names if name.lower() == close), "")


def _close(word: str, names: list[str]) -> str:
    """The closest known word, if one is close; of equally close ones, one with the same beginning. Of many, only those
    with the most pairs of letters in common are compared: comparing is slow, and there may be 5,000 nodes."""
    if len(names) > MOST_COMPARED:
        pairs = {*map("".join, pairwise(word)), word[:1]}
        names = nlargest(
            MOST_COMPARED, names, key=lambda name: sum(pair in name for pair in pairs) - abs(len(name) - len(word))
        )
    return max(get_close_matches(word, names, n=3), key=lambda name: _likeness(word, name), default="")


def _likeness(word: str, name: str) -> tuple[float, bool]:
    return SequenceMatcher(None, name, word).ratio(), word.startswith(name) or name.startswith(word)


EMPTY = f"is empty; write what belongs under it, or restore it: {RESTORE}"


def with_colons(table: Table, languages: Iterable[str], report: Callable[[Where, str], object]) -> Table:
    """A table of texts by language. Where the colon after a language is left out, as in `{enWinter break}`, that is
    reported, and the text stands under its language."""
    missing = set(languages) - {key.text for key, _ in table.entries}
    entries: list[tuple[Scalar, Item]] = []
    for number, (key, item) in enumerate(table.entries):
        found = None if said(item) else uncoloned_key(key.text, missing, first=not number)
        if found:
            language, text, problem = found
            report(key.where, problem)
            entries.append((replace(key, text=language), Scalar(text, key.where)))
        else:
            entries.append((key, item))
    return Table(tuple(entries), table.where)


def _no_table(item: Item) -> str:
    """The problem with an item that should be a table."""
    if not isinstance(item, Scalar):
        return "has to hold lines like 'name: value'"
    return EMPTY if not item.text else uncoloned(item.text) or "has to hold lines like 'name: value'"


class Section:
    """A table being read. `label` says in problems where it is: "menu 'welcome', key '3'".

    One that is not `present` stands for a missing table, which is already reported: it has no problems of its own.
    """

    def __init__(self, table: Table, label: str, findings: Findings, *, present: bool = True) -> None:
        self.where = table.where
        self.present = present
        self.label = label
        self.findings = findings
        self._entries = {key.text: (key, item) for key, item in table.entries}
        self._taken: set[str] = set()
        self._missing: dict[str, Problem] = {}

    def problem(self, where: Where, text: str) -> Problem:
        return self.findings.problem(where, f"{self.label}: {text}" if self.label else text)

    def note_lacking(self, language: str, where: Where, text: str) -> None:
        self.findings.note_lacking(language, where, f"{self.label}: {text}" if self.label else text)

    def warn(self, where: Where, text: str) -> None:
        self.findings.warn(where, f"{self.label}: {text}" if self.label else text)

    def take(self, key: str) -> Item | None:
        """The item under a key, or None. The key then counts as known."""
        self._taken.add(key)
        entry = self._entries.get(key)
        return entry[1] if entry else None

    def require(self, key: str, hint: str) -> Item | None:
        """The item under a key; its absence is a problem, and `hint` says what to write."""
        item = self.take(key)
        if item is None and self.present:
            self._missing[key] = self.problem(self.where, f"'{key}' is missing; {hint}")
        return item

    def text(self, key: str, default: str = "", *, hint: str | None = None) -> Scalar:
        """The single value under a key. With a hint it is required."""
        item = self.require(key, hint) if hint else self.take(key)
        if hint and isinstance(item, Scalar) and not item.text:
            self.problem(item.where, f"'{key}' is empty; {hint}")
        return self.scalar(item, f"'{key}'", default)

    def scalar(self, item: Item | None, what: str, default: str = "", *, spoken: bool = False) -> Scalar:
        """An item as a single value. Curly quotes around it are a problem, unless it is `spoken` and stands in straight
        ones."""
        if item is None:
            return Scalar(default, self.where)
        if not isinstance(item, Scalar):
            self.problem(item.where, f"{what} has to be a single value")
            return Scalar(default, item.where)
        if not spoken and (bare := unquoted(item.text)) != item.text:
            self.problem(item.where, f"{what}: {curly(item.text)}")
            return Scalar(bare, item.where)
        if item.bare and (wrong := misquoted(item.text)):
            self.problem(item.where, f"{what}: {wrong}")
            return Scalar(unquoted(item.text).strip('"'), item.where)
        return item

    def refuse_comment(self, value: Scalar) -> bool:
        """Whether a # ends a spoken text, which is a problem: it may be meant as the key."""
        if value.comment:
            self.problem(value.comment, COMMENT)
        return value.comment is not None

    def plain(self, value: Scalar, what: str, longest: int = LONGEST_NAME) -> str:
        """A name: said and shown as written, with nothing filled in."""
        self.refuse_comment(value)
        if set("{}") & set(value.text):
            self.problem(value.where, f"{what} is said as written, with nothing filled in; write it without braces")
        if len(value.text) > longest:
            kind = "a name has" if longest == LONGEST_NAME else "there may be"
            self.problem(value.where, f"{what} has {len(value.text)} characters; {kind} at most {longest}")
        return value.text

    def refuse_number(self, value: Scalar, what: str) -> None:
        """Reports a phone number in a name: that of a person would be seen by everybody, and stand in a revision."""
        if wrong := refusal_in_name(value.text):
            self.problem(value.where, f"{what} {wrong}")

    def note(self) -> None:
        """Reads the `note` of something, for whoever reads the file: it is neither said nor shown."""
        note = self.take("note")
        if isinstance(note, Scalar) and (wrong := refusal_in_note(note.text)):
            self.problem(note.where, f"'note' {wrong}")

    def number(self, key: str, default: int, least: int, most: int, unit: str) -> int:
        """The whole number under a key, within limits."""
        value = self.text(key, str(default))
        short = value.text.isascii() and value.text.isdigit() and len(value.text) <= MOST_DIGITS
        if short and least <= int(value.text) <= most:
            return int(value.text)
        self.problem(value.where, f"'{key}' is '{value.text}'; give a whole number from {least} to {most} ({unit})")
        return default

    def word(self, key: str, default: str, known: Iterable[str]) -> str:
        """The word under a key, one of those known."""
        value, words = self.text(key, default), list(known)
        if value.text in words:
            return value.text
        self.problem(value.where, f"'{key}' is '{value.text}', which means nothing here{suggest(value.text, words)}")
        return default

    def section(self, key: str, label: str, *, hint: str | None = None) -> "Section":
        """The table under a key; a missing one is empty."""
        item = self.require(key, hint) if hint else self.take(key)
        return self.subsection(item, label)

    def subsection(self, item: Item | None, label: str) -> "Section":
        """An item as a table."""
        if isinstance(item, Table):
            return Section(item, label, self.findings)
        if item is not None:
            self.findings.problem(item.where, f"{label}: {_no_table(item)}")
        where = item.where if item else self.where
        return Section(Table((), where), label, self.findings, present=False)

    def entries(self) -> Iterator[tuple[Scalar, Item]]:
        """Every key and value. All keys then count as known."""
        self._taken.update(self._entries)
        return iter(self._entries.values())

    def names(self) -> Iterator[tuple[str, Scalar]]:
        """Every key by its text, without making it known."""
        return ((name, key) for name, (key, _) in self._entries.items())

    def refuse(self, where: Where, text: str) -> NoReturn:
        """Stops reading with a problem, if there is too much to read."""
        self.findings.refuse(where, f"{self.label}: {text}" if self.label else text)

    def at_most(self, most: int) -> "Section":
        """This table; reading stops if it has more than `most` entries."""
        if len(self._entries) > most:
            self.refuse(self.where, f"has {len(self._entries):,} entries; at most {most:,} are allowed")
        return self

    def items(self, key: str, *, most: int | None = None) -> tuple[Item, ...]:
        """The list under a key; a missing one is empty. Reading stops if it has more than `most` entries."""
        item = self.take(key)
        if item is None:
            return ()
        if isinstance(item, Listing):
            if most is not None and len(item.items) > most:
                self.refuse(item.where, f"'{key}' has {len(item.items):,} entries; at most {most:,} are allowed")
            return item.items
        empty = isinstance(item, Scalar) and not item.text
        wrong = EMPTY if empty else "has to be a list: lines that begin with a dash, or [one, two]"
        self.problem(item.where, f"'{key}' {wrong}")
        return ()

    def lacks(self, key: str) -> bool:
        """Whether a required key is missing and not just misspelt, as far as `refuse_unknown` can tell."""
        return key in self._missing

    def has(self, key: str) -> bool:
        return key in self._entries

    def where_of(self, key: str) -> Where:
        """The place of a value, or of the table if it is missing."""
        entry = self._entries.get(key)
        return entry[1].where if entry else self.where

    def refuse_unknown(self) -> None:
        """Reports every unknown key."""
        for name, (key, item) in self._entries.items():
            if name not in self._taken:
                if not said(item) and (found := uncoloned_key(name, self._missing)):  # {date2026-11-27}
                    self.findings.withdraw(self._missing.pop(found[0]))
                    self.problem(key.where, found[2])
                    continue
                known = sorted(self._taken)
                first = re.split(r"[:\uff1a]", name)[0]  # of go:leave, which is one word to YAML
                if missing := self._missing.pop(first if first in known else closest(name, known), None):
                    self.findings.withdraw(missing)  # it is there, misspelt: one mistake, one problem
                hint = "; a text with a comma in it needs quotes around it" if " " in name else suggest(name, known)
                joined = uncoloned(name) if first in known else None
                self.problem(key.where, joined or f"'{name}' is not a setting here{hint}")

    def attempt(self, where: Where, make: Callable[[], T], default: T) -> T:
        """What `make` returns; on ValueError `default`, and its text is a problem at `where`."""
        try:
            return make()
        except ValueError as error:
            self.problem(where, str(error))
            return default
