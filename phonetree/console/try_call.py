"""Try a call: a phone on the page, at any moment, to what callers hear or to a draft. No real phone rings.

The page holds the whole call: the steps that the caller took so far, and how it was begun. Each step plays the call
from its beginning, so one step back is one step less, and nothing of it is kept anywhere.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from phonetree.config.own_promises import LONGEST_WITHIN, promise_of_call
from phonetree.config.phones import line_key, team_key
from phonetree.config.site import Contents, Loaded, overridden
from phonetree.console import moments, simulated, times
from phonetree.console.access import needs, staff
from phonetree.console.drafts import draft_of
from phonetree.console.layout import Page, refused, render
from phonetree.console.layout import problem as why_refused
from phonetree.console.once import once, once_of
from phonetree.console.services import ConsoleServices, services
from phonetree.core.engine import SHORTEST_MESSAGE_SECONDS
from phonetree.core.schedule import Schedule, first_name
from phonetree.core.tree import AGAIN_KEY, NO_KEY, OwnPromise, Site
from phonetree.core.wording import sentence
from phonetree.errors import ConfigError, DraftError, EditError, SimulationError
from phonetree.proof.own import sentence as promised
from phonetree.runtime.trials import Played, Result, Shown, TrialCall, TrialError
from phonetree.store.drafts import Draft
from phonetree.store.roles import Role

blueprint = Blueprint("try_call", __name__)

MOST_STEPS = 100
"""Of a call; each plays the whole call."""

BACK = "back"
"""The step that takes the last one back."""

SPEECH = {
    "20s#": "Speak for 20 seconds, then press #",
    "20sx": "Speak for 20 seconds, then hang up",
    "0s": "Say nothing",
}
"""What a caller may do at the tone (`simulator/caller.py`)."""

_KEYS = {"wait": NO_KEY, AGAIN_KEY: AGAIN_KEY}
"""Steps of a call as a promise has them, besides digits."""

USUAL = "somebody"
"""What phones do unless something else is chosen."""


@dataclass(frozen=True, slots=True)
class Files:
    """What is called: what callers hear, or a draft (`loaded` is None when that has problems)."""

    loaded: Loaded | None
    draft: tuple[Draft, Contents] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The call that a page asks for: when and where it begins, what phones do, and the steps so far. `problem` says why
    it is another moment than was asked for."""

    at: datetime
    when: str
    problem: str
    node: str
    language: str
    phones: str
    each: Mapping[str, str]
    steps: tuple[str, ...]


@blueprint.get("/staff/try")
@needs()
def page() -> str | Page:
    """The choice how a call begins; with `steps`, the call."""
    running = services()
    files = files_of(running, request.args.get("draft", ""))
    if files.loaded is None:
        return render("console/try.html", draft=files.draft and files.draft[0], site=None), 422
    site = _site(running, files.loaded)
    asked = _asked(site, request.args)
    if "steps" not in request.args:
        running.trials.prepare()
        return _page(files, site, asked)
    try:
        call = _call(running, files.loaded, site, asked)
        played = running.trials.play(call)
        offered = _offered(running, site, call, played) if staff().may(Role.EDITOR) else None
    except SimulationError as error:
        return _page(files, site, asked, problem=str(error)), 422
    except TrialError as error:
        return _page(files, site, asked, problem=str(error)), 503
    return _page(files, site, asked, played, offered)


@blueprint.post("/staff/try/promise")
@needs(Role.EDITOR)
def keep() -> Response:
    """Keeps what a call came to as a promise, in a draft: the one that was called, or a new one."""
    running = services()
    files = files_of(running, request.form.get("draft", ""))
    if files.loaded is None:
        abort(422)
    site = _site(running, files.loaded)
    asked = _asked(site, request.form)
    try:
        call = _call(running, files.loaded, site, asked)
        offered = _offered(running, site, call, running.trials.play(call))
        if offered is None:
            abort(422)
        if "within" not in request.form:
            offered = replace(offered, within=None)  # they are those of this moment: another one may have longer words
        draft = running.editor.keep(offered, staff().name, files.draft, once_of(request.form))
    except (SimulationError, TrialError, EditError, DraftError) as error:
        there = url_for("try_call.page", **_kept(files, asked), steps=",".join(asked.steps))
        return refused(f"this was not kept: {error}", there)
    flash("The promise is in this draft. It holds once the draft is published.", "message")
    return redirect(url_for("edit.draft", id_=draft.id), 303)


def files_of(running: ConsoleServices, id_: str) -> Files:
    """The files that are called: those of a draft, or ("") what callers hear. Raises StoreError, and
    DraftGoneError when there is no such draft."""
    if not id_:
        return Files(running.live.loaded())
    if not staff().may(Role.EDITOR):
        abort(403)
    draft, loaded = draft_of(id_), None
    with suppress(ConfigError):
        loaded = running.publishing.made(draft[1])
    return Files(loaded, draft)


def _site(running: ConsoleServices, loaded: Loaded) -> Site:
    """The site of these files, under what stands at short notice."""
    return overridden(loaded.site, running.live.overrides(running.now()))


def _now(site: Site) -> datetime:
    return services().now().astimezone(site.schedule.zone).replace(microsecond=0)


def _asked(site: Site, sent: Mapping[str, str]) -> Asked:
    """The call in an address, or in a form; whatever is unknown there is as usual."""
    chosen = _moment(site.schedule, sent.get("at") or sent.get("when", ""), _now(site))
    node, phones = sent.get("node", ""), sent.get("phones", "")
    steps = simulated.steps_of(sent.get("steps", ""))
    step = sent.get("step", "")
    return Asked(
        chosen.at,
        chosen.name,
        chosen.problem,
        node if node in site.nodes else "",
        site.known_language(sent.get("language", "")),
        phones if phones in simulated.PHONES else USUAL,
        {name: what for name in _rung(site) if (what := sent.get(name, "")) in simulated.PHONES},
        steps[:-1] if step == BACK else (*steps, *simulated.steps_of(step)),
    )


def _moment(schedule: Schedule, asked: str, now: datetime) -> moments.Chosen:
    """The moment of a call: once it has begun it stays, whenever that was chosen."""
    with suppress(ValueError):
        return moments.Chosen("", times.aware(asked).astimezone(schedule.zone))
    return moments.chosen(schedule, asked, now)


def _rung(site: Site) -> Mapping[str, str]:
    """All whose phones can be set by themselves: their fields, and their names."""
    teams = {team_key(name): f"the team {name}" for name in site.teams}
    return teams | {line_key(line.id): first_name(line.names) for line in site.resources.values()}


def _call(running: ConsoleServices, loaded: Loaded, site: Site, asked: Asked) -> TrialCall:
    """Raises SimulationError."""
    if len(asked.steps) > MOST_STEPS:
        raise SimulationError(f"a call has at most {MOST_STEPS} steps here; call again")
    members = {team_key(name) for name in site.teams}
    call = simulated.to(loaded, running.settings.config, site.schedule.overrides, asked.at)
    return replace(
        call,
        steps=asked.steps,
        stops=True,
        node=asked.node,
        language=asked.language,
        phones=simulated.answer_of(asked.phones),
        each={name: simulated.answer_of_one(what, screened=name in members) for name, what in asked.each.items()},
    )


def _page(
    files: Files,
    site: Site,
    asked: Asked,
    played: Played | None = None,
    offered: OwnPromise | None = None,
    problem: str = "",
) -> str:
    status = site.schedule.status(asked.at)
    rung = _rung(site)
    return render(
        "console/try.html",
        site=site,
        draft=files.draft and files.draft[0],
        asked=asked,
        moment=moments.told(asked.at, status),
        moments=moments.choices(site.schedule, _now(site)),
        languages={name: info.name for name, info in site.languages.items()},
        phones=simulated.PHONES,
        rung=rung,
        begins=_begins(site, asked),
        ringing=_ringing(asked, rung),
        kept=_kept(files, asked),
        played=played,
        newest=_newest(played) if played else 0,
        sentences=tuple(sentences(played)) if played else (),
        speech=SPEECH,
        back=BACK,
        problem=problem,
        promise=offered and promised(site, replace(offered, within=None)),
        within=offered.within if offered else None,
        once=once(),
        refused=why_refused(),
    )


def _kept(files: Files, asked: Asked) -> dict[str, Any]:
    """How the call was begun, as an address or a form has it."""
    begun = {"at": asked.at.isoformat(), "node": asked.node, "language": asked.language, "phones": asked.phones}
    begun |= dict(asked.each) | ({"draft": files.draft[0].id} if files.draft else {})
    return {name: value for name, value in begun.items() if value}


def _offered(running: ConsoleServices, site: Site, call: TrialCall, played: Played) -> OwnPromise | None:
    """What is promised if what a call came to is kept: in every language that a key chooses, within the seconds of the
    slowest; in that of the call alone if another one does not come to the same. None if that can be no promise: the
    call goes on, began at a node, pressed a key that does nothing, or reached nobody. Raises TrialError."""
    result = played.result
    if result is None or (reached := result.reached) is None or call.node:
        return None
    keys = tuple(_KEYS.get(key, key) for key in result.keys)
    if not all(key.isdigit() or key in _KEYS.values() for key in keys):
        return None
    others = [
        _in_language(running, replace(call, node=site.start[result.when], language=language))
        for language in site.chosen_languages
    ]
    same = [other.seconds for other in others if other and other.reached == reached]
    everywhere = len(same) == len(others)
    seconds = max([result.seconds, *same]) if everywhere else result.seconds
    within = seconds if seconds <= LONGEST_WITHIN else None
    return promise_of_call(result.when, keys, reached, within, None if everywhere else site.first_language)


def _in_language(running: ConsoleServices, call: TrialCall) -> Result | None:
    """What the same steps come to in a language, from its first words on; None if they cannot be taken there. Raises
    TrialError."""
    try:
        return running.trials.play(call).result
    except SimulationError:
        return None


def _newest(played: Played) -> int:
    """The line that was heard last."""
    return max((place for place, line in enumerate(played.lines) if line.what == "hears"), default=0)


def _begins(site: Site, asked: Asked) -> str:
    """Where the call begins, in a sentence."""
    if not asked.node:
        return "It begins as all calls do."
    return f"It begins at {asked.node}, in {site.languages[asked.language].name}."


def _ringing(asked: Asked, rung: Mapping[str, str]) -> str:
    """What phones do that ring, in a sentence."""
    words = {name: words for name, (_, words) in simulated.PHONES.items()}
    others = (f"{rung[name]}: {words[what]}" for name, what in asked.each.items())
    return f"If phones ring, {'; '.join([words[asked.phones], *others])}."


def sentences(played: Played) -> Iterator[str]:
    """What a call that is over came to, in sentences; its seconds are those of the clock beside the lines."""
    for shown in Shown:
        names = tuple(dict.fromkeys(name for each in played.rung if each.shown is shown for name in each.names))
        if names:
            rung, phones = ("were rung", "their phones") if len(names) > 1 else ("was rung", "the phone")
            yield sentence(f"{_and(names)} {rung}; {phones} showed {shown}.")
    if played.spoke_with:
        yield f"The caller spoke with {_and(tuple(dict.fromkeys(played.spoke_with)))}."
    elif played.rung:
        yield "Nobody took the call."
    left = [seconds for seconds in played.messages if seconds >= SHORTEST_MESSAGE_SECONDS]
    yield from (f"A message of {seconds} seconds was left." for seconds in left)
    if played.rang is not None:
        yield f"Help after {int(played.rang)} seconds: then the first phone rang."
    elif played.tone is not None:
        yield f"Help after {int(played.tone)} seconds: then a message could be left."
    else:
        yield "Nobody was rung, and no message could be left."
    yield f"In the end {played.ended}."


def _and(names: tuple[str, ...]) -> str:
    """Names as a sentence has them, such as "Ada, Bo and Cy"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
