"""One turn at a time: what the golden calls cannot show."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from phonetree.config.site import load
from phonetree.core import engine
from phonetree.core.covers import covered
from phonetree.core.events import DialEnded, Event, HungUp, LegAnswered, LegPressed, Pressed, Recorded, Silent, TooLate
from phonetree.core.fallback import fallback
from phonetree.core.schedule import Cover, Override
from phonetree.core.state import State, Step, from_address, to_address
from phonetree.core.tree import Ring, Site
from phonetree.core.verbs import Bridge, Dial, Gather, Hangup, Redirect, Say
from phonetree.errors import StateError
from tests.support.lines import RULES, VPR

SITE = load(VPR, RULES).site
DAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
EVENTS: list[Event] = [Pressed("1"), Pressed(""), Pressed("12"), Pressed("?"), Silent(), DialEnded(connected=False),
          DialEnded(connected=True), Recorded(0), Recorded(99), LegAnswered(), LegPressed("1"), HungUp()]  # fmt: skip


def state(node: str, step: Step, **fields: int | str) -> State:
    return State(SITE.revision, "en", node, step)._replace(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("node", SITE.nodes)
@pytest.mark.parametrize("step", Step)
def test_whatever_happens_wherever_a_call_is_it_goes_on(node: str, step: Step) -> None:
    """Also what cannot happen there: a forged or ancient address, an event of another verb."""
    for language in SITE.languages:
        for event in EVENTS:
            verbs = engine.turn(SITE, state(node, step)._replace(language=language), event, DAY).verbs
            assert isinstance(verbs[-1], Redirect | Hangup | Bridge)
            if (
                isinstance(verbs[-1], Hangup)
                and not isinstance(event, HungUp)
                and step not in (Step.SCREEN, Step.ACCEPT)
            ):
                assert node in ("goodbye", "leave", "voicemail", "conversation_ended"), (node, step, event)


def test_who_hangs_up_is_asked_nothing_more() -> None:
    assert engine.turn(SITE, state("welcome", Step.ASK), HungUp(), DAY).verbs == (Hangup(),)


@pytest.mark.parametrize(
    "lost",
    [
        State(SITE.revision, "en", "nowhere", Step.ASK),
        State(SITE.revision, "fr", "welcome", Step.ASK),
        State(SITE.revision, "en", "welcome", Step.ASK, menu="nowhere"),
        State(SITE.revision, "en", "welcome", Step.ASK, menu="advocate"),
    ],
)
def test_a_place_that_the_site_does_not_have_is_an_error_of_its_own(lost: State) -> None:
    with pytest.raises(StateError):
        engine.turn(SITE, lost, Silent(), DAY)


def test_a_lost_call_begins_again_and_says_so_in_its_language() -> None:
    gather = engine.start_again(SITE, DAY, "es").verbs[0]
    assert isinstance(gather, Gather)
    assert isinstance(gather.spoken[0], Say)
    assert gather.spoken[0].text.startswith("Disculpe, perdí el hilo")
    assert engine.start_again(SITE, DAY, "xx").verbs[0] != gather


def test_a_rescue_needs_no_further_turn() -> None:
    said, dial, number, end = engine.rescue(SITE, DAY, "en")
    assert isinstance(said, Say)
    assert isinstance(dial, Dial)
    assert (dial.numbers, dial.then, dial.screen) == ((SITE.resources["barcc"].number,), None, None)
    assert isinstance(number, Say)
    digits = "8 0 0, 8 4 1, 8 3 7 1"
    assert number.text == f"If you were cut off, their number is {digits}. Again: {digits}.", "true after a talk, too"
    assert isinstance(end, Hangup)


def test_only_one_lets_a_leg_through() -> None:
    accept = state("advocate", Step.ACCEPT)
    assert engine.turn(SITE, accept, LegPressed("1"), DAY).verbs == (Bridge(),)
    for key in "023456789*#?":
        assert Bridge() not in engine.turn(SITE, accept, LegPressed(key), DAY).verbs
    for too_late in TooLate:
        assert Bridge() not in engine.turn(SITE, accept, LegPressed("1", too_late), DAY).verbs
    for silence in (Silent(), LegAnswered()):
        assert Bridge() not in engine.turn(SITE, accept, silence, DAY).verbs


def test_every_leg_of_a_team_is_screened_and_shows_the_helplines_number() -> None:
    dial = engine.turn(SITE, state("advocate", Step.RING), Silent(), DAY).verbs[0]
    assert isinstance(dial, Dial)
    assert dial.numbers == ("+16175550101", "+16175550102")
    assert dial.caller_id == SITE.helpline.number
    assert dial.screen is not None
    assert dial.screen.step is Step.SCREEN
    screen = engine.turn(SITE, dial.screen, LegAnswered(), DAY).verbs
    assert isinstance(screen[0], Gather), "it speaks at once"
    assert screen[-1] == Hangup(), "no key is not accepted"


def _forwarded(*, own: bool = False) -> Site:
    """The site behind a number that is forwarded; `own` shows outside lines the caller's number."""
    helpline = replace(SITE.helpline, provider_number="+16175550159")
    resources = {name: replace(line, own_caller_id=own) for name, line in SITE.resources.items()}
    return replace(SITE, helpline=helpline, resources=resources)


FAILED = DialEnded(connected=False, failed=True)
RUNG = state("advocate", Step.RUNG, began=int(DAY.timestamp()))


@pytest.mark.parametrize("where", [RUNG, state("barcc_now", Step.BRIDGED)], ids=lambda where: where.step)
def test_what_fails_is_rung_once_more_with_a_number_that_cannot_be_refused(where: State) -> None:
    site = _forwarded()
    again = engine.turn(site, where, FAILED, DAY).verbs
    assert isinstance(again[0], Dial), "at once, without a word"
    assert (again[0].caller_id, again[0].numbers[0]) == ("+16175550159", _rung_at(where))
    assert again[0].then
    assert again[0].then.round == where.round, "the same round"
    then = engine.turn(site, again[0].then, FAILED, DAY).verbs
    assert not any(isinstance(verb, Dial) and verb.numbers == again[0].numbers for verb in then), "once"


def _rung_at(where: State) -> str:
    return "+16175550101" if where.step is Step.RUNG else SITE.resources["barcc"].number


@pytest.mark.parametrize("where", [RUNG, state("barcc_now", Step.BRIDGED)], ids=lambda where: where.step)
def test_what_fails_for_another_reason_leads_on(where: State) -> None:
    leads_on = engine.turn(SITE, where, DialEnded(connected=False), DAY).verbs
    assert engine.turn(SITE, where, FAILED, DAY).verbs == leads_on, "the number shown is the provider's own"
    for event in (DialEnded(connected=False), DialEnded(connected=False, picked_up=frozenset({"+16175550101"}))):
        dial = engine.turn(_forwarded(), where, event, DAY).verbs[0]
        assert not isinstance(dial, Dial) or dial.caller_id == SITE.helpline.number, "somebody was rung"


def test_a_line_that_sees_the_callers_own_number_is_never_shown_another() -> None:
    site = _forwarded(own=True)
    verbs = engine.turn(site, state("barcc_now", Step.BRIDGED), FAILED, DAY).verbs
    assert not any(isinstance(verb, Dial) and verb.numbers == (site.resources["barcc"].number,) for verb in verbs)


def test_a_line_that_has_closed_meanwhile_is_not_rung_again() -> None:
    night = DAY.replace(hour=4)
    assert not SITE.resources["call_for_change"].hours.is_open(SITE.schedule, night)
    verbs = engine.turn(_forwarded(), state("line_call_for_change", Step.BRIDGED, menu="welcome"), FAILED, night).verbs
    assert not any(isinstance(verb, Dial) for verb in verbs)


def test_the_last_resort_shows_a_number_that_cannot_be_refused() -> None:
    for verbs in (engine.rescue(_forwarded(), DAY, "en"), fallback(_forwarded())):
        assert {verb.caller_id for verb in verbs if isinstance(verb, Dial)} == {"+16175550159"}


def test_the_same_event_twice_has_the_same_answer() -> None:
    asked = state("welcome", Step.ASK, menu="welcome", misses=1)
    assert engine.turn(SITE, asked, Pressed("7"), DAY).verbs == engine.turn(SITE, asked, Pressed("7"), DAY).verbs


def _ringing(ring: Ring, phones: Iterable[str], away: str = "", by: str = "") -> Site:
    """The site with a team of three, of whom these have phones; one may take the place of another."""
    first, second = SITE.teams["advocates"].members
    three = (first, second, replace(second, name="Third advocate", number="+16175550103"))
    members = tuple(replace(each, number=each.number if each.number[-1] in phones else "") for each in three)
    team = replace(SITE.teams["advocates"], ring=ring, seconds=15, longest_wait=120, members=members)
    covers = [Override(DAY - HOUR, DAY + HOUR, None, {}, cover=Cover(away, by))] if away else []
    return replace(SITE, teams=covered({"advocates": team}, covers))


def _all_rung(sites: Iterable[Site], through: Callable[[State], State] = lambda state: state) -> list[str]:
    """Whom each round rings, at these sites one after the other; nobody picks up."""
    where, now = state("advocate", Step.RING), DAY
    event: Event = Silent()
    found: list[str] = []
    for site in sites:
        verb = engine.turn(site, where, event, now).verbs[0]
        if not isinstance(verb, Dial) or not verb.screen:
            break
        assert verb.then
        found.append("".join(number[-1] for number in verb.numbers))
        where = through(from_address(*to_address(verb.then)[1:].split("?")))
        now, event = now + timedelta(seconds=16), DialEnded(connected=False)
    return found


@pytest.mark.parametrize(
    ("ring", "phones", "rung"),
    [
        (Ring.IN_ORDER, ["12", "2"], ["1", "2"]),
        (Ring.IN_ORDER, ["123", "23"], ["1", "2", "3"]),
        (Ring.IN_ORDER, ["123", "13"], ["1", "3"]),
        (Ring.IN_ORDER, ["23", "123"], ["2", "1", "3"]),
        (Ring.IN_ORDER, ["3", "3", "123"], ["3"]),
        (Ring.ROTATE, ["123", "23"], ["1", "2", "3"]),
        (Ring.ROTATE, ["123", "12"], ["1", "2"]),
        (Ring.ROTATE, ["123", "13", "123"], ["1", "3", "2"]),
        (Ring.TOGETHER, ["123", "23"], ["123"]),
    ],
)
def test_a_phone_that_is_added_or_removed_while_a_caller_waits_leaves_nobody_else_out(
    ring: Ring, phones: list[str], rung: list[str]
) -> None:
    assert int(DAY.timestamp()) % 3 == 0, "rotating, the first begins"
    assert _all_rung(_ringing(ring, each) for each in phones + phones[-1:] * 4) == rung


def test_whoever_takes_anothers_place_is_rung_once_and_others_keep_theirs() -> None:
    for phones, rung in ((["123"], ["3", "2"]), (["123", "12"], ["3", "2"]), (["12", "123"], ["2", "3"])):
        sites = [_ringing(Ring.IN_ORDER, each, "First advocate", "Third advocate") for each in phones + phones[-1:] * 4]
        assert _all_rung(sites) == rung


def test_a_call_that_an_earlier_version_began_goes_on_to_the_next() -> None:
    site = _ringing(Ring.IN_ORDER, "123")
    assert _all_rung([site] * 5, lambda state: state._replace(ringing=0, rung=0, alone=0)) == ["1", "2", "3"]
