"""Each member's shifts: whole, with covers, and never a month long."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from phonetree.config.site import overridden
from phonetree.core.ringing import roster
from phonetree.core.schedule import Cover, Override, Span, Week
from phonetree.core.shifts import LONGEST, Shift, shifts
from phonetree.core.tree import Always, Member, OwnHours, Site
from tests.core.test_rota import HARBOUR, SITE, at, with_shifts

FIRST, SECOND = "First advocate", "Second advocate"


def _told(site: Site, name: str, first: str, last: str) -> list[tuple[str, str]]:
    found = shifts(site, at(first), at(last)).get(name, ())
    return [(f"{each.begins:%d %H:%M}", f"{each.ends:%d %H:%M}") for each in found]


def test_a_shift_is_whole_even_if_it_has_begun() -> None:
    site = with_shifts(Span(540, 780), Span(720, 1020))
    assert shifts(site, at("2026-11-23 10:00"), at("2026-11-24 09:30"))[FIRST] == (
        Shift(at("2026-11-23 09:00"), at("2026-11-23 13:00"), ("advocates",)),
        Shift(at("2026-11-24 09:00"), at("2026-11-24 13:00"), ("advocates",)),
    )


def test_closed_days_have_no_shifts() -> None:
    assert _told(SITE, FIRST, "2026-11-26 00:00", "2026-12-01 00:00") == [("30 09:00", "30 17:00")]


def test_whoever_takes_a_place_has_the_shift() -> None:
    site = with_shifts(Span(540, 780), Span(780, 1020))
    cover = Override(at("2026-11-23 11:00"), at("2026-11-23 15:00"), None, {}, Cover(FIRST, SECOND))
    site = overridden(site, (cover,))
    assert _told(site, FIRST, "2026-11-23 00:00", "2026-11-24 00:00") == [("23 09:00", "23 11:00")]
    assert _told(site, SECOND, "2026-11-23 00:00", "2026-11-24 00:00") == [("23 11:00", "23 17:00")]


def test_a_night_is_one_shift() -> None:
    site = _alone(OwnHours(Week(((Span(1200, 1860),),) * 7), SITE.schedule.zone))
    assert _told(site, FIRST, "2026-11-23 12:00", "2026-11-24 12:00") == [("23 20:00", "24 07:00")]


def _alone(hours: OwnHours | Always) -> Site:
    team = SITE.teams["advocates"]
    return replace(SITE, teams={"advocates": replace(team, hours=Always(), members=_member(hours))})


def _member(hours: OwnHours | Always) -> tuple[Member, ...]:
    return (replace(SITE.teams["advocates"].members[0], shifts=hours),)


def test_whoever_is_always_there_has_the_opening_hours() -> None:
    assert _told(_alone(Always()), FIRST, "2026-11-23 12:00", "2026-11-25 00:00") == [
        ("23 09:00", "23 17:00"),
        ("24 09:00", "24 17:00"),
    ]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([SITE, HARBOUR]), st.integers(0, 60 * 24 * 40), st.integers(1, 60 * 24 * 4))
def test_whoever_has_a_shift_can_be_rung(site: Site, after: int, minutes: int) -> None:
    begins = datetime.fromtimestamp(at("2026-11-20 00:00").timestamp() + after * 60, site.schedule.zone)
    for name, found in shifts(site, begins, begins + timedelta(minutes=minutes)).items():
        for shift in found:
            assert shift.ends - shift.begins <= LONGEST
            for moment in (shift.begins, shift.ends - timedelta(minutes=1)):
                on = {member.name for team in shift.teams for member in roster(site.teams[team], site.schedule, moment)}
                assert name in on
