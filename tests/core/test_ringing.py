"""Whom to ring next, and for how long: always within the ceiling."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonetree.core.ringing import MOST_AT_ONCE, RESERVE_SECONDS, RingProgress, next_round
from phonetree.core.tree import Always, Member, Ring, Team

BEGAN = 1_800_000_000
NOW = datetime.fromtimestamp(BEGAN, UTC)


def members(count: int) -> tuple[Member, ...]:
    return tuple(Member(f"Member {n}", f"+161755501{n:02}", Always()) for n in range(count))


def team(ring: Ring, count: int, seconds: int = 20, longest: int = 60) -> Team:
    return Team("team", ring, seconds, longest, Always(), members(count))


def rung(team: Team, past: RingProgress, after: int = 0) -> tuple[str, ...]:
    round_ = next_round(team, team.members, past, NOW + timedelta(seconds=after))
    return tuple(number[-1] for number in round_.numbers) if round_ else ()


def test_together_rings_all_at_once() -> None:
    assert rung(team(Ring.TOGETHER, 3), RingProgress(BEGAN)) == ("0", "1", "2")


def test_together_that_rang_out_is_over() -> None:
    assert rung(team(Ring.TOGETHER, 3, longest=300), RingProgress(BEGAN, 1), after=20) == ()


def test_together_that_ended_early_rings_those_who_were_not_picked_up() -> None:
    past = RingProgress(BEGAN, 1, picked_up=frozenset({"+16175550101"}))
    assert rung(team(Ring.TOGETHER, 3), past, after=5) == ("0", "2")


def test_together_that_ended_early_for_no_known_reason_rings_each_alone() -> None:
    two = team(Ring.TOGETHER, 2, longest=300)
    assert [rung(two, RingProgress(BEGAN, n, rang=5 * (n - 1)), after=5 * n) for n in (1, 2, 3)] == [("0",), ("1",), ()]


def test_one_member_is_not_rung_twice() -> None:
    assert rung(team(Ring.TOGETHER, 1), RingProgress(BEGAN, 1), after=1) == ()


def test_more_than_ten_ring_in_groups() -> None:
    many = team(Ring.TOGETHER, 12, longest=300)
    assert len(rung(many, RingProgress(BEGAN))) == MOST_AT_ONCE
    assert len(rung(many, RingProgress(BEGAN, 1), after=20)) == 2
    assert rung(many, RingProgress(BEGAN, 2, rang=20), after=40) == ()


def test_in_order_and_rotate_ring_each_once() -> None:
    assert [rung(team(Ring.IN_ORDER, 3), RingProgress(BEGAN, n)) for n in range(4)] == [("0",), ("1",), ("2",), ()]
    first = BEGAN % 3
    order = [rung(team(Ring.ROTATE, 3), RingProgress(BEGAN, n)) for n in range(4)]
    assert order == [(str((first + n) % 3),) for n in range(3)] + [()]


def test_an_empty_team_has_no_round() -> None:
    for ring in Ring:
        assert rung(team(ring, 0), RingProgress(BEGAN)) == ()


@given(
    st.sampled_from(Ring),
    st.integers(1, 25),
    st.integers(5, 60),
    st.integers(30, 300),
    st.data(),
)
def test_nobody_waits_longer_than_the_ceiling(
    ring: Ring, count: int, seconds: int, longest: int, data: st.DataObject
) -> None:
    """However each round ends, as late as the network may end it, the next begins only if it still fits."""
    one = team(ring, count, seconds, longest)
    past, elapsed, rounds = RingProgress(BEGAN), 0, 0
    while round_ := next_round(one, one.members, past, NOW + timedelta(seconds=elapsed)):
        rounds += 1
        assert 1 <= len(round_.numbers) <= MOST_AT_ONCE
        rang = elapsed
        elapsed += data.draw(st.integers(0, round_.seconds + RESERVE_SECONDS))
        assert elapsed <= longest
        picked_up = past.picked_up | data.draw(st.sets(st.sampled_from(round_.numbers), max_size=1))
        past = RingProgress(BEGAN, rounds, rang, picked_up)
    assert rounds <= 2 * count + 3


@pytest.mark.parametrize("late", [0, 3600, -3600])
def test_a_clock_that_jumps_ends_the_ringing_or_goes_on_but_never_fails(late: int) -> None:
    next_round(team(Ring.TOGETHER, 2), members(2), RingProgress(BEGAN, 1), NOW + timedelta(seconds=late))
