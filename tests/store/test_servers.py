"""What servers report, and what was found at the provider: whole minutes, nothing of a call, the latest alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from phonetree.store.actions import since
from phonetree.store.database import Store
from phonetree.store.servers import (
    MINUTE_SECONDS,
    SILENT_SECONDS,
    Look,
    Report,
    Servers,
    Wrong,
    known,
    left_out,
    looked,
    servers,
)
from tests.support.databases import KINDS, store

NOW = 1_800_000_059
MINUTE = 1_800_000_000
GOOD = Report("abc", ((1, NOW), (2, NOW + 60)), "digest", test_call=True)


@pytest.fixture(params=KINDS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with store(request.param, tmp_path) as made:
        yield made


def test_what_a_process_that_is_gone_left_out_counts_no_longer_than_it_would_have_reported_again(
    opened: Store,
) -> None:
    reports = Servers(opened)
    reports.tell("killed", Report("abc", refused=((1, "0 reaches nobody"),)), MINUTE)
    assert left_out(servers(opened, MINUTE)) == {1: "0 reaches nobody"}
    reports.tell("another", Report("abc", ((1, NOW),)), MINUTE + MINUTE_SECONDS)
    assert left_out(servers(opened, MINUTE + MINUTE_SECONDS)) == {1: "0 reaches nobody"}, "it may run still"
    reports.tell("another", Report("abc", ((1, NOW),)), MINUTE + 3 * MINUTE_SECONDS)
    assert left_out(servers(opened, MINUTE + 3 * MINUTE_SECONDS)) == {}


def test_a_report_comes_back_as_it_was_with_its_minute(opened: Store) -> None:
    bad = Report(
        "abc", problems=("routing.yaml:1:1: é",), refused=((2, "0 reaches nobody"),), unkept="nobody", test_call=False
    )
    reports = Servers(opened)
    reports.tell("one", GOOD, NOW)
    reports.tell("two", bad, NOW)
    found = servers(opened, NOW)
    assert [(each.name, each.seen_at, each.report) for each in found] == [("one", MINUTE, GOOD), ("two", MINUTE, bad)]
    reports.tell("one", bad, NOW + MINUTE_SECONDS)
    first = servers(opened, NOW)[0]
    assert (first.seen_at, first.report) == (MINUTE + MINUTE_SECONDS, bad)


def names(opened: Store) -> list[str]:
    return [each.name for each in known(opened)]


def test_who_ends_is_forgotten_and_who_is_killed_is_not(opened: Store) -> None:
    reports = Servers(opened)
    for name in ("one", "two", "three"):
        reports.tell(name, replace(GOOD, place=name), NOW)
    reports.leave("three")
    reports.leave("three")
    assert [each.name for each in servers(opened, MINUTE + SILENT_SECONDS - 1)] == ["one", "two"]
    assert servers(opened, MINUTE + SILENT_SECONDS) == ()
    for after in (SILENT_SECONDS, 7 * 24 * 3600):
        reports.tell("two", replace(GOOD, place="two"), NOW + after, began=NOW)
        assert [each.name for each in servers(opened, NOW + after)] == ["two"]
        assert [each.name for each in known(opened) if each.silent(NOW + after)] == ["one"], "however long ago"


def test_whoever_begins_in_the_place_of_one_that_was_killed_replaces_it(opened: Store) -> None:
    reports = Servers(opened)
    here, there, later = replace(GOOD, place="a, port 1"), replace(GOOD, place="b, port 1"), NOW + SILENT_SECONDS
    for name, report in (("killed", here), ("beside it", here), ("elsewhere", there)):
        reports.tell(name, report, NOW, began=NOW - 3600)
    reports.tell("beside it", here, later, began=NOW - 3600)
    assert names(opened) == ["beside it", "elsewhere", "killed"], "it began before, so it is not there instead"
    reports.tell("anew", here, NOW + 1, began=NOW + 1)
    assert "killed" in names(opened), "it may run yet: several processes begin together"
    reports.tell("anew", here, later, began=NOW + 1)
    assert names(opened) == ["anew", "beside it", "elsewhere"]


def test_one_that_does_not_run_any_more_is_replaced_at_once(opened: Store) -> None:
    reports, runs = Servers(opened), {2, 3}.__contains__
    here, later = replace(GOOD, place="a, port 1"), NOW + MINUTE_SECONDS
    for name, pid in (("killed", 1), ("beside it", 2)):
        reports.tell(name, replace(here, pid=pid), NOW, NOW - 3600, runs)
    reports.tell("elsewhere", replace(GOOD, place="b, port 1", pid=1), NOW, NOW - 3600, runs)
    reports.tell("does not say", here, NOW, NOW - 3600, runs)
    reports.tell("beside it", replace(here, pid=2), later, NOW - 3600, runs)
    assert "killed" in names(opened), "nobody has begun in its place"
    reports.tell("anew", replace(here, pid=3), later, later, runs)
    assert names(opened) == ["anew", "beside it", "does not say", "elsewhere"]
    reports.tell("again", replace(here, pid=3), later, later, runs)
    assert names(opened) == ["again", "beside it", "does not say", "elsewhere"], "two do not have the same id"


def test_one_of_a_version_that_did_not_say_its_place_is_forgotten(opened: Store) -> None:
    reports = Servers(opened)
    reports.tell("old", GOOD, NOW)
    reports.tell("new", replace(GOOD, place="a"), NOW + SILENT_SECONDS, began=NOW - 60)
    assert names(opened) == ["new"]


def test_staff_say_that_one_was_taken_away(opened: Store) -> None:
    reports = Servers(opened)
    reports.tell("killed", replace(GOOD, place="a"), NOW)
    later = NOW + SILENT_SECONDS
    reports.tell("there", replace(GOOD, place="b"), later)
    reports.forget(["there", "no such one"], "Ada", later)
    assert (names(opened), since(opened, 0)) == (["killed", "there"], ()), "one that reports is not forgotten"
    reports.forget(["killed", "there"], "Ada", later)
    assert names(opened) == ["there"]
    assert [(each.by, each.what) for each in since(opened, 0)] == [("Ada", "servers taken away: 1")]


def test_what_a_killed_process_said_keeps_nobody_from_telling_staff(opened: Store) -> None:
    reports = Servers(opened)
    alone = Report("abc", unkept="nobody is rung", place="a")
    assert reports.tell("killed", alone, NOW)
    assert not reports.tell("two", replace(alone, place="b"), NOW + 1)
    assert reports.tell("three", replace(alone, place="c"), NOW + 1000)


def test_one_process_tells_staff_what_all_of_them_find(opened: Store) -> None:
    reports = Servers(opened)
    alone = Report("abc", unkept="nobody is rung")
    assert [reports.tell(name, alone, NOW) for name in ("one", "two", "one")] == [True, False, False]
    assert not reports.tell("one", GOOD, NOW)
    assert not reports.tell("one", Report("abc", unkept="nobody is rung"), NOW), "another one said it before"


def test_the_latest_look_counts(opened: Store) -> None:
    reports = Servers(opened)
    assert looked(opened) == {}
    reports.look("number", [("it is wrong", "set it")], NOW)
    reports.look("fallback", [], NOW)
    assert looked(opened) == {"number": Look(MINUTE, (Wrong("it is wrong", "set it"),)), "fallback": Look(MINUTE, ())}
    reports.look("number", [], NOW + MINUTE_SECONDS)
    assert looked(opened)["number"] == Look(MINUTE + MINUTE_SECONDS, ())
