"""Where a request came from: a page of ours, or somebody else's. Browsers say so in headers that no page can forge."""

from dataclasses import dataclass, field

from flask import Flask, Request, Response, current_app, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from phonetree import log
from phonetree.console.readable import parts_of
from phonetree.console.services import services

_OURS, _USER = "same-origin", "none"
"""What Sec-Fetch-Site says of a page of ours, and of an address that somebody typed, or opened from another program."""

_TOLD = "phonetree-told-of"
MOST_TOLD = 5
"""Addresses that are logged, each once: of those who have signed in, and of others within `TOLD_SECONDS`."""

TOLD_SECONDS = 3600
"""How long others count: whoever can reach the console could make up addresses, and at the wrong one nobody can sign
in, so these are logged, too, but keep none of staff out of the log."""


def from_elsewhere() -> bool:
    """Whether the browser says that a page of another site caused this request."""
    return request.headers.get("Sec-Fetch-Site", _OURS) not in (_OURS, _USER) or _origin() not in (None, *_ours())


def from_our_page() -> bool:
    """Whether it is certain that a page of ours caused this request. A browser that says nothing is not believed."""
    if from_elsewhere():
        return False
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == _OURS
    return (_origin() or _site(request.headers.get("Referer", ""))) in _ours()


@dataclass(slots=True)
class _Told:
    """The addresses that were logged: of staff, and of others since a moment."""

    staff: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    since: int = 0

    def is_new(self, address: str, now: int, *, staff: bool) -> bool:
        """Whether an address is to be logged."""
        if not 0 <= now - self.since < TOLD_SECONDS:
            self.others, self.since = set(), now
        told = self.staff if staff else self.others
        if address in told or len(told) >= MOST_TOLD:
            return False
        told.add(address)
        return True


def over_http(*, staff: bool) -> bool:
    """Whether our own page seems to have been opened over plain http, although the console is at an https address. With
    what is sent from there a browser says nothing of fetch metadata, and no session, whose cookie is for https alone.
    It is logged; `staff` as in `opened_at`."""
    origin = _origin()
    if "Sec-Fetch-Site" in request.headers or not _ours()[0].startswith("https:"):
        return False
    if not origin.startswith("http:") if origin else bool(session or request.headers.get("Referer")):
        return False
    _log_once(f"{(origin or request.host)[:200]} over http", staff=staff, todo=https_advice())
    return True


def opened_at(*, staff: bool) -> str:
    """The address at which the browser says that our own page was opened, if we take it for another site; "" if there
    is none. It is logged: then the setting is wrong, or the proxy passes on another host or scheme. `staff` is whether
    whoever opened it has signed in."""
    origin, site = _origin(), request.headers.get("Sec-Fetch-Site", _OURS)
    if site != _OURS or origin is None or origin in _ours():
        return ""
    _log_once(origin[:200], staff=staff, todo=advice())
    return origin if "Sec-Fetch-Site" in request.headers else ""  # else it may be anybody's


def _log_once(where: str, *, staff: bool, todo: str) -> None:
    told: _Told = current_app.extensions.setdefault(_TOLD, _Told())
    if told.is_new(where, services().seconds(), staff=staff):
        log.warning("console", problem=f"refused what was sent from {where}: {todo}")


def https_advice() -> str:
    """What to do about pages that are opened over plain http."""
    return (
        f"the console works over https alone, at {services().settings.url}/staff/ (PHONETREE_PUBLIC_URL): have the "
        "proxy lead from http to https, and nobody reach the console's own port"
    )


def advice() -> str:
    """Which address is expected, and what to do if it is another one."""
    return (
        f"the console expects to be opened at {services().settings.url} (PHONETREE_PUBLIC_URL). If staff open another "
        "address, set PHONETREE_PUBLIC_URL to that and start the console again; if not, have the proxy pass on the "
        "host that it was asked for"
    )


class Sessions(SecureCookieSessionInterface):
    """Sessions that no link or form on another site replaces: with those browsers send no cookie that is
    SameSite=Strict, so whoever is signed in would get a new, empty one."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not _crossed(request):
            super().save_session(app, session, response)


def followed_from_elsewhere() -> bool:
    """Whether a link on another site, or in a message, was followed. The cookies are missing then."""
    return request.method == "GET" and _crossed(request) and request.headers.get("Sec-Fetch-Mode") == "navigate"


def _crossed(asked: Request) -> bool:
    return asked.headers.get("Sec-Fetch-Site") == "cross-site"


def _origin() -> str | None:
    """The site of the page that sent a form, as far as the browser says it: it says "null" when referrers are off, as
    they are on our pages."""
    origin = request.headers.get("Origin")
    return None if origin in (None, "null") else _site(origin)


def _site(address: str) -> str:
    """The scheme and the host, with its port, of an address."""
    parts = parts_of(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _ours() -> tuple[str, ...]:
    """Our own site: the one that the operator named, and the host that was asked, with the same scheme."""
    ours = _site(services().settings.url)
    return ours, f"{ours.partition(':')[0]}://{request.host}".lower()
