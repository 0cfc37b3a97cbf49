"""Signing in, with everything on one page: nothing says which part was wrong. And the one-time link."""

import secrets
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, request, url_for
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response

from phonetree.console import identity, passwords
from phonetree.console.access import before_enrolment, fits, needs, open_form, open_to_all, staff
from phonetree.console.aside import aside, tell_admins
from phonetree.console.identity import LONGEST_PASSWORD
from phonetree.console.keys import DEVICES, derived
from phonetree.console.layout import Page, render
from phonetree.console.services import services
from phonetree.console.trying import one_at_a_time
from phonetree.store.accounts import LONGEST_NAME, Account, folded

blueprint = Blueprint("sign_in", __name__)

DEVICE_COOKIE, DEMO_DEVICE_COOKIE = "__Host-device", "device"
DEVICE_SECONDS = 400 * 24 * 3600
"""As long as browsers keep a cookie."""

MOST_ON_A_DEVICE = 8
"""Accounts that one browser is known for."""

WRONG = "That does not fit together. Check the name, the password and the code, and try again."
WRONG_DEMO = "That does not fit together. Check the name and the password, and try again."
TOO_MANY = (
    "There were too many tries with this name. Wait {minutes}, then try again; or use a browser in which you have "
    "signed in before."
)
SESSION_OVER = "You were signed out, because you had not used the page for a while. Please sign in again."


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that has signed in to some accounts before."""

    id: str
    accounts: tuple[str, ...] = ()


@blueprint.get("/staff/sign-in")
@open_form
def form() -> str:
    """The page with the form."""
    return _form(problem=SESSION_OVER if request.args.get("over") else None, alert=False)


@blueprint.post("/staff/sign-in")
@open_to_all
def enter() -> Response | Page:
    """Signs in."""
    name, password = request.form.get("name", ""), request.form.get("password", "")
    code, next_ = request.form.get("code", ""), request.form.get("next", "")
    found = _attempt(name[: LONGEST_NAME * 2], password[: LONGEST_PASSWORD * 2], code[:40])
    if isinstance(found, str):
        return _form(problem=found, name=name, next_=next_), 401
    identity.sign_in(found)
    response = redirect(next_ if fits(next_) else url_for("today.page"), 303)
    _remember(response, found)
    return response


@blueprint.post("/staff/sign-out")
@needs()
@before_enrolment
def leave() -> Response:
    """Signs out of this browser."""
    identity.sign_out()
    flash("You are signed out.")
    return redirect(url_for("sign_in.form"), 303)


@blueprint.get("/staff/link/<token>")
@open_form
def link(token: str) -> str | Page:
    """Where a one-time link leads: a password is chosen."""
    account = services().accounts.by_link(token, services().seconds())
    if account is None:
        return render("console/link_over.html"), 410
    return render("console/link.html", account=account, problem=None)


@blueprint.post("/staff/link/<token>")
@open_to_all
def choose(token: str) -> Response | str | Page:
    """Sets the password that was chosen on a one-time link. Whoever has no second factor is signed in."""
    running = services()
    account = running.accounts.by_link(token, running.seconds())
    if account is None:
        return render("console/link_over.html"), 410
    password = request.form.get("password", "")
    if problem := passwords.problem(password, account.name):
        return render("console/link.html", account=account, problem=problem), 422
    changed = running.accounts.accept(token, identity.hashed(password), running.seconds())
    if changed is None:
        return render("console/link_over.html"), 410
    if changed.factor is not None:  # the link alone is not enough
        flash("Your password is set. Please sign in with it.")
        response = redirect(url_for("sign_in.form"), 303)
    else:
        identity.sign_in(changed)
        response = redirect(url_for("today.page"), 303)
    _remember(response, changed)
    return response


def confirmed(password: str) -> bool:
    """Whether whoever is signed in knows the account's password: asked before what would lock its owner out. Raises
    TooBusyError; too many failures are refused like a wrong one."""
    account, lockout = staff(), services().lockout
    who = f"confirming {account.id}"
    if lockout.wait(who):
        return False
    with one_at_a_time(known=True):
        if lockout.begin(who):
            return False
        good = identity.same(password[: LONGEST_PASSWORD * 2], account.password or identity.nobodys_password())
    if good:
        lockout.succeeded(who)
    return good


def _form(problem: str | None = None, name: str = "", next_: str | None = None, *, alert: bool = True) -> str:
    next_ = request.args.get("next", "") if next_ is None else next_
    return render("console/sign_in.html", problem=problem, name=name, next=next_, alert=alert)


def _attempt(name: str, password: str, code: str) -> Account | str:
    """The account that name, password and code fit together for, or what is to be said. As much is computed for a name
    that does not exist as for any other."""
    running, demo = services(), services().settings.demo
    account, device = running.accounts.by_name(name), _device()
    known = account is not None and device is not None and account.id in device.accounts
    who = f"device {device.id} {account.id}" if known and device and account else f"name {folded(name)}"
    if wait := running.lockout.wait(who):
        return _too_many(wait)
    with one_at_a_time(known=known):
        if wait := running.lockout.begin(who):
            return _too_many(wait)
        stored = account.password if account and account.password else identity.nobodys_password()
        good = identity.same(password, stored) and account is not None and account.password is not None
    factor_good = demo or identity.second_factor_fits(account if good else None, code)
    if good and factor_good and account:
        running.lockout.succeeded(who)
        return account
    if failures := running.lockout.locked(who):
        where = ", in a browser that was used before" if known else ""
        what = f"{failures} failed sign-ins{where}; more are refused for a while"
        aside(lambda: running.accounts.warn(name, what, running.seconds()))
        tell_admins()
    return WRONG_DEMO if demo else WRONG


def _too_many(wait: float) -> str:
    minutes = max(1, round(wait / 60))
    return TOO_MANY.format(minutes=f"{minutes} minutes" if minutes > 1 else "a minute")


def _serializer() -> URLSafeSerializer:
    keys = derived(services().settings.secrets, DEVICES)
    return URLSafeSerializer(list(reversed(keys)), salt="device")


def _device() -> Device | None:
    """The browser of this request, if it has signed in before."""
    demo = services().settings.demo
    value = request.cookies.get(DEMO_DEVICE_COOKIE if demo else DEVICE_COOKIE)
    if not value:
        return None
    try:
        id_, *accounts = _serializer().loads(value)
    except (BadData, ValueError, TypeError):
        return None
    return Device(str(id_), tuple(map(str, accounts)))


def _remember(response: Response, account: Account) -> None:
    """From now on this browser is known for an account."""
    demo = services().settings.demo
    device = _device() or Device(secrets.token_hex(8))
    accounts = (account.id, *(each for each in device.accounts if each != account.id))[:MOST_ON_A_DEVICE]
    response.set_cookie(
        DEMO_DEVICE_COOKIE if demo else DEVICE_COOKIE,
        str(_serializer().dumps([device.id, *accounts])),
        max_age=DEVICE_SECONDS,
        secure=not demo,
        httponly=True,
        samesite="Strict",
        path="/",
    )
