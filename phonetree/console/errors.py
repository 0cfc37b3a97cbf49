"""What a page says when something is not possible: what happened, that nothing is lost, what to do."""

from dataclasses import dataclass, replace

from flask import Flask, current_app, redirect, request, session, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from phonetree import log
from phonetree.console.access import BEGAN, TOKEN, RoleError, access_of
from phonetree.console.labels import SECRETS, Typed, in_words
from phonetree.console.layout import Page, refused, render
from phonetree.console.origin import advice, from_our_page, https_advice, opened_at, over_http
from phonetree.console.proving import ProofBusyError
from phonetree.console.services import services
from phonetree.console.trying import TooBusyError
from phonetree.errors import ConfigError, StoreError, StoreFullError


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says: a title, what happened, and what to do. Where a form can be sent once more, `kept` says that
    it is still there, and `todo` is about it; where it has to be filled in anew, `anew` is what to do instead."""

    title: str
    happened: str
    todo: str
    kept: str = ""
    anew: str = ""


@dataclass(frozen=True, slots=True)
class Before:
    """What has to be done before a form is sent again: in a new tab, or `instead` of it where the form is not kept."""

    what: str
    there: str
    instead: str


_ANSWERED = (
    "Calls are still answered: with the hours and overrides that were in force, or, by a server that was restarted "
    "meanwhile, with the hours of its files."
)

_BY_CODE = {
    400: Words("This cannot be read", "The request was not complete.", "Go back and try again."),
    403: Words(
        "You may not do this",
        "Your roles do not include it. Nothing was changed.",
        "If you need it, ask an admin for the role.",
    ),
    404: Words("There is no such page", "The address is wrong, or what it was about is gone.", "Start from Today."),
    405: Words("There is no such page", "The address is wrong.", "Start from Today."),
    413: Words("This is too long", "What was sent is larger than a form can be.", "Go back and shorten it."),
    429: Words(
        "Too many at once", "Too many people are signing in at this moment.", "Wait half a minute and try again."
    ),
    500: Words(
        "This went wrong",
        "It is a mistake in this program, not yours. Calls are answered as before.",
        "Go back and try again. If it happens again, tell whoever runs the server.",
    ),
    503: Words(
        "The database cannot be reached",
        f"Nothing was changed. {_ANSWERED}",
        "Wait a minute and load this page again. If it lasts, tell whoever runs the server.",
    ),
}

_AWAY = Words(
    _BY_CODE[503].title,
    f"This was not saved. {_ANSWERED}",
    "Keep this page open, wait a minute, and send it again. If it lasts, tell whoever runs the server.",
    "Nothing is lost: what you sent is still here.",
    "Wait a minute, and fill it in again. If it lasts, tell whoever runs the server.",
)

_WRONG_NOW = Words(
    _BY_CODE[500].title,
    _BY_CODE[500].happened,
    "Look in a new tab whether it was saved all the same. If not, send it again. If it happens again, copy what you "
    "need, and tell whoever runs the server.",
    "Nothing is lost: what you sent is still here.",
    "Look whether it was saved all the same; if not, fill it in again. If this happens again, tell whoever runs the "
    "server.",
)

_FULL = Words(
    "The disk of the database is full",
    "Nothing was changed. Calls are answered as before, but new messages of callers cannot be kept here.",
    "Tell whoever runs the server now: the disk needs room. Waiting does not help.",
)

_FULL_NOW = Words(
    _FULL.title,
    "This was not saved. Calls are answered as before, but new messages of callers cannot be kept here.",
    "Tell whoever runs the server now: the disk needs room. Keep this page open, and send it again when it has.",
    "Nothing is lost: what you sent is still here.",
    "Tell whoever runs the server now: the disk needs room. Fill it in again when it has.",
)

_BUSY = Words(
    "Too many changes are being checked",
    "Each takes a few seconds, and a change that you sent before may still be among them. This one was not saved.",
    "Wait a few seconds, look at the page whether the earlier one is there, and send this one again.",
    anew="Wait a few seconds, look at the page whether the earlier one is there, and fill this one in again.",
)

_BUSY_PAGE = Words(
    _BUSY.title,
    "Each takes a few seconds. Nothing is wrong with this page, and nothing was changed by opening it.",
    "Wait a few seconds, and load this page again.",
)

_CONFIG = Words(
    "The files of the helpline cannot be read here",
    "Nothing was changed. Calls are answered as before.",
    "Tell whoever runs the server: the command check says what is wrong.",
)

_CONFIG_NOW = Words(
    _CONFIG.title,
    "This was not saved. Calls are answered as before.",
    "Tell whoever runs the server: the command check says what is wrong. Keep this page open, and send it again when "
    "that is put right.",
    "Nothing is lost: what you sent is still here.",
    f"{_CONFIG.todo} Fill it in again when that is put right.",
)

_OVER = Words(
    "You were signed out",
    "A session ends after a while without use. Nothing was changed.",
    "Sign in again in a new tab, come back to this one, and send it again.",
    "What you typed is still here.",
    "Sign in, and fill it in again.",
)

_NO_ROLE_NOW = Words(
    _BY_CODE[403].title,
    _BY_CODE[403].happened,
    "If somebody else has to send it, they sign in in a new tab, come back to this one, and send it again. If you need "
    "the role yourself, ask an admin for it.",
    "What was typed is still here.",
    _BY_CODE[403].todo,
)

_NO_FACTOR_NOW = Words(
    "A second factor is needed first",
    "Your account has a role that needs a second factor, and has none now. Nothing was changed.",
    "Set it up in a new tab, come back to this one, and send it again.",
    "What you typed is still here.",
    "Set it up, and fill it in again.",
)

_NOT_OURS = Words(
    "This was not taken",
    "It did not come from a page of this console{at}. Nothing was changed, and nothing of it is kept.",
    "If you filled in a form here, open its page again and fill it in once more. If that does not help, tell whoever "
    "runs the server: {advice}.",
)

_OVER_HTTP = Words(
    "Open the console over https",
    "It seems that this page was opened over http, where nobody can sign in. Nothing was changed, and nothing of it is "
    "kept.",
    "Open the https address below, and fill it in there. If that does not help, tell whoever runs the server: "
    "{advice}.",
)

_STALE = Words(
    "Please send this once more",
    "This page was opened before you last signed in. Nothing was changed yet.",
    "Look at it, and send it again.",
    "What you typed is still here.",
    "Fill it in again.",
)


def put_on(app: Flask) -> None:
    """Gives an application these pages."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RoleError, _no_role)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(StoreError, _store)
    app.register_error_handler(ConfigError, _config)
    app.register_error_handler(TooBusyError, _busy)
    app.register_error_handler(ProofBusyError, _proofs)
    app.register_error_handler(Exception, _bug)


def session_over() -> Page | Response:
    """For what was sent when the session was over already."""
    return _again(_OVER, 401, _sign_in())


def no_factor() -> Page | Response:
    """For what somebody sent who has to set up a second factor first."""
    return _again(_NO_FACTOR_NOW, 403, Before("Set it up", url_for("you.factor"), url_for("you.factor")))


def not_ours() -> Page:
    """For what another site sent, or a page of ours at an address that we do not know as ours."""
    staff = BEGAN in session
    if over_http(staff=staff):
        words = replace(_OVER_HTTP, todo=_OVER_HTTP.todo.format(advice=https_advice()))
        return _page(words, 403, f"{services().settings.url}{url_for('today.page')}")
    origin = opened_at(staff=staff)
    at = f" as far as it knows: the page was opened at {origin}" if origin else ""
    words = replace(_NOT_OURS, happened=_NOT_OURS.happened.format(at=at), todo=_NOT_OURS.todo.format(advice=advice()))
    return _page(words, 403)


def _sign_in() -> Before:
    form = "sign_in.form"
    return Before("Sign in", url_for(form), url_for(form, over=1, next=request.path))


def _again(words: Words, status: int, before: Before | None = None) -> Page | Response:
    """A page that sends a form once more; only what a page of ours sent. What is secret has to be typed again. A script
    asks again by itself."""
    if not from_our_page():
        return not_ours()
    if request.accept_mimetypes.best == "application/json":
        return _page(replace(words, todo=words.anew), status)
    access = access_of(current_app, request.endpoint or "")
    if access and access.unkept:
        if before:
            return redirect(before.instead, 303)
        return refused(f"{words.happened} {words.anew}", request.path)
    if any(name in SECRETS for name in request.form):
        return render(
            "console/fill_in_again.html",
            words=replace(words, todo=words.anew),
            there=before.there if before else _shown_at(),
        ), status
    typed = [Typed(name, value) for name, values in request.form.lists() for value in values if name != TOKEN]
    there = request.full_path.rstrip("?")
    values = {"typed": typed, "shown": [*in_words(request.form)], "there": there, "before": before}
    return render("console/again_form.html", words=words, **values), status


def _shown_at() -> str:
    """The page that has the form which was sent: its own address, or else that of whoever is signed in."""
    try:
        current_app.url_map.bind("").match(request.path, method="GET")
    except HTTPException:
        return url_for("you.page")
    return request.path


def _page(words: Words, status: int, instead: str = "") -> Page:
    """`instead` is an address at which everything works."""
    return render("console/error.html", words=words, status=status, instead=instead), status


def _http(error: HTTPException) -> Page | HTTPException:
    code = error.code or 500
    if code < 400:  # a redirect
        return error
    return _page(_BY_CODE.get(code, _BY_CODE[400 if code < 500 else 500]), code)


def _no_role(_error: RoleError) -> Page | Response:
    """What was sent is given back: somebody else was signed in when it was typed, or has lost the role since."""
    access = access_of(current_app, request.endpoint or "")
    if request.form and from_our_page() and not (access and access.unkept):
        return _again(_NO_ROLE_NOW, 403, _sign_in())
    return _page(_BY_CODE[403], 403)


def _csrf(_error: CSRFError) -> Page | Response:
    return _again(_STALE, 400)


def _lost(asked: Words, sent: Words, status: int) -> Page | Response:
    """A page for what went wrong: what one of our pages sent is given back."""
    if request.method == "POST" and from_our_page():
        return _again(sent, status)
    return _page(asked, status)


def _store(error: StoreError) -> Page | Response:
    if isinstance(error, StoreFullError):
        return _lost(_FULL, _FULL_NOW, 503)
    return _lost(_BY_CODE[503], _AWAY, 503)


def _config(_error: ConfigError) -> Page | Response:
    return _lost(_CONFIG, _CONFIG_NOW, 503)


def _busy(_error: TooBusyError) -> Page:
    return _page(_BY_CODE[429], 429)


def _proofs(_error: ProofBusyError) -> Page | Response:
    return _again(_BUSY, 429) if request.method == "POST" else _page(_BUSY_PAGE, 429)


def _bug(error: Exception) -> Page | Response:
    log.failure("console", error)
    return _lost(_BY_CODE[500], _WRONG_NOW, 500)
