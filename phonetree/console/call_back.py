"""Call back: a listener types the number that somebody left in a message, and is connected with it.

The number is on the page only while it is typed; nothing of it, and nothing of the call, is stored.
"""

import secrets as random

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from phonetree.config.numbers import callers_number
from phonetree.console.access import needs, staff, unkept
from phonetree.console.calling_back import ANSWER_SECONDS, CallBack, Progress, Ticket
from phonetree.console.connecting import own_phone
from phonetree.console.layout import problem, refused, render
from phonetree.console.people import NOT_CALLED
from phonetree.console.services import services
from phonetree.core.tree import Site
from phonetree.errors import PeopleError, ProviderError
from phonetree.provider.calling_back import CALL_SECONDS, CONNECT_PATH, ENDED_PATH, calling_back, who_calls
from phonetree.provider.confirming import Ended
from phonetree.store.roles import Role

blueprint = Blueprint("call_back", __name__)

SAYS_WHO = {"yes": True, "no": False}
"""The answers to "Is it safe to say who calls?"."""

PROGRESS = {
    Progress.RINGING: "Your phone is ringing. Pick up and press 1.",
    Progress.CONNECTED: "1 was pressed. The number is being called, or you are talking.",
    Progress.TALKED: "The call is over.",
    Progress.NO_ANSWER: "Nobody picked up.",
    Progress.BUSY: "The number was busy.",
    Progress.HUNG_UP: "It was picked up, and the call ended before you were connected.",
    Progress.FAILED: "The number could not be reached. Is it right?",
    Progress.MISSED: "You did not pick up, so nobody was called.",
    Progress.OWN_BUSY: "Your phone was busy, so nobody was called.",
    Progress.OWN_FAILED: "Your phone could not be reached, so nobody was called.",
    Progress.NO_KEY: "Your phone was picked up, and nobody pressed 1, so nobody was called. A voicemail does that.",
    Progress.WRONG_KEY: "Another key than 1 was pressed, so nobody was called.",
    Progress.REFUSED: "The call was not placed.",
    Progress.CHANGED: "Your phone or your role has changed, so nobody was called.",
    Progress.OVER: "The call is over.",
}


@blueprint.get("/staff/call-back")
@needs(Role.LISTENER)
def page() -> str:
    """The form, or how the call goes."""
    running, now = services(), services().seconds()
    site, latest = running.site(), _latest(now)
    return render(
        "console/call_back.html",
        problem=problem(),
        form=random.token_urlsafe(8),
        latest=latest,
        progress=PROGRESS[latest.progress] if latest else "",
        calling=bool(latest and latest.soon_over(now)),
        words=who_calls(site.helpline.name),
        phone=bool(own_phone(site, staff().name)),
        alike=staff().name in site.namesakes,
        not_called="" if running.provider else NOT_CALLED,
    )


@blueprint.post("/staff/call-back")
@needs(Role.LISTENER)
@unkept
def call() -> Response:
    """Calls the listener's phone, unless it is being called, and goes to the page, which says how that goes."""
    running, me, site, there = services(), staff(), services().site(), url_for("call_back.page")
    if (provider := running.provider) is None or not (phone := own_phone(site, me.name)):
        return redirect(there, 303)  # which says so
    try:
        says_who, number = _checked(site, phone)
    except PeopleError as error:
        return refused(str(error), there)
    now, calling = running.seconds(), calling_back(site, running.settings.url)
    try:
        id_ = running.call_backs.begin(me.id, request.form.get("form", ""), now)
    except PeopleError as error:
        return refused(str(error), there)
    if id_:
        ticket = Ticket(me.id, id_, now + ANSWER_SECONDS, phone, number, says_who)
        key = running.tickets.seal(ticket, CONNECT_PATH)
        end = running.tickets.seal(Ticket(me.id, id_, now + CALL_SECONDS + ANSWER_SECONDS), ENDED_PATH)
        try:
            calling.place(provider, phone, key, end)
        except ProviderError as error:
            running.call_backs.refused(me.id, id_, str(error), now)
    return redirect(there, 303)


def _latest(now: int) -> CallBack | None:
    """How the latest call back of whoever is signed in goes. Of one that has long been under way the provider is asked:
    what it told of the end may have got lost."""
    running, account = services(), staff().id
    latest = running.call_backs.latest(account, now)
    if latest and latest.call and latest.under_way and not latest.soon_over(now) and running.provider:
        try:
            record = running.provider.call(latest.call)
        except ProviderError:
            return latest
        if record is None or record.ended:
            running.call_backs.ended(account, latest.id, Ended.NO_KEY, now)
            return running.call_backs.latest(account, now)
    return latest


def _checked(site: Site, phone: str) -> tuple[bool, str]:
    """Whether to say who calls, and the number (E.164) to call. Raises PeopleError with everything that is wrong."""
    problems, number = [], ""
    says_who = SAYS_WHO.get(request.form.get("says_who", ""))
    if says_who is None:
        problems.append("say whether it is safe to say who calls")
    try:
        number = _number(site, phone)
    except PeopleError as error:
        problems.append(str(error))
    if says_who is None or problems:
        raise PeopleError("\n".join(problems))
    return says_who, number


def _number(site: Site, phone: str) -> str:
    helpline, typed = site.helpline, request.form.get("number", "")
    if not typed.strip():
        raise PeopleError("write the number that you heard")
    number = callers_number(typed, helpline.number, fictional=services().settings.fictional)
    if number in (helpline.number, helpline.provider_number):
        raise PeopleError("that is the helpline's own number")
    if number == phone:
        raise PeopleError("that is your own phone")
    return number
