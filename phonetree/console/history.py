"""History: who published which revision, when and why; what was different; and bringing one back."""

from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from phonetree.config.site import Contents, revision_of
from phonetree.console.access import needs, polled, staff
from phonetree.console.difference import Difference, difference
from phonetree.console.following import Following, following_revision
from phonetree.console.layout import Page, render
from phonetree.console.proving import ProofBusyError
from phonetree.console.publishing import WITHHELD, Base, OutdatedError
from phonetree.console.readable import number_of
from phonetree.console.services import ConsoleServices, services
from phonetree.console.short_notice import ShortNotice
from phonetree.core.characters import refusal
from phonetree.core.numbers_in_texts import refusal_in_note
from phonetree.errors import ConfigError, EditError
from phonetree.settings import STORE
from phonetree.store.revisions import LONGEST_NOTE, Publication
from phonetree.store.roles import Role

blueprint = Blueprint("history", __name__)

_UNREAD = "a file of the helpline cannot be read; tell whoever runs the server: the command check says which"

PAGE = 50
"""Publications on a page."""


@blueprint.get("/staff/history")
@needs()
def page() -> str:
    """Everything that was published, newest first, a page at a time."""
    found = services().revisions.history()
    before = number_of(request.args.get("before", "")) or found[0].number + 1 if found else 1
    rest = [each for each in found if each.number < before]
    return render(
        "console/history.html",
        history=rest[:PAGE],
        all=found,
        first=len(rest) == len(found),
        more=rest[PAGE - 1].number if len(rest) > PAGE else None,
        newest=_newest(found),
        stored=_stored(),
    )


@blueprint.get("/staff/history/compare")
@needs()
def compare() -> str | Response:
    """What is different between any two."""
    numbers = [number_of(request.args.get(name, "")) for name in ("old", "new")]
    found = {each.number: each for each in services().revisions.history()}
    old, new = (found.get(number or 0) for number in numbers)
    if old is None or new is None:
        flash("Choose two of the list.")
        return redirect(url_for("history.page"), 303)
    return render("console/compare.html", old=old, new=new, difference=_between(services(), old, new))


@blueprint.get("/staff/history/<int:number>")
@needs()
def publication(number: int) -> str:
    """One of them, and what would be different if it was brought back."""
    return _one(number)


@blueprint.post("/staff/history/<int:number>")
@needs(Role.EDITOR)
def bring_back(number: int) -> str | Page | Response:
    """Publishes an earlier revision again, after the checks of an edit."""
    running, note = services(), request.form.get("note", "").strip()
    chosen, contents = _found(running, number)
    if contents is None or not chosen.vouched or running.publishing.unwritable(*contents):
        return _one(number), 409
    if wrong := wrong_note(note):
        return _one(number, note, problems=(wrong,)), 422
    base = running.publishing.base()
    contents = running.publishing.completed(contents, base)
    if base.revision == revision_of(contents):
        flash("This is the newest revision already.", "message")
        return redirect(url_for("history.page"), 303)
    if base.revision != request.form.get("over"):
        return _one(number, note, outdated=True), 409
    what = f"brought back revision {chosen.revision}: {note}"
    try:
        made = running.publishing.publish(base, running.publishing.made(contents), staff().name, note, what)
    except ConfigError as error:
        return _one(number, note, problems=tuple(map(str, error.problems))), 422
    except OutdatedError:
        return _one(number, note, outdated=True), 409
    except EditError as error:
        return _one(number, note, problems=(str(error),)), 409
    if made.problems:
        return _one(number, note, problems=made.problems), 422
    flash(f"Number {number} is published again. {WITHHELD if made.withheld else ''}".rstrip(), "message")
    return to_newest(running)


@blueprint.get("/staff/history/<int:number>/following")
@polled
@needs()
def follow(number: int) -> str:
    """How far the servers are with a publication, alone: for a script that asks until all are."""
    chosen, _ = _found(services(), number)
    return render("console/following.html", following=_following(services(), chosen), state=chosen.revision)


def to_newest(running: ConsoleServices) -> Response:
    """Goes to the publication that was made last."""
    last = running.revisions.last()
    return redirect(url_for("history.publication", number=last.number) if last else url_for("history.page"), 303)


def wrong_note(note: str) -> str:
    """What is wrong with a note; "" if nothing is."""
    if bad := refusal(note) or refusal_in_note(note):
        return f"The note {bad}."
    if len(note) > LONGEST_NOTE:
        return f"Write at most {LONGEST_NOTE} characters."
    return "" if note else "Write why; it stands in History."


def _following(running: ConsoleServices, chosen: Publication) -> Following:
    """How far the servers are with it. Where one has refused an edit, it is asked why this one takes so long."""
    notice = ShortNotice(running)
    found = following_revision(notice.servers, chosen.revision, notice.silence)
    if found.all or not any(each.report.problems for each in notice.servers):
        return found
    base = _base(running)
    withheld = base and base.revision == chosen.revision and _unheard(running, base, base.contents)
    return replace(found, withheld=bool(withheld))


def _unheard(running: ConsoleServices, base: Base, contents: Contents) -> tuple[str, ...]:
    """The promises for which no server takes up files in place of others; none if that cannot be found out."""
    try:
        return running.publishing.unheard(base, running.publishing.made(contents))
    except (ConfigError, ProofBusyError):
        return ()


def _one(number: int, note: str = "", problems: tuple[str, ...] = (), *, outdated: bool = False) -> str:
    running = services()
    chosen, contents = _found(running, number)
    newest = _newest(running.revisions.history())
    base, may = _base(running), staff().may(Role.EDITOR) and chosen.vouched and contents is not None
    contents = running.publishing.completed(contents, base) if base and contents else contents
    same = base is not None and base.revision in (chosen.revision, revision_of(contents) if contents else "")
    return render(
        "console/publication.html",
        chosen=chosen,
        over=base.revision if base else "",
        same=same,
        difference=difference(running, base.contents, contents or {}) if base and not same else None,
        may=may and not same,
        unwritable=running.publishing.unwritable(*contents) if base and contents else _UNREAD,
        following=_following(running, chosen) if newest and newest.number == number else None,
        state=chosen.revision,
        note=note,
        problems=problems,
        withheld=_unheard(running, base, contents) if base and contents and may and not (same or problems) else (),
        outdated=outdated,
        longest=LONGEST_NOTE,
        stored=_stored(),
    )


def _stored() -> bool:
    return services().settings.source == STORE


def _base(running: ConsoleServices) -> Base | None:
    """What one that is brought back replaces; None if that cannot be read."""
    try:
        return running.publishing.base()
    except ConfigError:
        return None


def _found(running: ConsoleServices, number: int) -> tuple[Publication, Contents | None]:
    """A publication with its files, if they are what was published. Ends with 404 when there is none."""
    chosen = next((each for each in running.revisions.history() if each.number == number), None)
    if chosen is None:
        abort(404)
    return chosen, running.revisions.published(chosen.revision)


def _newest(found: tuple[Publication, ...]) -> Publication | None:
    return next((each for each in found if each.vouched and not each.unfinished), None)


def _between(running: ConsoleServices, old: Publication, new: Publication) -> Difference:
    was, now = (running.revisions.published(each.revision) or {} for each in (old, new))
    return difference(running, was, now)
