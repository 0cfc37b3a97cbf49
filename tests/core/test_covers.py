"""Covers: who rings in whose place."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytz
from hypothesis import given
from hypothesis import strategies as st

from phonetree.core.covers import covered, rung_instead
from phonetree.core.ringing import roster
from phonetree.core.schedule import Cover, Kind, Override, Schedule, Span, Week
from phonetree.core.tree import Always, Member, OwnHours, Ring, Team

START = datetime(2026, 11, 23, 14, tzinfo=UTC)
"""A Monday, 9:00 in New York."""

ZONE = pytz.timezone("America/New_York")
NAMES = ("Ada", "Bo", "Cy", "Dee")
MORNINGS = OwnHours(Week((((Span(540, 720)),),) * 5 + ((),) * 2), ZONE)
MEMBERS = {
    name: Member(name, f"+161755501{number:02}", MORNINGS if name == "Bo" else Always())
    for number, name in enumerate(NAMES)
}
TEAMS = {
    "day": Team("day", Ring.IN_ORDER, 20, 60, Always(), tuple(MEMBERS[name] for name in ("Ada", "Bo", "Cy"))),
    "night": Team("night", Ring.IN_ORDER, 20, 60, Always(), (MEMBERS["Dee"], MEMBERS["Ada"])),
}
SCHEDULE = Schedule(ZONE, Week(((Span(540, 1020),),) * 7), (), lambda _: None)


def cover(away: str, by: str = "", begins: int = 0, hours: int = 2) -> Override:
    first = START + timedelta(hours=begins)
    return Override(first, first + timedelta(hours=hours), None, {}, Cover(away, by))


def rung(team: str, hour: float, *covers: Override) -> list[str]:
    """Who rings so many hours after the start, with these covers, the newest first."""
    now = START + timedelta(hours=hour)
    return [member.name for member in roster(covered(TEAMS, covers)[team], SCHEDULE, now)]


def test_whoever_takes_a_place_rings_in_it_and_only_meanwhile() -> None:
    dee = cover("Bo", "Dee")
    assert rung("day", 0, dee) == ["Ada", "Dee", "Cy"], "in the place of the one who is away"
    assert rung("day", -0.01, dee) == ["Ada", "Cy"], "before the shift"
    assert rung("day", 1.99, dee) == ["Ada", "Dee", "Cy"]
    assert rung("day", 2, dee) == ["Ada", "Bo", "Cy"], "its end is not in it"
    assert rung("night", 1, dee) == ["Dee", "Ada"], "where they are on shift anyway"
    assert covered(TEAMS, (dee,))["day"].members[1].number == MEMBERS["Bo"].number
    assert covered(TEAMS, (dee,))["day"].members[2].number == MEMBERS["Dee"].number


def test_they_ring_in_the_shifts_of_the_one_who_is_away_and_in_no_others() -> None:
    assert rung("day", 4, cover("Bo", "Dee", hours=6)) == ["Ada", "Cy"], "Bo is there in the morning"
    assert rung("day", 1, cover("Cy", "Bo", hours=6)) == ["Ada", "Bo"], "once, though Bo has a place"
    assert rung("day", 4, cover("Cy", "Bo", hours=6)) == ["Ada", "Bo"], "in the afternoon as well: it is Cy's place"


def test_somebody_away_rings_in_no_team() -> None:
    assert rung("day", 1, cover("Ada")) == ["Bo", "Cy"]
    assert rung("night", 1, cover("Ada")) == ["Dee"]
    assert rung("day", 1, cover("Nobody here")) == ["Ada", "Bo", "Cy"]
    assert rung("day", 1, cover("Ada", "Nobody here")) == ["Bo", "Cy"]


def test_newer_covers_apply_to_what_older_ones_made() -> None:
    away, takes = cover("Dee"), cover("Bo", "Dee")
    assert rung("day", 1, away, takes) == ["Ada", "Cy"], "whoever took the place is away later"
    assert rung("day", 1, takes, away) == ["Ada", "Dee", "Cy"], "whoever was away takes a place later"
    assert rung("night", 1, takes, away) == ["Ada"], "but only that place"
    assert rung("day", 1, cover("Dee", "Cy"), takes) == ["Ada", "Cy"], "passed on to one who is there"
    assert rung("day", 1, cover("Dee", "Bo"), takes) == ["Ada", "Bo", "Cy"], "given back"


def test_of_two_covers_for_one_member_the_newest_decides() -> None:
    away, dee, cy = cover("Bo"), cover("Bo", "Dee"), cover("Bo", "Cy", begins=1, hours=3)
    assert rung("day", 1, dee, away) == ["Ada", "Dee", "Cy"], "an empty place is taken"
    assert rung("day", 1, away, dee) == ["Ada", "Cy"], "and given up"
    assert rung("day", 1.5, cy, dee) == ["Ada", "Cy"], "by another one"
    assert rung("day", 0.5, cy, dee) == ["Ada", "Dee", "Cy"], "while that one lasts"


COVERS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from((*NAMES, "")), st.integers(0, 4), st.integers(1, 4)).filter(
        lambda drawn: drawn[0] != drawn[1]
    ),
    max_size=5,
)


@given(drawn=COVERS, hour=st.integers(0, 31))
def test_a_place_is_held_as_the_newest_cover_says_and_passed_on_by_still_newer_ones(
    drawn: list[tuple[str, str, int, int]], hour: int
) -> None:
    covers = [cover(*each) for each in drawn]
    now = START + timedelta(hours=hour / 4)

    def holder(name: str, newest_first: list[Override]) -> str:
        for number, each in enumerate(newest_first):
            if each.cover and each.at(now) and each.cover.away == name:
                return each.cover.by and holder(each.cover.by, newest_first[:number])
        return name

    for name, team in TEAMS.items():
        on_shift = [member.name for member in team.members if member.shifts.is_open(SCHEDULE, now)]
        expected = dict.fromkeys(filter(None, (holder(each, covers) for each in on_shift)))
        assert rung(name, hour / 4, *covers) == list(expected)


@pytest.mark.parametrize(
    ("covers", "said"),
    [
        ((cover("Bo", "Dee"),), []),
        ((cover("Bo"),), []),
        ((cover("Dee"), cover("Bo", "Dee")), [("nobody is rung in the place of Bo", 0, 2)]),
        ((cover("Bo", "Dee"), cover("Dee")), []),
        ((cover("Bo"), cover("Bo", "Dee")), [("nobody is rung in the place of Bo", 0, 2)]),
        ((cover("Dee", "Cy", begins=1, hours=3), cover("Bo", "Dee")), [("Cy is rung in the place of Bo", 1, 2)]),
    ],
)
def test_a_cover_is_told_who_is_rung_in_its_place_if_that_is_another(
    covers: tuple[Override, ...], said: list[tuple[str, int, int]]
) -> None:
    def hours(moment: datetime) -> float:
        return (moment - START).total_seconds() / 3600

    told = rung_instead(covers[-1], covers, START)
    assert [(each.words, hours(each.begins), hours(each.ends)) for each in told] == said
    if len(covers) == 2 and covers[0].cover and covers[0].cover.away == "Bo":
        assert [each.words for each in rung_instead(covers[0], covers, START)] == [words for words, _, _ in said]


def test_many_covers_for_each_other_are_no_more_than_many() -> None:
    covers = [cover(*pair, begins=number % 7) for number in range(60) for pair in (("Ada", "Bo"), ("Bo", "Ada"))]
    day = covered(TEAMS, covers)["day"].members
    assert [member.name for member in day] == ["Ada", "Bo", "Bo", "Cy"], "each once in a place"


def test_what_makes_no_cover() -> None:
    with pytest.raises(ValueError, match="by another one or nobody"):
        Cover("Ada", "Ada")
    with pytest.raises(ValueError, match="neither opens nor closes"):
        replace(cover("Ada"), kind=Kind.OPEN)
