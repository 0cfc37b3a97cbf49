"""Who is on shift when, and when nobody is."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from phonetree.config.site import load, overridden
from phonetree.core.ringing import roster
from phonetree.core.rota import Gap, gaps, rota
from phonetree.core.schedule import Cover, Kind, Override, Span, Week, midnight
from phonetree.core.tree import OwnHours, Site
from tests.support.lines import ROOT, RULES, VPR

SITE = load(VPR, RULES).site
ZONE = SITE.schedule.zone
HARBOUR = load(ROOT / "tests" / "sites" / "harbour", RULES).site


def at(text: str) -> datetime:
    return ZONE.localize(datetime.fromisoformat(text))


def with_shifts(*spans: Span) -> Site:
    """The site whose advocates have shifts: the first with the first span on every day, and so on."""
    team = SITE.teams["advocates"]
    members = (
        replace(member, shifts=OwnHours(Week(((span,),) * 7), ZONE))
        for member, span in zip(team.members, spans, strict=True)
    )
    return replace(SITE, teams={"advocates": replace(team, members=tuple(members))})


def test_a_day_with_shifts_a_cover_and_a_closure() -> None:
    site = with_shifts(Span(540, 780), Span(720, 1020))
    cover = Override(at("2026-11-23 10:00"), at("2026-11-23 11:00"), None, {}, Cover("First advocate"))
    site = overridden(site, (cover,))
    found = [
        (
            f"{each.begins:%H:%M}",
            f"{each.ends:%H:%M}",
            each.kind,
            {team: [m.name for m in on] for team, on in each.on_shift.items()},
        )
        for each in rota(site, at("2026-11-23 08:00"), at("2026-11-23 18:00"))
    ]
    first, second = "First advocate", "Second advocate"
    assert found == [
        ("08:00", "09:00", Kind.CLOSED, {}),
        ("09:00", "10:00", Kind.OPEN, {"advocates": [first]}),
        ("10:00", "11:00", Kind.OPEN, {"advocates": []}),
        ("11:00", "12:00", Kind.OPEN, {"advocates": [first]}),
        ("12:00", "13:00", Kind.OPEN, {"advocates": [first, second]}),
        ("13:00", "17:00", Kind.OPEN, {"advocates": [second]}),
        ("17:00", "18:00", Kind.CLOSED, {}),
    ]
    assert gaps(site, at("2026-11-23 08:00"), at("2026-11-23 18:00")) == (
        Gap("advocates", at("2026-11-23 10:00"), at("2026-11-23 11:00")),
    )


def test_a_cover_of_a_cover_makes_no_stretch_of_its_own() -> None:
    begins, ends = at("2026-11-23 10:00"), at("2026-11-23 17:00")
    takes = Override(begins, ends, None, {}, Cover("First advocate", "Second advocate"))
    away = Override(at("2026-11-23 13:00"), at("2026-11-23 15:00"), None, {}, Cover("First advocate"))
    found = list(rota(overridden(SITE, (takes, away)), begins, ends))
    assert [(each.begins, each.ends) for each in found] == [(begins, ends)]
    assert [member.name for member in found[0].on_shift["advocates"]] == ["Second advocate"]


def test_a_gap_is_one_whatever_else_changes_in_it_and_none_on_a_closed_day() -> None:
    site = with_shifts(Span(540, 600), Span(960, 1020))
    holiday = Override(at("2026-11-23 12:00"), at("2026-11-23 13:00"), None, {"en": "Hello.", "es": "Hola."})
    site = overridden(site, (holiday,))
    assert gaps(site, at("2026-11-23 00:00"), at("2026-11-24 00:00")) == (
        Gap("advocates", at("2026-11-23 10:00"), at("2026-11-23 16:00")),
    )
    assert gaps(site, at("2026-11-26 00:00"), at("2026-11-27 00:00")) == (), "Thanksgiving"


@pytest.mark.parametrize("site", [SITE, HARBOUR], ids=["vpr", "harbour"])
@pytest.mark.parametrize("first", [date(2026, 10, 30), date(2027, 3, 12)], ids=["autumn", "spring"])
def test_every_quarter_of_an_hour_is_in_the_stretch_that_says_what_it_is(site: Site, first: date) -> None:
    zone = site.schedule.zone
    begins, ends = midnight(zone, first), midnight(zone, first + timedelta(days=5))
    stretches = list(rota(site, begins, ends))
    assert (stretches[0].begins, stretches[-1].ends) == (begins, ends)
    now = begins
    for each in stretches:
        assert each.begins == now or now - each.begins < timedelta(minutes=15)
        while now < each.ends:
            assert each.kind is site.schedule.kind(now)
            for name, team in site.teams.items():
                assert (name in each.on_shift) is team.hours.is_open(site.schedule, now)
                assert each.on_shift.get(name, ()) == roster(team, site.schedule, now)
            now += timedelta(minutes=15)
