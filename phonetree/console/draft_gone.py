"""What was sent about a draft, or a part of one, that is gone meanwhile: what became of it, and what was typed."""

import re
from urllib.parse import quote

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from phonetree.console.access import needs, staff
from phonetree.console.labels import in_words
from phonetree.console.layout import Page, render
from phonetree.console.once import once, once_of
from phonetree.console.services import services
from phonetree.core.characters import unfit
from phonetree.errors import DraftError, DraftGoneError
from phonetree.store.drafts import LONGEST_TITLE
from phonetree.store.roles import Role

blueprint = Blueprint("gone", __name__)

OLD = ("csrf_token", "once", "version", "there")
"""Fields that a form has for its draft, and another one for a new draft."""

_FORM = re.compile(r"[a-z-]+(?:/[^/]+)?")
"""The address of a form behind that of its draft."""


class PartGoneError(NotFound):
    """What a form is about is not in the draft, or not any more."""


@blueprint.app_errorhandler(DraftGoneError)
def draft_gone(_error: DraftGoneError) -> Page:
    """For what was asked or sent of a draft that is gone."""
    is_form = (request.endpoint or "").startswith(("edit.forms.", "edit.parts."))
    rest = request.path.removeprefix(f"/staff/edit/{(request.view_args or {}).get('id_')}/")
    return _page(rest if is_form and request.method == "POST" else "")


@blueprint.app_errorhandler(PartGoneError)
def part_gone(_error: PartGoneError) -> Page:
    """For what was sent of a part that is gone from its draft."""
    return render(
        "console/part_gone.html", typed=[*in_words(request.form)], draft=(request.view_args or {})["id_"]
    ), 404


@blueprint.post("/staff/edit/anew")
@needs(Role.EDITOR)
def anew() -> Page | Response:
    """Begins a draft, and sends the form there that was about one that is gone."""
    there = request.form.get("there", "")
    if not _FORM.fullmatch(there) or unfit(there):  # it becomes part of a title
        abort(400)
    title = f"Change of {there.rpartition('/')[2].replace('-', ' ')}"[:LONGEST_TITLE]
    try:
        draft = services().editor.begin(title, staff().name, once_of(request.form))
    except DraftError as error:
        return _page(there, str(error))
    return redirect(f"{url_for('edit.draft', id_=draft.id)}/{quote(there)}", 307)


def _page(there: str, problem: str = "") -> Page:
    """`there` is the form that can be sent to a new draft; "" if none can."""
    shown = render(
        "console/draft_gone.html",
        typed=[*in_words(request.form)],
        sent=[(name, value) for name, value in request.form.items(multi=True) if name not in OLD],
        there=there,
        problem=problem,
        once=once(),
        last=services().revisions.last(),
    )
    return shown, 422 if problem else 404
