"""You: one's own password, second factor, recovery codes, sessions."""

from flask import Blueprint, flash, redirect, request, session, url_for
from markupsafe import Markup
from segno import make_qr
from werkzeug.wrappers import Response

from phonetree.console import identity, passwords
from phonetree.console.access import BEGAN, before_enrolment, lacks_factor, needs, staff
from phonetree.console.identity import Staff, codes
from phonetree.console.layout import Page, render
from phonetree.console.services import services
from phonetree.console.sign_in import confirmed
from phonetree.store.accounts import Account

blueprint = Blueprint("you", __name__)

PENDING = "factor"
"""In the session: the secret that is being set up, encrypted."""

JUST_NOW_SECONDS = 10 * 60
"""So long after signing in, or choosing a password, a first second factor is set up without typing it again."""

NOT_YOURS = "This is not your password. Nothing was changed."
WRONG_CODE = (
    "This code does not fit. Wait for the next one in your app, and type it here; check the clock of your phone."
)


@blueprint.get("/staff/you")
@needs()
def page() -> str:
    """What can be changed."""
    return _page()


@blueprint.post("/staff/you/password")
@needs()
def password() -> Response | Page:
    """Changes the password; ends every other session."""
    running, account, new = services(), staff(), request.form.get("new-password", "")
    problem = passwords.problem(new, account.name)
    if problem is None and not confirmed(request.form.get("password", "")):
        problem = NOT_YOURS
    if problem:
        return _page(problem, "password"), 422
    _go_on(running.accounts.set_password(account, identity.hashed(new), running.seconds()))
    flash("Your password is changed. Everywhere else you are signed out.")
    return redirect(url_for("you.page"), 303)


@blueprint.get("/staff/you/second-factor")
@needs()
@before_enrolment
def factor() -> str:
    """What to scan, and a field for the first code."""
    return _factor(problem=None)


@blueprint.post("/staff/you/second-factor")
@needs()
@before_enrolment
def set_factor() -> Response | str | Page:
    """Sets the second factor, once a code of it was typed; shows the recovery codes."""
    running, account, secret = services(), staff(), session.get(PENDING)
    if not isinstance(secret, str):
        return redirect(url_for("you.factor"), 303)
    if _asks_password(account) and not confirmed(request.form.get("password", "")):
        return _factor(problem=NOT_YOURS), 422
    code = "".join(request.form.get("code", "")[:40].split())
    if not codes().verify_totp(code or "0", secret, Staff(account)):
        return _factor(problem=WRONG_CODE), 422
    plain, encrypted = identity.new_recovery_codes()
    _go_on(running.accounts.set_factor(account, secret, encrypted, running.seconds()))
    return render("console/recovery_codes.html", codes=plain)


@blueprint.post("/staff/you/recovery-codes")
@needs()
def recovery() -> str | Page:
    """Makes new recovery codes, and shows them once."""
    running, account = services(), staff()
    if account.factor is None or not confirmed(request.form.get("password", "")):
        return _page(NOT_YOURS, "recovery"), 422
    plain, encrypted = identity.new_recovery_codes()
    running.accounts.set_recovery(account, encrypted, running.seconds())
    return render("console/recovery_codes.html", codes=plain)


@blueprint.post("/staff/you/sign-out-everywhere")
@needs()
@before_enrolment
def sign_out_everywhere() -> Response:
    """Ends all of one's sessions, this one too."""
    running, account = services(), staff()
    running.accounts.sign_out(account.id, account.name, running.seconds())
    identity.sign_out()
    flash("You are signed out everywhere.")
    return redirect(url_for("sign_in.form"), 303)


def _page(problem: str | None = None, about: str | None = None) -> str:
    running, me = services(), staff()
    ways = {"feeds": len(running.feeds.of(me.id)), "reminders": len(running.reminders.of(me.id))}
    return render("console/you.html", problem=problem, about=about, **ways)


def _go_on(changed: Account) -> None:
    """Every other session of the account is over; this one goes on, for no longer than before."""
    began = session[BEGAN]
    identity.sign_in(changed)
    session[BEGAN] = began


def _asks_password(account: Account) -> bool:
    """Whether a second factor is set up only with the password: it was not typed just now, so whoever found an open
    session might do it."""
    return account.factor is not None or services().seconds() - session[BEGAN] > JUST_NOW_SECONDS


def _factor(problem: str | None) -> str:
    """The page to set up a second factor. Its secret stays the same until it is set up."""
    account = staff()
    secret = session.get(PENDING)
    if not isinstance(secret, str):
        secret = session[PENDING] = codes().generate_totp_secret()
    address = codes().get_totp_uri(account.name, secret)
    return render(
        "console/second_factor.html",
        problem=problem,
        picture=_picture(address),
        address=address,
        key=codes().get_totp_pretty_key(secret),
        first=lacks_factor(account),
        asks_password=_asks_password(account),
    )


def _picture(address: str) -> Markup:
    """The QR code of an address, as SVG in the page: dark on light in either scheme, since cameras want it so."""
    made = make_qr(address, error="m")
    svg = made.svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return Markup(svg)  # noqa: S704 -- squares
