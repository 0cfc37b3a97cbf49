"""The proof: kept for what is shipped, broken by what would harm, unmoved by what would not, and true."""

import re
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from phonetree.config.numbers import NumberRules
from phonetree.config.promises import broken_promises
from phonetree.config.site import load
from phonetree.core.events import DialEnded
from phonetree.core.state import LEG_STEPS, State, Step, from_address
from phonetree.core.tree import Site
from phonetree.core.verbs import Dial
from phonetree.errors import ConfigError
from phonetree.proof import walk as explore
from phonetree.proof.counterexample import replay
from phonetree.proof.prove import Proof, prove
from phonetree.proof.walk import Place
from phonetree.simulator.caller import Script
from phonetree.simulator.network import Clock, Network
from phonetree.simulator.phone import Call
from phonetree.simulator.transport import Reply, Transport
from phonetree.simulator.world import parse_world
from tests.proof.mutations import BREAKING, HARMLESS, Mutation
from tests.support import trees
from tests.support.lines import ROOT, RULES, TOKEN, VPR, direct, numbers
from tests.test_random_calls import RULES as NETWORKS
from tests.test_random_calls import STEPS, WORLDS

pytestmark = pytest.mark.slow

SINCE = date(2026, 11, 22)


@pytest.fixture(scope="module")
def site() -> Site:
    return load(VPR, RULES).site


@pytest.fixture(scope="module")
def shipped(site: Site) -> Proof:
    return prove(site, SINCE)


@pytest.fixture(scope="module")
def forwarded_site() -> Site:
    return load(ROOT / "tests" / "sites" / "forwarded", RULES).site


@pytest.fixture(scope="module")
def forwarded(forwarded_site: Site) -> Proof:
    return prove(forwarded_site, SINCE)


def _findings(folder: Path) -> str:
    """Everything that keeps a folder's files from going live."""
    try:
        return "\n".join(str(problem) for problem in broken_promises(load(folder, RULES).site, folder, SINCE))
    except ConfigError as error:
        return str(error)


def _mutated(mutation: Mutation, folder: Path) -> Path:
    _, name, old, new, _ = mutation
    config = Path(copytree(VPR, folder / "config"))
    text = (config / name).read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"'{old}' is not in {name}"
    (config / name).write_text(text.replace(old, new), encoding="utf-8")
    return config


def test_the_shipped_site_keeps_every_promise(shipped: Proof) -> None:
    assert [verdict.id for verdict in shipped.verdicts if not verdict.kept] == []
    assert {time.kind for time in shipped.times_to_help} == {"open", "closed", "holiday"}
    assert {time.language for time in shipped.times_to_help} == {"en", "es"}


@pytest.mark.parametrize("mutation", BREAKING, ids=lambda mutation: mutation[0])
def test_what_would_harm_a_caller_is_caught_and_named(mutation: Mutation, tmp_path: Path) -> None:
    found = _findings(_mutated(mutation, tmp_path))
    assert re.search(mutation[4].replace("(", r"\(").replace("?", r"\?"), found), found or "nothing was found"


@pytest.mark.parametrize("mutation", HARMLESS, ids=lambda mutation: mutation[0])
def test_what_does_no_harm_raises_nothing(mutation: Mutation, tmp_path: Path) -> None:
    assert _findings(_mutated(mutation, tmp_path)) == ""


def test_there_are_enough_mutations() -> None:
    assert len(BREAKING) >= 60
    assert len(HARMLESS) >= 20
    assert len({name for name, *_ in (*BREAKING, *HARMLESS)}) == len(BREAKING) + len(HARMLESS)


@pytest.mark.parametrize("days", range(2, 6))
def test_hours_over_midnight_are_as_good_on_one_day_as_on_the_next(days: int, tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    text = (config / "hours.yaml").read_text(encoding="utf-8")
    (config / "hours.yaml").write_text(text.replace("9:00-17:00", "9:00-17:00, 18:00-02:00"), encoding="utf-8")
    assert broken_promises(load(config, RULES).site, config, SINCE + timedelta(days=days)) == ()


def test_how_soon_help_is_near_is_told_of_the_longest_greeting(site: Site, shipped: Proof) -> None:
    """After hours callers hear when the next advocate is here: "today at 9 AM", or "on Wednesday at 9 AM"."""
    told = {
        tuple(sorted((one.kind, one.language, one.advocate or one.line) for one in proof.times_to_help))
        for proof in (shipped, *(prove(site, SINCE + timedelta(days=days)) for days in (3, 5)))
    }
    assert len(told) == 1


@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(made=trees.sites(), week=trees.WEEKS, day=st.dates(date(2026, 1, 1), date(2029, 12, 31)))
def test_the_verdict_does_not_depend_on_the_day(made: trees.Files, week: dict[str, str], day: date) -> None:
    hours, routing = made
    with tempfile.TemporaryDirectory() as name:
        folder = trees.write(Path(name), ({**hours, "open": week, "holidays": {}}, routing))
        try:
            site = load(folder, NumberRules({}, fictional=True)).site
        except ConfigError:
            assume(False)
    known, found = (prove(site, when) for when in (SINCE, day))
    assert found.turns == known.turns
    kept = [{one.id: one.kept for one in proof.verdicts} for proof in (known, found)]
    assert kept[0] == kept[1]


def test_what_is_too_much_to_prove_is_a_problem(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "MOST_TURNS", 1000)
    (problem,) = broken_promises(site, VPR, SINCE)
    assert problem.text.startswith("more than 1,000 turns can happen, at 6 kinds of moment")


def test_a_text_that_is_too_long_is_told_at_its_node_and_not_where_the_call_waits(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    old = "Our advocates have just gone for today."
    text = text.replace(old, f"{old} {'They will be back soon, and then they answer. ' * 20}")
    (config / "routing.yaml").write_text(text, encoding="utf-8")
    site = load(config, RULES).site
    (told,) = (each for each in broken_promises(site, config, SINCE) if "a prompt speaks for" in str(each))
    assert told.where == site.places["just_closed"]


# -- the call that breaks a promise can be played


def test_a_broken_promise_comes_with_a_call_that_breaks_it(tmp_path: Path) -> None:
    mutation = next(one for one in BREAKING if one[0] == "the last line hangs up when it fails")
    config = _mutated(mutation, tmp_path)
    site = load(config, RULES).site
    proof = prove(site, SINCE)
    breach = next(breach for verdict in proof.verdicts for breach in verdict.breaches if breach.path)
    found = replay(breach.path, proof.walk, proof.moments)
    clock = Clock(site.schedule.zone.localize(datetime.fromisoformat(found.at)))
    line, sites = direct(config, clock)
    network = Network(line, TOKEN, numbers(sites.current.helpline))
    call = Call(network, clock, Script(found.keys), parse_world(found.world)).run()
    assert call.ended == "the helpline hung up"
    assert (call.spoke_with, call.messages) == ([], [])


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("an endless greeting", {"1"}),
        ("an endless greeting at night", {"1"}),
        ("a long silence", {"8,wait,wait,wait,wait"}),
        ("nobody with one key at night", {"wait,wait"}),
        ("no advocate with one key by day", {"wait,wait"}),
    ],
)
def test_that_help_is_too_far_is_shown_by_a_call_up_to_the_ringing(name: str, keys: set[str], tmp_path: Path) -> None:
    """By that of the key that is quickest, or of a caller who presses nothing."""
    site = load(_mutated(next(one for one in BREAKING if one[0] == name), tmp_path), RULES).site
    proof = prove(site, SINCE)
    (near,) = (verdict for verdict in proof.verdicts if verdict.id == "near")
    for breach in near.breaches:
        assert any(isinstance(verb, Dial) for verb in proof.walk.verbs(breach.path[-1])), breach.text
    assert {replay(breach.path, proof.walk, proof.moments).keys for breach in near.breaches} == keys


# -- the proof agrees with reality


class Watched:
    """A line that remembers every state that a call was in."""

    def __init__(self, line: Transport) -> None:
        self.line = line
        self.states: list[State] = []

    def post(self, url: str, fields: dict[str, str], headers: dict[str, str], limit: float) -> Reply:
        place, _, query = url.partition("/voice")[2].removeprefix("/").partition("?")
        if place and place not in ("recording", "status", "fallback"):
            self.states.append(from_address(place, query))
        return self.line.post(url, fields, headers, limit)


def _essence(state: State) -> tuple[object, ...]:
    """A state without what only counts: when ringing began, repetitions between one and the limit, and the round of
    ringing on a member's leg."""
    round_ = 0 if state.step in LEG_STEPS else state.round
    return state.language, state.node, state.step, state.menu, state.misses, min(state.repeats, 1), round_


@pytest.fixture(scope="module")
def explored(shipped: Proof) -> frozenset[tuple[object, ...]]:
    return frozenset(_essence(state) for state, _, _ in shipped.walk.situations if state)


@settings(max_examples=150)
@given(
    steps=st.lists(STEPS, max_size=20),
    world=WORLDS,
    rules=NETWORKS,
    minutes=st.integers(0, 399 * 24 * 60),
)
def test_no_call_is_ever_where_the_proof_has_not_been(explored, steps, world, rules, minutes) -> None:  # type: ignore[no-untyped-def]
    clock = Clock(datetime(2026, 11, 22, tzinfo=UTC) + timedelta(minutes=minutes))
    line, sites = direct(VPR, clock)
    watched = Watched(line)
    network = Network(watched, TOKEN, numbers(sites.current.helpline))  # type: ignore[arg-type]
    Call(network, clock, Script(",".join(steps)), world, rules).run()
    for state in watched.states:
        assert _essence(state) in explored, state


def test_where_calls_are_forwarded_a_refused_caller_id_is_one_of_the_ways(
    forwarded_site: Site, forwarded: Proof
) -> None:
    proof = forwarded
    assert not any(verdict.breaches for verdict in proof.verdicts)
    walk = proof.walk
    refused = [point for point in walk.in_order() if DialEnded(False, failed=True) == walk.place(point).event]
    assert {place.state.step for point in refused if (place := walk.place(point)).state} == {Step.RUNG, Step.BRIDGED}
    shown = {verb.caller_id for point in refused for verb in walk.turn(point).verbs if isinstance(verb, Dial)}
    assert shown == {forwarded_site.helpline.provider_number}, "whoever is rung after a refusal"


def test_a_call_that_was_refused_can_be_played(forwarded: Proof) -> None:
    walk = forwarded.walk
    refused = next(each for each in walk.in_order() if DialEnded(False, failed=True) == walk.place(each).event)
    assert "=fails" in replay(walk.path(refused), walk, forwarded.moments).world


def test_every_kind_of_moment_is_where_a_call_can_begin(shipped: Proof) -> None:
    for moment in range(shipped.kinds):
        assert shipped.walk.find(Place(moment))
