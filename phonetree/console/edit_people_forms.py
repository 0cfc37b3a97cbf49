"""The forms of outside lines and of teams. A member's number is the name of a phone; no number of a person is shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from phonetree.config.document import Value
from phonetree.config.edit_lines import SetLine, Verify
from phonetree.config.edit_places import items, table
from phonetree.config.edit_teams import AddMember, RemoveMember, SetMember, SetTeam
from phonetree.config.edits import FormEdit
from phonetree.config.positions import Path
from phonetree.console.form_fields import (
    HOURS_HINT,
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
from phonetree.core.tree import Ring

TEXTS = {
    "name": ("What the line is called", "As callers hear it, as in: the Boston Area Rape Crisis Center."),
    "about": ("Whom it is for", "On the page alone."),
    "languages": ("Which languages it speaks", "On the page alone, as in: more than 200 languages."),
}
NUMBERS = {
    "number": ("Number", "With + and the country code."),
    "text": ("Number for texts", ""),
    "tty": ("Number for TTY", ""),
    "videophone": ("Number for videophones", ""),
    "chat": ("Address of its chat", "Begins with https://."),
    "web": ("Its website", "Begins with https://."),
}
CONFIDENTIAL = (
    ("true", "confidential"), ("private", "private"), ("anonymous", "anonymous"), ("false", "not confidential"),
)  # fmt: skip
CALLER_ID = (("", "the helpline's number"), ("caller", "the caller's own number"))
RINGS = {
    Ring.TOGETHER: "all at once",
    Ring.IN_ORDER: "one after the other",
    Ring.ROTATE: "one after the other, in turn",
}
NEW = "members.new"

_ALIKE = (
    "Another member with another phone has this name, too: nobody can take the place of either, and calendars, "
    "reminders and Call back cannot tell them apart. Give each a name of their own."
)


@dataclass(frozen=True, slots=True)
class LineForm:
    """The form of one outside line."""

    routing: Value
    line: str
    languages: Languages
    today: date

    def now(self) -> Value:
        """What the file says about it."""
        return table(self.routing, "resources", self.line)

    def field_at(self, way: Path) -> str:
        """What the fields are called of a place in the file."""
        return dotted(way[2:])

    def groups(self, said: Value) -> Iterator[Group]:
        """Its fields, with what the line says."""
        line = table(said)
        for field, (legend, hint) in TEXTS.items():
            texts = self.languages.texts(field, line.get(field), required=field == "name")
            yield Group(legend, tuple(texts), hint, wide=True)
        numbers = [Input(field, label, text_of(line, field), hint=hint) for field, (label, hint) in NUMBERS.items()]
        yield Group("How it is reached", tuple(numbers))
        verified = text_of(line, "verified")
        last = f"Last dialled on {verified}." if verified else "Nobody has written down when it was last dialled."
        told = f"{last} Tick this after you dialled {text_of(line, 'number')} and the right people answered."
        yield Group(
            "Hours and trust",
            (
                Input("verified", "I dialled it today", "", "tick", told),
                Input("open", "Hours", hours_text(line.get("open")), "lines", HOURS_HINT),
                Input("confidential", "What callers tell", text_of(line, "confidential"), "choose", "", CONFIDENTIAL),
                Input("caller_id", "Which number the line sees", text_of(line, "caller_id"), "choose", "", CALLER_ID),
                Input("note", "Note", text_of(line, "note"), hint="For staff; callers neither hear nor see it."),
            ),
        )

    def edits(self, before: Value, typed: Typed) -> Iterator[FormEdit]:
        """What to do so that the line says what was typed, where that differs from `before`."""
        line = table(before)
        for field in TEXTS:
            yield SetLine(self.line, field, line.get(field), self.languages.typed(typed, field, line.get(field)))
        for field in (*NUMBERS, "confidential", "caller_id", "note"):
            was = line.get(field)
            yield SetLine(self.line, field, was, typed_value(typed, field, was))
        if "open" in typed:
            yield SetLine(self.line, "open", line.get("open"), hours_value(typed["open"]))
        if typed.get("verified"):
            was, number = line.get("verified"), typed_value(typed, "number", line.get("number")) or ""
            yield Verify(self.line, number, was if isinstance(was, str) else None, self.today)


@dataclass(frozen=True, slots=True)
class TeamForm:
    """The form of one team."""

    routing: Value
    team: str

    def now(self) -> Value:
        """What the file says about it; numbers that stand in it are left out."""
        return _hidden(table(self.routing, "teams", self.team))

    def field_at(self, way: Path) -> str:
        """What the fields are called of a place in the file."""
        match way[2:]:
            case ("members", int(number), *rest):
                before = items(self.routing, *way[:3])[: number + 1]
                known = _named(_members({"members": before}))
                return dotted((known[-1][0], *rest)) if known and isinstance(before[-1], Mapping) else ""
            case rest:
                return dotted(rest)

    def groups(self, said: Value) -> Iterator[Group]:
        """Its fields, with what the team says."""
        team = table(said)
        rings = tuple((f"{ring}", words) for ring, words in RINGS.items())
        yield Group(
            "How phones ring",
            (
                Input("ring", "Phones ring", text_of(team, "ring") or "together", "choose", "", rings),
                Input("seconds", "Seconds that a phone rings", text_of(team, "seconds"), hint="5 to 60; usually 20."),
                Input("longest_wait", "Seconds that callers wait", text_of(team, "longest_wait"), hint="Up to 300."),
                Input("open", "Hours", hours_text(team.get("open")), "lines", f"{HOURS_HINT}. Empty: the helpline's."),
            ),
        )
        alike = set(_alike(self.routing))
        for name, member in _named(_members(team)):
            inputs = tuple(_member_inputs(name, member, alike=text_of(member, "name") in alike))
            yield Group(text_of(member, "name") or "A member", inputs, about=name)
        yield Group("A new member", tuple(_member_inputs(NEW, {})), "Leave it empty to add nobody.", about=NEW)

    def edits(self, before: Value, typed: Typed) -> Iterator[FormEdit]:
        """What to do so that the team says what was typed, where that differs from `before`."""
        team = table(before)
        for field in ("ring", "seconds", "longest_wait"):
            was = team.get(field)
            sent = typed_value(typed, field, was)
            yield SetTeam(self.team, field, was, was if was is None and (field, sent) == ("ring", "together") else sent)
        if "open" in typed:
            yield SetTeam(self.team, "open", team.get("open"), hours_value(typed["open"]))
        members = list(zip(_named(_members(team)), self._with_numbers(_members(team)), strict=True))
        for (name, shown), member in members:
            if not typed.get(f"{name}.remove") and f"{name}.name" in typed:
                yield SetMember(self.team, member, _typed_member(typed, name, shown, member), name)
        for (name, _), member in reversed(members):
            if typed.get(f"{name}.remove"):
                yield RemoveMember(self.team, member, f"{name}.remove")
        if typed_below(typed, NEW):
            yield AddMember(self.team, _typed_member(typed, NEW, {}, {}), NEW)

    def _with_numbers(self, members: list[Mapping[str, Value]]) -> list[Mapping[str, Value]]:
        """Members as the file has them: with the numbers that stand there and were not shown."""
        now = _members(table(self.routing, "teams", self.team))
        shown = [dict(_without_number(each)) for each in now]
        return [now[shown.index(dict(each))] if dict(each) in shown else each for each in members]


def _members(team: Mapping[str, Value]) -> list[Mapping[str, Value]]:
    return [each for each in items(team, "members") if isinstance(each, Mapping)]


def _hidden(team: Mapping[str, Value]) -> Mapping[str, Value]:
    if "members" not in team:
        return team
    return {**team, "members": tuple(map(_without_number, _members(team)))}


def _without_number(member: Mapping[str, Value]) -> Mapping[str, Value]:
    number = text_of(member, "number")
    return member if number.startswith("$") else {**member, "number": ""}


def _alike(routing: Value) -> Iterator[str]:
    """The names that members with different phones have, in whatever teams."""
    phones: dict[str, str] = {}
    for team in table(routing, "teams"):
        for member in _members(table(routing, "teams", team)):
            name, phone = text_of(member, "name"), text_of(member, "number")
            if phones.setdefault(name, phone) != phone:
                yield name


def _named(members: list[Mapping[str, Value]]) -> list[tuple[str, Mapping[str, Value]]]:
    """What the fields of each member begin with, and the member."""
    return list(zip(named("member", (text_of(each, "name") for each in members)), members, strict=True))


def _member_inputs(name: str, member: Mapping[str, Value], *, alike: bool = False) -> Iterator[Input]:
    shown = text_of(member, "number")
    phone = "Such as $ADVOCATE_1. Its number is kept in People, and never shown."
    if member and not shown:
        phone = f"A number stands in the file, which is not shown; a name here takes its place. {phone}"
    yield Input(f"{name}.name", "Name", text_of(member, "name"), hint=_ALIKE if alike else "")
    yield Input(f"{name}.number", "Name of the phone", shown, hint=phone)
    yield Input(f"{name}.shifts", "Shifts", hours_text(member.get("shifts")), "lines", f"{HOURS_HINT}. Empty: always.")
    desk = "true" if text_of(member, "desk") == "true" else ""
    yield Input(f"{name}.desk", "No voicemail answers this phone", desk, "tick")
    if member:
        yield Input(f"{name}.remove", "Remove this member", "", "tick")


def _typed_member(
    typed: Typed, name: str, shown: Mapping[str, Value], member: Mapping[str, Value]
) -> Mapping[str, Value]:
    number = typed_value(typed, f"{name}.number", None)
    found: dict[str, Value | None] = {
        "name": typed_value(typed, f"{name}.name", None) or "",
        "number": member.get("number", "") if (number or "") == text_of(shown, "number") else number or "",
        "shifts": hours_value(typed.get(f"{name}.shifts", "")),
        "desk": "true" if typed.get(f"{name}.desk") else None,
    }
    if found["desk"] is None and text_of(member, "desk") == "false":
        found["desk"] = "false"
    others = {key: each for key, each in member.items() if key not in found}
    return {key: each for key, each in {**found, **others}.items() if each is not None}
