"""Edit: drafts of the files, which callers hear once one is published."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from phonetree.config.site import Contents
from phonetree.console.access import needs, staff
from phonetree.console.drafting import Checked
from phonetree.console.layout import render
from phonetree.console.readable import number_of
from phonetree.console.services import services
from phonetree.core.characters import named, unfit
from phonetree.errors import DraftError
from phonetree.store.drafts import LONGEST_TITLE, Draft
from phonetree.store.revisions import Publication
from phonetree.store.roles import Role

blueprint = Blueprint("edit", __name__)

FIELD = "file."
"""What the fields of texts begin with; the name of the file comes after it."""

Page = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """A draft in the list: the publication that it began from, if History has it, and whether another revision was
    published since."""

    draft: Draft
    began: Publication | None
    behind: bool


@blueprint.get("/staff/edit")
@needs(Role.EDITOR)
def page() -> str:
    """Every draft."""
    return _page()


@blueprint.post("/staff/edit")
@needs(Role.EDITOR)
def begin() -> str | Page | Response:
    """Begins a draft."""
    title = request.form.get("title", "").strip()
    if problem := _unfit(title):
        return _page(title, problem), 422
    try:
        draft = services().editor.begin(title, staff().name)
    except DraftError as error:
        return _page(title, str(error)), 422
    return redirect(url_for("edit.draft", id_=draft.id), 303)


@blueprint.get("/staff/edit/<id_>")
@needs(Role.EDITOR)
def draft(id_: str) -> str:
    """One of them: what is wrong with it, what it changes, and what can be done with it."""
    found, files = draft_of(id_)
    checked = services().editor.check(files)
    return render("console/draft.html", row=_row(found), checked=checked, fit=checked.fit)


@blueprint.get("/staff/edit/<id_>/text")
@needs(Role.EDITOR)
def text(id_: str) -> str:
    """Its files as text."""
    found, files = draft_of(id_)
    return _text(found, files)


@blueprint.post("/staff/edit/<id_>/text")
@needs(Role.EDITOR)
def save(id_: str) -> str | Page | Response:
    """Saves what was written, or says what is wrong with it and what it changes."""
    found, files = draft_of(id_)
    written, version = _written(files), number_of(request.form.get("version", "")) or 0
    found = replace(found, version=version)
    if request.form.get("action") == "check":
        return _text(found, written, checked=services().editor.check(written))
    try:
        saved = services().editor.drafts.save(id_, version, written, staff().name, services().seconds())
    except DraftError as error:
        return _text(found, written, problem=str(error)), 409
    flash("Saved. Callers hear nothing of it until it is published.", "message")
    return redirect(url_for("edit.text", id_=saved.id), 303)


@blueprint.post("/staff/edit/<id_>/throw-away")
@needs(Role.EDITOR)
def throw_away(id_: str) -> Response:
    """Deletes it."""
    services().editor.drafts.drop(id_)
    flash("The draft is thrown away. Callers hear what they heard.", "message")
    return redirect(url_for("edit.page"), 303)


def draft_of(id_: str) -> tuple[Draft, Contents]:
    """A draft with its files. Ends with 404 when there is none."""
    found = services().editor.drafts.find(id_)
    return found or _gone()


def _text(draft: Draft, files: Contents, *, problem: str = "", checked: Checked | None = None) -> str:
    return render(
        "console/draft_text.html", draft=draft, texts=texts_of(files), field=FIELD, problem=problem, checked=checked
    )


def _written(files: Contents) -> Contents:
    """The files as they were written into the form, each with the line ends that it had."""
    return {name: _bytes(request.form.get(f"{FIELD}{name}"), data) for name, data in files.items()}


def _bytes(text: str | None, before: bytes) -> bytes:
    """A text of a form, whose line ends say nothing: a browser sends those of its own."""
    if text is None:
        return before
    ends = "\r\n" if b"\r\n" in before else "\n"
    return ends.join(text.replace("\r\n", "\n").split("\n")).encode()


def texts_of(files: Contents) -> Mapping[str, str]:
    """Files as text."""
    return {name: data.decode("utf-8", "replace") for name, data in files.items()}


def _gone() -> NoReturn:
    abort(404)


def _page(title: str = "", problem: str = "") -> str:
    rows = [_row(each) for each in services().editor.drafts.all()]
    return render("console/edit.html", rows=rows, title=title, problem=problem, longest=LONGEST_TITLE)


def _row(draft: Draft) -> Row:
    running = services()
    began = next((each for each in running.revisions.history() if each.revision == draft.began), None)
    return Row(draft, began, draft.began != running.publishing.base().revision)


def _unfit(title: str) -> str:
    if bad := unfit(title):
        return f"The name holds a character that cannot be seen ({named(bad)}); remove it."
    if not title:
        return "Give the draft a name, such as what you want to change."
    return f"Write at most {LONGEST_TITLE} characters." if len(title) > LONGEST_TITLE else ""
