"""What is around every screen: the helpline's name, the way to the other screens, who is signed in, warnings."""

import re
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app, flash, get_flashed_messages, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from pytz.tzinfo import BaseTzInfo
from werkzeug.wrappers import Response

from phonetree.console.access import access_of, lacks_factor, signed_in
from phonetree.console.form_places import pieces
from phonetree.console.services import of, services
from phonetree.console.static import address
from phonetree.console.times import when
from phonetree.core.schedule import dated
from phonetree.core.speech import whole_seconds
from phonetree.core.wording import sentence
from phonetree.errors import PhonetreeError
from phonetree.store.accounts import Notice
from phonetree.store.roles import Role

ITEMS = (
    ("Today", "today.page"),
    ("Schedule", "schedule.page"),
    ("Messages", "messages.page"),
    ("People", "people.page"),
    ("Counts", "counts.page"),
    ("Tree", "tree.page"),
    ("Try a call", "try_call.page"),
    ("Edit", "edit.page"),
    ("History", "history.page"),
    ("Accounts", "accounts.page"),
)
"""Every screen that has its place in the navigation, in this order; those that there are not are left out."""

PROBLEM = "problem"
"""What the next page says in red."""

Page = tuple[str, int]
"""A page with a status of its own."""


@dataclass(frozen=True, slots=True)
class Item:
    """A screen in the navigation; `here` says that it is the one that is shown."""

    label: str
    address: str
    here: bool


@dataclass(frozen=True, slots=True)
class Helpline:
    """The helpline as the frame of a page names it."""

    name: str
    zone: BaseTzInfo | None


def render(template: str, **values: object) -> str:
    """A page in its frame."""
    return render_template(template, **values)


def put_on(app: Flask) -> None:
    """Gives templates what the frame needs. None of it asks the store, but the notices to an admin."""
    app.jinja_env.filters["capital"] = capital

    @app.context_processor
    def frame() -> dict[str, object]:
        return {
            "demo": of(app).settings.demo,
            "helpline": helpline,
            "idle_seconds": of(app).settings.idle_seconds,
            "items": items,
            "local": local,
            "me": signed_in(),
            "pieces": pieces,
            "admin_notices": admin_notices,
            "dated": in_full,
            "day_of": day_of,
            "static": address,
            "token": token,
            "whole_seconds": whole_seconds,
            "written": written,
        }


def capital(text: str) -> str:
    """A sentence with a capital letter, unless it begins with the name of a file."""
    return text if _FILE.match(text) else sentence(text)


_FILE = re.compile(r"[\w/-]+\.yaml\b")


def refused(problem: str, page: str) -> Response:
    """Goes to a page, which says why something was refused. An answer with a page of its own would have the browser
    keep the whole form with it, on its disk: for forms with a number."""
    flash(problem, PROBLEM)
    return redirect(page, 303)


def problem() -> str:
    """Why what was sent before this page was refused; "" if it was not."""
    return "\n".join(map(str, get_flashed_messages(category_filter=[PROBLEM])))


def token() -> Markup:
    """The field that every form has: without it a form may come from another site."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def items() -> tuple[Item, ...]:
    """The screens that whoever is signed in may use."""
    account = signed_in()
    if account is None or lacks_factor(account):
        return ()
    here = (request.blueprint or "").partition(".")[0]
    found = []
    for label, endpoint in ITEMS:
        access = access_of(current_app, endpoint)
        if access and access.allows(account):
            found.append(Item(label, url_for(endpoint), here == endpoint.partition(".")[0]))
    return tuple(found)


def helpline() -> Helpline:
    """The helpline's name and time zone, as far as they are known without the store."""
    try:
        site = services().live.known().site
    except PhonetreeError:
        return Helpline("Helpline", None)
    return Helpline(site.helpline.name, site.schedule.zone)


def admin_notices() -> tuple[Notice, ...]:
    """What an admin has not dismissed; nothing before the second factor is set up."""
    account = signed_in()
    if account is None or lacks_factor(account) or not account.may(Role.ADMIN):
        return ()
    return services().accounts.notices(account)


def local(seconds: int) -> str:
    """A moment, in seconds since 1970, as staff say it now: "tomorrow 9:00"."""
    zone = helpline().zone
    return when(datetime.fromtimestamp(seconds, zone), services().now().astimezone(zone))


def in_full(seconds: int) -> str:
    """The same with its date, for what is read at another time: "Mon 23 Nov 2026 9:02"."""
    return dated(datetime.fromtimestamp(seconds, helpline().zone))


def written(moment: str) -> str:
    """The same of a moment of the helpline's as a proof tells it: "2026-11-23 09:02"."""
    return dated(datetime.fromisoformat(moment))


def day_of(seconds: int) -> str:
    """The day of a moment: "Mon 23 Nov 2026"."""
    return f"{datetime.fromtimestamp(seconds, helpline().zone):%a %-d %b %Y}"
