"""My calendar: secret addresses of calendars, which are the only pages here without signing in; and reminders."""

from collections.abc import Mapping

from flask import Blueprint, Response, abort, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response as Answer

from phonetree.console.access import needs, open_to_all, staff
from phonetree.console.layout import Page, render
from phonetree.console.services import services
from phonetree.errors import EditError
from phonetree.mailbox.addresses import usable
from phonetree.mailbox.reminders import tried
from phonetree.store.feeds import LINE
from phonetree.store.reminders import MINUTES, Reminder

blueprint = Blueprint("my_calendar", __name__)

NOBODY = "?"
"""What the form sends when nobody was chosen."""

TESTED, TEST_SECONDS = "reminder_tested", 30
"""In the session: when a test was sent last; and how long the next one waits."""

BEFORE = {15: "15 minutes", 30: "30 minutes", 60: "1 hour", 120: "2 hours", 720: "12 hours", 1440: "1 day"}
"""How long before a shift, in minutes."""


@blueprint.get("/staff/calendar")
@needs()
def page() -> str:
    """The addresses and reminders that somebody has."""
    return _page({})


@blueprint.post("/staff/calendar/address")
@needs()
def make() -> str | Page:
    """Makes an address, and shows it once."""
    running, me, member = services(), staff(), _member()
    if member == NOBODY:
        return _page({"": "Choose what the address is to show"}), 422
    try:
        token = running.feeds.make(me.id, member, me.name, running.seconds())
    except EditError as error:
        return _page(error.problems), 422
    address = running.settings.url + url_for("schedule.my_calendar.feed", token=token)
    return render("console/calendar_address.html", address=address, subscribe=_webcal(address), whose=_whose(member))


@blueprint.post("/staff/calendar/address/end")
@needs()
def revoke() -> Answer:
    """Switches an address off."""
    running, me, member = services(), staff(), request.form.get("member", "")
    running.feeds.revoke(me.id, member, me.name, running.seconds())
    flash(f"The address for {_whose(member)} is switched off.")
    return redirect(url_for("schedule.my_calendar.page"), 303)


@blueprint.post("/staff/calendar/reminders")
@needs()
def remind() -> Answer | Page:
    """Sets reminders up, or changes where they go and when."""
    running, me, member = services(), staff(), _member()
    text = request.form.get("minutes", "")
    minutes = next((each for each in BEFORE if f"{each}" == text), MINUTES)
    if member in (NOBODY, LINE):
        given = request.form.get("address", "")
        return _page({"reminder-member": "Choose whose shifts"}, given, None, minutes), 422
    kept = {each.member: each for each in running.reminders.of(me.id)}.get(member)
    try:
        given = request.form.get("address", "").strip()
        address = kept.address if kept and kept.address and not given else usable(given, running.channels)
        running.reminders.keep(me.id, member, address, minutes, me.name, running.seconds())
    except EditError as error:
        return _page(error.problems, given, member, minutes), 422
    flash(f"Reminders of the shifts of {member} are sent {BEFORE[minutes]} before.")
    return redirect(url_for("schedule.my_calendar.page"), 303)


@blueprint.post("/staff/calendar/reminders/switch")
@needs()
def switch() -> Answer:
    """Switches reminders on or off, sends a test, or forgets where they go."""
    running, me, member = services(), staff(), request.form.get("member", "")
    what = request.form.get("what", "")
    if what == "forget":
        running.reminders.forget(me.id, member, me.name, running.seconds())
        flash(f"The reminders of the shifts of {member} are removed, and the address is forgotten.")
    elif what == "test":
        _test(member)
    elif what in ("on", "off"):
        running.reminders.switch(me.id, member, me.name, running.seconds(), sent=what == "on")
        flash(f"The reminders of the shifts of {member} are switched {what}.")
    return redirect(url_for("schedule.my_calendar.page"), 303)


def _test(member: str) -> None:
    """Sends a test to where the reminders of a member's shifts go, not over and over."""
    running, now = services(), services().seconds()
    kept = {each.member: each for each in running.reminders.of(staff().id)}.get(member)
    if kept is None:
        return
    if now - session.get(TESTED, 0) < TEST_SECONDS:
        flash(f"A test was sent just now. Wait {TEST_SECONDS} seconds before the next one.")
        return
    session[TESTED] = now
    if tried(kept, running.channels):
        flash(f"A test was sent by {kept.kind}. If it does not arrive within minutes, check the address.")
    else:
        flash("The test could not be delivered: check the address, and write it again.")


@blueprint.get("/staff/feeds/<token>.ics")
@open_to_all
def feed(token: str) -> Response:
    """A calendar, for whoever knows its address."""
    running = services()
    found = running.feeds.find(token)
    if found is None:
        abort(404)
    data = running.calendars.of(running.site(), found.member, running.now())
    if data is None:
        busy = Response("Too many calendars are asked for; try again in a minute.", 503)
        busy.headers["Retry-After"] = "60"
        return busy
    return Response(data, content_type="text/calendar; charset=utf-8")


def _page(problems: Mapping[str, str], address: str = "", member: str | None = None, minutes: int = MINUTES) -> str:
    running, me = services(), staff()
    members = _members()
    mine = me.name if me.name in members else None
    feeds = running.feeds.of(me.id)
    reminders = running.reminders.of(me.id)
    return render(
        "console/my_calendar.html",
        feeds=[(each, _whose(each.member)) for each in feeds],
        members=members,
        ends={each.member for each in feeds},
        kept=bool(reminders),
        mine=mine,
        reminders=[(each, _state(each), BEFORE.get(each.minutes, "")) for each in reminders],
        before=BEFORE,
        problems=problems,
        typed={"address": address, "member": mine if member is None else member, "minutes": minutes},
        sealed=bool(running.settings.secrets),
    )


def _state(reminder: Reminder) -> str:
    """How reminders are doing."""
    if reminder.address is None:
        return "The address cannot be read any more: write it again."
    if not reminder.sent:
        return "Switched off."
    if reminder.failing:
        return "The last one could not be delivered: check the address."
    return "Switched on."


def _members() -> tuple[str, ...]:
    """The members of all teams, by name, each once."""
    return tuple(dict.fromkeys(member.name for member in services().site().members))


def _member() -> str:
    """Whose shifts were asked for; 400 if nobody has that name."""
    member = request.form.get("member", NOBODY)
    if member not in (NOBODY, LINE, *_members()):
        abort(400)
    return member


def _whose(member: str) -> str:
    return f"the shifts of {member}" if member != LINE else "the line"


def _webcal(address: str) -> str:
    """The same address as calendars on phones open it: they ask whether to subscribe."""
    return f"webcal:{address.partition(':')[2]}"
