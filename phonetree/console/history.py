"""History: who published which revision, when and why; what was different; and bringing one back."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from itertools import islice

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from phonetree.config.site import Contents, Loaded, made_of
from phonetree.console.access import needs, staff
from phonetree.console.layout import render
from phonetree.console.readable import number_of
from phonetree.console.services import ConsoleServices, services
from phonetree.core.characters import named, unfit
from phonetree.diff.changes import changes
from phonetree.errors import ConfigError, ProofError, PublishedError
from phonetree.runtime.publishing import broken_before
from phonetree.settings import STORE
from phonetree.store.revisions import LONGEST_NOTE, Publication
from phonetree.store.roles import Role

blueprint = Blueprint("history", __name__)

PAGE = 50
"""Publications on a page."""

MOST_LINES = 3000
"""Lines of a text difference that are shown."""

Page = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text difference; `kind` is "file", "place", "gone", "new" or "same"."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different between two publications: for callers in sentences, which cannot be said (None) if one of them
    cannot be compiled here; and as text."""

    sentences: tuple[str, ...] | None
    lines: tuple[Line, ...]
    cut: bool


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
    return render("console/compare.html", old=old, new=new, difference=_difference(services(), old, new))


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
    if running.settings.source != STORE or contents is None or not chosen.vouched:
        return _one(number), 409
    if not note or len(note) > LONGEST_NOTE or unfit(note):
        return _one(number, note, problems=(_wrong(note),)), 422
    newest = running.revisions.newest()
    if newest and newest[0].revision == chosen.revision:
        flash("This is the newest revision already.")
        return redirect(url_for("history.page"), 303)
    over = request.form.get("over") or None
    try:
        wanted, heard = made_of(contents, running.settings.config, running.live.rules()), running.live.loaded()
        broken_before(wanted, heard, running.store, running.prover.broken, running.now())
        what = f"brought back revision {chosen.revision}: {note}"
        running.revisions.publish(
            chosen.revision, contents, over, staff().name, note, running.seconds(), what=what[: LONGEST_NOTE * 2]
        )
    except ConfigError as error:
        return _one(number, note, problems=tuple(each.text for each in error.problems)), 422
    except PublishedError:
        return _one(number, note, outdated=True), 409
    flash("It is published again. Every server answers with it within seconds.")
    return redirect(url_for("history.page"), 303)


def _one(number: int, note: str = "", problems: tuple[str, ...] = (), *, outdated: bool = False) -> str:
    running = services()
    chosen, contents = _found(running, number)
    newest = _newest(running.revisions.history())
    same = newest is not None and newest.revision == chosen.revision
    return render(
        "console/publication.html",
        chosen=chosen,
        newest=newest,
        same=same,
        difference=_difference(running, newest, chosen) if newest and not same else None,
        may=staff().may(Role.EDITOR) and chosen.vouched and contents is not None and not same,
        stored=running.settings.source == STORE,
        note=note,
        problems=problems,
        outdated=outdated,
        longest=LONGEST_NOTE,
    )


def _found(running: ConsoleServices, number: int) -> tuple[Publication, Contents | None]:
    """A publication with its files, if they are what was published. Ends with 404 when there is none."""
    chosen = next((each for each in running.revisions.history() if each.number == number), None)
    if chosen is None:
        abort(404)
    return chosen, running.revisions.published(chosen.revision)


def _newest(found: tuple[Publication, ...]) -> Publication | None:
    return next((each for each in found if each.vouched), None)


def _wrong(note: str) -> str:
    if bad := unfit(note):
        return f"The note holds a character that cannot be seen ({named(bad)}); remove it."
    return f"Write at most {LONGEST_NOTE} characters." if note else "Write why; it stands in History."


def _difference(running: ConsoleServices, old: Publication, new: Publication) -> Difference:
    was, now = (running.revisions.published(each.revision) or {} for each in (old, new))
    lines = list(islice(_lines(was, now), MOST_LINES + 1))
    return Difference(_sentences(running, was, now), tuple(lines[:MOST_LINES]), len(lines) > MOST_LINES)


def _sentences(running: ConsoleServices, was: Contents, now: Contents) -> tuple[str, ...] | None:
    old, new = _made(running, was), _made(running, now)
    if old is None or new is None:
        return None
    try:
        return changes(old.site, new.site, new.site.schedule.today(running.now()))
    except ProofError:
        return None


def _made(running: ConsoleServices, contents: Contents) -> Loaded | None:
    try:
        return made_of(contents, running.settings.config, running.live.rules(), patched=True) if contents else None
    except ConfigError:
        return None


def _lines(was: Contents, now: Contents) -> Iterator[Line]:
    for name in sorted({*was, *now}):
        old, new = (each.get(name, b"").decode("utf-8", "replace").splitlines() for each in (was, now))
        found = list(unified_diff(old, new, lineterm="", n=2))[2:]
        if found:
            yield Line("file", name)
        for line in found:
            kind = {"+": "new", "-": "gone", "@": "place"}.get(line[0], "same")
            yield Line(kind, line if kind != "place" else f"line {line.split('+')[1].split(',')[0].split(' ')[0]}")
