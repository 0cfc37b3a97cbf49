"""Today: what callers meet now, who is rung, what is wrong; and what staff change at short notice."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from flask import Blueprint, abort, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response

from phonetree.console import simulated, times
from phonetree.console.access import needs, polled, staff
from phonetree.console.following import Following, following
from phonetree.console.layout import Page, render
from phonetree.console.origin import from_elsewhere
from phonetree.console.readable import number_of
from phonetree.console.services import services
from phonetree.console.short_notice import (
    COVERS,
    NOBODY,
    TITLES,
    Change,
    Form,
    NotChosenError,
    OnlyAwayError,
    Preview,
    Saved,
    ShortNotice,
    as_sentence,
    change_of,
    saved,
    with_stop,
)
from phonetree.console.warnings import warnings
from phonetree.core.rota import gaps, rota
from phonetree.core.schedule import Kind, Override, first_name, midnight
from phonetree.errors import LeftAloneError, OverrideError, SimulationError
from phonetree.runtime.trials import Line, TrialError
from phonetree.store.kept import Kept
from phonetree.store.roles import Role
from phonetree.store.servers import Servers

blueprint = Blueprint("today", __name__)

_WHO = "member"
"""In the session: which member was away by the form last."""

GAP_DAYS = 30
"""How far ahead gaps are shown."""

NEXT_DAYS = 7
"""How far ahead the next change of shift is looked for."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An override as the page shows it: in words, who made it, whether its time has come, why servers do not answer
    with it ("": they do), and what newer ones decide in its place."""

    number: int
    words: str
    by: str
    in_force: bool
    why_not: str
    replaced: list[str]
    change: Change


@blueprint.get("/staff/")
@needs()
def page() -> str:
    """What callers meet now, and what stands at short notice."""
    notice = ShortNotice(services())
    site, now = notice.site, notice.now
    status = site.schedule.status(now)
    in_order = sorted(notice.kept, key=lambda each: max(each.override.begins, now))
    standing = tuple(_standing(notice, each) for each in in_order)
    ended = _ended()
    return render(
        "console/today.html",
        status=status,
        headline=_headline(notice),
        why=_why(notice),
        standing=standing,
        done=next((each for each in standing if each.number == _number("done")), None),
        ended=ended and _standing(notice, ended),
        alike=[_standing(notice, each) for each in notice.alike(ended)] if ended else [],
        rung=_rung(notice),
        gaps=notice.gap_words(gaps(site, now, now + timedelta(days=GAP_DAYS))),
        gap_days=GAP_DAYS,
        changes=TITLES,
        following=_following(notice),
        state=_state(notice),
        messages=_messages(notice),
        listener=Role.LISTENER,
        warnings=warnings(services(), notice, staff()),
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
    silent = [each.name for each in notice.silent]
    said = (stands, _headline(notice), notice.loaded.site.revision, silent)
    return sha256(repr(said).encode()).hexdigest()[:12]


def _following(notice: ShortNotice) -> Following:
    return following(notice.servers, notice.in_force, services().seconds(), notice.silence)


def _headline(notice: ShortNotice) -> str:
    status, now = notice.site.schedule.status(notice.now), notice.now
    word, until = ("Open", status.until) if status.kind is Kind.OPEN else ("Closed", status.next_opening)
    return f"{word} until {times.when(until, now)}" if until else word


def _why(notice: ShortNotice) -> str:
    """Why the line is open or closed now and until when, and what is next."""
    status = notice.site.schedule.status(notice.now)
    is_open = status.kind is Kind.OPEN
    why = list(_reasons(notice, status.until if is_open else status.next_opening)) or ["These are the usual hours."]
    if status.next_opening and is_open:
        why.append(f"The next opening is {times.when(status.next_opening, notice.now)}.")
    return " ".join(why)


def _reasons(notice: ShortNotice, ends: datetime | None) -> Iterator[str]:
    """What decides from now on until the line opens or closes, each once, but for the usual hours."""
    schedule, now = notice.site.schedule, notice.now
    last = ends or now
    moments = {moment.astimezone(notice.zone) for moment in schedule.overridden()}
    days = (midnight(notice.zone, now.date() + timedelta(days=1 + number)) for number in range((last - now).days + 2))
    said: set[object] = set()
    for moment in (now, *sorted(each for each in {*moments, *days} if now < each <= last)):
        decides = next((each for each in notice.in_force if each.override.kind and each.override.at(moment)), None)
        if decides and decides.number not in said:
            said.add(decides.number)
            did = "opened" if decides.override.kind is Kind.OPEN else "closed"
            begins, until = (
                decides.override.begins.astimezone(notice.zone),
                decides.override.ends.astimezone(notice.zone),
            )
            yield f"{decides.by} {did} the line {times.stretch_words(begins, until, now)}."
        elif not decides and moment != ends:
            day = schedule.day(moment.date())
            if (name := first_name(day.names)) and name not in said:
                said.add(name)
                yield as_sentence(f"{times.day_words(day.date, now.date())} is {name}")


def _rung(notice: ShortNotice) -> list[str]:
    """Who can be rung now, and who is next."""
    coming = rota(notice.site, notice.now, notice.now + timedelta(days=NEXT_DAYS))
    open_ = (words for stretch in coming if (words := notice.rung(stretch)))
    return [words for words, _ in zip(open_, range(2), strict=False)]


def _messages(notice: ShortNotice) -> str:
    """How many messages wait, and since when: by the clock only today; and how many somebody has claimed."""
    found = services().voicemails.waiting()
    claimed = "one message is" if found.claimed == 1 else f"{found.claimed} messages are"
    if not found.number:
        return as_sentence(f"{claimed} claimed, and not handled yet") if found.claimed else ""
    more = f"; {'one more is' if found.claimed == 1 else f'{found.claimed} more are'} claimed" if found.claimed else ""
    first = datetime.fromtimestamp(found.since, notice.zone)
    today = first.date() == notice.now.date()
    since = times.clock(first) if today else times.past_day(first.date(), notice.now.date())
    if found.number == 1:
        return f"One message waits, since {since}{more}."
    return f"{found.number} messages wait, the first since {since}{more}."


def _standing(notice: ShortNotice, kept: Kept) -> Standing:
    begun, why_not = kept.override.begins <= notice.now, notice.why_not(kept)
    replaced = [] if why_not else notice.replaced(kept)
    words, change = with_stop(notice.sentence(kept.override)), change_of(kept.override)
    return Standing(kept.number, words, kept.by, begun, why_not, replaced, change)


def _ended() -> Kept | None:
    """What was ended just now, if that can be undone."""
    running = services()
    return running.overrides.withdrawn(_number("ended"), running.seconds())


def _number(name: str) -> int:
    """The number of an override in the address; 0 when there is none."""
    return number_of(request.args.get(name, "")) or 0


# -- a form for each change


@blueprint.get("/staff/today/<change>")
@needs()
def form(change: str) -> str:
    """The form, with what callers would meet if it was saved as it is."""
    asked = _change(change)
    notice = ShortNotice(services(), _number("instead"))
    if notice.instead:
        if change_of(notice.instead.override) is not asked:
            abort(404)
        return _form(notice, notice.filled_in(notice.instead))
    first = Form(asked, until=notice.endings(asked)[0].value)
    if asked is Change.AWAY:
        first = replace(first, away=_me(notice), by=NOBODY)
    first = replace(first, begins_at=times.for_a_field(notice.now))
    return _form(notice, _for_a_shift(notice, first) if asked in COVERS else first)


@blueprint.post("/staff/today/<change>")
@needs()
def change(change: str) -> str | Page | Response:
    """Shows what a change will do, plays a call under it, or saves it."""
    instead = number_of(request.form.get("instead", "")) or 0
    notice = ShortNotice(services(), instead)
    sent = Form.of(_change(change), request.form, notice.written)
    action = request.form.get("action", "")
    for each in notice.ready(sent):
        if action == f"ready:{each.about}":
            sent = replace(sent, words=each.words)
    if action != "save":
        return _form(notice, sent, calling=action == "try")
    try:
        done = saved(services(), lambda newest: _wanted(newest, sent), staff().name, instead=instead)
        if notice.instead:
            _withdraw(instead)
        if sent.change is Change.AWAY:
            session[_WHO] = sent.away
    except OnlyAwayError:
        return _form(ShortNotice(services(), instead), sent, problem=_ONLY_AWAY), 409
    except LeftAloneError:
        return _form(ShortNotice(services(), instead), sent, problem=_ALONE), 409
    except OverrideError as error:
        return _form(ShortNotice(services(), instead), sent, problem=str(error)), 422
    return _done(done)


def _done(done: Saved) -> Response:
    """Today, with what is told of what was saved."""
    for text in done.late:
        flash(f"This is saved, and callers wait longer than is promised: {text}", "warning")
    return redirect(url_for("today.page", done=done.number), 303)


def _wanted(notice: ShortNotice, sent: Form) -> Override:
    """What is to be saved. Raises OverrideError."""
    wanted = notice.override(sent)
    if not notice.accepts_absence(wanted, sent):
        raise OnlyAwayError(["only somebody who is away could be rung"])
    return wanted


@blueprint.post("/staff/today/overrides/<int:number>/end")
@needs()
def end(number: int) -> Response:
    """Ends an override now."""
    _withdraw(number)
    return redirect(url_for("today.page", ended=number), 303)


def _withdraw(number: int) -> None:
    running = services()
    with suppress(OverrideError):  # somebody else was quicker, or it ended by itself: the page no longer shows it
        running.overrides.withdraw(number, staff().name, running.seconds(), running.site().schedule.zone)


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
    return _done(resumed)


@blueprint.post("/staff/today/servers/taken-away")
@needs(Role.ADMIN)
def taken_away() -> Response:
    """Forgets servers that do not report any more, because somebody took them away."""
    running = services()
    Servers(running.store).forget(request.form.getlist("server"), staff().name, running.seconds())
    return redirect(url_for("today.page"), 303)


def _change(name: str) -> Change:
    if name not in list(Change):
        abort(404)
    return Change(name)


def _for_a_shift(notice: ShortNotice, first: Form) -> Form:
    """The form for the shift in the address, as far as that makes sense: Schedule leads here."""
    if from_elsewhere():  # a link fills no form in
        return first
    if (away := request.args.get("away", "")) in notice.members():
        first = replace(first, away=away)
    with suppress(OverrideError):
        begins, ends = (times.typed(request.args.get(name, ""), notice.zone, name) for name in ("begins", "ends"))
        if notice.now < ends and begins < ends:
            first = replace(first, until=times.OTHER, until_at=times.for_a_field(ends))
            if begins > notice.now:
                first = replace(first, begins="at", begins_at=times.for_a_field(begins))
    return first


def _me(notice: ShortNotice) -> str:
    """The member who has the name of the account, or whom this browser said to be away last; "" if there is none."""
    names = (staff().name, str(session.get(_WHO, "")))
    return next((name for name in names if name in notice.members()), "")


_ALONE = (
    "this is not saved yet: nobody could be rung while the line is open. Choose who takes the place, or tick below "
    "that you accept what callers hear then"
)

_ONLY_AWAY = (
    "this is not saved yet: only somebody who is away could be rung. Choose somebody else, or tick below that they are "
    "to be rung all the same"
)


def _form(notice: ShortNotice, sent: Form, *, problem: str = "", calling: bool = False) -> str:
    preview: Preview | None = None
    todo = ""
    lines: tuple[Line, ...] = ()
    try:
        wanted = notice.override(sent)
        preview = notice.preview(wanted)
        if calling:
            lines = notice.call(wanted, sent)
    except (SimulationError, TrialError) as error:
        problem = problem or str(error)
    except NotChosenError as error:
        todo = str(error) if request.method == "POST" else ""
    except OverrideError as error:
        problem = problem or (str(error) if request.method == "POST" else "")
    written = any(sent.words.values())
    return render(
        "console/short_notice.html",
        title=TITLES[sent.change],
        form=sent,
        endings=notice.endings(sent.change),
        languages={language: info.name for language, info in notice.written.languages.items()},
        members=notice.members() if sent.change in COVERS else (),
        with_phones=notice.members(with_phones=True),
        instead=notice.instead and as_sentence(notice.sentence(notice.instead.override)),
        ready=() if written else [each.about for each in notice.ready(sent)],
        covers=sent.change in COVERS,
        phones=simulated.PHONES,
        preview=preview,
        lines=lines,
        problem=problem,
        todo=todo,
    )
