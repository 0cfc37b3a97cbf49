"""People: the members of the teams, and their phones.

Everybody sees who has a phone; admins add, confirm, replace and remove them. A number is on a page only while it is
typed. Every change is sent as often as one likes: what is done already is not done again.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from phonetree.config.numbers import phone_of
from phonetree.console.access import needs, staff, unkept
from phonetree.console.layout import problem, refused, render
from phonetree.console.phone_calls import calls
from phonetree.console.services import services
from phonetree.core.tree import Member, Site
from phonetree.errors import PeopleError, ProviderError
from phonetree.store.phones import MOST_CALLS, Phone, Progress, State
from phonetree.store.roles import Role
from phonetree.store.servers import servers

blueprint = Blueprint("people", __name__)

NOT_CALLED = (
    "The console cannot call phones: it has no account at the provider. Tell whoever runs the server to give it the "
    "same settings as the servers that answer calls."
)

PROGRESS = {
    Progress.CALLING: "The phone is ringing. Whoever has it picks up and presses 1.",
    Progress.NO_ANSWER: "Nobody picked up.",
    Progress.BUSY: "The phone was busy.",
    Progress.NO_KEY: "It was picked up, and nobody pressed a key. A voicemail does that.",
    Progress.WRONG_KEY: "Another key than 1 was pressed.",
    Progress.FAILED: "The phone could not be reached. Is the number right?",
    Progress.REFUSED: "The call was not placed.",
    Progress.UNKNOWN: "The call is over, and nobody said how it went.",
}

RINGS = {
    "together": "all at once",
    "in-order": "one after the other, in this order",
    "rotate": "one after the other, in this order; another one begins each time",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A member: the name, the state of the phone in words, and the name of the phone if it can be changed here."""

    name: str
    state: str
    rings: bool
    phone: str


@dataclass(frozen=True, slots=True)
class Team:
    """A team and its members, in the order in which they are rung."""

    name: str
    order: str
    rows: tuple[Row, ...]


@blueprint.get("/staff/people")
@needs()
def page() -> str:
    """Every member by team, and whether there is a phone."""
    running = services()
    site, phones = running.site(), {phone.name: phone for phone in running.phones.listed(running.seconds())}
    teams = [
        Team(
            team.id,
            RINGS[team.ring],
            tuple(_row(each, phones.get(each.phone), site.namesakes) for each in team.members),
        )
        for team in site.teams_written.values()
    ]
    used = {member.phone for member in site.members}
    unused = [phone for phone in phones.values() if phone.name not in used]
    return render("console/people.html", teams=teams, unused=unused, admin=staff().may(Role.ADMIN))


@blueprint.get("/staff/people/<name>")
@needs(Role.ADMIN)
def phone(name: str) -> str:
    """One phone: how it is, and what can be done."""
    return _one(name, problem())


@blueprint.post("/staff/people/<name>")
@needs(Role.ADMIN)
@unkept
def add(name: str) -> Response:
    """Keeps a number, and calls it."""
    running, typed, site = services(), request.form.get("number", ""), services().site()
    _members(site, name)
    try:
        number = _checked(site, name, typed)
        running.phones.propose(name, number, staff().name, running.seconds())
    except PeopleError as error:
        return _refused(name, str(error))
    return _call(name)


@blueprint.post("/staff/people/<name>/call")
@needs(Role.ADMIN)
def call(name: str) -> Response:
    """Calls the number that waits once more."""
    return _call(name)


@blueprint.post("/staff/people/<name>/withdraw")
@needs(Role.ADMIN)
def withdraw(name: str) -> Response:
    """Forgets the number that waits."""
    running = services()
    running.phones.withdraw(name, staff().name, running.seconds())
    return _back(name, "The number that waited is forgotten.")


@blueprint.post("/staff/people/<name>/remove")
@needs(Role.ADMIN)
def remove(name: str) -> Response:
    """Has the phone ring no more."""
    running = services()
    running.phones.remove(name, staff().name, running.seconds())
    return _back(name)


@blueprint.post("/staff/people/<name>/restore")
@needs(Role.ADMIN)
def restore(name: str) -> Response:
    """Undoes that."""
    running = services()
    try:
        running.phones.restore(name, staff().name, running.seconds())
    except PeopleError as error:
        return _refused(name, str(error))
    return _back(name, "The phone rings again.")


def _call(name: str) -> Response:
    """Calls a phone, unless it is being called, and goes to its page, which says how that goes."""
    running = services()
    if (provider := running.provider) is None:
        return _refused(name, NOT_CALLED)
    try:
        asked = running.phones.begin(name, running.seconds())
    except PeopleError as error:
        return _refused(name, str(error))
    if asked:
        try:
            calls(running).place(provider, asked.number, asked.token)
        except ProviderError as error:
            running.phones.refused(asked.token, str(error))
    return _back(name)


def _back(name: str, said: str = "") -> Response:
    if said:
        flash(said)
    return redirect(url_for("people.phone", name=name), 303)


def _refused(name: str, why: str) -> Response:
    return refused(why, url_for("people.phone", name=name))


def _one(name: str, problem: str) -> str:
    running = services()
    site = running.site()
    phones = running.phones.listed(running.seconds())
    found = {phone.name: phone for phone in phones}.get(name)
    members = [] if found else _members(site, name)
    members = members or list(_named(site, name))
    return render(
        "console/phone.html",
        name=name,
        members=sorted({member.name for member in members}),
        rows=[_row(member, found, site.namesakes) for member in members[:1]],
        phone=found,
        alone=_alone(site, name),
        behind=found is not None and _behind(found, phones),
        progress=PROGRESS[found.progress] if found and found.progress else "",
        calling=bool(found and found.progress is Progress.CALLING),
        may_call=running.provider is not None,
        most_calls=MOST_CALLS,
        problem=problem,
    )


def _named(site: Site, name: str) -> Iterator[Member]:
    """The members whose phone has a name."""
    return (member for member in site.members if member.phone == name)


def _behind(phone: Phone, phones: Iterable[Phone]) -> bool:
    """Whether a server does not follow the phones as they are now, and this is the one that changed last: a server
    says of all together whether it follows them."""
    running = services()
    ringing = [each for each in phones if each.state is not State.WAITING]  # the others are not followed
    if phone not in ringing or any(each.changed_at > phone.changed_at for each in ringing):
        return False
    digest = running.phones.followed().digest
    return any(each.report.phones != digest for each in servers(running.store, running.seconds()))


def _alone(site: Site, name: str) -> list[str]:
    """The teams with such a member in which nobody has a phone."""
    return [
        team.id
        for team in site.teams_written.values()
        if any(member.phone == name for member in team.members) and not any(member.number for member in team.members)
    ]


def _members(site: Site, name: str) -> list[Member]:
    """The same; there is no page without any."""
    return list(_named(site, name)) or abort(404)


def _checked(site: Site, name: str, typed: str) -> str:
    """The number (E.164) that was typed, if it may be that of a member. Raises PeopleError."""
    helpline = site.helpline
    if not typed.strip():
        raise PeopleError("write the number of the phone")
    number = phone_of(typed, helpline.number, fictional=services().settings.fictional)
    if number in (helpline.number, helpline.provider_number):
        raise PeopleError("that is the helpline's own number: a call there would come back to it")
    if any(line.number == number for line in site.resources.values()):
        raise PeopleError("that is an outside line, which callers reach by its own key")
    for member in site.members:
        if member.number == number and member.phone != name:
            raise PeopleError(f"that is the phone of {member.name}; each member needs a phone of their own")
    return number


def _row(member: Member, found: Phone | None, alike: Container[str]) -> Row:
    """A member, whose phone is named as well if others have the same name."""
    name = f"{member.name} (${member.phone})" if member.phone and member.name in alike else member.name
    return Row(name, _state(member, found), bool(member.number), member.phone)


def _state(member: Member, found: Phone | None) -> str:
    """How a member's phone is, in words."""
    if not member.phone:
        return "phone set on the server (only by whoever runs it)"
    if found is None:
        return "a made-up phone of the demo" if member.number else "no phone, so not rung"
    if not found.opens:
        return "the phone cannot be read any more: add it again"
    if found.state is State.REMOVED:
        return "phone removed, so not rung"
    if found.state is State.WAITING:
        return "waits to be confirmed, so not rung" if not member.number else "waits to be confirmed"
    if not member.number:
        return "not rung: the phone is another member's of the team, or the helpline's"
    return "phone confirmed; a new one waits to be confirmed" if found.waits else "phone confirmed"
