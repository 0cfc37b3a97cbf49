"""Edit: drafts of the files, which callers hear once one is published."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import takewhile

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from phonetree.config.merging import with_ends
from phonetree.config.site import HOURS, ROUTING, Contents, heard_of, revision_of
from phonetree.config.slips import MARK
from phonetree.config.steps import value_of
from phonetree.console.access import needs, staff
from phonetree.console.difference import difference, in_files
from phonetree.console.drafting import Checked, Merged, Standing, refuse_lost, standing_of
from phonetree.console.history import to_newest, wrong_note
from phonetree.console.labels import FILE
from phonetree.console.layout import PROBLEM, Page, capital, in_full, render
from phonetree.console.meanwhile import saved_meanwhile, savers
from phonetree.console.once import once, once_of
from phonetree.console.proving import ProofBusyError
from phonetree.console.publishing import WITHHELD, OutdatedError, languages_in
from phonetree.console.readable import number_of
from phonetree.console.services import services
from phonetree.core.characters import refusal
from phonetree.core.numbers_in_texts import refusal_in_name
from phonetree.errors import ConfigError, DraftError, DraftGoneError, DraftOutdatedError, EditError, Where
from phonetree.store.drafts import BASE, LONGEST_TITLE, Draft
from phonetree.store.revisions import LONGEST_NOTE, THE_FILES, Publication
from phonetree.store.roles import Role

blueprint = Blueprint("edit", __name__)

PUBLISHED = "published since"
"""Whose a change is that was published, in the marks of a place that both changed."""

UP_TO_DATE = "This is the draft with what was published since."

OVERTAKEN = "somebody published another revision since you opened this page, so nothing was published; look again"
MOST_LINKS = 5
"""Places that are linked after texts were saved that cannot be read: what fits into the cookie that carries them."""

CHOOSE = "choose what is to become of what was published since"


@dataclass(frozen=True, slots=True)
class Row:
    """A draft in the list: the publication that it began from, if History has it, and what was published since."""

    draft: Draft
    began: Publication | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Shown:
    """A draft as its page of texts shows it: with files that may not be saved yet, and the revision that they are
    brought up to date with, if they are."""

    draft: Draft
    files: Contents
    base: str = ""


@blueprint.get("/staff/edit")
@needs(Role.EDITOR)
def page() -> str:
    """Every draft."""
    return _page()


@blueprint.post("/staff/edit")
@needs(Role.EDITOR)
def begin() -> str | Page | Answer:
    """Begins a draft."""
    title = request.form.get("title", "").strip()
    if problem := _unfit(title):
        return _page(title, problem), 422
    try:
        draft = services().editor.begin(title, staff().name, once_of(request.form))
    except DraftError as error:
        return _page(title, str(error)), 422
    return redirect(url_for("edit.draft", id_=draft.id), 303)


@blueprint.get("/staff/edit/<id_>")
@needs(Role.EDITOR)
def draft(id_: str) -> str:
    """One of them: what is wrong with it, what it changes, and what can be done with it."""
    found, files = draft_of(id_)
    checked = services().editor.check(found, files)
    (row,) = _rows((found,))
    return render("console/draft.html", row=row, checked=checked, fit=checked.fit, unwritable=_unwritable())


@blueprint.get("/staff/edit/<id_>/text")
@needs(Role.EDITOR)
def text(id_: str) -> str:
    """Its files as text; after they were saved, also what they are."""
    shown = Shown(*draft_of(id_))
    saved = "saved" in request.args
    return _text(shown, checked=checked_now(shown.draft, shown.files) if saved else None, saved=saved)


@blueprint.post("/staff/edit/<id_>/text")
@needs(Role.EDITOR)
def save(id_: str) -> str | Page | Answer:
    """Saves what was written, or says what is wrong with it and what it changes."""
    running, (found, files) = services(), draft_of(id_)
    version = number_of(request.form.get("version", "")) or 0
    opened = running.editor.drafts.files(id_, version)  # none, if it was saved too often since
    shown = Shown(replace(found, version=version), _written(opened or files), request.form.get("base", ""))
    if request.form.get("action") == "check":
        return _text(shown, checked=running.editor.check(_merged_with(shown.draft), shown.files))
    try:
        running.editor.drafts.save(
            id_, version, shown.files, staff().name, running.seconds(), running.publishing.named(shown.base)
        )
    except DraftOutdatedError:
        found, files = draft_of(id_)
        if files == shown.files:
            return _saved(id_, files)  # it was sent twice
        try:
            both = running.editor.merged(opened or None, shown.files, files, " and ".join(savers(found)) or found.by)
        except DraftError as error:
            return _text(shown, problem=str(error)), 409
        whose = f"{saved_meanwhile(found)} This is your text with theirs."
        return _text(Shown(found, both.files, shown.base), merged=both, whose=whose), 409
    except DraftError as error:
        return _text(shown, problem=str(error)), 409
    return _saved(id_, shown.files)


def _saved(id_: str, files: Contents) -> Answer:
    try:
        for name, data in heard_of(files, languages_in(files)).items():
            value_of(data, name)
    except EditError as error:
        told = f"Saved, but this draft cannot be published yet. {error}."
        flash(Markup("{} {}").format(told, _ways(files, error)), "message")
        return redirect(url_for("edit.text", id_=id_), 303)
    return redirect(url_for("edit.text", id_=id_, saved="1"), 303)


def _ways(files: Contents, error: EditError) -> Markup:
    """Links to what cannot be read in texts that were saved: the places with marks of a merge, or else the first."""
    marks = [
        Where(name, number, 1)
        for name, data in sorted(files.items())
        for number, line in enumerate(data.splitlines(), 1)
        if line.startswith(MARK.encode())
    ]
    places = marks or [error.where or Where(ROUTING)]
    link = Markup('<a href="#{0}" data-file="{0}" data-line="{1}" data-column="{2}">{0}:{1}</a>')
    links = Markup(", ").join(link.format(each.file, each.line, each.column) for each in places[:MOST_LINKS])
    more = f" and {len(places) - MOST_LINKS} more" if len(places) > MOST_LINKS else ""
    return Markup("Go to {}{}.").format(links, more)


@blueprint.post("/staff/edit/<id_>/check")
@needs(Role.EDITOR)
def check(id_: str) -> Response:
    """The same for a script that asks while somebody types; nothing is saved."""
    found, files = draft_of(id_)
    checked = services().editor.check(_merged_with(found), _written(files))
    problems = (*checked.problems, *(each.problem for each in checked.broken))
    return jsonify(
        problems=[{"file": each.where.file, "line": each.where.line, "column": each.where.column, "text": each.text}
                  for each in problems],
        summary=checked.summary,
        html=render_template("console/draft_checked.html", checked=checked),
    )  # fmt: skip


@blueprint.post("/staff/edit/<id_>/up-to-date")
@needs(Role.EDITOR)
def up_to_date(id_: str) -> str | Page | Answer:
    """Puts what was published since into a draft."""
    running, (found, files) = services(), draft_of(id_)
    base = running.publishing.base()
    try:
        refuse_lost(base.contents)
        both = running.editor.merged(running.editor.drafts.files(id_, BASE), files, base.contents, PUBLISHED)
        if both.marks:
            return _text(Shown(found, both.files, base.revision), merged=both, whose=UP_TO_DATE), 409
        running.editor.drafts.save(
            id_, found.version, both.files, staff().name, running.seconds(), (base.revision, base.contents)
        )
    except DraftError as error:
        flash(f"{capital(str(error))}. Look at it again.", PROBLEM)
    else:
        flash("The draft has what was published since. Look at it again before you publish it.", "message")
    return redirect(url_for("edit.draft", id_=id_), 303)


@blueprint.get("/staff/edit/<id_>/publish")
@needs(Role.EDITOR)
def publishing(id_: str) -> str:
    """What publishing it changes, and the form for it."""
    return _publish(id_)


@blueprint.post("/staff/edit/<id_>/publish")
@needs(Role.EDITOR)
def publish(id_: str) -> str | Page | Answer:
    """Publishes it, after the checks of an edit, in place of the revision that the page showed."""
    running = services()
    sent = running.editor.drafts.find(id_)
    if sent is None:
        return _gone()
    base, note = running.publishing.base(), request.form.get("note", "").strip()
    found, files = sent[0], running.publishing.completed(sent[1], base)
    if base.contents == files and found.began != base.revision:
        return _there(found, base.revision)
    if refusal := _refusal(found, base.revision, note):
        problem, status = refusal
        return _publish(id_, note, problem), status
    try:
        wanted = running.publishing.made(files)
        made = running.publishing.publish(base, wanted, staff().name, note, f"published {wanted.site.revision}: {note}")
    except ConfigError:
        return _publish(id_, note), 422
    except (OutdatedError, EditError) as error:
        now = running.publishing.base()
        if now.contents == files:
            return _there(found, now.revision)
        return _publish(id_, note, OVERTAKEN if isinstance(error, OutdatedError) else str(error)), 409
    if made.problems:
        return _publish(id_, note), 422
    return _published(found, WITHHELD if made.withheld else "")


def _refusal(draft: Draft, newest: str, note: str) -> tuple[str, int] | None:
    """Why a draft is not published as the form asks ("": the page says it), and the status of the answer."""
    if _unwritable():
        return "", 409
    if wrong := wrong_note(note):
        return wrong, 422
    if str(draft.version) != request.form.get("version"):
        return f"{saved_meanwhile(draft)} So it was not published; look again".lstrip(), 409
    if newest != request.form.get("over"):
        return OVERTAKEN, 409
    return (CHOOSE, 422) if newest not in (draft.began, request.form.get("instead")) else None


def _there(draft: Draft, revision: str) -> Answer:
    """The files of a draft are published already: by whoever asks, of whom the console was killed then, or who pressed
    the button twice; or by somebody else, so that nothing is left to publish."""
    found = (each for each in services().revisions.history() if each.revision == revision)
    author = next((each.author for each in found), THE_FILES)
    if author == staff().name:
        return _published(draft)
    return _dropped(draft, f"This is published already, by {_called(author)}. The draft was the same and is gone.")


def _gone() -> Answer:
    """For a draft that is gone meanwhile: who published what the form showed, if somebody did."""
    history = takewhile(lambda each: each.revision != request.form.get("over"), services().revisions.history())
    made = next((each for each in history if each.revision == request.form.get("revision")), None)
    if made is None:
        flash("This draft is gone: somebody threw it away, or changed it and published that. See below.", "message")
        return redirect(url_for("history.page"), 303)
    by = "you" if made.author == staff().name else _called(made.author)
    flash(f"This draft is published already: as number {made.number}, by {by}, {in_full(made.at)}.", "message")
    return redirect(url_for("history.publication", number=made.number), 303)


def _called(author: str) -> str:
    return "somebody who edited the files by hand" if author == THE_FILES else author


def _published(draft: Draft, more: str = "") -> Answer:
    return _dropped(draft, f"Published: {draft.title.rstrip('.')}. {more}".rstrip())


def _dropped(draft: Draft, told: str) -> Answer:
    services().editor.drafts.drop(draft.id, draft.version)
    flash(told, "message")
    return to_newest(services())


@blueprint.post("/staff/edit/<id_>/throw-away")
@needs(Role.EDITOR)
def throw_away(id_: str) -> Answer:
    """Deletes it, unless somebody saved it since the page was shown."""
    drafts = services().editor.drafts
    drafts.drop(id_, number_of(request.form.get("version", "")) or 0)
    if left := drafts.find(id_):
        flash(f"{saved_meanwhile(left[0])} So it was not thrown away. Look at it again.".lstrip(), PROBLEM)
        return redirect(url_for("edit.draft", id_=id_), 303)
    flash("The draft is thrown away. Callers hear what they heard.", "message")
    return redirect(url_for("edit.page"), 303)


def draft_of(id_: str) -> tuple[Draft, Contents]:
    """A draft with its files. Raises DraftGoneError when there is none, for which there is a page."""
    found = services().editor.drafts.find(id_)
    if found is None:
        raise DraftGoneError
    return found


def checked_now(draft: Draft, files: Contents) -> Checked | None:
    """What a draft is that was just saved; None if too many are being checked: it is saved all the same."""
    try:
        return services().editor.check(draft, files)
    except ProofBusyError:
        return None


def _text(
    shown: Shown,
    *,
    problem: str = "",
    checked: Checked | None = None,
    merged: Merged | None = None,
    whose: str = "",
    saved: bool = False,
) -> str:
    return render(
        "console/draft_text.html",
        draft=shown.draft,
        base=shown.base,
        texts=texts_of(shown.files),
        began=texts_of(services().editor.drafts.files(shown.draft.id, BASE)),
        field=FILE,
        problem=problem,
        checked=checked,
        merged=merged,
        whose=whose,
        saved=saved,
    )


def _publish(id_: str, note: str = "", problem: str = "") -> str:
    running, (found, saved) = services(), draft_of(id_)
    base = running.publishing.base()
    files = running.publishing.completed(saved, base)
    checked, unwritable = running.editor.check(found, files), _unwritable()
    began = running.editor.drafts.files(id_, BASE) if found.began != base.revision else base.contents
    (row,) = _rows((found,))
    return render(
        "console/draft_publish.html",
        draft=found,
        checked=checked,
        may=checked.fit and files != base.contents and not row.standing.published and not unwritable,
        standing=row.standing,
        same=files == base.contents,
        unwritable=unwritable,
        since=difference(running, began, base.contents) if row.standing.behind else None,
        difference=in_files(began, files, checked.changes),
        over=base.revision,
        revision=revision_of(files),
        note=note,
        problem=problem,
        longest=LONGEST_NOTE,
    )


def _unwritable() -> str | None:
    """Why nothing can be published here; None if it can."""
    return services().publishing.unwritable(HOURS, ROUTING)


def _written(files: Contents) -> Contents:
    """The files as they were written into the form, each with the line ends that it had."""
    return {name: _bytes(request.form.get(f"{FILE}{name}"), data) for name, data in files.items()}


def _merged_with(draft: Draft) -> Draft:
    """A draft whose texts may have been brought up to date in the form: as if it had begun from that revision."""
    base = request.form.get("base")
    return replace(draft, began=base) if base else draft


def _bytes(text: str | None, before: bytes) -> bytes:
    """A text of a form, whose line ends say nothing: a browser sends those of its own."""
    if text is None:
        return before
    return with_ends(text, before.decode("utf-8", "replace")).encode()


def texts_of(files: Contents) -> Mapping[str, str]:
    """Files as text."""
    return {name: data.decode("utf-8", "replace") for name, data in files.items()}


def _page(title: str = "", problem: str = "") -> str:
    rows = _rows(services().editor.drafts.all())
    return render(
        "console/edit.html",
        rows=rows,
        title=title,
        problem=problem,
        longest=LONGEST_TITLE,
        once=once(),
        unwritable=_unwritable(),
    )


def _rows(drafts: tuple[Draft, ...]) -> list[Row]:
    if not drafts:
        return []
    running = services()
    base, history = running.publishing.base(), running.revisions.history()
    began: dict[str, Publication] = {}
    for each in history:
        began.setdefault(each.revision, each)  # the latest of a revision that was brought back
    kept = running.editor.drafts
    return [
        Row(
            draft,
            began.get(draft.began),
            standing_of(
                draft,
                running.publishing.completed(kept.files(draft.id, draft.version), base),
                base.revision,
                history,
            ),
        )
        for draft in drafts
    ]


def _unfit(title: str) -> str:
    if bad := refusal(title) or refusal_in_name(title):
        return f"The name {bad}."
    if not title:
        return "Give the draft a name, such as what you want to change."
    return f"Write at most {LONGEST_TITLE} characters." if len(title) > LONGEST_TITLE else ""
