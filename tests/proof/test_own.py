"""The helpline's own promises: what they mean, and that a simulated call agrees."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from phonetree.config.promises import broken_promises
from phonetree.config.site import load, overridden
from phonetree.core.ringing import hours_of
from phonetree.core.schedule import Accepted, Cover, Kind, Override
from phonetree.core.tree import Destination, OwnPromise, Reached, Site
from phonetree.errors import ConfigError
from phonetree.proof.counterexample import replay
from phonetree.proof.moments import moments
from phonetree.proof.own import own_promises
from phonetree.proof.promises import Breach, Walked
from phonetree.proof.prove import Proof, Verdict, prove
from phonetree.proof.walk import gc_disabled, walk
from phonetree.simulator.caller import Act, HangUp, Press, Script, Speak, Wait, when_offered
from phonetree.simulator.network import Clock, Network
from phonetree.simulator.phone import Call
from phonetree.simulator.twiml import Pause, Said
from phonetree.simulator.world import World, parse_world
from tests.proof.test_proof import Watched
from tests.support import trees
from tests.support.lines import ROOT, RULES, TOKEN, VPR, Direct, numbers

SINCE = date(2026, 11, 22)
HARBOUR = ROOT / "tests" / "sites" / "forwarded"
"""A small site: 1 rings the team desk, 2 the line crisis; whoever is not answered by the desk comes to the line."""


def promising(folder: Path, *entries: str, of: Path = HARBOUR, **edits: str) -> Path:
    """A site with promises, and other texts in place of some of its own."""
    config = Path(copytree(of, folder / "config", dirs_exist_ok=True))
    text = (of / "routing.yaml").read_text(encoding="utf-8")
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new)
    promises = "".join(f"\n  - {{{entry}}}" for entry in entries)
    (config / "routing.yaml").write_text(f"{text}promises:{promises}\n", encoding="utf-8")
    return config


def own(proof: Proof) -> tuple[Verdict, ...]:
    return tuple(verdict for verdict in proof.verdicts if verdict.id.startswith("own-"))


DAYS = 28
"""Four weeks with a public holiday."""


def walked(site: Site, since: date = SINCE) -> Walked:
    """All that can happen in four weeks."""
    with pytest.MonkeyPatch.context() as patch, gc_disabled():
        patch.setattr("phonetree.proof.moments.DAYS", DAYS)
        kinds = moments(since, site)
        return Walked(site, kinds, walk(site, kinds))


def breaches(of: Walked) -> tuple[Breach, ...]:
    """How the site's only promise of its own is broken. Proving the product's promises would take as long again."""
    ((_, _, check),) = own_promises(of.site)
    return tuple(check(of))


def verdict(folder: Path, entry: str, **more: Any) -> list[str]:
    """How one promise is broken; empty if it is kept."""
    return [breach.text for breach in breaches(walked(load(promising(folder, entry, **more), RULES).site))]


@pytest.mark.parametrize(
    "entry",
    [
        "when: open, keys: [1], reaches: desk",
        "when: open, keys: [], reaches: desk",
        "when: always, keys: [2], reaches: crisis",
        "when: [closed, holiday], keys: [0], reaches: crisis",
        "when: open, keys: [wait, wait, 1], reaches: desk",
        "when: always, keys: [star, 2], reaches: crisis",
        "when: open, keys: [wait], reaches: welcome",
        "when: closed, keys: [star], reaches: night",
        "when: open, keys: [1], reaches: line",
        "when: open, keys: [1], reaches: message",
        "when: open, keys: [0], reaches: person",
        "when: closed, keys: [1], reaches: message",
        "when: always, keys: [2], reaches: crisis, language: en",
    ],
)
def test_what_callers_reach_is_kept(entry: str, tmp_path: Path) -> None:
    assert verdict(tmp_path, entry) == []


@pytest.mark.parametrize(
    ("entry", "instead"),
    [
        ("when: always, keys: [1], reaches: desk", "the call reaches line 'crisis' when closed"),
        ("when: open, keys: [2], reaches: desk", "the call reaches line 'crisis' when open"),
        ("when: open, keys: [1], reaches: crisis", "the call reaches team 'desk' when open"),
        ("when: open, keys: [7], reaches: desk", "the call reaches menu 'welcome' when open"),
        ("when: open, keys: [wait], reaches: desk", "the call reaches menu 'welcome' when open"),
        ("when: open, keys: [wait, wait, wait, 1], reaches: desk", "the call ends before 1 is pressed when open"),
        ("when: open, keys: [9], reaches: desk", "the call ends when open"),
        ("when: open, keys: [1], reaches: bye", "the call reaches voicemail 'message' when open"),
    ],
)
def test_what_they_do_not_reach_is_broken_and_says_what_they_reach(entry: str, instead: str, tmp_path: Path) -> None:
    (found, *_) = verdict(tmp_path, entry)
    assert found.startswith(instead)


def test_whoever_hears_the_menu_again_before_they_press_is_promised_the_same(tmp_path: Path) -> None:
    """A wrong key, then 2: whoever waits first has used up their tries with it."""
    assert verdict(tmp_path / "one", "when: closed, keys: [2], reaches: crisis") == []
    (broken,) = verdict(tmp_path / "two", "when: closed, keys: [7, 2], reaches: crisis")
    assert broken.startswith("the call ends before 2 is pressed when closed")


def test_whoever_waits_where_nothing_is_asked_again_has_not_pressed_these_keys(tmp_path: Path) -> None:
    once = {"      mention: [0, star]": "      tries: 1\n      mention: [0, star]"}
    assert verdict(tmp_path / "one", "when: open, keys: [2], reaches: crisis", **once) == []
    assert verdict(tmp_path / "two", "when: open, keys: [wait], reaches: desk", **once) == []
    (broken,) = verdict(tmp_path / "three", "when: open, keys: [wait, 2], reaches: crisis", **once)
    assert broken == "the call ends before 2 is pressed when open, in 'en' (keys: nothing)"


@pytest.mark.slow
def test_seconds_are_those_of_the_table(tmp_path: Path) -> None:
    times = prove(load(VPR, RULES).site, SINCE).times_to_help
    slowest = {
        (what, kind): max(getattr(time, what) for time in times if time.kind == kind)
        for what, kind in (("advocate", "open"), ("line", "closed"), ("silent", "open"))
    }
    for more in (1, 0):
        entries = [
            f"when: {kind}, keys: {'[]' if what == 'silent' else '[1]'}, "
            f"reaches: {'barcc' if what == 'line' else 'advocates'}, within: {int(seconds) + more}"
            for (what, kind), seconds in slowest.items()
        ]
        found = own(prove(load(promising(tmp_path / str(more), *entries, of=VPR), RULES).site, SINCE))
        told = [next((breach.text for breach in each.breaches), "") for each in found]
        assert [text.partition(", in")[0] for text in told] == [
            "" if more else f"the call takes {int(seconds) + 1} s, not {int(seconds)} s, when {kind}"
            for (_, kind), seconds in slowest.items()
        ]


def test_seconds_that_a_date_takes_are_told_with_the_sentence(tmp_path: Path) -> None:
    entry = "when: closed, keys: [1], reaches: barcc, language: en, within: 24"
    (found,) = verdict(tmp_path, entry, of=VPR)
    assert found == (
        "the call takes 25 s, not 24 s, when closed, in 'en', with the longest words for our hours: 'No advocate is on "
        "the line now; the next one is here on Wednesday, September 16, at 10:45 AM.' (keys: 1)"
    )


def test_two_that_cannot_both_hold_are_both_named(tmp_path: Path) -> None:
    entries = "when: open, keys: [1], reaches: desk", "when: always, keys: [1], reaches: crisis"
    kept, broken = own(prove(load(promising(tmp_path, *entries), RULES).site, SINCE))
    assert kept.kept
    (breach,) = broken.breaches
    assert breach.text.endswith("; also promised: When open, whoever presses 1 reaches team 'desk'")
    (problem,) = broken_promises(load(tmp_path / "config", RULES).site, tmp_path / "config", SINCE)
    assert problem.text.endswith(
        "The promise: At any time, whoever presses 1 reaches line 'crisis'. `prove` shows such a call"
    )
    lines = (tmp_path / "config" / "routing.yaml").read_text(encoding="utf-8").splitlines()
    assert problem.where.line == lines.index(f"  - {{{entries[1]}}}") + 1


def test_a_language_that_nobody_can_choose_is_promised_nothing(tmp_path: Path) -> None:
    entry = "when: open, keys: [1], reaches: advocates, language: es"
    assert verdict(tmp_path / "one", entry, of=VPR) == []
    edits = {"  8: {language: es}\n": "", "mention: [8, 0, star]": "mention: [0, star]"}
    assert verdict(tmp_path / "two", entry, of=VPR, **edits) == ["no key chooses 'es'"]


BEGINS = datetime(2026, 11, 23, 15, 0, 10, tzinfo=UTC)


ENDS = BEGINS + timedelta(hours=3)


def away(name: str, *accepted: str, team: str = "advocates", ends: datetime = ENDS) -> Override:
    gaps = tuple(Accepted(team, BEGINS, ends, node) for node in accepted)
    return Override(BEGINS, ENDS, None, {}, Cover(name), gaps)


@pytest.mark.slow
def test_it_holds_under_overrides_and_when_nobody_is_there(tmp_path: Path) -> None:
    site = load(promising(tmp_path, "when: open, keys: [1], reaches: advocates", of=VPR), RULES).site

    def kept(*overrides: Override) -> bool:
        return not breaches(walked(overridden(site, overrides)))

    assert kept(away("First advocate"))
    assert kept(Override(BEGINS, ENDS, None, {}, Cover("First advocate", "Second advocate")))
    assert kept(Override(BEGINS, ENDS, Kind.CLOSED, {}))
    assert not kept(away("First advocate"), away("Second advocate"))
    assert not kept(away("First advocate"), away("Second advocate", "leave")), "callers do not come there"
    assert kept(away("First advocate"), away("Second advocate", "unanswered")), "staff accepted it by name"
    another = away("Second advocate", "unanswered", team="another")
    assert not kept(away("First advocate"), another), "for another team"
    for_an_hour = away("Second advocate", "unanswered", ends=BEGINS + timedelta(hours=1))
    assert not kept(away("First advocate"), for_an_hour), "for less time than nobody is there"


def test_a_line_that_rings_in_place_of_a_team_is_accepted_by_name_as_well(tmp_path: Path) -> None:
    site = load(promising(tmp_path, "when: open, keys: [1], reaches: desk"), RULES).site

    def broken(*overrides: Override) -> list[str]:
        return [breach.text for breach in breaches(walked(overridden(site, overrides)))]

    assert broken(away("Ada")) == []
    (reached,) = broken(away("Ada"), away("Bo"))
    assert reached.startswith("the call reaches line 'crisis' when open")
    assert broken(away("Ada"), away("Bo", "line", team="desk")) == []


# -- a simulated call agrees


@dataclass(frozen=True)
class Alone:
    """The only site that a line has."""

    current: Site

    def revision(self, _name: str) -> Site:
        return self.current


class Heard:
    """What a call reaches between the last key and the question after it."""

    def __init__(self, site: Site, at: datetime) -> None:
        self.site, self.began, self.clock = site, at, Clock(at)
        self.watched = Watched(Direct(Alone(site), self.clock))  # type: ignore[arg-type]
        self.network = Network(self.watched, TOKEN, numbers(self.site.helpline))  # type: ignore[arg-type]
        self.since = 0
        self.until: int | None = None
        self.asked_again: int | None = None

    def play(self, caller: "Following | Shown", world: World) -> "Heard":
        caller.heard = self
        self.call = Call(self.network, self.clock, caller, world)
        self.call.run()
        return self

    @property
    def hours_stayed(self) -> bool:
        """Whether the same hours were open throughout: a promise is about calls during which none begin or end."""
        teams = (hours for team in self.site.teams.values() for hours in hours_of(team))
        every = [*teams, *(line.hours for line in self.site.resources.values())]
        schedule, now = self.site.schedule, self.clock.now()
        return schedule.kind(self.began) is schedule.kind(now) and all(
            hours.is_open(schedule, self.began) is hours.is_open(schedule, now) for hours in every
        )

    def last_key(self) -> None:
        self.since = len(self.call.dialled)

    def question(self) -> None:
        """The caller is asked again; the next request says at which menu."""
        self.until, self.asked_again = len(self.call.dialled), len(self.watched.states)

    @property
    def reached(self) -> Destination | None:
        """The first line or team that rang; else the menu that asked again."""
        return self._rung or self._menu

    def reaches(self, wanted: Destination) -> bool:
        """Whether that is reached; before a menu asks, phones may ring that nobody answers."""
        return wanted == (self._menu if wanted[0] is Reached.NODE else self._rung)

    @property
    def _rung(self) -> Destination | None:
        for ringing in self.call.dialled[self.since : self.until]:
            for line in self.site.resources.values():
                if line.number in ringing.numbers:
                    return Reached.LINE, line.id
            return next(
                (Reached.TEAM, team.id)
                for team in self.site.teams.values()
                if set(ringing.numbers) <= {member.number for member in team.members}
            )
        return None

    @property
    def _menu(self) -> Destination | None:
        return None if self.asked_again is None else (Reached.NODE, self.watched.states[self.asked_again].node)


@dataclass
class Following:
    """A caller who presses keys, one at each question ("" for none), and nothing more; who hangs up when asked for
    another one, or for a message.

    Some keys are pressed `early` (once, during words that ask for none) and some `late`, when the menu was said again.
    `choosing` takes one of the keys that are offered instead. Whoever presses no key at all is not asked `again`."""

    keys: Sequence[str]
    early: frozenset[int] = frozenset()
    late: frozenset[int] = frozenset()
    choosing: bool = False
    hangs_up_at: float | None = None
    pressed: list[str] = field(default_factory=list)
    waited: int | None = None
    late_at: list[tuple[int, int]] = field(default_factory=list)
    skipped: set[int] = field(default_factory=set)
    heard: Heard = field(init=False)

    @property
    def left(self) -> Sequence[str]:
        return self.keys[len(self.pressed) :]

    def asked(self, said: Sequence[Said | Pause], wait: int) -> Act:
        asking, number = wait >= 2, len(self.pressed)
        if not self.left:
            return self._asked_again() if asking and self.keys else Wait()
        key = self.left[0]
        if not asking:
            if not key or number not in self.early or number in self.skipped:
                return Wait()
            self.skipped.add(number)
            return Press(key, 0.5)
        if key and number in self.late and self.waited is None:
            self.waited = len(self.heard.watched.states)
            return Wait()
        if key and self.choosing:
            offered = re.findall(r"press ([1-7])", " ".join(each.text for each in said if isinstance(each, Said)))
            key = offered[int(key) % len(offered)] if offered else key  # perhaps each leads to a line that is closed
        if self.waited is not None:
            self.late_at.append((self.waited, len(self.heard.watched.states)))
        self.waited = None
        self.pressed.append(key)
        self.heard.last_key()
        return Press(key, when_offered(said, key)) if key else Wait()

    @property
    def heard_it_again(self) -> bool:
        """Whether they pressed late at the menu at which they had waited: another one is a question of its own, and so
        is a menu that does not ask again."""
        states = self.heard.watched.states
        again = (states[waited].node == states[pressed].node for waited, pressed in self.late_at)
        return self.waited is None and all(again)

    def _asked_again(self) -> Act:
        if self.heard.asked_again is not None:
            return HangUp(0)
        self.heard.question()
        return Wait()

    def recorded(self) -> Speak:
        return Speak(0, "" if self.left else "x")


class Shown(Script):
    """The caller of a shown call, who waits at one question more if the promise has keys, and hangs up at the next."""

    heard: Heard

    def __init__(self, keys: str, *, to_the_end: bool) -> None:
        super().__init__(keys if to_the_end else f"{keys},wait,hangup")
        self._more = 0 if to_the_end else 2

    def asked(self, said: Sequence[Said | Pause], wait: int) -> Act:
        before = len(self.steps)
        act = super().asked(said, wait)
        if self._more and len(self.steps) < before:
            if len(self.steps) == self._more:
                self.heard.last_key()
            elif len(self.steps) == 1:
                self.heard.question()
        return act


NOBODY = parse_world("*=no-answer")
KEYS = st.lists(st.sampled_from(["", *"1234567"]), max_size=3)
SOME = st.frozensets(st.integers(0, 2))


@st.composite
def menus(draw: st.DrawFn) -> trees.Files:
    """Random sites on which every call begins at the same menu."""
    hours, routing = draw(trees.sites())
    nodes = routing["nodes"]
    targets = draw(st.lists(st.sampled_from([*nodes, "top"]), min_size=2, max_size=5))
    choices = {str(key): {"label": {"en": "A", "es": "B"}, "go": node} for key, node in enumerate(["n0", *targets], 1)}
    top = {"menu": {"tries": draw(st.integers(1, 4)), "silence": "n0", "choices": choices}}
    return hours, {**routing, "start": dict.fromkeys(Kind, "top"), "nodes": {"top": top, **nodes}}


FROM = datetime(2026, 11, 1, tzinfo=UTC)
MINUTES = st.integers(0, DAYS * 24 * 60 - 1)


def after(minutes: int) -> datetime:
    return FROM + timedelta(minutes=minutes)


def made(files: trees.Files) -> Site:
    with tempfile.TemporaryDirectory() as folder:
        return load(trees.write(Path(folder), files), RULES).site


def promised_by(site: Site, keys: list[str], at: datetime) -> OwnPromise:
    """What a call reaches whose caller chooses among the keys that they are offered."""
    choosing = Following(keys, choosing=True)
    Heard(site, at).play(choosing, NOBODY)
    caller = Following(choosing.pressed)
    heard = Heard(site, at).play(caller, NOBODY)
    assume(heard.reached is not None and heard.hours_stayed)
    assert heard.reached
    return OwnPromise(frozenset({site.schedule.kind(at)}), tuple(caller.pressed), heard.reached, "en")


@dataclass(frozen=True)
class Checked:
    """A site with one promise, and how it is broken in what can happen from `FROM` on."""

    walked: Walked
    breaches: tuple[Breach, ...]

    def call_agrees(self) -> None:
        """The call that `prove` shows, as it is heard: it reaches something else, or ends too early."""
        site, breach = self.walked.site, self.breaches[0]
        shown = replay(breach.path, self.walked.walk, self.walked.moments)
        at = site.schedule.zone.localize(datetime.fromisoformat(shown.at))
        (promise,) = site.promises
        assert site.schedule.kind(at) in promise.when
        too_early = breach.text.startswith("the call ends before")
        caller = Shown(shown.keys, to_the_end=too_early or not promise.keys)
        heard = Heard(site, at).play(caller, parse_world(shown.world))
        if too_early:
            assert heard.call.ended == "the helpline hung up", (breach.text, str(heard.call.transcript))
        else:
            assert not heard.reaches(promise.reaches), (breach.text, str(heard.call.transcript))


def checked(site: Site, promise: OwnPromise) -> Checked:
    found = walked(replace(site, promises=(promise,)), FROM.date())
    return Checked(found, breaches(found))


def alike_at_all_hours(files: trees.Files) -> trees.Files:
    """The site, with everybody there at any hour: whatever holds at one moment does at others of the kind."""
    hours, routing = files
    teams = {
        name: {**team, "open": "always", "members": [{**one, "shifts": "always"} for one in team["members"]]}
        for name, team in routing["teams"].items()
    }
    lines = {name: {**line, "open": "always"} for name, line in routing["resources"].items()}
    return hours, {**routing, "teams": teams, "resources": lines}


PLAIN = settings(
    max_examples=20,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a site that fails takes five minutes
)


@pytest.mark.slow
@PLAIN
@given(files=menus(), keys=KEYS, minutes=MINUTES)
def test_what_a_call_reaches_is_kept_on_its_site(files: trees.Files, keys: list[str], minutes: int) -> None:
    site = made(alike_at_all_hours(files))
    promise = promised_by(site, keys, after(minutes))
    event(promise.reaches[0])
    assert [each.text for each in checked(site, promise).breaches] == [], promise


@pytest.mark.long
@PLAIN
@given(files=menus(), keys=KEYS, minutes=MINUTES, another=MINUTES, early=SOME, late=SOME)
def test_whatever_the_verdict_a_call_agrees(
    files: trees.Files, keys: list[str], minutes: int, another: int, early: frozenset[int], late: frozenset[int]
) -> None:
    """Where not everybody is there at any hour, a promise may be broken at another moment."""
    site = made(files)
    promise = promised_by(site, keys, after(minutes))
    found = checked(site, promise)
    event("broken" if found.breaches else "kept")
    if found.breaches:
        found.call_agrees()
        return
    heard = Heard(site, after(another))
    assume(site.schedule.kind(after(another)) in promise.when)
    caller = Following(promise.keys, early, late)
    heard.play(caller, NOBODY)
    assume(caller.heard_it_again and heard.hours_stayed)
    assert heard.reaches(promise.reaches), (promise, str(heard.call.transcript))


@pytest.mark.long
@PLAIN
@given(files=menus(), keys=KEYS, minutes=MINUTES, data=st.data())
def test_an_edit_after_which_the_call_reaches_something_else_breaks_it(
    files: trees.Files, keys: list[str], minutes: int, data: st.DataObject
) -> None:
    hours, routing = files
    promise = promised_by(made(files), keys, after(minutes))
    nodes = routing["nodes"]
    menu = data.draw(st.sampled_from(["top", *(name for name in nodes if "menu" in nodes[name])]))
    choices = nodes[menu]["menu"]["choices"]
    key = data.draw(st.sampled_from([key for key in choices if key in promise.keys] or sorted(choices)))
    target = data.draw(st.sampled_from(sorted(nodes.keys() - {"top"})))
    changed = {**choices, key: {**choices[key], "go": target}}
    edited = {**nodes, menu: {"menu": {**nodes[menu]["menu"], "choices": changed}}}
    try:
        site = made((hours, {**routing, "nodes": edited}))
    except ConfigError:
        assume(False)
    found = checked(site, promise)
    caller = Following(promise.keys)
    heard = Heard(site, after(minutes)).play(caller, NOBODY)
    other = bool(caller.left) or not heard.reaches(promise.reaches)
    event("reaches something else" if other else "reaches the same")
    if other and heard.hours_stayed:
        assert found.breaches, (promise, str(heard.call.transcript))
    if found.breaches:
        found.call_agrees()
