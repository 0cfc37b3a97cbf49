"""What the provider asks and tells of a call back: the key that was pressed, how both calls ended.

Nobody signs in for these addresses: the provider signs them. Each may be asked twice, late, or after a restart.
"""

from flask import Blueprint, Response, request

from phonetree.console.access import open_to_all
from phonetree.console.aside import aside
from phonetree.console.calling_back import Progress, Ticket
from phonetree.console.services import ConsoleServices
from phonetree.console.signed import signed
from phonetree.core.tree import Site
from phonetree.errors import PhonetreeError
from phonetree.provider.calling_back import (
    AGAIN,
    CALL_SECONDS,
    CONNECT_PATH,
    ENDED_PATH,
    OVER_PATH,
    TICKET,
    WORDS_PATH,
    CallingBack,
    Went,
    calling_back,
    how_it_went,
)
from phonetree.provider.confirming import how_it_ended
from phonetree.provider.request import read
from phonetree.provider.twiml import CONTENT_TYPE
from phonetree.store.phones import KEY
from phonetree.store.roles import Role

blueprint = Blueprint("connecting", __name__)

LATE = "This came too late, so nobody was called. Please ask again in the console. Goodbye."
WRONG_KEY = "That was not 1, so nobody was called. Goodbye."
CHANGED = "Your phone or your role has changed, so nobody was called. Goodbye."
AWAY = "The console cannot look that up now, so nobody was called. Please try again later. Goodbye."

WENT = {
    Went.TALKED: "The call is over. Goodbye.",
    Went.NO_ANSWER: "Nobody picked up. Goodbye.",
    Went.BUSY: "The number is busy. Goodbye.",
    Went.HUNG_UP: "It was picked up, and the call ended before you were connected. Goodbye.",
    Went.FAILED: "The number could not be reached. Goodbye.",
}


@blueprint.post(CONNECT_PATH)
@open_to_all
def connect() -> Response:
    """Whoever picked up the listener's phone pressed a key."""
    running = signed()
    asked, now, sealed = read(request.form.to_dict()), running.seconds(), request.args.get(TICKET, "")
    calling, ticket = _as_known(running), running.tickets.open(sealed, CONNECT_PATH, now)
    if ticket is None:
        return _document(calling.told(LATE))
    if asked.keys != KEY and AGAIN not in request.args:
        return _document(calling.question(sealed, again=True))
    if asked.keys != KEY:
        running.call_backs.stopped(ticket.account, ticket.id, Progress.WRONG_KEY, now)
        return _document(calling.told(WRONG_KEY))
    try:
        site = running.site()
        allowed = _allowed(running, site, ticket)
    except PhonetreeError:
        return _document(calling.told(AWAY))
    if not allowed:
        running.call_backs.stopped(ticket.account, ticket.id, Progress.CHANGED, now)
        return _document(calling.told(CHANGED))
    if not running.call_backs.connected(ticket.account, ticket.id, asked.call, now):
        return _document(calling.told(LATE))
    over = running.tickets.seal(Ticket(ticket.account, ticket.id, now + CALL_SECONDS), OVER_PATH)
    calling = calling_back(site, running.settings.url)
    return _document(calling.connection(ticket.number, over, says_who=ticket.says_who))


@blueprint.post(WORDS_PATH)
@open_to_all
def words() -> Response:
    """Whoever is called picked up, and hears who calls."""
    return _document(_as_known(signed()).words())


@blueprint.post(OVER_PATH)
@open_to_all
def over() -> Response:
    """The call to the number is over: the listener hears how it went."""
    running = signed()
    how, now = how_it_went(request.form.to_dict()), running.seconds()
    if ticket := running.tickets.open(request.args.get(TICKET, ""), OVER_PATH, now):
        running.call_backs.went(ticket.account, ticket.id, how, now)
    return _document(_as_known(running).told(WENT[how]))


@blueprint.post(ENDED_PATH)
@open_to_all
def ended() -> Response:
    """Both calls are over: the provider's records of them are deleted."""
    running = signed()
    fields, now = request.form.to_dict(), running.seconds()
    if ticket := running.tickets.open(request.args.get(TICKET, ""), ENDED_PATH, now):
        running.call_backs.ended(ticket.account, ticket.id, how_it_ended(fields), now)
    call, provider = read(fields).call, running.provider
    if call and provider:
        aside(lambda: provider.delete_with_legs(call))
    return Response(status=204)


def own_phone(site: Site, name: str) -> str:
    """The number (E.164) of the member who has the name of an account; "" when nobody may be rung there, or several
    members have that name: the phone may be that of somebody else."""
    numbers = (member.number for member in site.members if member.name == name and member.number)
    return "" if name in site.namesakes else next(numbers, "")


def _allowed(running: ConsoleServices, site: Site, ticket: Ticket) -> bool:
    """Whether whoever asked is still a listener, with the phone that was called. Raises StoreError."""
    account = running.accounts.by_id(ticket.account)
    return account is not None and account.may(Role.LISTENER) and own_phone(site, account.name) == ticket.phone


def _as_known(running: ConsoleServices) -> CallingBack:
    """The calls back of the helpline, for words that have to be said even while the store is away."""
    try:
        return calling_back(running.live.known().site, running.settings.url)
    except PhonetreeError:
        return CallingBack("", "", "", running.settings.url)


def _document(document: bytes) -> Response:
    return Response(document, content_type=CONTENT_TYPE)
