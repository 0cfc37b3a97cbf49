"""The words of the shipped site, read against the clock: seconds of speech until a phone rings.

A caller who presses 1 as soon as it has been offered; their own second of thought, and the second in which
a last key is waited for, are not speech.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.promises import broken_promises, newly_broken
from phonetree.config.site import load, overridden
from phonetree.core.schedule import DatedHours, Kind, Override, Span, midnight
from phonetree.core.tree import Budgets, Field, Node, Site, prompts_of
from phonetree.proof.budgets import FromHere, from_here, greetings, times_to_help
from phonetree.proof.longest import Longest
from phonetree.proof.moments import moments
from phonetree.proof.walk import walk
from phonetree.simulator.caller import REACTION_SECONDS
from phonetree.simulator.golden import Golden
from tests.support.lines import ROOT, RULES, VPR, direct, play

KEY_WAIT_SECONDS = 1
ADVOCATE_SECONDS = 15
CRISIS_LINE_SECONDS = 25

BY_DAY = ["2026-11-23 09:00", "2026-11-23 16:00"]
AFTER_HOURS = [
    "2026-11-22 20:00",  # "tomorrow"
    "2026-11-23 06:00",  # "today"
    "2026-12-23 20:00",  # a date: the longest
    "2026-11-26 10:00",
    "2026-11-27 10:00",  # the longest name
    "2026-12-24 10:00",
    "2027-01-18 10:00",  # Martin Luther King Junior Day
    "2026-10-12 10:00",
]


def _speech(at: str, keys: str, tmp_path) -> tuple[float, str]:  # type: ignore[no-untyped-def]
    """Seconds of speech before the first phone rings (in Spanish: since it was chosen), and what rings."""
    call = play(Golden("", {"at": at, "keys": keys}), direct, tmp_path)
    rings = next(line for line in call.transcript.lines if line.what == "rings")
    begins = 0.5 if keys.startswith("8!") else 0.0
    return rings.at - begins - REACTION_SECONDS - KEY_WAIT_SECONDS, rings.detail


@pytest.mark.parametrize("keys", ["1", "8!,1"])
@pytest.mark.parametrize("at", BY_DAY)
def test_by_day_an_advocate_rings_within_15_seconds_and_one_key(at: str, keys: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    seconds, rings = _speech(at, keys, tmp_path)
    assert rings.startswith("+16175550101, +16175550102;")
    assert seconds <= ADVOCATE_SECONDS


@pytest.mark.parametrize("keys", ["1", "8!,1"])
@pytest.mark.parametrize("at", AFTER_HOURS)
def test_after_hours_a_crisis_line_rings_within_25_seconds_and_one_key(at: str, keys: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    seconds, rings = _speech(at, keys, tmp_path)
    assert rings.startswith("+18008418371;")
    assert seconds <= CRISIS_LINE_SECONDS


@pytest.mark.parametrize(
    ("key", "spoken"), [("8: {language: en}", ["en"]), ("8: {language: es}\n  7: {language: es}", ["en", "es"])]
)
def test_each_language_comes_once_whichever_keys_choose_it(key: str, spoken: list[str], tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    assert "8: {language: es}" in text
    routing.write_text(text.replace("8: {language: es}", key), encoding="utf-8")
    site = load(config, RULES).site
    kinds = moments(date(2026, 11, 22), site)
    walked = walk(site, kinds)
    times = [(each.at, each.language) for each in times_to_help(greetings(site, walked), Longest(site, kinds, walked))]
    assert times == [(str(kind), language) for kind in kinds.kinds for language in spoken]


@pytest.mark.parametrize("folder", [VPR, ROOT / "tests" / "sites" / "harbour"], ids=lambda folder: folder.name)
def test_seconds_from_the_start_without_a_walk_are_those_of_the_walk(folder: Path) -> None:
    site = load(folder, RULES).site
    kinds = moments(date(2026, 11, 22), site)
    at = {str(moment): moment.at for moment in kinds.kinds}
    compared = 0
    walked = walk(site, kinds)
    for times in times_to_help(greetings(site, walked), Longest(site, kinds, walked)):
        now = at[times.at]
        begins = site.start[site.schedule.kind(now)]
        if times.language == site.first_language and not _depends_on_the_moment(site.nodes[begins]):
            found = from_here(site, begins, times.language, now)
            assert found.silent == pytest.approx(times.silent)
            rung = [seconds for seconds in (times.advocate, times.line) if seconds is not None]
            assert found.with_key == pytest.approx(min(rung)) if rung else found.with_key is None
            compared += 1
    assert compared


def _depends_on_the_moment(node: Node) -> bool:
    """Whether a node's words depend on more than the kind of moment: on when we open, or why we are closed."""
    return any(isinstance(part, Field) for prompt in prompts_of(node) for parts in prompt.values() for part in parts)


def test_seconds_from_a_node_are_those_until_a_phone_rings(tmp_path: Path) -> None:
    site = load(VPR, RULES).site
    at = datetime(2026, 11, 23, 15, tzinfo=UTC)
    before, _ = _speech("2026-11-23 10:00", "1", tmp_path)
    found = from_here(site, "welcome", "en", at)
    assert found.key == "1"
    assert found.with_key == pytest.approx(before, abs=1)
    assert from_here(site, "goodbye", "en", at) == from_here(site, "leave", "en", at) == FromHere("", None, None)
    assert from_here(site, "person", "en", at).silent == from_here(site, "advocate", "en", at).silent


@pytest.mark.slow
def test_what_one_edit_makes_too_late_is_one_breach_however_many_moments_and_languages(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    told = {}
    for limit, seconds in {"advocate": 5, "crisis_line": 12, "silent": 20, "whole_wait": 30}.items():
        changed = re.sub("(?m)^budgets: .*", f"budgets: {{crisis_line: 25, {limit}: {seconds}}}", text)
        routing.write_text(changed.replace("crisis_line: 25, crisis_line", "crisis_line"), encoding="utf-8")
        site = load(config, RULES).site
        (problem,) = broken_promises(site, config, date(2026, 11, 22))
        told[limit] = problem.text
        assert problem.where.line > 1
    assert re.search(
        "an advocate .* in '(en|es)', and in [0-9]+ more cases? .when open; in .*advocate", told["advocate"]
    )
    assert re.search("nobody is rung within 12 s .* more cases .when .*closed.*; in 'en', 'es'.", told["crisis_line"])
    assert re.search("presses nothing waits .* more cases .when .*open.*; in 'en', 'es'.; .* silent", told["silent"])
    assert re.search(
        "can keep a caller waiting for [0-9]+ s, not 30 s; lower .* 'longest_wait', or .*: budgets, whole_wait",
        told["whole_wait"],
    )


def test_no_key_that_reaches_an_advocate_is_one_breach(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    routing = config / "routing.yaml"
    routing.write_text(routing.read_text(encoding="utf-8").replace("go: advocate}", "go: crisis}"), encoding="utf-8")
    problems = broken_promises(load(config, RULES).site, config, date(2026, 11, 22))
    assert len([problem for problem in problems if "no single key reaches an advocate" in problem.text]) == 1


SINCE = date(2027, 3, 1)
LATER = date(2027, 8, 9)


def _until_a_line_is_rung(site: Site) -> dict[str, float | None]:
    """The most seconds while closed, by language."""
    kinds = moments(SINCE, site)
    walked = walk(site, kinds)
    times = times_to_help(greetings(site, walked), Longest(site, kinds, walked))
    return {each.language: each.line for each in times if each.kind == Kind.CLOSED}


@pytest.mark.slow
def test_no_closure_without_a_name_takes_longer_to_say_than_what_an_edit_is_measured_with() -> None:
    """From the shortest words to the longest: a Wednesday in September, at a quarter to."""
    site = load(VPR, RULES).site
    measured = _until_a_line_is_rung(site)
    zone = site.schedule.zone
    for month in range(3, 13):
        wednesday = next(day for day in range(20, 27) if date(2027, month, day).weekday() == 2)
        ends = midnight(zone, date(2027, month, wednesday)) + timedelta(hours=11, minutes=45)
        closed = Override(ends - timedelta(days=20), ends, Kind.CLOSED, {})
        at = closed.begins + timedelta(hours=1)
        under = overridden(site, (closed,))
        assert _until_a_line_is_rung(under) == measured, "whatever stands"
        said = from_here(under, "after_hours", "en", at).with_key
        assert said is not None
        assert (measured["en"] or 0) - 0.4 < said <= (measured["en"] or 0), ends


def test_a_half_day_with_a_long_name_takes_no_date_from_what_is_measured() -> None:
    """The name is not said once it is evening, and stands beside a short date."""
    site = load(VPR, RULES).site
    names = {"en": "the whole long day before the holiday of the year", "es": "la larga víspera del feriado del año"}
    entry = DatedHours(date(2027, 3, 3), date(2027, 3, 3), (Span(540, 720),), names)
    dated = tuple(sorted((*site.schedule.dated, entry), key=lambda each: each.first))
    under = replace(site, schedule=replace(site.schedule, dated=dated))
    under.said.update(site.said)
    assert _until_a_line_is_rung(under) == _until_a_line_is_rung(site)


@pytest.mark.slow
def test_what_is_too_long_names_the_sentence_with_the_date_whatever_day_it_is() -> None:
    site = replace(load(VPR, RULES).site, budgets=Budgets(advocate=15, crisis_line=24))
    for since in (SINCE, LATER):
        (text,) = [each.text.partition("; shorten")[0] for each in broken_promises(site, VPR, since)]
        assert text == (
            "nobody is rung within 24 s and one key, but after 25 s, when closed, in 'es', with the longest words for "
            "our hours: 'Ahora no hay ninguna consejera; la próxima estará el miércoles 16 de septiembre a las 10:45 "
            "de la mañana.', and in 1 more case (when closed; in 'en')"
        )
    enough = replace(site, budgets=Budgets(advocate=15, crisis_line=25))
    assert broken_promises(enough, VPR, SINCE) == ()
    (text,) = [each.text for each in broken_promises(site, VPR, date(2026, 11, 22))]
    assert "and in 2 more cases (when closed, holiday; in 'en', 'es')" in text, "the winter break, too"


def test_what_is_too_late_already_may_come_sooner_and_no_later() -> None:
    site = replace(load(VPR, RULES).site, budgets=Budgets(advocate=15, crisis_line=24))
    (found,) = broken_promises(site, VPR, SINCE)
    changed = {
        seconds: replace(found, text=found.text.replace("after 25 s", f"after {seconds} s")) for seconds in (24, 26)
    }
    again = replace(found, text=found.text.replace("one key, but after 25 s", "one key, but after 25 s, one day,"))
    for already in ([found], [found, changed[24]], [changed[24], found]):
        assert newly_broken([found, changed[24], again], already) == ()
        assert newly_broken([changed[26]], already) == (changed[26],)
    assert newly_broken([found], []) == (found,)
    assert newly_broken([replace(again, late=False)], [found]) == (replace(again, late=False),)
