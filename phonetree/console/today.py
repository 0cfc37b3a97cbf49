"""Today: what callers meet now, who is rung, what is wrong; and what staff change at short notice."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from phonetree.console import simulated, times
from phonetree.console.access import needs, polled, staff
from phonetree.console.errors import Page
from phonetree.console.following import Following, following
from phonetree.console.layout import render
from phonetree.console.services import services
from phonetree.console.short_notice import COVERS, NOBODY, TITLES, Change, Form, Preview, ShortNotice, saved
from phonetree.console.warnings import warnings
from phonetree.core.rota import gaps, rota
from phonetree.core.schedule import Kind, first_name
from phonetree.errors import LeftAloneError, OverrideError, SimulationError
from phonetree.store.kept import Kept

blueprint = Blueprint("today", __name__)

GAP_DAYS = 30
"""How far ahead gaps are shown."""

NEXT_DAYS = 7
"""How far ahead the next change of shift is looked for."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An override as the page shows it: in words, who made it, whether its time has come, and why servers do not answer
    with it ("": they do)."""

    number: int
    words: str
    by: str
    in_force: bool
    why_not: str


@blueprint.get("/staff/")
@needs()
def page() -> str:
    """What callers meet now, and what stands at short notice."""
    notice = ShortNotice(services())
    site, now = notice.site, notice.now
    status = site.schedule.status(now)
    standing = tuple(_standing(notice, each) for each in notice.kept)
    return render(
        "console/today.html",
        status=status,
        headline=_headline(notice),
        why=_why(notice),
        standing=standing,
        done=next((each for each in standing if each.number == _number("done")), None),
        ended=_ended(notice),
        rung=_rung(notice),
        gaps=notice.gap_words(gaps(site, now, now + timedelta(days=GAP_DAYS))),
        gap_days=GAP_DAYS,
        changes=TITLES,
        following=_following(notice),
        state=_state(notice),
        warnings=warnings(services(), notice.loaded, notice.servers, staff(), now),
    )


@blueprint.get("/staff/following")
@polled
@needs()
def follow() -> str:
    """How far the servers are, alone: for a script that asks until all are."""
    notice = ShortNotice(services())
    return render("console/following.html", following=_following(notice), state=_state(notice))


def _state(notice: ShortNotice) -> str:
    """Changes when what the page says does, so that a page that is left open can say that it is out of date."""
    stands = [(each.number, each.override.ends, each.number in notice.refused) for each in notice.kept]
    return sha256(repr((stands, _headline(notice), notice.loaded.site.revision)).encode()).hexdigest()[:12]


def _following(notice: ShortNotice) -> Following:
    return following(notice.servers, notice.in_force, services().seconds())


def _headline(notice: ShortNotice) -> str:
    status, now = notice.site.schedule.status(notice.now), notice.now
    word, until = ("Open", status.until) if status.kind is Kind.OPEN else ("Closed", status.next_opening)
    return f"{word} until {times.when(until, now)}" if until else word


def _why(notice: ShortNotice) -> str:
    """Why the line is open or closed now, and what is next."""
    schedule, now = notice.site.schedule, notice.now
    status = schedule.status(now)
    why = "These are the usual hours."
    if name := first_name(status.names):
        why = f"Today is {name}."
    deciding = [each for each in notice.in_force if each.override.kind]
    ends = status.until if status.kind is Kind.OPEN else status.next_opening
    if ends and any(each.override.begins < ends and now < each.override.ends for each in deciding):
        why = "So it was set at short notice."
    for each in deciding:
        if each.override.at(now):
            did = "opened" if each.override.kind is Kind.OPEN else "closed"
            until = times.when(each.override.ends.astimezone(notice.zone), now)
            why = f"{each.by} {did} the line until {until}."
            break
    if status.next_opening and status.kind is Kind.OPEN:
        why += f" The next opening is {times.when(status.next_opening, now)}."
    return why


def _rung(notice: ShortNotice) -> list[str]:
    """Who can be rung now, and who is next."""
    coming = rota(notice.site, notice.now, notice.now + timedelta(days=NEXT_DAYS))
    open_ = (words for stretch in coming if (words := notice.rung(stretch)))
    return [words for words, _ in zip(open_, range(2), strict=False)]


def _standing(notice: ShortNotice, kept: Kept) -> Standing:
    begun = kept.override.begins <= notice.now
    return Standing(kept.number, notice.sentence(kept.override), kept.by, begun, notice.why_not(kept))


def _ended(notice: ShortNotice) -> Standing | None:
    """What was ended just now, if that can be undone."""
    running = services()
    found = running.overrides.withdrawn(_number("ended"), running.seconds())
    return _standing(notice, found) if found else None


def _number(name: str) -> int:
    """The number of an override in the address; 0 when there is none."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


# -- a form for each change


@blueprint.get("/staff/today/<change>")
@needs()
def form(change: str) -> str:
    """The form, with what callers would meet if it was saved as it is."""
    notice, asked = ShortNotice(services()), _change(change)
    first = Form(asked, until=notice.endings(asked)[0].value)
    if asked is Change.AWAY:
        first = replace(first, away=_me(notice), by=NOBODY)
    return _form(notice, replace(first, begins_at=times.for_a_field(notice.now)))


@blueprint.post("/staff/today/<change>")
@needs()
def change(change: str) -> str | Page | Response:
    """Shows what a change will do, plays a call under it, or saves it."""
    notice = ShortNotice(services())
    sent = Form.of(_change(change), request.form, notice.written)
    action = request.form.get("action", "")
    if action != "save":
        return _form(notice, sent, calling=action == "try")
    try:
        number = saved(services(), lambda newest: newest.override(sent), staff().name)
    except LeftAloneError:
        return _form(ShortNotice(services()), sent, problem=_ALONE), 409
    except OverrideError as error:
        return _form(ShortNotice(services()), sent, problem=str(error)), 422
    return redirect(url_for("today.page", done=number), 303)


@blueprint.post("/staff/today/overrides/<int:number>/end")
@needs()
def end(number: int) -> Response:
    """Ends an override now."""
    running = services()
    with suppress(OverrideError):  # somebody else was quicker, or it ended by itself: the page no longer shows it
        running.overrides.withdraw(number, staff().name, running.seconds(), running.site().schedule.zone)
    return redirect(url_for("today.page", ended=number), 303)


@blueprint.post("/staff/today/overrides/<int:number>/again")
@needs()
def again(number: int) -> Response:
    """Undoes the end of an override: the same one, from now until it was meant to end."""
    running = services()
    found = running.overrides.withdrawn(number, running.seconds())
    if found is None:
        return redirect(url_for("today.page"), 303)
    try:
        resumed = saved(running, lambda notice: notice.resumed(found.override), staff().name)
    except OverrideError as error:
        flash(f"This could not be undone: {error}")
        return redirect(url_for("today.page"), 303)
    return redirect(url_for("today.page", done=resumed), 303)


def _change(name: str) -> Change:
    if name not in list(Change):
        abort(404)
    return Change(name)


def _me(notice: ShortNotice) -> str:
    """The member who has the name of the account; "" if there is none."""
    return staff().name if staff().name in notice.members() else ""


_ALONE = (
    "this is not saved yet: nobody could be rung while the line is open. Choose who takes the place, or tick below "
    "that you accept what callers hear then"
)


def _form(notice: ShortNotice, sent: Form, *, problem: str = "", calling: bool = False) -> str:
    preview: Preview | None = None
    lines: list[simulated.Line] = []
    try:
        wanted = notice.override(sent)
        preview = notice.preview(wanted)
        if calling:
            lines = notice.call(wanted, sent)
    except SimulationError as error:
        problem = problem or str(error)
    except OverrideError as error:
        problem = problem or (str(error) if request.method == "POST" else "")
    return render(
        "console/short_notice.html",
        title=TITLES[sent.change],
        form=sent,
        endings=notice.endings(sent.change),
        languages={language: info.name for language, info in notice.written.languages.items()},
        members=notice.members() if sent.change in COVERS else (),
        takers=notice.members(with_phones=True) if sent.change in COVERS else (),
        covers=sent.change in COVERS,
        phones=simulated.PHONES,
        preview=preview,
        lines=lines,
        problem=problem,
    )
