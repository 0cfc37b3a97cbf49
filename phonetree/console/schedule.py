"""Schedule: the coming weeks, for everybody; and for editors a form for each day."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response

from phonetree.config import editing
from phonetree.config.editing import Add, Edit, Join, Part, Remove, described, in_words, joined
from phonetree.config.hours import YEARS
from phonetree.config.site import Loaded, overridden
from phonetree.console import my_calendar
from phonetree.console.access import needs, staff
from phonetree.console.agenda import ShiftLine, agenda, entry_of
from phonetree.console.edits import told
from phonetree.console.entry_form import EntryForm
from phonetree.console.labels import DAY
from phonetree.console.layout import Page, render
from phonetree.console.origin import from_elsewhere
from phonetree.console.publishing import WITHHELD, OutdatedError, Preview
from phonetree.console.reasons import reasons
from phonetree.console.services import ConsoleServices, services
from phonetree.console.short_notice import TITLES, Change, ShortNotice
from phonetree.console.times import for_a_field
from phonetree.core.schedule import DatedHours, Names, first_name
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, EditError
from phonetree.store.roles import Role

blueprint = Blueprint("schedule", __name__)
blueprint.register_blueprint(my_calendar.blueprint)

WEEKS = 5
"""On one page: a month and what is around it."""

STEP = timedelta(weeks=4)
"""From one page to the next, so that a week is on both."""

UNDO = "schedule_undo"
"""In the session: the edit that was made last here."""

HEARD = "Callers hear it within seconds."

PICKED = "reason:"


@dataclass(frozen=True, slots=True)
class View:
    """What the screen shows: the files as they are saved, under what stands at short notice. `problems` are those of
    files that cannot be used, in whose place callers hear an earlier revision; `waiting` says that servers have not
    taken up the latest ones yet, `refused` that they will not; `closed` why nothing can be edited here ("": it can)."""

    site: Site
    files: Loaded
    problems: tuple[str, ...]
    waiting: bool
    closed: str
    refused: bool = False


def _view(running: ConsoleServices) -> View:
    live = running.live.loaded()
    kept = running.live.overrides(running.now())
    try:
        files = running.hours.files()
    except ConfigError as error:
        problems = tuple(map(str, error.problems))
        return View(overridden(live.site, kept), live, problems, waiting=False, closed="The files have problems")
    waiting = files.site.revision != live.site.revision
    refused = waiting and any(each.report.problems for each in ShortNotice(running).servers)
    return View(overridden(files.site, kept), files, (), waiting, running.hours.unwritable() or "", refused)


@blueprint.get("/staff/schedule")
@needs()
def page() -> str:
    """The coming weeks, or others."""
    running = services()
    view, now = _view(running), running.now()
    today = view.site.schedule.today(now)
    asked = _date(request.args.get("from", "")) or today
    monday = asked - timedelta(days=asked.weekday())
    days = agenda(view.site, monday, 7 * WEEKS, now)
    undo = session.get(UNDO)
    return render(
        "console/schedule.html",
        view=view,
        days=days,
        gaps=[day for day in days if day.gaps and not day.past],
        earlier=_in_range(monday - STEP),
        later=_in_range(monday + STEP),
        around=any(day.today for day in days),
        today=today,
        undo=undo if undo and undo["revision"] == view.files.site.revision == request.args.get("done") else None,
        editor=_may_edit(view),
    )


@blueprint.get("/staff/schedule/<day>")
@needs()
def day(day: str) -> str:
    """One day, and the form for it."""
    view = _view(services())
    asked = _known(day)
    entry = entry_of(view.site.schedule, asked)
    whole = request.args.get("whole") == "1"
    return _day(view, asked, EntryForm.showing(asked, entry, view.files.site.revision, whole=whole), {})


@blueprint.get("/staff/schedule/<day>/preview")
@needs(Role.EDITOR)
def preview(day: str) -> str | Page | Response:
    """Shows what an edit does; or the form again, with what was typed."""
    running, asked, go = services(), _known(day), request.args.get("go", "")
    if not request.args or from_elsewhere():  # a link fills no form in
        return redirect(url_for("schedule.day", day=asked), 303)
    view = _view(running)
    form = _form(view.site, request.args, go)
    if go == "back" or view.closed:
        return _day(view, asked, replace(form, remove=False, whole=""), {})
    return _tried(view, asked, form, running.hours.preview)


@blueprint.post("/staff/schedule/<day>")
@needs(Role.EDITOR)
def edit(day: str) -> str | Page | Response:
    """Makes an edit, if nothing forbids it."""
    running, asked = services(), _known(day)
    view = _view(running)
    form = _form(view.site, request.form, "")
    if view.closed:
        return _day(view, asked, replace(form, remove=False, whole=""), {})
    saved = partial(running.hours.save, by=staff().name)
    return _tried(view, asked, form, saved, saves=True)


def _tried(
    view: View, asked: date, form: EntryForm, make: Callable[[str, Edit], Preview], *, saves: bool = False
) -> str | Page | Response:
    """What becomes of an edit that was asked for."""
    outdated: OutdatedError | None = None
    try:
        wanted = form.edit({each: view.site.languages[each].name for each in view.site.complete_languages})
        if _is_made(view.site, wanted):
            flash(f"This is saved already: {told(wanted)}.")
            return redirect(_at(asked), 303)
        try:
            made = make(form.began, wanted)
        except OutdatedError as error:
            outdated, form = error, replace(form, began=error.revision)
            made = services().hours.preview(form.began, wanted)
    except EditError as error:
        return _day(_view(services()), asked, replace(form, remove=False, whole=""), error.problems), 422
    if saves and not outdated and not made.problems:
        then = WITHHELD if made.withheld else HEARD
        session[UNDO] = {"revision": made.revision, "before": made.before, "what": told(wanted), "then": then}
        return redirect(_at(asked, made.revision), 303)
    status = 409 if outdated else 422 if made.problems else 200
    return _previewed(asked, form, wanted, made, outdated), status


@blueprint.post("/staff/schedule/undo")
@needs(Role.EDITOR)
def undo() -> Response | Page:
    """Brings back the hours as they were before the edit that was made last here."""
    running, made = services(), session.pop(UNDO, None)
    if made is None or made.get("revision") != request.form.get("revision"):
        flash("There is nothing to undo here any more.")
        return redirect(url_for("schedule.page"), 303)
    try:
        undone = running.hours.undo(made["revision"], made["before"], staff().name, made["what"])
    except OutdatedError:
        flash("The hours were changed again since, so this was not undone. Change the entry instead.")
    except EditError as error:
        flash(str(error))
    else:
        if undone.problems:
            flash(f"This was not undone: {'; '.join(undone.problems)}")
        else:
            flash(f"Undone: {made['what']}. {WITHHELD if undone.withheld else HEARD}")
    return redirect(url_for("schedule.page"), 303)


def _is_made(site: Site, wanted: Edit) -> bool:
    """Whether the files say already what is asked: a button was pressed twice, or Back."""
    dated = site.schedule.dated
    match wanted:
        case Add(entry):
            return entry in dated
        case editing.Change(before, after):
            return after in dated and (before == after or before not in dated)
        case Remove(entry):
            return entry not in dated and entry_of(site.schedule, entry.first) is None
        case Part(entry, day, after):
            return entry not in dated and entry_of(site.schedule, day) == after
        case Join(entry, whole):
            return entry not in dated and whole in dated


def _form(site: Site, sent: Mapping[str, str], go: str) -> EntryForm:
    """What was sent; with the reason that was picked, if one was; to be removed, if that was pressed."""
    form = EntryForm.of(sent, tuple(site.languages))
    if go == "remove":
        return replace(form, remove=True)
    if go == "again" and (entry := _entry(site, form)) and (whole := joined(site.schedule, entry)):
        return form.part_of(whole)
    with suppress(ValueError, IndexError):
        if go.startswith(PICKED) and (number := int(go.removeprefix(PICKED))) >= 0:
            return form.because(reasons(site)[number])
    return form


def _entry(site: Site, form: EntryForm) -> DatedHours | None:
    """The entry that a form is about, if the files still have it."""
    day = _date(form.first)
    return entry_of(site.schedule, day) if day and form.old else None


def _day(view: View, asked: date, form: EntryForm, problems: Mapping[str, str]) -> str:
    now = services().now()
    (shown,) = agenda(view.site, asked, 1, now)
    return render(
        "console/day.html",
        view=view,
        day=shown,
        title=in_words(asked),
        form=form,
        problems=problems,
        labels=_labels(view.site),
        languages=_languages(view.site),
        reasons=tuple(enumerate(map(first_name, reasons(view.site)))),
        instead=_instead(view.site, form) if "first" in problems else "",
        opening=not (form.old or shown.usually_open),
        several=bool(shown.entry and shown.entry.first != shown.entry.last),
        may=_may_edit(view) and not (shown.past and shown.entry is None),
        entry=described(shown.entry) if shown.entry else "",
        editor=staff().may(Role.EDITOR),
        shifts=[(each, _changes(each)) for each in shown.shifts if each.ends > now],
        closed_again=joined(view.site.schedule, shown.entry) if shown.entry and not form.only else None,
        back=_at(asked),
    )


def _changes(shift: ShiftLine) -> list[tuple[str, str]]:
    """What can be changed about a shift at short notice: in words, and the form for it, filled in."""
    me = staff().name if staff().name in shift.names else None
    only = shift.names[0] if len(shift.names) == 1 else None
    begins, ends = for_a_field(shift.begins), for_a_field(shift.ends)
    return [
        (TITLES[change], url_for("today.form", change=change, begins=begins, ends=ends, away=name))
        for change, name in ((Change.AWAY, me), (Change.COVER, only))
    ]


def _instead(site: Site, form: EntryForm) -> str:
    """Where the entry that is in the way can be changed to what was typed, or removed; "" if none is."""
    first, last = _date(form.first), _date(form.last or form.first)
    if first is None or last is None or form.old:
        return ""
    for entry in site.schedule.dated:
        if entry.first <= last and first <= entry.last:
            fields: Mapping[str, Any] = form.instead_of(entry).fields()
            return url_for("schedule.preview", day=max(entry.first, first), go="back", **fields)
    return ""


def _previewed(asked: date, form: EntryForm, wanted: Edit, preview: Preview, outdated: OutdatedError | None) -> str:
    return render(
        "console/day_preview.html",
        asked=asked,
        fields=form.fields(),
        what=told(wanted),
        preview=preview,
        outdated=outdated,
        nothing=not preview.changes,
        idle=preview.idle,
    )


def _labels(site: Site) -> dict[str, str]:
    """What the fields are called, by their names in problems."""
    names = {f"name.{language}": f"Reason in {name}" for language, name in _languages(site).items()}
    return DAY | (names if len(names) > 1 else dict.fromkeys(names, "Reason"))


def _languages(site: Site) -> Names:
    return {language: info.name for language, info in site.languages.items()}


def _may_edit(view: View) -> bool:
    return not view.closed and staff().may(Role.EDITOR)


def _at(day: date, done: str | None = None) -> str:
    """The page of the weeks around a day; `done` is the revision that was just made."""
    values: dict[str, Any] = {"from": f"{day}", "done": done}
    return url_for("schedule.page", _anchor=None if done else f"day-{day}", **values)


def _known(text: str) -> date:
    found = _date(text)
    if found is None:
        abort(404)
    return found


def _date(text: str) -> date | None:
    with suppress(ValueError):
        return _in_range(date.fromisoformat(text))
    return None


def _in_range(day: date) -> date | None:
    """A day that a page can show; None if it is too far away."""
    return day if YEARS[0] < day.year < YEARS[1] else None
