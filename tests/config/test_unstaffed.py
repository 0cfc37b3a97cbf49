"""Teams that are open with nobody on shift: told beside the promises that are broken, and closed all the same."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from phonetree.config.numbers import NumberRules
from phonetree.config.override import check, read_cover, read_override
from phonetree.config.promises import broken_promises, newly_broken
from phonetree.config.site import ROUTING, Contents, contents_of, made_of, overridden
from phonetree.config.unstaffed import unstaffed
from phonetree.core.schedule import Kind
from phonetree.core.tree import Site
from phonetree.errors import Problem
from phonetree.runtime.sites import Sites
from tests.support.lines import VPR

SINCE = date(2026, 11, 30)
PHONES = {"ADVOCATE_1": "+16175550101", "ADVOCATE_2": "+16175550102"}
NO_FRIDAYS, ALWAYS = "{monday-thursday: 9:00-17:00}", "{monday-sunday: 0:00-24:00}"


def _files(first: str, second: str, team: str = "") -> Contents:
    files = dict(contents_of(VPR))
    for number, shifts in ((1, first), (2, second)):
        member = f"number: $ADVOCATE_{number}}}".encode()
        assert member in files[ROUTING]
        files[ROUTING] = files[ROUTING].replace(member, member[:-1] + f", shifts: {shifts}}}".encode())
    files[ROUTING] = files[ROUTING].replace(b"    ring: together\n", f"    ring: together\n{team}".encode())
    return files


def _site(first: str, second: str, team: str = "", *, phones: bool = True) -> Site:
    rules = NumberRules(PHONES if phones else {}, fictional=True, phones={})
    return made_of(_files(first, second, team), VPR, rules).site


def _broken(site: Site) -> tuple[Problem, ...]:
    return broken_promises(site, VPR, SINCE)


def _at(text: str) -> datetime:
    return _site(ALWAYS, ALWAYS).schedule.zone.localize(datetime.fromisoformat(text))


def test_a_gap_is_told_with_its_first_moment() -> None:
    assert not unstaffed(_site(ALWAYS, ALWAYS), SINCE)
    assert {team: str(first) for team, first in unstaffed(_site(NO_FRIDAYS, NO_FRIDAYS), SINCE).items()} == {
        "advocates": "2026-12-04 09:30"
    }
    site, away = _site(ALWAYS, NO_FRIDAYS), (_at("2026-12-04"), _at("2026-12-05"))
    assert not unstaffed(site, SINCE)
    cover = read_cover(site, "First advocate", "", away, _at("2026-12-01"))
    assert [*unstaffed(overridden(site, (cover,)), SINCE)] == ["advocates"], "somebody is away"


@pytest.mark.parametrize(
    ("first", "last"), [("2026-12-03", "2026-12-03"), ("2026-12-04", "2026-12-04"), ("2026-12-01", "2026-12-11")]
)
def test_a_line_with_a_gap_can_be_closed(first: str, last: str) -> None:
    site = _site(NO_FRIDAYS, NO_FRIDAYS)
    stretch = _at(first), _at(last) + timedelta(days=1)
    check(site, read_override(site, Kind.CLOSED, stretch, {}, _at("2026-12-01")), (), _broken)


def test_a_gap_hides_no_other_one() -> None:
    before, after = _site(NO_FRIDAYS, NO_FRIDAYS), _site("{monday: 9:00-17:00}", "{monday: 9:00-17:00}")
    assert newly_broken(_broken(after), _broken(before))


def _written(folder: Path, files: Contents) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_an_edit_that_an_absence_broke_is_tried_again_when_that_has_ended(tmp_path: Path) -> None:
    folder = _written(tmp_path / "config", contents_of(VPR))
    rules = NumberRules({}, fictional=True, phones=PHONES)
    sites = Sites(folder, rules, lambda site, _: broken_promises(site, folder, SINCE))
    friday = _at("2026-12-04"), _at("2026-12-05")
    assert sites.override((read_cover(sites.current, "First advocate", "", friday, _at("2026-12-01")),))
    _written(folder, _files(ALWAYS, NO_FRIDAYS))
    assert not sites.reload()
    assert sites.problems
    assert not sites.reload(), "nothing changed"
    assert sites.override(())
    assert sites.reload()
    assert not sites.problems


def test_a_line_stays_closed_that_nobody_could_answer(tmp_path: Path) -> None:
    folder = _written(tmp_path / "config", _files("{tuesday-thursday: 9:00-17:00}", '{"monday, friday": 9:00-17:00}'))
    rules = NumberRules({}, fictional=True, phones=PHONES)
    sites = Sites(folder, rules, lambda site, _: broken_promises(site, folder, SINCE))
    today = _at("2026-11-30"), _at("2026-12-01")
    closed = read_override(sites.current, Kind.CLOSED, today, {}, _at("2026-11-30"))
    assert sites.override((closed,))
    sites.follow({**PHONES, "ADVOCATE_2": ""})
    words = read_override(
        sites.current, None, (_at("2026-12-02"), _at("2026-12-03")), {"en": "Hello.", "es": "Hola."}, today[0]
    )
    assert sites.override((words, closed))
    assert sites.current.schedule.kind(_at("2026-11-30 10:00")) is Kind.CLOSED
    assert sites.left_out == ()
