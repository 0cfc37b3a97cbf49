"""Edits of teams and their members. A member's number is the name of a phone: the number itself stands in no file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phonetree.config.document import Value
from phonetree.config.edit_places import refuse_gone, refuse_taken, refuse_unfit, refuse_used, table, using_team
from phonetree.config.steps import Put, Step, new_or_other, value_at
from phonetree.errors import EditError

TEAM_FIELDS = ("ring", "seconds", "longest_wait", "open", "members")
MEMBER_FIELDS = ("name", "number", "shifts", "desk")
"""What a team and a member have, in that order."""

_PHONE = re.compile(r"\$[A-Z][A-Z0-9_]*\Z")
_NO_PHONE = "Write the name of the phone, with $ and capital letters, such as $ADVOCATE_1; its number is kept in People"


@dataclass(frozen=True, slots=True)
class SetTeam:
    """Another value of a team: how it rings, for how long, when it can be reached."""

    team: str
    field: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True, slots=True)
class AddTeam:
    """A new team, last, without members."""

    team: str
    content: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class RemoveTeam:
    """A team less, which nothing rings any more. `before` is what it says."""

    team: str
    before: Value


@dataclass(frozen=True, slots=True)
class AddMember:
    """A new member, last. `field` is what a form calls it, here and below."""

    team: str
    member: Mapping[str, Value]
    field: str = "members.new"


@dataclass(frozen=True, slots=True)
class SetMember:
    """A member, found by what it says or by its name, of which something is different."""

    team: str
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    field: str = "member"


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """A member less, found by what it says."""

    team: str
    before: Mapping[str, Value]
    field: str = "member"


TeamEdit = SetTeam | AddTeam | RemoveTeam | AddMember | SetMember | RemoveMember


def of_team(edit: TeamEdit, said: Value) -> Iterator[Step]:
    path = ("teams", edit.team)
    if not isinstance(edit, AddTeam):
        refuse_gone(table(said, "teams"), edit.team)
    match edit:
        case SetTeam(_, field, before, after):
            yield new_or_other(said, (*path, field), before, after, TEAM_FIELDS, field=field)
        case AddTeam(team, content):
            refuse_unfit(team, "team")
            refuse_taken(table(said, "teams"), team, "team")
            yield new_or_other(said, path, None, {**content, "members": ()}, levels=1)
        case RemoveTeam(team, before):
            refuse_used(using_team(said, team), team)
            yield Put(path, before, None)
        case _:
            yield from _of_members(edit, said)


def _of_members(edit: AddMember | SetMember | RemoveMember, said: Value) -> Iterator[Step]:
    path = ("teams", edit.team)
    match edit:
        case AddMember(_, member, field):
            if not member.get("name"):
                raise EditError({f"{field}.name": "Write the name of the new member"})
            _refuse_number({}, member, f"{field}.number")
            members, entry = value_at(said, (*path, "members")), _in_order(member)
            if members is None:
                yield new_or_other(said, (*path, "members"), None, (entry,), TEAM_FIELDS, field=field, around=1)
            else:
                yield Put((*path, "members", len(_members(said, edit.team))), None, entry, field=field)
        case SetMember(_, before, after, field):
            number = _number(said, edit.team, before, field)
            phone = value_at(said, (*path, "members", number, "number"))
            if before.get("number") not in (phone, after.get("number")):  # nobody is told a number that stands there
                raise EditError({f"{field}.number": "This was changed meanwhile; see what is there now"})
            _refuse_number(before, after, f"{field}.number")
            for key in dict.fromkeys((*before, *after)):
                if before.get(key) != after.get(key):
                    way = (*path, "members", number, key)
                    yield new_or_other(
                        said, way, before.get(key), after.get(key), MEMBER_FIELDS, field=f"{field}.{key}"
                    )
        case RemoveMember(_, before, field):
            members = _members(said, edit.team)
            if before not in members:
                raise _gone(before, field)
            yield Put((*path, "members", members.index(before)), before, None, field=field)


def _in_order(member: Mapping[str, Value]) -> Mapping[str, Value]:
    return {field: member[field] for field in MEMBER_FIELDS if field in member}


def _members(said: Value, team: str) -> tuple[Value, ...]:
    members = value_at(said, ("teams", team, "members"))
    return members if isinstance(members, tuple) else ()


def _number(said: Value, team: str, member: Mapping[str, Value], field: str) -> int:
    """The number of a member in its team: of the one that says the same, or else of the only one of that name."""
    members = _members(said, team)
    if member in members:
        return members.index(member)
    names = [value_at(each, ("name",)) for each in members]
    if names.count(name := member.get("name")) != 1:
        raise _gone(member, field)
    return names.index(name)


def _gone(member: Mapping[str, Value], field: str) -> EditError:
    name = member.get("name", "A member")
    return EditError({field: f"{name} is not there any more, or was changed meanwhile; see what is there now"})


def _refuse_number(before: Mapping[str, Value], after: Mapping[str, Value], field: str) -> None:
    number = after.get("number")
    if number != before.get("number") and not (isinstance(number, str) and _PHONE.match(number)):
        raise EditError({field: _NO_PHONE})
