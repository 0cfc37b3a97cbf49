"""What is said of an edit of who answers, beside the calls that it changes: each sentence is true of both sites when
they are called, and no call rings other phones unmentioned."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.diff.changes import changes
from phonetree.runtime.sites import Sites
from phonetree.simulator.caller import Script
from phonetree.simulator.network import Clock, Network
from phonetree.simulator.phone import Call
from phonetree.simulator.world import parse_world
from tests.support.lines import RULES, TOKEN, VPR, Direct, moment, numbers

SINCE = date(2026, 11, 22)
PHONES = {"First advocate": "ADVOCATE_1", "Second advocate": "ADVOCATE_2", "Ana": "VOLUNTEER_3", "Bo": "VOLUNTEER_4"}
WHO = {RULES.names[phone]: name for name, phone in PHONES.items()}
KEYS = {"advocate": "1", "helper": "7"}
WEEK = {"Monday": "2026-11-23", "Tuesday": "2026-11-24", "Saturday": "2026-11-28"}
HOURS = [f"{day} {hour}" for day in WEEK for hour in ("08:00", "09:30", "11:00", "15:00", "16:30", "18:00")]

Roster = tuple[tuple[int, str], ...]
"""Members: the place of each in `PHONES`, and the shift."""

USUAL, LONGER = "monday-friday: 9:00-17:00", "monday-friday: 9:00-20:00"
EARLY, LATE = "monday-friday: 9:00-13:00", "monday-friday: 13:00-17:00"
BOTH: Roster = (1, ""), (2, "")
HALVES: Roster = (1, EARLY), (2, LATE)
WITH_ANA: Roster = (1, EARLY), (2, EARLY), (3, LATE)
EDITS: dict[str, tuple[list[Roster], list[Roster]]] = {
    "a new member takes part of the shifts": ([BOTH], [WITH_ANA]),
    "another takes the shifts of a member who goes": ([HALVES], [((1, ""),)]),
    "all members are exchanged": ([HALVES], [((3, ""), (4, LATE))]),
    "a member of two teams has a shift in each": ([BOTH, HALVES], [WITH_ANA, WITH_ANA]),
    "a member goes to the other team": ([HALVES, ((3, ""),)], [((1, ""),), ((2, LATE), (3, EARLY))]),
    "members of two teams get the same shifts in both": ([BOTH, BOTH], [HALVES, HALVES]),
}


@pytest.mark.slow
@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
@pytest.mark.parametrize("edit", EDITS.values(), ids=list(EDITS))
def test_who_rings_is_told_as_calls_are(edit: tuple[list[Roster], list[Roster]], tmp_path: Path, *, back: bool) -> None:
    old, new = (_sites(teams, tmp_path / str(number)) for number, teams in enumerate(edit[::-1] if back else edit))
    told = changes(old.current, new.current, SINCE)
    rings = list(_rings(told))
    for at, node, now, before in rings:
        assert (_rung(new, at, node), _rung(old, at, node)) == (now, before), (at, node, told)
    for at in HOURS:
        for node in ("advocate", "helper")[: len(edit[0])]:
            was, now = _rung(old, at, node), _rung(new, at, node)
            mentioned = any((node, now, was) == each[1:] for each in rings)
            shifts = {
                name for name in WHO.values() if any(each.startswith((f"{name}: ", f"{name} in ")) for each in told)
            }
            assert mentioned or was ^ now <= shifts, (at, node, told)
    assert not [each for each in told if " leads to " in each], "every call rings somebody, there as here"
    assert len(set(told)) == len(told)


@pytest.mark.slow
def test_shifts_that_nobody_takes_over_lead_elsewhere(tmp_path: Path) -> None:
    old, new = (_sites([each], tmp_path / str(n)) for n, each in enumerate((BOTH, ((1, EARLY), (3, EARLY)))))
    told = changes(old.current, new.current, SINCE)
    assert any("Monday 15:00" in each and "instead of team 'advocates'" in each for each in told), told
    assert _rung(old, "Monday 15:00", "advocate") == {"First advocate", "Second advocate"}
    assert not _rung(new, "Monday 15:00", "advocate")


@pytest.mark.slow
def test_nothing_is_said_to_have_rung_at_hours_that_are_new(tmp_path: Path) -> None:
    """The line was closed then, whoever would have been on shift."""
    old = _sites([((1, ""),)], tmp_path / "old")
    evening = _sites([((1, USUAL), (3, "monday-friday: 17:00-20:00"))], tmp_path / "new", LONGER)
    assert changes(old.current, evening.current, SINCE)[2:] == (
        "At some hours (such as Monday 18:30), in advocate: rings Ana for 20 s.",
    )
    assert not _rung(old, "Monday 18:30", "advocate")
    both = _sites([((1, EARLY), (3, "monday-friday: 13:00-20:00"))], tmp_path / "both", LONGER)
    (told,) = _rings(changes(old.current, both.current, SINCE))
    assert told == ("Monday 16:00", "advocate", {"Ana"}, {"First advocate"})
    assert _rung(old, "Monday 16:00", "advocate") == {"First advocate"}
    mondays = _sites([((1, EARLY), (3, LATE))], tmp_path / "mondays")
    rest = _sites([((1, ""),)], tmp_path / "rest", "tuesday-friday: 9:00-17:00")
    (told,) = _rings(changes(rest.current, mondays.current, SINCE))
    assert told == ("Tuesday 15:00", "advocate", {"Ana"}, {"First advocate"})
    assert _rung(rest, "Tuesday 15:00", "advocate") == {"First advocate"}


# -- sites and calls


def _sites(teams: list[Roster], folder: Path, open_: str = USUAL) -> Sites:
    """The shipped files with these members and hours; a second team is reached with key 7."""
    config = Path(copytree(VPR, folder / "config"))
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    written = "".join(map(_member, BOTH))
    assert written in text
    members = "".join(map(_member, teams[0]))
    if len(teams) > 1:
        members += "  helpers:\n    members:\n" + "".join(map(_member, teams[1]))
        helper = "  helper: {connect: {team: helpers, otherwise: unanswered}}\n"
        text = text.replace("  advocate:\n", f"{helper}  advocate:\n", 1)
        spanish = "  8: {language: es}\n"
        text = text.replace(spanish, f"  7: {{label: {{en: for help, es: para ayuda}}, go: helper}}\n{spanish}")
    (config / "routing.yaml").write_text(text.replace(written, members), encoding="utf-8")
    hours = (config / "hours.yaml").read_text(encoding="utf-8")
    assert USUAL in hours
    (config / "hours.yaml").write_text(hours.replace(USUAL, open_), encoding="utf-8")
    return Sites(config, RULES)


def _member(member: tuple[int, str]) -> str:
    number, shift = member
    name, phone = list(PHONES.items())[number - 1]
    return f"      - {{name: {name}, number: ${phone}{f', shifts: {{{shift}}}' if shift else ''}}}\n"


def _rings(told: tuple[str, ...]) -> Iterator[tuple[str, str, set[str], set[str]]]:
    """When, where and who rings, and rang before, by the sentences."""
    for each in told:
        if found := re.match(r"(?:.*?such as (.*?)\), )?[Ii]n (\w+): rings (.*); before, (.*)\.$", each):
            at, node, *plans = found.groups()
            now, before = ({name for name in WHO.values() if name in plan} for plan in plans)
            yield at or "Monday 09:30", node, now, before


def _rung(sites: Sites, at: str, node: str) -> set[str]:
    """Who rings for a call at an hour of the week; nobody when the helpline is closed."""
    day, hour = at.split()
    clock = Clock(moment(sites.folder, f"{WEEK[day]} {hour}"))
    network = Network(Direct(sites, clock), TOKEN, numbers(sites.current.helpline))
    call = Call(network, clock, Script(KEYS[node]), parse_world("*=no-answer"))
    return {WHO[number] for ringing in call.run().dialled for number in ringing.numbers if number in WHO}
