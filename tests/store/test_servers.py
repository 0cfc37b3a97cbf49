"""What servers report, and what was found at the provider: whole minutes, nothing of a call, the latest alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from phonetree.store.database import Store
from phonetree.store.servers import (
    GONE_SECONDS,
    MINUTE_SECONDS,
    Look,
    Report,
    Servers,
    Wrong,
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
    reports.tell("another", Report("abc", ((1, NOW),)), MINUTE + 2 * MINUTE_SECONDS)
    assert left_out(servers(opened, MINUTE + 2 * MINUTE_SECONDS)) == {1: "0 reaches nobody"}, "it may run still"
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


def test_who_is_gone_is_forgotten(opened: Store) -> None:
    reports = Servers(opened)
    for name in ("one", "two", "three"):
        reports.tell(name, GOOD, NOW)
    reports.leave("three")
    reports.leave("three")
    reports.tell("two", GOOD, NOW + GONE_SECONDS)
    assert [each.name for each in servers(opened, 0)] == ["two"], "deleted"
    assert servers(opened, NOW + 2 * GONE_SECONDS) == ()


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
