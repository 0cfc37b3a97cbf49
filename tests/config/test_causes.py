"""Promises that are broken since nobody has a phone or is on shift: told as that, whatever stands at short notice."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from phonetree.config.numbers import NumberRules
from phonetree.config.override import check, read_cover, read_override
from phonetree.config.promises import broken_promises
from phonetree.config.site import ROUTING, contents_of, made_of
from phonetree.core.schedule import Kind
from phonetree.core.tree import Site
from phonetree.errors import LeftAloneError, Problem
from tests.support.lines import VPR

SINCE = date(2026, 11, 30)
PHONES = {"ADVOCATE_1": "+16175550101", "ADVOCATE_2": "+16175550102"}
GAP = (
    "nobody in team 'advocates' is on shift at some hours at which it is open (2026-12-04 09:30); give somebody a "
    "shift then, or change these hours. Until then promises to callers are broken. `prove` shows such a call"
)


def _site(*, phones: bool = True, shifts: str = "") -> Site:
    files = dict(contents_of(VPR))
    if shifts:
        for number in (1, 2):
            member = f"number: $ADVOCATE_{number}}}".encode()
            assert member in files[ROUTING]
            files[ROUTING] = files[ROUTING].replace(member, member[:-1] + f", shifts: {shifts}}}".encode())
    rules = NumberRules(PHONES if phones else {}, fictional=True, phones={})
    return made_of(files, VPR, rules).site


def _broken(site: Site) -> tuple[Problem, ...]:
    return broken_promises(site, VPR, SINCE)


NO_FRIDAYS = "{monday-thursday: 9:00-17:00}"


def test_a_gap_is_told_in_place_of_what_follows_from_it() -> None:
    assert [each.text for each in _broken(_site(shifts=NO_FRIDAYS))] == [GAP]
    assert not _broken(_site())


def test_a_gap_and_no_phones_are_told_together() -> None:
    (problem,) = _broken(_site(phones=False, shifts=NO_FRIDAYS))
    assert problem.text.startswith("nobody in team 'advocates' has a phone; ")
    assert problem.text.endswith(GAP)
    (problem,) = _broken(_site(phones=False))
    assert "on shift" not in problem.text


def _at(text: str) -> datetime:
    return _site().schedule.zone.localize(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("first", "last"), [("2026-12-03", "2026-12-03"), ("2026-12-04", "2026-12-04"), ("2026-12-01", "2026-12-11")]
)
def test_a_line_with_a_gap_can_be_closed(first: str, last: str) -> None:
    site = _site(shifts=NO_FRIDAYS)
    stretch = _at(first), _at(last) + timedelta(days=1)
    check(site, read_override(site, Kind.CLOSED, stretch, {}, _at("2026-12-01")), (), _broken)


def test_a_cover_is_judged_by_what_it_breaks_itself() -> None:
    now, thursday = _at("2026-12-01"), (_at("2026-12-03 09:00"), _at("2026-12-03 17:00"))
    for shifts in (NO_FRIDAYS, ""):
        site = _site(shifts=shifts)
        first, second = (read_cover(site, f"{name} advocate", "", thursday, now) for name in ("First", "Second"))
        check(site, first, (), _broken)
        with pytest.raises(LeftAloneError, match="nobody in team 'advocates' can be rung from Thu 3 Dec 2026 9:00"):
            check(site, second, (first,), _broken)


def test_the_folder_is_named() -> None:
    assert _broken(_site(shifts=NO_FRIDAYS))[0].where.file == str(Path(VPR) / ROUTING)
