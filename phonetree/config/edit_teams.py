"""Edits of teams and their members. A member's number is the name of a phone: the number itself stands in no file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from phonetree.config.document import Value
from phonetree.config.edit_places import refuse_gone, refuse_taken, refuse_used, table, using_team
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
    """A new member, last."""

    team: str
    member: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class SetMember:
    """A member, found by what it says, of which something is different."""

    team: str
    before: Mapping[str, Value]
    after: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """A member less, found by what it says."""

    team: str
    before: Mapping[str, Value]


TeamEdit = SetTeam | AddTeam | RemoveTeam | AddMember | SetMember | RemoveMember


def of_team(edit: TeamEdit, said: Value) -> Iterator[Step]:
    path = ("teams", edit.team)
    if not isinstance(edit, AddTeam):
        refuse_gone(table(said, "teams"), edit.team)
    match edit:
        case SetTeam(_, field, before, after):
            yield new_or_other(said, (*path, field), before, after, TEAM_FIELDS, field=field)
        case AddTeam(team, content):
            refuse_taken(table(said, "teams"), team, "team")
            yield new_or_other(said, path, None, {**content, "members": ()}, levels=1)
        case RemoveTeam(team, before):
            refuse_used(using_team(said, team), team)
            yield Put(path, before, None)
        case AddMember(_, member):
            members = value_at(said, (*path, "members"))
            number = len(members) if isinstance(members, tuple) else 0
            field = f"members.{number}"
            _refuse_number({}, member, f"{field}.number")
            if members is None:
                yield new_or_other(said, (*path, "members"), None, (_in_order(member),), TEAM_FIELDS, field=field)
            else:
                yield Put((*path, "members", number), None, _in_order(member), field=field)
        case SetMember(_, before, after):
            number = _number(said, edit.team, before)
            field = f"members.{number}"
            _refuse_number(before, after, f"{field}.number")
            for key in dict.fromkeys((*before, *after)):
                if before.get(key) != after.get(key):
                    way = (*path, "members", number, key)
                    yield new_or_other(
                        said, way, before.get(key), after.get(key), MEMBER_FIELDS, field=f"{field}.{key}"
                    )
        case RemoveMember(_, before):
            number = _number(said, edit.team, before)
            yield Put((*path, "members", number), before, None, field=f"members.{number}")


def _in_order(member: Mapping[str, Value]) -> Mapping[str, Value]:
    return {field: member[field] for field in MEMBER_FIELDS if field in member}


def _number(said: Value, team: str, member: Mapping[str, Value]) -> int:
    """The number of a member in its team."""
    members = value_at(said, ("teams", team, "members"))
    found = list(members) if isinstance(members, tuple) else []
    if member not in found:
        text = f"{member.get('name', 'A member')} is not there any more, or was changed meanwhile"
        raise EditError({"": f"{text}; see what is there now"})
    return found.index(member)


def _refuse_number(before: Mapping[str, Value], after: Mapping[str, Value], field: str) -> None:
    number = after.get("number")
    if number != before.get("number") and not (isinstance(number, str) and _PHONE.match(number)):
        raise EditError({field: _NO_PHONE})
