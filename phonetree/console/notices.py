"""What admins have to know, shown on each of their pages until they have seen it."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from phonetree.console.access import fits, needs, staff
from phonetree.console.services import services
from phonetree.store.roles import Role

blueprint = Blueprint("notices", __name__)


@blueprint.post("/staff/notices/seen")
@needs(Role.ADMIN)
def seen() -> Response:
    """Dismisses what was on the page, and nothing that came since."""
    until, back = request.form.get("until", ""), request.form.get("back", "")
    if until.isascii() and until.isdigit() and len(until) < 12:
        services().accounts.dismiss(staff(), int(until))
    return redirect(back if fits(back) else url_for("today.page"), 303)
