"""The form for a day: what was typed, and the edit that it asks for."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

from phonetree.config.editing import Add, Change, Edit, Join, Part, Remove
from phonetree.config.spans import spans_of
from phonetree.core.schedule import DatedHours, Names, Span
from phonetree.errors import EditError


@dataclass(frozen=True, slots=True)
class EntryForm:
    """What was typed, as it was typed. `old` is the entry that is changed or removed ("" when one is added), `began`
    the revision that the page showed, `remove` whether the entry is to go, and `whole` the closed days that it is to be
    part of ("": none). `only` is the one day of an entry of several
    days that it is about ("": it is about the whole entry)."""

    first: str
    last: str = ""
    open: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    old: str = ""
    began: str = ""
    remove: bool = False
    only: str = ""
    whole: str = ""

    @classmethod
    def of(cls, sent: Mapping[str, str], languages: Sequence[str]) -> "EntryForm":
        """What a form sent."""
        only = sent.get("only", "")
        return cls(
            only or sent.get("first", "").strip(),
            "" if only else sent.get("last", "").strip(),
            " ".join(sent.get("open", "").split()),
            {language: " ".join(sent.get(f"name.{language}", "").split()) for language in languages},
            sent.get("old", ""),
            sent.get("began", ""),
            sent.get("remove") == "1",
            only,
            sent.get("whole", ""),
        )

    @classmethod
    def showing(cls, day: date, entry: DatedHours | None, began: str, *, whole: bool = False) -> "EntryForm":
        """The form of a day as it is in the files; of the `whole` entry, if that has several days."""
        if entry is None:
            return cls(f"{day}", began=began)
        last = f"{entry.last}" if entry.last != entry.first else ""
        hours = ", ".join(map(str, entry.spans))
        if last and not whole:
            return cls(f"{day}", "", hours, entry.names, _packed(entry), began, only=f"{day}")
        return cls(f"{entry.first}", last, hours, entry.names, _packed(entry), began)

    def fields(self) -> Mapping[str, str]:
        """What to send for the same again."""
        names = {f"name.{language}": name for language, name in self.names.items()}
        found = {"began": self.began, "old": self.old, "first": self.first, "last": self.last, "open": self.open}
        found |= {"only": self.only, "whole": self.whole}
        return {name: text for name, text in (found | names | {"remove": "1" * self.remove}).items() if text}

    def because(self, names: Names) -> "EntryForm":
        """The same with a reason that was picked."""
        return replace(self, names=names)

    def part_of(self, whole: DatedHours) -> "EntryForm":
        """The same, as part of closed days."""
        return replace(self, whole=_packed(whole))

    def instead_of(self, entry: DatedHours) -> "EntryForm":
        """The same as a change of an entry that is in the way; of one day of it, if this is about one day."""
        only = self.first if entry.first != entry.last and self.last in ("", self.first) else ""
        return replace(self, old=_packed(entry), only=only, remove=False)

    def edit(self, languages: Names) -> Edit:
        """What it asks for, with a reason in each of these languages or in none; their names are by language. Raises
        EditError with what is wrong in each field."""
        old = _unpacked(self.old) if self.old else None
        if self.only and old:
            return self._part(old, languages)
        if self.remove and old:
            return Remove(old)
        if self.whole and old:
            return Join(old, _unpacked(self.whole))
        entry = self._entry(languages)
        return Change(old, entry) if old else Add(entry)

    def _part(self, old: DatedHours, languages: Names) -> Part:
        if self.remove:
            with suppress(ValueError):
                return Part(old, date.fromisoformat(self.only), None)
        entry = self._entry(languages)
        if (entry.spans, entry.names) == (old.spans, old.names):
            raise EditError({"open": "This changes nothing; write other hours for this day, such as 9:00-12:00"})
        return Part(old, entry.first, entry)

    def _entry(self, languages: Names) -> DatedHours:
        wrong: dict[str, str] = {}
        first = _day(self.first, "first", wrong)
        last = _day(self.last, "last", wrong) if self.last else first
        spans: tuple[Span, ...] = ()
        try:
            spans = spans_of(self.open) if self.open else ()
        except ValueError as error:
            wrong["open"] = str(error)
        if first and last and last < first:
            wrong["last"] = "The last day is before the first one"
        names = {language: name for language, name in self.names.items() if name}
        for language, called in languages.items() if names else ():
            if language not in names:
                wrong[f"name.{language}"] = f"Write the reason in {called}, too"
        if wrong or not (first and last):
            raise EditError(wrong)
        return DatedHours(first, last, spans, names)


def _day(text: str, name: str, wrong: dict[str, str]) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text)
    wrong[name] = "Write the day as year-month-day, such as 2026-12-04"
    return None


def _packed(entry: DatedHours) -> str:
    """An entry as a form carries it."""
    spans = [(span.start, span.end) for span in entry.spans]
    return json.dumps([f"{entry.first}", f"{entry.last}", spans, dict(entry.names)], ensure_ascii=False)


def _unpacked(text: str) -> DatedHours:
    """The entry that a form carries. Raises EditError when it was garbled on the way."""
    try:
        first, last, spans, names = json.loads(text)
        entry = DatedHours(
            date.fromisoformat(first),
            date.fromisoformat(last),
            tuple(Span(start, end) for start, end in spans),
            {str(language): str(name) for language, name in names.items()},
        )
        "".join(entry.names.values()).encode()  # half of a pair of surrogates is no text
        "".join(entry.names).encode()
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise EditError({"": "This form cannot be read any more; open the day again"}) from None
    return entry
