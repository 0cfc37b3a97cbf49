"""Accounts: who may use the console, for what; and the list of what staff did."""

from collections.abc import Callable

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from phonetree.console.access import needs, staff
from phonetree.console.aside import tell_admins
from phonetree.console.layout import Page, render
from phonetree.console.readable import number_of
from phonetree.console.services import services
from phonetree.errors import AccountError
from phonetree.store import actions
from phonetree.store.accounts import Account
from phonetree.store.roles import Role

blueprint = Blueprint("accounts", __name__)

Change = Callable[[str, int], object]
"""A change by somebody at a moment."""

ROLES = {
    Role.MEMBER: "sees Today, Schedule and People, closes and opens the line, covers shifts, as everybody does",
    Role.LISTENER: "listens to messages, makes a key for them, too",
    Role.EDITOR: "closes days, edits and publishes every text, key, number, shift and hour that callers meet, too",
    Role.ADMIN: "invites staff, gives roles, resets second factors, adds phones, too",
}

PAGE = 50
"""Actions on one page."""


@blueprint.get("/staff/accounts")
@needs(Role.ADMIN)
def page() -> str:
    """Every account, and the form for a new one."""
    return _page()


@blueprint.post("/staff/accounts")
@needs(Role.ADMIN)
def invite() -> str | Page:
    """Makes an account, and shows its one-time link."""
    running, name = services(), request.form.get("name", "")
    now = running.seconds()
    try:
        account, token = running.accounts.add(
            name, _roles(), staff().name, now, now + running.settings.link_seconds
        )  # fmt: skip
    except AccountError as error:
        return _page(problem=str(error), name=name, chosen=_roles()), 422
    return _link(account, token)


@blueprint.get("/staff/accounts/<account_id>")
@needs(Role.ADMIN)
def account(account_id: str) -> str:
    """One account, and what can be done with it."""
    return _one(_found(account_id))


@blueprint.post("/staff/accounts/<account_id>/roles")
@needs(Role.ADMIN)
def roles(account_id: str) -> Response | Page:
    """Gives an account other roles; they count at once."""
    return _done(account_id, lambda by, now: services().accounts.set_roles(account_id, _roles(), by, now), "Saved.")


@blueprint.post("/staff/accounts/<account_id>/link")
@needs(Role.ADMIN)
def new_link(account_id: str) -> str | Page:
    """A new one-time link, on which a password is chosen; until then nobody signs in to the account."""
    running, found = services(), _found(account_id)
    now = running.seconds()
    try:
        token = running.accounts.renew_link(account_id, staff().name, now, now + running.settings.link_seconds)
    except AccountError as error:
        return _one(found, problem=str(error)), 409
    tell_admins()
    return _link(found, token)


@blueprint.post("/staff/accounts/<account_id>/second-factor")
@needs(Role.ADMIN)
def reset_factor(account_id: str) -> Response | Page:
    """Removes an account's second factor, so that another is set up at the next sign-in."""
    reset = services().accounts.reset_factor
    said = (
        "The second factor is removed. At the next sign-in another one is set up. Calendars and reminders have ended."
    )
    return _done(account_id, lambda by, now: reset(account_id, by, now), said)


@blueprint.post("/staff/accounts/<account_id>/sign-out")
@needs(Role.ADMIN)
def sign_out(account_id: str) -> Response | Page:
    """Ends all sessions of an account."""
    return _done(
        account_id,
        lambda by, now: services().accounts.sign_out(account_id, by, now),
        "Signed out everywhere. Calendars and reminders have ended too.",
    )


@blueprint.post("/staff/accounts/<account_id>/remove")
@needs(Role.ADMIN)
def remove(account_id: str) -> Response | Page:
    """Removes an account."""
    running, found = services(), _found(account_id)
    try:
        running.accounts.remove(account_id, staff().name, running.seconds())
    except AccountError as error:
        return _one(found, problem=str(error)), 409
    running.voicemails.release_all(found.name, running.seconds())
    tell_admins()
    flash(f"The account {found.name} is removed.")
    return redirect(url_for("accounts.page"), 303)


@blueprint.get("/staff/accounts/actions")
@needs(Role.ADMIN)
def done() -> str:
    """What staff did, newest first, a page at a time."""
    number = number_of(request.args.get("before", ""))
    found = actions.page(services().store, number, PAGE + 1)
    more = found[PAGE - 1].number if len(found) > PAGE else None
    return render("console/actions.html", actions=found[:PAGE], more=more, first=number is None)


def _page(problem: str | None = None, name: str = "", chosen: tuple[Role, ...] = ()) -> str:
    found = services().accounts.all()
    now = services().seconds()
    values = {"problem": problem, "name": name, "chosen": chosen, "roles": ROLES, "now": now}
    return render("console/accounts.html", accounts=found, **values)


def _one(found: Account, problem: str | None = None) -> str:
    running = services()
    keys = sum(each.approved and each.account == found.id for each in running.keys.listed())
    return render("console/account.html", account=found, problem=problem, roles=ROLES, now=running.seconds(), keys=keys)


def _link(account: Account, token: str) -> str:
    """The page with a one-time link, which is nowhere else."""
    running = services()
    address = f"{running.settings.url}{url_for('sign_in.link', token=token)}"
    ends_at = running.seconds() + running.settings.link_seconds
    return render("console/new_link.html", account=account, address=address, ends_at=ends_at)


def _found(account_id: str) -> Account:
    found = services().accounts.by_id(account_id)
    if found is None:
        abort(404)
    return found


def _done(account_id: str, change: Change, said: str) -> Response | Page:
    """Makes a change of an account; says that it is done, or why it is not."""
    found = _found(account_id)
    try:
        change(staff().name, services().seconds())
    except AccountError as error:
        return _one(found, problem=str(error)), 409
    tell_admins()
    flash(said)
    return redirect(url_for("accounts.account", account_id=account_id), 303)


def _roles() -> tuple[Role, ...]:
    """The roles that were ticked."""
    return tuple(role for role in Role if role in request.form.getlist("role"))
