"""The forms of what concerns the helpline as a whole: the weekly hours and holidays, its sentences, its pages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phonetree.config.document import Value
from phonetree.config.edit_hours import (
    LISTS,
    AddDay,
    RemoveDay,
    SetCalendars,
    SetDayName,
    SetHolidayName,
    SetWeek,
    SetZone,
    dated,
    first_day,
)
from phonetree.config.edit_nodes import SetEnd, SetStart
from phonetree.config.edit_places import items, table
from phonetree.config.edit_prompts import SetPhrase
from phonetree.config.edit_rules import BUDGETS, AddPromise, RemovePromise, SetAlike, SetBudget, SetHelpline, SetLink
from phonetree.config.edits import FormEdit
from phonetree.config.hours import holidays_of
from phonetree.config.positions import Path
from phonetree.config.prompts import LINKS
from phonetree.config.steps import value_at
from phonetree.console.form_fields import (
    Group,
    Input,
    Languages,
    Typed,
    dotted,
    hours_text,
    hours_value,
    named,
    text_of,
    typed_below,
    typed_value,
)
from phonetree.core.phrases import PHRASES
from phonetree.diff.limits import LIMITS

HELPLINE_NUMBERS = {
    "number": ("Number that callers dial", "With + and the country code."),
    "provider_number": ("Number at the provider", "Where calls are forwarded to another number. Empty: the same."),
}
CALLER_ID = (("", "the number that callers dial"), ("provider", "the number at the provider"))
_EMERGENCY = "What callers dial in danger. Empty: that of the helpline's country, such as 911 or 112, if it is known."
_EXIT = "The page that covers the helpline's own at once; begins with https://. Empty: a weather page."

SECONDS = LIMITS


NEW, NAME, PROMISE = "days.new", "names.new", "promises.new"
_WRITTEN = ("reaches", "keys", "within", "language")
_ZONE = "That of a large city that has your time, such as America/New_York. All hours are in it."
_DAYS = "To change one, remove it and add another. One that has to hold at once is closed on Schedule."


@dataclass(frozen=True, slots=True)
class HoursForm:
    """The form of the weekly hours and of public holidays."""

    hours: Value
    languages: Languages

    def now(self) -> Value:
        """What the file says about them."""
        return {key: each for key, each in table(self.hours).items() if key in ("timezone", "open", "holidays", *LISTS)}

    def field_at(self, way: Path) -> str:
        """What the fields are called of a place in the file."""
        match way:
            case (str(key), int(number), *rest) if key in LISTS:
                names = [name for name, _ in _days({each: items(self.hours, each) for each in LISTS})]
                return dotted((names[number if key == LISTS[0] else number + len(items(self.hours, LISTS[0]))], *rest))
            case ("holidays", *rest):
                return dotted(rest or ("calendars",))
            case _:
                return dotted(way)

    def groups(self, said: Value) -> Iterator[Group]:
        """Its fields, with what the file says."""
        week = "A line for each day or days, such as monday-friday: 9:00-12:00, 13:00-17:00. Other days are closed."
        yield Group(
            "The week",
            (
                Input("open", "Hours", hours_text(value_at(said, ("open",))), "lines", week),
                Input("timezone", "Time zone", text_of(said, "timezone"), hint=_ZONE),
            ),
        )
        ticks = [Input(f"{name}.remove", f"Remove {_day(each)}", "", "tick") for name, each in _days(said)]
        yield Group(
            "Closed days, and days with hours of their own", tuple(ticks), _DAYS if ticks else "There are none."
        )
        for about, each in _days(said):
            yield from self._words_that_lack(about, each)
        yield Group(
            "A new day",
            (
                Input(f"{NEW}.date", "First day", hint="Year-month-day, such as 2026-12-04."),
                Input(f"{NEW}.to", "Last day", hint="Empty: the same."),
                Input(f"{NEW}.open", "Hours", hint="Such as 9:00-12:00. Empty: closed."),
                *self.languages.texts(f"{NEW}.name", None, "As callers hear it: snow day.", required=False),
                Input(f"{NEW}.note", "Note", hint="For staff; callers neither hear nor see it."),
            ),
            "Leave it empty to add no day.",
            wide=True,
            about=NEW,
        )
        calendars = "Countries and states with commas between, such as US, US-MA. Empty: the line opens on holidays."
        shown = ", ".join(_calendars(said))
        yield Group("Public holidays", (Input("calendars", "Calendars", shown, hint=calendars),))
        for holiday, name in table(said, "holidays", "names").items():
            texts = self.languages.texts(f"names.{holiday}", name, required=False)
            yield Group(holiday, tuple(texts), "As callers hear it. Empty: as in the calendar.", wide=True)
        renamed = table(said, "holidays", "names").keys()
        found = holidays_of(_calendars(said)).items()
        others = [(name, " / ".join(called)) for name, called in found if renamed.isdisjoint(called)]
        options = (("", "none"), *others)
        which = Input(f"{NAME}.holiday", "Holiday, as in the calendar", "", "choose", "", options)
        words = self.languages.texts(f"{NAME}.name", None, "As callers hear it.", required=False)
        yield Group("A holiday with another name", (which, *words), wide=True)

    def _words_that_lack(self, name: str, day: Value) -> Iterator[Group]:
        """The words of a day, if they lack in a language. One that is open needs none."""
        called, closed = value_at(day, ("name",)), not text_of(day, "open")
        words = tuple(self.languages.texts(f"{name}.name", called, required=closed))
        if any(text.missing for text in words):
            yield Group(f"Words for {_day(day)}", words, "As callers hear it.", wide=True, about=name)

    def edits(self, before: Value, typed: Typed) -> Iterator[FormEdit]:
        """What to do so that the file says what was typed, where that differs from `before`."""
        if "open" in typed:
            after = hours_value(typed["open"])
            yield SetWeek(table(before, "open"), {after: ""} if isinstance(after, str) else table(after or ""))
        zone = text_of(before, "timezone")
        yield SetZone(zone, typed_value(typed, "timezone", zone) or "")
        for holiday, was in table(before, "holidays", "names").items():
            yield SetHolidayName(holiday, was, self.languages.typed(typed, f"names.{holiday}", was))
        if "calendars" in typed:  # behind the names, which have to be gone before the last calendar is
            words = tuple(word.strip() for word in typed["calendars"].split(",") if word.strip())
            yield SetCalendars(_calendars(before), words)
        if holiday := typed.get(f"{NAME}.holiday", ""):
            yield SetHolidayName(holiday, None, self.languages.typed(typed, f"{NAME}.name", None))
        for name, day in _days(before):
            called = value_at(day, ("name",))
            after_called = self.languages.typed(typed, f"{name}.name", called)
            if typed.get(f"{name}.remove"):
                yield RemoveDay(day, f"{name}.remove")
            elif after_called != called:
                yield SetDayName(day, after_called, name)
        if typed_below(typed, NEW):
            first, last = (typed_value(typed, f"{NEW}.{field}", None) for field in ("date", "to"))
            found: dict[str, Value | None] = {"from": first, "to": last} if last and last != first else {"date": first}
            found["open"] = typed_value(typed, f"{NEW}.open", None)
            found["name"] = self.languages.typed(typed, f"{NEW}.name", None)
            found["note"] = typed_value(typed, f"{NEW}.note", None)
            yield AddDay({key: each for key, each in found.items() if each is not None}, NEW)


def _days(said: Value) -> list[tuple[str, Value]]:
    """What the field of each dated entry begins with, and the entry."""
    days = [each for items in dated(said).values() for each in items]
    return list(zip(named("days", map(first_day, days)), days, strict=True))


def _day(entry: Value) -> str:
    last = text_of(entry, "to")
    name = value_at(entry, ("name",))
    words = name if isinstance(name, str) else next((each for each in table(name or "").values()), "")
    hours = f", open {text_of(entry, 'open')}" if text_of(entry, "open") else ""
    return f"{first_day(entry)}{f' to {last}' if last else ''}{hours}{f' ({words})' if words else ''}"


def _calendars(said: Value) -> tuple[str, ...]:
    return tuple(each for each in items(said, "holidays", "calendars") if isinstance(each, str))


@dataclass(frozen=True, slots=True)
class PhrasesForm:
    """The form of the product's own sentences, where they are worded differently."""

    routing: Value
    languages: Languages

    def now(self) -> Value:
        """What the file says about them."""
        return table(self.routing, "phrases")

    def field_at(self, way: Path) -> str:
        """What the fields are called of a place in the file."""
        return dotted(way)

    def groups(self, said: Value) -> Iterator[Group]:
        """Its fields: a group for each sentence."""
        for phrase, english in PHRASES["en"].items():
            inputs = tuple(
                Input(
                    f"phrases.{language}.{phrase}", called, text_of(said, language, phrase), "lines",
                    PHRASES.get(language, {}).get(phrase, ""), language=language,
                )
                for language, called in self.languages.names.items()
            )  # fmt: skip
            yield Group(phrase.replace("_", " "), inputs, f"Instead of: {english}", wide=True)

    def edits(self, before: Value, typed: Typed) -> Iterator[FormEdit]:
        """What to do so that the file says what was typed, where that differs from `before`."""
        for phrase in PHRASES["en"]:
            for language in self.languages.names:
                name, was = f"phrases.{language}.{phrase}", text_of(before, language, phrase) or None
                after = typed_value(typed, name, was)
                if after != was:
                    yield SetPhrase(language, phrase, was, after)


@dataclass(frozen=True, slots=True)
class HelplineForm:
    """The form of the helpline itself: its name, its pages, where calls begin, limits in seconds."""

    routing: Value
    languages: Languages

    def now(self) -> Value:
        """What the file says about it."""
        keys = ("helpline", "links", "start", "ended", "last_resort", "budgets", "alike", "promises")
        return {key: each for key, each in table(self.routing).items() if key in keys}

    def field_at(self, way: Path) -> str:
        """What the fields are called of a place in the file."""
        match way:
            case ("promises", int(number), *rest):
                before = items(self.routing, "promises")[: number + 1]
                known = _promises({"promises": before})
                return dotted((known[-1][0], *rest)) if known and isinstance(before[-1], Mapping) else ""
            case _:
                return dotted(way)

    def groups(self, said: Value) -> Iterator[Group]:
        """Its fields, with what the file says."""
        yield Group(
            "The helpline",
            (
                Input("helpline.name", "Name", text_of(said, "helpline", "name")),
                Input("helpline.email", "E-mail address", text_of(said, "helpline", "email")),
                Input(
                    "helpline.emergency", "Emergency number", text_of(said, "helpline", "emergency"), hint=_EMERGENCY
                ),
                Input("helpline.exit", "Where Quick Exit leads", text_of(said, "helpline", "exit"), hint=_EXIT),
            ),
        )
        numbers = [
            Input(f"helpline.{field}", label, text_of(said, "helpline", field), hint=hint)
            for field, (label, hint) in HELPLINE_NUMBERS.items()
        ]
        shown = text_of(said, "helpline", "caller_id")
        numbers.append(Input("helpline.caller_id", "Number that phones see", shown, "choose", "", CALLER_ID))
        yield Group("Its numbers", tuple(numbers), "Ask whoever runs the server first: calls have to come from there.")
        none = "Begins with https://. Empty: sentences that speak of it are left out."
        links = [Input(f"links.{name}", f"Page: {name}", text_of(said, "links", name), hint=none) for name in LINKS]
        yield Group("Its own pages", tuple(links))
        nodes, lines = (tuple((each, each) for each in table(self.routing, key)) for key in ("nodes", "resources"))
        begins = {"open": "When the line is open", "closed": "When it is closed", "holiday": "On holidays"}
        starts = [
            Input(f"start.{kind}", label, text_of(said, "start", kind), "choose", "", nodes)
            for kind, label in begins.items()
        ]
        ended = Input("ended", "After a conversation", text_of(said, "ended"), "choose", "", (("", "none"), *nodes))
        resort = "The outside line that callers reach if the server itself fails. It has to be always open."
        last = Input("last_resort", "Last resort", text_of(said, "last_resort"), "choose", resort, lines)
        yield Group("Where calls begin and end", (*starts, ended, last))
        limits = [Input(f"budgets.{name}", SECONDS[name], text_of(said, "budgets", name)) for name in BUDGETS]
        yield Group("Limits, in seconds", tuple(limits), "An edit that breaks one cannot be published.")
        alike = (
            "Nodes that count as the same, so that a key may lead to one by day and to the other by night. A line for "
            "each group, with commas between."
        )
        yield Group("The same by day and by night", (Input("alike", "Groups", _alike_text(said), "lines", alike),))
        ticks = [Input(f"{name}.remove", f"Remove: {_promised(each)}", "", "tick") for name, each in _promises(said)]
        hint = _PROMISES if ticks else f"There are none. {_PROMISES}"
        yield Group("Promises of your own", tuple(ticks), hint, about="promises")
        hint = "Choose what callers reach, or leave it empty to add none."
        yield Group("A new promise", tuple(self._new_promise()), hint, about=PROMISE)

    def _new_promise(self) -> Iterator[Input]:
        when = (("open", "open"), ("closed", "closed"), ("holiday", "on holidays"), ("always", "always"))
        reached: dict[str, str] = {}
        for key, kind in (("resources", "line"), ("teams", "team"), ("nodes", "node")):  # as the file is read
            for each in table(self.routing, key):
                reached.setdefault(each, kind)
        names = (("", "no new promise"), *((each, f"{each} ({kind})") for each, kind in reached.items()))
        yield Input(f"{PROMISE}.reaches", "Callers reach", "", "choose", "A line, a team or a node.", names)
        yield Input(f"{PROMISE}.when", "When the line is", "open", "choose", "", when)
        yield Input(
            f"{PROMISE}.keys", "Whoever presses", hint="Keys with commas between, such as 2, 1. Empty: nothing."
        )
        yield Input(f"{PROMISE}.within", "Within seconds", hint="Empty: no limit.")
        spoken = (("", "every language"), *self.languages.names.items())
        yield Input(f"{PROMISE}.language", "In which language", "", "choose", "", spoken)

    def edits(self, before: Value, typed: Typed) -> Iterator[FormEdit]:
        """What to do so that the file says what was typed, where that differs from `before`."""
        for field in ("name", "email", "emergency", "exit", *HELPLINE_NUMBERS, "caller_id"):
            was = text_of(before, "helpline", field) or None
            yield SetHelpline(field, was, typed_value(typed, f"helpline.{field}", was))
        for name in LINKS:
            link = value_at(before, ("links", name))
            address = typed_value(typed, f"links.{name}", link) or ""
            if address != (link or ""):
                yield SetLink(name, link if isinstance(link, str) else None, address)
        for kind in table(before, "start"):
            node = text_of(before, "start", kind)
            yield SetStart(kind, node, typed_value(typed, f"start.{kind}", node) or node)
        for field in ("ended", "last_resort"):
            was = text_of(before, field) or None
            yield SetEnd(field, was, typed_value(typed, field, was))
        for budget in BUDGETS:
            was = text_of(before, "budgets", budget) or None
            yield SetBudget(budget, was, typed_value(typed, f"budgets.{budget}", was))
        if "alike" in typed:
            lines = (tuple(word.strip() for word in line.split(",")) for line in typed["alike"].splitlines())
            yield SetAlike(_alike(before), tuple(line for line in lines if any(line)))
        yield from self._of_promises(before, typed)

    def _of_promises(self, before: Value, typed: Typed) -> Iterator[FormEdit]:
        for name, promise in _promises(before):
            if typed.get(f"{name}.remove"):
                yield RemovePromise(promise, f"{name}.remove")
        reaches, written, within, language = (typed_value(typed, f"{PROMISE}.{field}", None) for field in _WRITTEN)
        if reaches or written or within or language:
            keys = tuple(key.strip() for key in (written or "").split(",") if key.strip())
            found: dict[str, Value | None] = {"when": typed.get(f"{PROMISE}.when", ""), "language": language}
            found |= {"keys": keys, "reaches": reaches or "", "within": within}
            yield AddPromise({key: each for key, each in found.items() if each is not None}, PROMISE)


_PROMISES = "An edit that breaks one is refused, with the call that breaks it."


def _promises(said: Value) -> list[tuple[str, Mapping[str, Value]]]:
    """What the field of each promise begins with, and the promise."""
    promises = [each for each in items(said, "promises") if isinstance(each, Mapping)]
    return list(zip(named("promises", map(_promised, promises)), promises, strict=True))


def _promised(promise: Mapping[str, Value]) -> str:
    keys = value_at(promise, ("keys",))
    pressed = ", ".join(map(str, keys)) if isinstance(keys, tuple) and keys else "nothing"
    when = value_at(promise, ("when",))
    times = when if isinstance(when, str) else " or ".join(map(str, when or ()))
    within = f" within {text_of(promise, 'within')} s" if text_of(promise, "within") else ""
    language = f", in {text_of(promise, 'language')}" if text_of(promise, "language") else ""
    return f"{times}{language}: whoever presses {pressed} reaches {text_of(promise, 'reaches')}{within}"


def _alike(said: Value) -> tuple[tuple[str, ...], ...]:
    groups = (group for group in items(said, "alike") if isinstance(group, tuple))
    return tuple(tuple(each for each in group if isinstance(each, str)) for group in groups)


def _alike_text(said: Value) -> str:
    return "\n".join(", ".join(group) for group in _alike(said))
