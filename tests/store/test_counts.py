"""Counts: totals come out right, and no cell proves a call."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import pytz

from phonetree.core.turn import Outcome
from phonetree.errors import StoreError
from phonetree.store.counts import STEP, Counts, by_hour, by_month
from tests.support.databases import KINDS, store

ZONE = pytz.timezone("America/New_York")
NOON = datetime(2026, 11, 23, 17, 30, tzinfo=pytz.utc).astimezone(ZONE)


@pytest.mark.parametrize("kind", KINDS)
def test_totals_are_right_over_many_calls(kind: str, tmp_path: Path) -> None:
    counts = Counts(Random(1).random)  # noqa: S311 -- for a test
    calls = 20_000
    with store(kind, tmp_path) as made:
        for number in range(calls):
            counts.add(Outcome.CALL, NOON + timedelta(hours=number % 24))
            if number % 4 == 0:
                counts.add(Outcome.ADVOCATE, NOON)
        counts.write(made, NOON)
        counts.write(made, NOON)
        months, hours = by_month(made), by_hour(made, 2026)
    # a sum of n draws of 5 at 1 in 5 has a standard deviation of 2 * sqrt(n); four of them is one chance in 16,000
    assert abs(months["2026-11", Outcome.CALL] - calls) < 8 * calls**0.5
    assert abs(months["2026-11", Outcome.ADVOCATE] - calls / 4) < 8 * (calls / 4) ** 0.5
    assert abs(sum(hours.values()) - calls) < 8 * calls**0.5
    assert all(number % STEP == 0 for number in (*months.values(), *hours.values()))


def test_most_calls_leave_nothing_at_all(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as made:
        unseen = 0
        for seed in range(100):
            counts = Counts(Random(seed).random)  # noqa: S311 -- for a test
            before = by_month(made)
            counts.add(Outcome.ADVOCATE, NOON)
            counts.write(made, NOON)
            unseen += before == by_month(made)
    assert 68 <= unseen <= 92, "four of five; three standard deviations"


def test_every_cell_is_there_whether_or_not_anybody_called(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as made:
        Counts().write(made, NOON)
        assert by_month(made) == {("2026-11", outcome): 0 for outcome in Outcome}
        assert len(by_hour(made, 2026)) == 7 * 24


def test_an_outcome_that_is_new_is_counted_in_a_month_that_is_known(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as made:
        counts = Counts(lambda: 0.0)
        counts.write(made, NOON)
        with made.write() as connection:
            connection.exec_driver_sql("DELETE FROM months WHERE outcome = 'fallback'")
        counts.add(Outcome.FALLBACK, NOON)
        counts.write(made, NOON)
        assert by_month(made)["2026-11", Outcome.FALLBACK] == STEP


def test_what_cannot_be_written_is_kept_for_the_next_time(tmp_path: Path) -> None:
    counts = Counts(lambda: 0.0)
    counts.add(Outcome.LINE, NOON)
    with store("sqlite", tmp_path) as made:
        with made.write() as connection:
            connection.exec_driver_sql("ALTER TABLE hours RENAME TO hidden")
        with pytest.raises(StoreError):
            counts.write(made, NOON)
        with made.write() as connection:
            connection.exec_driver_sql("ALTER TABLE hidden RENAME TO hours")
        counts.write(made, NOON)
        assert by_month(made)["2026-11", Outcome.LINE] == STEP


def test_old_counts_go(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as made:
        Counts().write(made, NOON.replace(year=2023))
        Counts().write(made, NOON)
        assert by_hour(made, 2023) == {}
        assert {month for month, _ in by_month(made)} == {"2026-11"}
