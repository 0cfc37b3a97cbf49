"""Whom to ring next, and for how long: always within the ceiling."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonetree.core.ringing import MOST_AT_ONCE, RESERVE_SECONDS, RingProgress, bits, in_turn, next_round
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


def after(team: Team, rounds: int, each: int, picked: int = 0) -> RingProgress:
    """The ringing after so many rounds, which each took so many seconds."""
    past = RingProgress(BEGAN)
    for number in range(rounds):
        round_ = next_round(team, team.members, past, NOW + timedelta(seconds=number * each))
        assert round_
        past = replace(past.after(round_.places, picked), rang=number * each)
    return past


def test_together_rings_all_at_once() -> None:
    assert rung(team(Ring.TOGETHER, 3), RingProgress(BEGAN)) == ("0", "1", "2")


def test_together_that_rang_out_is_over() -> None:
    three = team(Ring.TOGETHER, 3, longest=300)
    assert rung(three, after(three, 1, 20), after=20) == ()


def test_together_that_ended_early_rings_those_who_were_not_picked_up() -> None:
    three = team(Ring.TOGETHER, 3)
    assert rung(three, after(three, 1, 5, picked=0b010), after=5) == ("0", "2")


def test_together_that_ended_early_for_no_known_reason_rings_each_alone() -> None:
    two = team(Ring.TOGETHER, 2, longest=300)
    assert [rung(two, after(two, n, 5), after=5 * n) for n in (1, 2, 3)] == [("0",), ("1",), ()]


def test_one_member_is_not_rung_twice() -> None:
    one = team(Ring.TOGETHER, 1)
    assert rung(one, after(one, 1, 1), after=1) == ()


def test_the_only_phone_of_a_team_is_not_rung_twice() -> None:
    two = team(Ring.TOGETHER, 2)
    one = replace(two, members=(replace(two.members[0], number=""), two.members[1]))
    assert rung(one, after(one, 1, 1), after=1) == ()


def test_more_than_ten_ring_in_groups() -> None:
    many = team(Ring.TOGETHER, 12, longest=300)
    assert len(rung(many, RingProgress(BEGAN))) == MOST_AT_ONCE
    assert len(rung(many, after(many, 1, 20), after=20)) == 2
    assert rung(many, after(many, 2, 20), after=40) == ()


def test_in_order_and_rotate_ring_each_once() -> None:
    three = team(Ring.IN_ORDER, 3)
    assert [rung(three, after(three, n, 0)) for n in range(4)] == [("0",), ("1",), ("2",), ()]
    three = team(Ring.ROTATE, 3)
    turned = replace(three, members=in_turn(three, three.members, BEGAN + 1))
    assert [rung(turned, after(turned, n, 0)) for n in range(4)] == [("1",), ("2",), ("0",), ()]


@given(st.sampled_from(Ring), st.integers(1, 25), st.data())
def test_nobody_is_left_out_when_phones_change_between_rounds(ring: Ring, count: int, data: st.DataObject) -> None:
    """Each round rings whoever has a phone then and was not rung. In order and rotate ring nobody twice; together rings
    a phone a second time only after rounds that ended early. All end."""
    one = team(ring, count, seconds=5, longest=100_000)
    past, elapsed, rounds = RingProgress(BEGAN), 0, 0
    been: list[str] = []
    while True:
        there = data.draw(st.sets(st.integers(0, count - 1)))
        now = tuple(replace(each, number=each.number if n in there else "") for n, each in enumerate(one.members))
        phones = [each.number for each in now if each.number]
        left = [number for number in phones if number not in been]
        round_ = next_round(one, now, past, NOW + timedelta(seconds=elapsed))
        if round_ is None:
            assert not left
            break
        rounds += 1
        assert rounds <= 2 * count + 3
        assert "" not in round_.numbers
        if left:
            assert list(round_.numbers) == left[: MOST_AT_ONCE if ring is Ring.TOGETHER else 1]
        else:
            assert ring is Ring.TOGETHER
        been += round_.numbers
        picked = bits(data.draw(st.sets(st.sampled_from(range(count)), max_size=1))) & round_.places
        past = replace(past.after(round_.places, picked), rang=elapsed)
        elapsed += data.draw(st.sampled_from([0, 1, 5]))


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
        picked = bits(data.draw(st.sets(st.sampled_from(range(count)), max_size=1))) & round_.places
        past = replace(past.after(round_.places, picked), rang=rang)
    assert rounds <= 2 * count + 3


@pytest.mark.parametrize("late", [0, 3600, -3600])
def test_a_clock_that_jumps_ends_the_ringing_or_goes_on_but_never_fails(late: int) -> None:
    next_round(team(Ring.TOGETHER, 2), members(2), RingProgress(BEGAN, 1), NOW + timedelta(seconds=late))
