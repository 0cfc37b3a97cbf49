"""Edits of hours.yaml by form: a closed day, a half day, an extra opening, added, changed or removed.

Only the lines of the entry change (`splicing`). What comes out is read by the compiler, and has to say exactly what was
asked: otherwise nothing is changed, and the editor is sent to the line in the file.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import assert_never

from phonetree.config import document, splicing
from phonetree.config.hours import LONGEST_ENTRY_DAYS, YEARS
from phonetree.config.numbers import NumberRules
from phonetree.config.reader import LONGEST_NAME
from phonetree.config.site import HOURS, Loaded, made_of
from phonetree.config.splicing import BOM, ByHandError, Node, Text
from phonetree.core.characters import named, unfit
from phonetree.core.schedule import DatedHours, Schedule, first_name
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, EditError

CLOSURES, OPENINGS = "closures", "openings"
LISTS = (CLOSURES, OPENINGS)


@dataclass(frozen=True, slots=True)
class Add:
    """A new entry: closed if it has no spans, otherwise open then, whatever the day usually is."""

    entry: DatedHours


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that says something else from now on."""

    before: DatedHours
    after: DatedHours


@dataclass(frozen=True, slots=True)
class Remove:
    """An entry less."""

    entry: DatedHours


@dataclass(frozen=True, slots=True)
class Part:
    """One day of an entry of several days, that says something else from now on, or is as usual (None). The days before
    and after it stay as they are, each as an entry."""

    entry: DatedHours
    day: date
    after: DatedHours | None

    def steps(self) -> tuple["_Step", ...]:
        """What is done for it, one after the other: the entry becomes shorter, and the others are added."""
        parts = []
        if self.entry.first < self.day:
            parts.append(replace(self.entry, last=self.day - _DAY))
        if self.day < self.entry.last:
            parts.append(replace(self.entry, first=self.day + _DAY))
        shorter, *others = parts
        added = (*others, *((self.after,) if self.after else ()))
        return (Change(self.entry, shorter), *map(Add, added))


@dataclass(frozen=True, slots=True)
class Join:
    """An entry that becomes part of the closed days beside it: with them it is the `whole` one that they were once."""

    entry: DatedHours
    whole: DatedHours

    @property
    def parts(self) -> tuple[DatedHours, ...]:
        """What there is of the whole entry already, before and after."""
        before = replace(self.whole, last=self.entry.first - _DAY) if self.whole.first < self.entry.first else None
        after = replace(self.whole, first=self.entry.last + _DAY) if self.entry.last < self.whole.last else None
        return tuple(filter(None, (before, after)))

    def steps(self) -> tuple["_Step", ...]:
        """What is done for it: all but one are removed, and that one becomes the whole."""
        kept, *others = self.parts
        return (*map(Remove, (self.entry, *others)), Change(kept, self.whole))


_DAY = timedelta(days=1)

_Step = Add | Change | Remove
"""What changes one entry."""

Edit = _Step | Part | Join
"""Entries are found by what they say, so that a form that is out of date cannot change another one."""


def edited(loaded: Loaded, edit: Edit, folder: Path, rules: NumberRules, today: date) -> Loaded:
    """The site with an edit made to its hours.yaml; `folder` has its audio. Raises EditError."""
    _check(edit, loaded.site, today)
    for step in edit.steps() if isinstance(edit, Part | Join) else (edit,):
        loaded = _made(loaded, step, folder, rules)
    return loaded


def _made(loaded: Loaded, edit: _Step, folder: Path, rules: NumberRules) -> Loaded:
    before = loaded.contents[HOURS].decode()
    bom, text = (BOM, before[1:]) if before.startswith(BOM) else ("", before)
    try:
        after = bom + _spliced(splicing.read(text), loaded.site, edit)
    except ByHandError as error:
        raise by_hand(error.line, str(error)) from None
    return _verified(loaded, edit, after.encode(), folder, rules)


def by_hand(line: int, why: str) -> EditError:
    """What to do when a form cannot change the file."""
    return EditError({"": f"{why[0].upper()}{why[1:]}; edit the file by hand at line {line} of {HOURS}"})


def joined(schedule: Schedule, entry: DatedHours) -> DatedHours | None:
    """The closed days that an entry with hours would be part of, if it had not been made of one of them: those right
    before and after it, or one of them; None if the line is open there."""
    if not entry.spans:
        return None
    closed = [each for each in schedule.dated if not each.spans]
    before = next((each for each in closed if each.last + _DAY == entry.first), None)
    after = next((each for each in closed if entry.last + _DAY == each.first), None)
    if before and after and before.names == after.names:
        return replace(before, last=after.last)
    if before:
        return replace(before, last=entry.last)
    return replace(after, first=entry.first) if after else None


def described(entry: DatedHours) -> str:
    """An entry in words: "Friday 4 December 2026 (snow day)"."""
    days = in_words(entry.first)
    if entry.last != entry.first:
        days = f"{days} to {in_words(entry.last)}"
    hours = f", open {' and '.join(span.words for span in entry.spans)}" if entry.spans else ""
    name = f" ({first_name(entry.names)})" if entry.names else ""
    return f"{days}{hours}{name}"


def in_words(day: date) -> str:
    """A date in words: "Friday 4 December 2026"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


# -- what is asked


def _check(edit: Edit, site: Site, today: date) -> None:
    dated = site.schedule.dated
    match edit:
        case Add(entry):
            problems = dict(_wrong(entry, site, today, dated))
        case Change(before, after):
            _find(site.schedule, before)
            problems = dict(_wrong(after, site, today, tuple(each for each in dated if each != before)))
        case Remove(entry):
            _find(site.schedule, entry)
            problems = {}
        case Part(before, day, after):
            _find(site.schedule, before)
            problems = {} if before.first <= day <= before.last and before.first < before.last else {"": _GARBLED}
            if day < today:
                problems[""] = f"{in_words(day)} is over; choose today or a later day"
            if after:
                problems |= _wrong(after, site, today, tuple(each for each in dated if each != before))
        case Join(entry, whole):
            if not edit.parts or not whole.first <= entry.first <= entry.last <= whole.last:
                raise EditError({"": _GARBLED})
            gone = [_find(site.schedule, each) for each in (entry, *edit.parts)]
            problems = dict(_wrong(whole, site, today, tuple(each for each in dated if each not in gone)))
            if entry.last < today:
                problems[""] = f"{in_words(entry.last)} is over; choose today or a later day"
        case _:
            assert_never(edit)
    if problems:
        raise EditError(problems)


_GARBLED = "This day is not one of several of an entry; open it again"


def _find(schedule: Schedule, entry: DatedHours) -> DatedHours:
    """The entry of the file that says the same, which knows its place."""
    for each in schedule.dated:
        if each == entry:
            return each
    text = f"{described(entry)} is not in the file any more: somebody changed or removed it; see what is there now"
    raise EditError({"": text})


def _wrong(entry: DatedHours, site: Site, today: date, others: tuple[DatedHours, ...]) -> Iterator[tuple[str, str]]:
    """The fields of an entry that are wrong, each with a sentence."""
    if entry.last < today:
        yield "last", f"{in_words(entry.last)} is over; choose today or a later day"
    elif entry.last.year > YEARS[1]:
        yield "last", f"{in_words(entry.last)} is too far ahead; check the year"
    elif (days := (entry.last - entry.first).days + 1) > LONGEST_ENTRY_DAYS:
        yield "last", f"This is {days} days; at most {LONGEST_ENTRY_DAYS} are allowed. Check the years"
    for other in others:
        if other.first <= entry.last and entry.first <= other.last:
            yield "first", f"There is already an entry for {described(other)}; change or remove that one"
    for language, name in _names(entry, site):
        if wrong := _wrong_name(name):
            yield f"name.{language}", wrong


def _names(entry: DatedHours, site: Site) -> Iterator[tuple[str, str]]:
    """The names that have to be checked: those given, and on a closed day, of which callers hear why, that in the first
    language."""
    needed = {} if entry.spans else {site.first_language: ""}
    yield from (needed | dict(entry.names)).items()


def _wrong_name(name: str) -> str | None:
    if not name.strip():
        return "Say what the day is, such as: snow day"
    if len(name) > LONGEST_NAME:
        return f"This has {len(name)} characters; at most {LONGEST_NAME} are allowed, since it is spoken"
    if set("{}") & set(name):
        return "Write it without braces; it is said as written"
    if bad := unfit(name):
        return f"This holds a character that cannot be seen or spoken ({named(bad)}); type it again"
    return None


# -- the text


def _spliced(file: Text, site: Site, edit: _Step) -> str:
    schedule, languages = site.schedule, tuple(site.languages)
    match edit:
        case Add(entry):
            key = list_of(schedule, entry)
            return splicing.add(file, key, splicing.written(entry, languages), _before(file, key, entry))
        case Change(before, after):
            return _changed(file, site, _find(schedule, before), after)
        case Remove(entry):
            return splicing.remove(file, *_place(file, _find(schedule, entry)))
        case _:
            assert_never(edit)


def list_of(schedule: Schedule, entry: DatedHours) -> str:
    """The list that an entry belongs into: an opening is on days that have no hours otherwise."""
    return OPENINGS if entry.spans and closed_anyway(schedule, entry) else CLOSURES


def closed_anyway(schedule: Schedule, entry: DatedHours) -> bool:
    """Whether the days of an entry have no hours by the week and the holidays."""
    days = ((entry.first.toordinal() + number) for number in range((entry.last - entry.first).days + 1))
    return all(schedule.holidays(day) is not None or not schedule.week.on(day) for day in map(date.fromordinal, days))


def _changed(file: Text, site: Site, before: DatedHours, after: DatedHours) -> str:
    languages = tuple(site.languages)
    key, number = _place(file, before)
    if key == OPENINGS and not after.spans:
        node = _items(file, key)[number]
        note = node.find("note")
        written = splicing.written(after, languages, note[1].value if note else None)
        without = splicing.read(splicing.remove(file, key, number))
        # what stands above the entry stays where it is, so the places of others are those of the new text
        return splicing.add(without, CLOSURES, written, _before(without, CLOSURES, after))
    changed = splicing.read(splicing.change(file, _items(file, key)[number], before, after, languages))
    firsts = [_first(item) for item in _items(changed, key)]
    neighbours = (*firsts[max(0, number - 1) : number], firsts[number], *firsts[number + 1 : number + 2])
    if list(neighbours) == sorted(neighbours):
        return changed.text
    earlier = [each for each in range(len(firsts)) if each != number and firsts[each] < firsts[number]]
    return splicing.move(changed, key, number, max(earlier, key=lambda each: firsts[each], default=None))


def _items(file: Text, key: str) -> tuple[Node, ...]:
    section = file.root.find(key)
    return section[1].items if section else ()


def _place(file: Text, entry: DatedHours) -> tuple[str, int]:
    """The list and the number of an entry."""
    for key in LISTS:
        for number, item in enumerate(_items(file, key)):
            if item.place == entry.place:
                return key, number
    raise ByHandError(entry.place[0], "the entry was not found where it should be")


def _before(file: Text, key: str, entry: DatedHours) -> int | None:
    """The number of the entry behind which a new one belongs: the last one that begins earlier."""
    firsts = [_first(item) for item in _items(file, key)]
    earlier = [number for number, first in enumerate(firsts) if first < f"{entry.first}"]
    return max(earlier, key=lambda number: firsts[number], default=None)


def _first(item: Node) -> str:
    """The first day of an entry, as written: year-month-day, which sorts."""
    return next(value.value or "" for key, _, value in item.entries() if key in ("date", "from"))


# -- what came out


def _verified(loaded: Loaded, edit: _Step, data: bytes, folder: Path, rules: NumberRules) -> Loaded:
    """The site with the new file. Raises EditError unless it says what was asked, and nothing else is different."""
    line = _line(loaded.site.schedule, edit)
    try:
        made = made_of({**loaded.contents, HOURS: data}, folder, rules)
        was, now = (_Said.of(each) for each in (loaded.contents[HOURS], data))
    except ConfigError as error:
        raise by_hand(line, f"this cannot be done by form: {error.problems[0].text}") from None
    exact = made.site.schedule.dated == _expected(loaded.site.schedule, edit)
    if not (exact and was.differs_only_by_one_entry(now, edit)):
        raise by_hand(line, "this cannot be done by form without changing something else")
    return made


def _line(schedule: Schedule, edit: _Step) -> int:
    """The line of the entry, or of the one behind which a new one belongs."""
    match edit:
        case Add(entry):
            earlier = [each.place[0] for each in schedule.dated if each.first < entry.first]
            return earlier[-1] if earlier else 1
        case Change(entry, _) | Remove(entry):
            return _find(schedule, entry).place[0]
        case _:
            assert_never(edit)


def _expected(schedule: Schedule, edit: _Step) -> tuple[DatedHours, ...]:
    match edit:
        case Add(entry):
            entries = [*schedule.dated, entry]
        case Change(before, after):
            entries = [after if each == before else each for each in schedule.dated]
        case Remove(entry):
            entries = [each for each in schedule.dated if each != entry]
        case _:
            assert_never(edit)
    return tuple(sorted(entries, key=lambda each: each.first))


_Plain = str | tuple["_Plain", ...]


@dataclass(frozen=True, slots=True)
class _Said:
    """What a file says: everything but the entries, the entries in any order, the comments in any order."""

    others: tuple[tuple[str, _Plain], ...]
    entries: Counter[_Plain]
    comments: Counter[str]

    @classmethod
    def of(cls, data: bytes) -> "_Said":
        table = document.parse(data, HOURS)
        lists = [item for key, item in table.entries if key.text in LISTS and isinstance(item, document.Listing)]
        return cls(
            tuple((key.text, _plain(item)) for key, item in table.entries if key.text not in LISTS),
            Counter(_plain(item) for each in lists for item in each.items),
            Counter(splicing.comments(data.decode("utf-8-sig"))),
        )

    def differs_only_by_one_entry(self, new: "_Said", edit: _Step) -> bool:
        gone, come = self.entries - new.entries, new.entries - self.entries
        expected = {Add: (0, 1), Remove: (1, 0), Change: (1, 1)}[type(edit)]
        told = new.comments <= self.comments if isinstance(edit, Remove) else new.comments == self.comments
        same_entry = edit.before == edit.after if isinstance(edit, Change) else False
        return (
            self.others == new.others
            and told
            and ((gone.total(), come.total()) == expected or (same_entry and not gone and not come))
        )


def _plain(item: document.Item) -> _Plain:
    """An item without its places."""
    match item:
        case document.Scalar(text):
            return text
        case document.Table(entries):
            return tuple((key.text, _plain(value)) for key, value in entries)
        case document.Listing(items):
            return tuple(map(_plain, items))
