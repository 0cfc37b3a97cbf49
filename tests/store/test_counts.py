"""Counts: noise on every cell, one call's share bounded, nothing lost but by a crash."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from math import exp
from pathlib import Path
from random import Random
from threading import Barrier

import pytest
import pytz

from phonetree.core.turn import Outcome
from phonetree.errors import StoreError
from phonetree.store.counts import BLOCKS, Counts, by_block, by_month
from phonetree.store.noise import SURE, deviation, discrete_laplace, margin, within
from tests.support.databases import KINDS, store

ZONE = pytz.timezone("America/New_York")
NOVEMBER = datetime(2026, 11, 23, 17, 30, tzinfo=pytz.utc).astimezone(ZONE)  # a Monday, 12:30
DECEMBER = datetime(2026, 12, 1, 5, 30, tzinfo=pytz.utc).astimezone(ZONE)
SATURDAY = NOVEMBER.replace(day=28)


def _no_noise(_: int) -> int:
    return 0


@pytest.mark.parametrize("scale", [1, 2])
def test_the_noise_is_the_discrete_laplace(scale: int) -> None:
    """Each number as often as the definition says, within five standard deviations of its frequency."""
    random = Random(1)  # noqa: S311 -- for a test
    draws = 40_000
    found = Counter(discrete_laplace(scale, random.randrange) for _ in range(draws))
    weight = (1 - exp(-1 / scale)) / (1 + exp(-1 / scale))
    for number in range(-8, 9):
        expected = weight * exp(-abs(number) / scale)
        assert abs(found[number] / draws - expected) < 5 * (expected / draws) ** 0.5, number
    spread = sum(times * number * number for number, times in found.items()) / draws
    assert spread**0.5 == pytest.approx(deviation(scale), rel=0.03)


def test_the_deviations_are_those_that_docs_state() -> None:
    assert deviation(2) == pytest.approx(2.8, abs=0.05)
    assert deviation(1) == pytest.approx(1.4, abs=0.05)


def _sums(scale: int, draws: int) -> dict[int, float]:
    """How often the sum of so many draws is a number: one draw after the other."""
    weight = (1 - exp(-1 / scale)) / (1 + exp(-1 / scale))
    one = {number: weight * exp(-abs(number) / scale) for number in range(-80, 81)}
    found = {0: 1.0}
    for _ in range(draws):
        more: dict[int, float] = {}
        for number, often in found.items():
            for each, times in one.items():
                more[number + each] = more.get(number + each, 0) + often * times
        found = more
    return found


@pytest.mark.parametrize(("scale", "draws", "expected"), [(1, 1, 3), (2, 1, 6), (1, 2, 4), (2, 2, 8), (2, 3, 10)])
def test_noise_stays_within_its_margin_19_times_in_20(scale: int, draws: int, expected: int) -> None:
    sums = _sums(scale, draws)
    for most in range(20):
        often = sum(often for number, often in sums.items() if abs(number) <= most)
        assert within(most, scale, draws) == pytest.approx(often, abs=1e-9)
    assert margin(scale, draws) == expected
    assert within(expected - 1, scale, draws) < SURE <= within(expected, scale, draws)


def test_the_margin_of_many_draws_is_that_of_a_normal_distribution() -> None:
    for draws in (200, 1_000, 1_000_000):
        assert margin(2, draws) == pytest.approx(1.96 * draws**0.5 * deviation(2), rel=0.01)


def test_a_number_within_its_margin_cannot_be_told_from_none(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as made:
        for outcome, number in ((Outcome.CALL, 7), (Outcome.LINE, 6)):
            counts = Counts(NOVEMBER, _no_noise)
            for _ in range(number):
                counts.add(outcome, NOVEMBER)
            counts.release(made, DECEMBER)
        found = {outcome: each for (_, outcome), each in by_month(made).items()}
        assert {each.margin for each in found.values()} == {8}
        assert not any(each.told for each in found.values())
        with made.write() as connection:
            connection.exec_driver_sql("UPDATE outcomes SET draws = 1")
        found = {outcome: each for (_, outcome), each in by_month(made).items()}
        assert (found[Outcome.CALL].told, found[Outcome.LINE].told) == (True, False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_month_is_released_when_it_is_over(kind: str, tmp_path: Path) -> None:
    counts = Counts(NOVEMBER, _no_noise)
    with store(kind, tmp_path) as made:
        for _ in range(3):
            counts.add(Outcome.CALL, NOVEMBER)
        counts.add(Outcome.CALL, SATURDAY)
        counts.add(Outcome.ADVOCATE, NOVEMBER)
        counts.release(made, NOVEMBER)
        assert not by_month(made), "nothing before"
        counts.release(made, DECEMBER)
        counts.release(made, DECEMBER)
        months, blocks = by_month(made), by_block(made, "2026-11")
    assert {outcome: found.number for (_, outcome), found in months.items() if found.number} == {
        Outcome.CALL: 4,
        Outcome.ADVOCATE: 1,
    }
    assert {block: found.number for block, found in blocks.items() if found.number} == {(False, 12): 3, (True, 12): 1}
    assert {found.draws for found in (*months.values(), *blocks.values())} == {1}


@pytest.mark.parametrize("kind", KINDS)
def test_every_cell_has_noise_whether_or_not_anybody_called(kind: str, tmp_path: Path) -> None:
    drawn: list[int] = []

    def noise(scale: int) -> int:
        drawn.append(scale)
        return -7

    with store(kind, tmp_path) as made:
        Counts(NOVEMBER, noise).release(made, DECEMBER)
        assert {key: found.number for key, found in by_month(made).items()} == {
            ("2026-11", outcome): -7 for outcome in Outcome
        }
        assert {key: found.number for key, found in by_block(made, "2026-11").items()} == dict.fromkeys(BLOCKS, -7)
    assert drawn == [2] * len(Outcome) + [1] * len(BLOCKS)


def test_a_stop_is_one_more_draw_for_every_cell(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as made:
        for _ in range(2):
            counts = Counts(NOVEMBER, lambda _: 1)
            counts.add(Outcome.LINE, NOVEMBER)
            counts.release(made, NOVEMBER, stopping=True)
        months = by_month(made)
        assert {found.draws for found in (*months.values(), *by_block(made, "2026-11").values())} == {2}
        assert months["2026-11", Outcome.LINE].number == 4
        assert months["2026-11", Outcome.CALL].number == 2
        assert months["2026-11", Outcome.CALL].deviation == pytest.approx(2**0.5 * deviation(2))


def test_what_cannot_be_stored_is_kept_for_the_next_time(tmp_path: Path) -> None:
    counts = Counts(NOVEMBER, _no_noise)
    counts.add(Outcome.LINE, NOVEMBER)
    with store("sqlite", tmp_path) as made:
        with made.write() as connection:
            connection.exec_driver_sql("ALTER TABLE times RENAME TO hidden")
        with pytest.raises(StoreError):
            counts.release(made, DECEMBER)
        with made.write() as connection:
            connection.exec_driver_sql("ALTER TABLE hidden RENAME TO times")
        counts.release(made, DECEMBER)
        assert by_month(made)["2026-11", Outcome.LINE].number == 1
        assert by_month(made)["2026-11", Outcome.LINE].draws == 1


def test_each_month_keeps_what_came_in_it(tmp_path: Path) -> None:
    counts = Counts(NOVEMBER, _no_noise)
    with store("sqlite", tmp_path) as made:
        counts.add(Outcome.CALL, NOVEMBER)
        counts.add(Outcome.CALL, DECEMBER)  # before the round that releases November
        counts.release(made, DECEMBER)
        assert {month for month, _ in by_month(made)} == {"2026-11"}
        counts.release(made, DECEMBER, stopping=True)
        assert {
            month: found.number for (month, outcome), found in by_month(made).items() if outcome is Outcome.CALL
        } == {
            "2026-11": 1,
            "2026-12": 1,
        }


def test_a_month_without_a_call_has_noise_as_well(tmp_path: Path) -> None:
    counts = Counts(NOVEMBER, lambda _: 1)
    with store("sqlite", tmp_path) as made:
        counts.release(made, DECEMBER)
        counts.release(made, DECEMBER.replace(year=2027, month=1))
        assert {month for month, _ in by_month(made)} == {"2026-11", "2026-12"}


@pytest.mark.parametrize("kind", KINDS)
def test_processes_that_stop_at_once_lose_nothing(kind: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        begin = Barrier(4)

        def stop(_: int) -> None:
            counts = Counts(NOVEMBER, _no_noise)
            counts.add(Outcome.CALL, NOVEMBER)
            begin.wait()
            counts.release(made, NOVEMBER, stopping=True)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(stop, range(4)))
        released = by_month(made)["2026-11", Outcome.CALL]
        assert (released.number, released.draws) == (4, 4)


def test_old_counts_go(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as made:
        with made.write() as connection:
            connection.exec_driver_sql("INSERT INTO months VALUES ('2023-01', 'call', 5)")
            connection.exec_driver_sql("INSERT INTO hours VALUES (2023, 0, 9, 5)")
        Counts(NOVEMBER.replace(year=2023)).release(made, NOVEMBER.replace(year=2023), stopping=True)
        Counts(NOVEMBER).release(made, DECEMBER)
        assert {month for month, _ in by_month(made)} == {"2026-11"}
        assert not by_block(made, "2023-11")
        with made.read() as connection:
            for table in ("months", "hours"):
                assert not connection.exec_driver_sql(f"SELECT * FROM {table}").all()  # noqa: S608
