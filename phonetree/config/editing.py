"""Edits of hours.yaml by form: a closed day, a half day, an extra opening, added, changed or removed.

Only the lines of the entry change (`steps`). What comes out is compiled, and has to say exactly what was asked:
otherwise nothing is changed, and the editor is sent to the line in the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import assert_never

from phonetree.config.document import Value
from phonetree.config.edit_hours import CLOSURES, LISTS, OPENINGS, Lists, added_day, dated, first_day
from phonetree.config.hours import LONGEST_ENTRY_DAYS, YEARS
from phonetree.config.numbers import NumberRules
from phonetree.config.positions import Text
from phonetree.config.reader import LONGEST_NAME
from phonetree.config.site import HOURS, Loaded, made_of
from phonetree.config.splicing import holds_comments
from phonetree.config.steps import Move, Put, Said, Step, by_hand, taken, value_at
from phonetree.core.characters import refusal
from phonetree.core.numbers_in_texts import refusal_in_name
from phonetree.core.schedule import DatedHours, Schedule, first_name
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, EditError


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
    file = Said.of(loaded.contents[HOURS], HOURS)
    for step in _steps(file, loaded.site, edit):
        file = taken(file, step)
    return _verified(loaded, edit, file.data, folder, rules)


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
    bad = refusal(name) or refusal_in_name(name)
    return f"This {bad}" if bad else None


# -- the text


def _steps(file: Said, site: Site, edit: _Step) -> Iterator[Step]:
    """What is done to the text of hours.yaml for an edit."""
    lists = dated(file.value)
    match edit:
        case Add(entry):
            yield added_day(lists, list_of(site.schedule, entry), entry_value(entry, tuple(site.languages)))
        case Change(before, after):
            yield from _changed(file.text, lists, site, _find(site.schedule, before), after)
        case Remove(entry):
            yield _removed(file.text, lists, *_place(file.text, _find(site.schedule, entry)))
        case _:
            assert_never(edit)


def list_of(schedule: Schedule, entry: DatedHours) -> str:
    """The list that an entry belongs into: an opening is on days that have no hours otherwise."""
    return OPENINGS if entry.spans and closed_anyway(schedule, entry) else CLOSURES


def closed_anyway(schedule: Schedule, entry: DatedHours) -> bool:
    """Whether the days of an entry have no hours by the week and the holidays."""
    days = ((entry.first.toordinal() + number) for number in range((entry.last - entry.first).days + 1))
    return all(schedule.holidays(day) is not None or not schedule.week.on(day) for day in map(date.fromordinal, days))


def _removed(file: Text, lists: Lists, key: str, number: int) -> Put:
    """The list goes with its only entry, unless it is in brackets or a comment stands in it."""
    listing = file.at((key,))
    if listing.flow or listing.length > 1 or holds_comments(file, (key,)):
        return Put((key, number), lists[key][number], None)
    return Put((key,), lists[key], None)


def _changed(file: Text, lists: Lists, site: Site, before: DatedHours, after: DatedHours) -> Iterator[Step]:
    key, number = _place(file, before)
    was = lists[key][number]
    note = value_at(was, ("note",))
    value = entry_value(after, tuple(site.languages), note if isinstance(note, str) else None)
    if key == OPENINGS and not after.spans:
        yield _removed(file, lists, key, number)
        yield added_day(lists, CLOSURES, value)
        return
    yield Put((key, number), was, value)
    items = (*lists[key][:number], value, *lists[key][number + 1 :])
    firsts = [first_day(item) for item in items]
    neighbours = firsts[max(0, number - 1) : number + 2]
    if neighbours != sorted(neighbours):
        earlier = [each for each in range(len(firsts)) if each != number and firsts[each] < firsts[number]]
        behind = max(earlier, key=lambda each: firsts[each], default=None)
        yield Move((key, number), behind, items)


def _place(file: Text, entry: DatedHours) -> tuple[str, int]:
    """The list and the number of an entry."""
    for key in LISTS:
        found = file.root.find((key,))
        for number, item in enumerate(found[1].items if found else ()):
            if item.place == entry.place:
                return key, number
    raise by_hand(entry.place[0], "the entry was not found where it should be", HOURS)


def entry_value(entry: DatedHours, languages: Sequence[str], note: str | None = None) -> Mapping[str, Value]:
    """What the file says for an entry, with a note if it had one."""
    value: dict[str, Value] = (
        {"date": f"{entry.first}"} if entry.first == entry.last else {"from": f"{entry.first}", "to": f"{entry.last}"}
    )
    if entry.spans:
        value["open"] = ", ".join(map(str, entry.spans))
    if entry.names:
        only = set(entry.names) <= {languages[0]}  # plain text if only the first language has one
        value["name"] = entry.names.get(languages[0], "") if only else dict(entry.names)
    return value | ({"note": note} if note is not None else {})


# -- what came out


def _verified(loaded: Loaded, edit: _Step, data: bytes, folder: Path, rules: NumberRules) -> Loaded:
    """The site with the new file. Raises EditError unless it means what was asked."""
    line = _line(loaded.site.schedule, edit)
    try:
        made = made_of({**loaded.contents, HOURS: data}, folder, rules)
    except ConfigError as error:
        raise by_hand(line, f"this cannot be done by form: {error.problems[0].text}", HOURS) from None
    if made.site.schedule.dated != _expected(loaded.site.schedule, edit):
        raise by_hand(line, "this cannot be done by form without changing something else", HOURS)
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
