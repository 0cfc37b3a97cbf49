"""Who may do what. Every endpoint is closed, unless it says whom it is for:

    @open_to_all                  anybody, without signing in
    @open_form                    the same, for a page with a form
    @needs()                      everybody who is signed in
    @needs(Role.EDITOR)           whoever has one of these roles

`@before_enrolment` opens one also to somebody who has to set up a second factor first. `@polled` is for what a page
asks by itself: a session does not go on because of it. `@unkept` is for a form with the number of a person. An
application with an endpoint that says nothing does not start.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, g, make_response, redirect, request, session, url_for
from werkzeug.exceptions import Forbidden, HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as Answer

from phonetree.console.origin import followed_from_elsewhere, from_elsewhere
from phonetree.console.readable import parts_of
from phonetree.console.services import services
from phonetree.store.accounts import Account
from phonetree.store.roles import Role

F = TypeVar("F", bound=Callable[..., Any])

STRONG = frozenset({Role.LISTENER, Role.EDITOR, Role.ADMIN})
"""Roles that need a second factor: they hear messages, change what callers hear, or decide who may."""

BEGAN, USED = "began", "used"
"""When a session began and was last used: in the session itself, which the browser keeps, and nowhere else."""

TOKEN = "csrf_token"  # noqa: S105 -- the name of a field
"""What every form has, and the session."""

REFRESH_SECONDS = 60
"""How often a session that is being used is written anew."""

_DECLARED = "_phonetree_access"


@dataclass(frozen=True, slots=True)
class Access:
    """Whom an endpoint is for: anybody, or whoever has one of the roles, or, without roles, all staff."""

    anybody: bool = False
    form: bool = False
    roles: frozenset[Role] = frozenset()
    before_enrolment: bool = False
    polled: bool = False
    unkept: bool = False

    def allows(self, account: Account) -> bool:
        """Whether it is for somebody who is signed in."""
        return self.anybody or not self.roles or account.may(*self.roles)


class RoleError(Forbidden):
    """Whoever is signed in has none of the roles that an endpoint is for."""


def open_to_all(view: F) -> F:
    """An endpoint for anybody."""
    return _declare(view, Access(anybody=True))


def open_form(view: F) -> F:
    """A page for anybody, with a form: its session has to be the browser's, so it is not opened from elsewhere."""
    return _declare(view, Access(anybody=True, form=True))


def needs(*roles: Role) -> Callable[[F], F]:
    """An endpoint for whoever has one of these roles; without roles, for all staff."""
    return lambda view: _declare(view, replace(_declared(view) or Access(), roles=frozenset(roles)))


def before_enrolment(view: F) -> F:
    """An endpoint for somebody whose second factor is missing, too."""
    return _declare(view, replace(_declared(view) or Access(), before_enrolment=True))


def polled(view: F) -> F:
    """An endpoint that a page asks by itself, again and again: nobody need be in front of it."""
    return _declare(view, replace(_declared(view) or Access(), polled=True))


def unkept(view: F) -> F:
    """An endpoint whose form has the number of a person: the browser would keep what was sent with a page that answers
    it, so when it cannot be taken there is no such page, and the number has to be typed again."""
    return _declare(view, replace(_declared(view) or Access(), unkept=True))


def staff() -> Account:
    """Who is signed in. Only in endpoints that are not for anybody."""
    found: Account = g.staff
    return found


def signed_in() -> Account | None:
    """Who is signed in, as far as this request has looked; None on a page for anybody."""
    found: Account | None = g.get("staff")
    return found


def access_of(app: Flask, endpoint: str) -> Access | None:
    """Whom an endpoint is for; None if it does not exist or does not say."""
    view = app.view_functions.get(endpoint)
    return _declared(view) if view else None


def lacks_factor(account: Account) -> bool:
    """Whether somebody has to set up a second factor before anything else."""
    return account.may(*STRONG) and account.factor is None and not services().settings.demo


def guard(app: Flask) -> None:
    """Refuses every request that its endpoint is not for."""

    @app.before_request
    def refuse() -> Answer | None:
        if request.endpoint is None:
            return None  # there is no such page: everybody may know that
        access = access_of(app, request.endpoint)
        if access is None:
            abort(403)
        if request.method == "POST" and from_elsewhere():
            return _not_ours()
        if access.anybody and not access.form:
            return None
        if followed_from_elsewhere() and not session:
            return _again()
        if access.anybody:
            return None
        account = _of_session(used_now=not access.polled)
        if account is None:
            return _to_sign_in()
        g.staff = account
        if lacks_factor(account) and not access.before_enrolment:
            return _to_set_up()
        if not access.allows(account):
            raise RoleError
        return None


def refuse_undeclared(app: Flask) -> None:
    """Raises RuntimeError when an endpoint does not say whom it is for."""
    silent = [name for name, view in app.view_functions.items() if _declared(view) is None]
    if silent:
        raise RuntimeError(f"these endpoints do not say whom they are for: {', '.join(silent)}")


def begin_session(now: int) -> None:
    """The session of somebody who has just signed in begins; what was in it before is gone. But for the token of forms,
    if nobody was signed in: what could not be sent, because a session was over, is then sent as it stands."""
    token = session.get(TOKEN) if BEGAN not in session else None
    session.clear()
    if token:
        session[TOKEN] = token
    session[BEGAN] = session[USED] = now


def fits(path: str) -> bool:
    """Whether a path is one of our own pages, to go on to after signing in."""
    parts = parts_of(path)
    if parts.scheme or parts.netloc or not path.startswith("/staff") or "\\" in path:
        return False
    try:
        endpoint, _ = current_app.url_map.bind("").match(parts.path, method="GET")
    except (HTTPException, RequestRedirect):
        return False
    access = access_of(current_app, endpoint)
    return access is not None and not access.anybody


def _declare(view: F, access: Access) -> F:
    setattr(view, _DECLARED, access)
    return view


def _declared(view: Callable[..., Any]) -> Access | None:
    found: Access | None = getattr(view, _DECLARED, None)
    return found


def _of_session(*, used_now: bool) -> Account | None:
    """Whose session it is, unless it is over. A session that is used goes on."""
    from phonetree.console.identity import of_session

    began, used, now = session.get(BEGAN), session.get(USED), services().seconds()
    if not (isinstance(began, int) and isinstance(used, int)):
        return None
    settings = services().settings
    if not (0 <= now - began < settings.session_seconds and 0 <= now - used < settings.idle_seconds):
        session.clear()
        g.session_over = True
        return None
    if used_now and now - used >= REFRESH_SECONDS:
        session[USED] = now
    return of_session()


def _to_set_up() -> Answer:
    """The page for the second factor; or, when something was sent, a page that loses nothing of it."""
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("you.factor"), 303)
    from phonetree.console.errors import no_factor

    return make_response(no_factor())


def _to_sign_in() -> Answer:
    """The sign-in page, and then back here; or, when something was sent, a page that loses nothing of it."""
    if request.method in ("GET", "HEAD"):
        there = request.full_path.rstrip("?")
        next_ = there if there.rstrip("/") != "/staff" else None
        return redirect(url_for("sign_in.form", over=1 if g.get("session_over") else None, next=next_), 303)
    from phonetree.console.errors import session_over

    return make_response(session_over())


def _not_ours() -> Answer:
    """What a form on another site is answered with: nothing of what it sent."""
    from phonetree.console.errors import not_ours

    return make_response(not_ours())


def _again() -> Response:
    """Asks for the same page once more, from a page of ours; without the query, which could fill in a form."""
    from phonetree.console.layout import render

    return Response(render("console/again.html", there=request.path))
