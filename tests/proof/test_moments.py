"""The kinds of moment: all there are, none that is not, whatever day is asked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import pytz
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from phonetree.config.promises import broken_promises
from phonetree.config.site import load, overridden
from phonetree.core.schedule import Cover, DatedHours, Kind, Override, Schedule, Span, Week, midnight
from phonetree.core.tree import Always, HelplineHours, Hours, OwnHours, Site
from phonetree.proof.longest import named_hours
from phonetree.proof.moments import Moments, moments
from tests.support.lines import ROOT, RULES, VPR

BASE = load(ROOT / "tests" / "broken" / "base", RULES).site
ZONES = (
    "America/New_York",
    "Asia/Kathmandu",  # 5:45 h
    "Australia/Lord_Howe",  # the clock changes by half an hour
    "Pacific/Apia",  # the first to have a day
    "America/Santiago",  # the clock changes at midnight
)
MONDAY = date(2026, 11, 23)

PAIRS = (
    ("First advocate", "Second advocate"),
    ("Second advocate", "First advocate"),
    ("First advocate", ""),
    ("Second advocate", ""),
)

Profile = tuple[Kind, tuple[bool, ...]]


@st.composite
def _days(draw: st.DrawFn) -> tuple[Span, ...]:
    """The hours of a day: up to two spans, the last of which may run over midnight."""
    times = sorted(draw(st.lists(st.integers(0, 47), max_size=4, unique=True)))
    spans = [Span(start * 30, end * 30) for start, end in zip(times[::2], times[1::2], strict=False)]
    if draw(st.booleans()) and (last := spans[-1].end if spans else 0) < 24 * 60:
        ends = draw(st.integers(1, 48)) * 30
        spans.append(Span(last, min(last + ends, last + 24 * 60)))
    return tuple(spans)


@st.composite
def _weeks(draw: st.DrawFn) -> Week:
    one, other = draw(_days()), draw(_days())
    return Week(tuple(draw(st.sampled_from([one, one, other, ()])) for _ in range(7)))


@st.composite
def _sites(draw: st.DrawFn) -> Site:
    """A site whose helpline, outside line, team and members have any hours; no holidays, no entries for dates."""
    zone = pytz.timezone(draw(st.sampled_from(ZONES)))
    hours: st.SearchStrategy[Hours] = st.one_of(
        st.builds(lambda week: OwnHours(week, zone), _weeks()),
        st.sampled_from([Always(), HelplineHours(inside=True), HelplineHours(inside=False)]),
    )
    return _with_hours(Schedule(zone, draw(_weeks()), (), _none), draw(hours), draw(hours), draw(hours))


def _none(_: date) -> None:
    """There are no holidays."""


def _with_hours(schedule: Schedule, line: Hours, team: Hours, shifts: Hours) -> Site:
    resources = {name: replace(one, hours=line) for name, one in BASE.resources.items()}
    first, *others = BASE.teams["desk"].members
    members = (replace(first, shifts=shifts), *others)
    teams = {"desk": replace(BASE.teams["desk"], hours=team, members=members)}
    return replace(BASE, schedule=schedule, resources=resources, teams=teams)


def _profile(site: Site, at: datetime) -> Profile:
    team = site.teams["desk"]
    hours = dict.fromkeys(
        [*(line.hours for line in site.resources.values()), team.hours, *(one.shifts for one in team.members)]
    )
    return site.schedule.kind(at), tuple(each.is_open(site.schedule, at) for each in hours)


def _kinds(found: Moments) -> set[Profile]:
    return {(one.kind, one.open) for one in found.kinds}


def _follows(found: Moments) -> set[tuple[Profile, Profile]]:
    profiles = [(one.kind, one.open) for one in found.kinds]
    return {(profiles[n], profiles[after]) for n, afters in enumerate(found.follows) for after in afters}


def _sampled(site: Site, first: datetime, days: int) -> Iterator[Profile]:
    """What every quarter of an hour is like; all hours here change on half hours."""
    for n in range(days * 96):
        yield _profile(site, first + timedelta(minutes=15 * n))


NEW_YORK = pytz.timezone("America/New_York")
OFFICE = Week((((Span(540, 1020), Span(1080, 1560))),) * 5 + ((),) * 2)
EVENINGS = _with_hours(Schedule(NEW_YORK, OFFICE, (), _none), Always(), HelplineHours(inside=True), Always())
"""Open from 18:00 to 2:00: good asked on a Monday, and refused on a Tuesday, as long as last night was not seen."""

SLOW = settings(max_examples=12, suppress_health_check=list(HealthCheck))


@pytest.mark.long
@SLOW
@given(site=_sites(), day=st.dates(date(2026, 1, 1), date(2029, 12, 31)))
@example(site=EVENINGS, day=MONDAY + timedelta(days=1))
def test_the_kinds_do_not_depend_on_the_day_that_is_asked(site: Site, day: date) -> None:
    known, found = moments(MONDAY, site), moments(day, site)
    assert _kinds(found) == _kinds(known)
    assert _follows(found) == _follows(known)


@pytest.mark.slow
@SLOW
@given(site=_sites(), day=st.dates(date(2026, 1, 1), date(2029, 12, 31)))
@example(site=EVENINGS, day=MONDAY + timedelta(days=1))
def test_every_moment_to_come_is_of_a_kind_that_is_known(site: Site, day: date) -> None:
    found = moments(day, site)
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    seen = list(_sampled(site, begins, 9))
    assert set(seen) <= _kinds(found)
    assert {(one, two) for one, two in pairwise(seen) if one != two} <= _follows(found)


@pytest.mark.slow
@SLOW
@given(site=_sites(), day=st.dates(date(2026, 1, 1), date(2029, 12, 31)))
@example(site=EVENINGS, day=MONDAY + timedelta(days=1))
def test_each_example_is_of_its_kind_and_to_come(site: Site, day: date) -> None:
    for one in moments(day, site).kinds:
        assert _profile(site, one.at) == (one.kind, one.open)
        assert one.at.date() >= day


NIGHT = (Span(120, 240),)
"""Hours that no week here has."""


@pytest.mark.parametrize(
    ("first", "days"), [("2027-12-25", 1), ("2028-12-20", 1), ("2031-02-01", 10), ("2031-02-01", 90)]
)
def test_what_is_written_for_later_days_is_known_today(first: str, days: int) -> None:
    begins = date.fromisoformat(first)
    ends = begins + timedelta(days=days - 1)
    entry = DatedHours(begins, ends, NIGHT, {"en": "a drive"})
    site = _with_hours(Schedule(NEW_YORK, OFFICE, (entry,), _none), OwnHours(OFFICE, NEW_YORK), Always(), Always())
    known = moments(MONDAY, site)
    for day in (begins, ends, ends + timedelta(days=1)):
        seen = list(_sampled(site, midnight(NEW_YORK, day), 1))
        assert set(seen) <= _kinds(known)
        assert {(one, two) for one, two in pairwise(seen) if one != two} <= _follows(known)
    later = moments(begins - timedelta(days=30), site)
    assert _kinds(later) == _kinds(known)
    assert _follows(later) == _follows(known)


def test_an_override_in_years_to_come_is_known_today() -> None:
    closed = _with_hours(Schedule(NEW_YORK, Week(((),) * 7), (), _none), Always(), Always(), Always())
    begins = datetime(2030, 6, 1, 14, 0, 30, tzinfo=UTC)
    override = Override(begins, begins + timedelta(hours=4), Kind.OPEN, {})
    assert Kind.OPEN in {one.kind for one in moments(MONDAY, overridden(closed, (override,))).kinds}
    assert Kind.OPEN not in {one.kind for one in moments(MONDAY, closed).kinds}


@pytest.mark.long
@settings(max_examples=4, suppress_health_check=list(HealthCheck), deadline=None)
@given(drawn=st.lists(st.tuples(st.sampled_from(PAIRS), st.integers(0, 9), st.integers(1, 5)), min_size=2, max_size=8))
def test_whoever_is_in_a_place_makes_no_difference_to_what_is_proved(
    drawn: list[tuple[tuple[str, str], int, int]],
) -> None:
    site = load(VPR, RULES).site
    begins = datetime(2026, 11, 23, 14, tzinfo=UTC)
    covers = tuple(
        Override(begins + timedelta(hours=at), begins + timedelta(hours=at + lasts), None, {}, Cover(*pair))
        for pair, at, lasts in drawn
    )
    under = overridden(site, covers)
    found = [each.text for each in broken_promises(under, VPR, MONDAY)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("phonetree.proof.moments._shape_of", lambda _: lambda open_: tuple(open_.values()))
        assert len(moments(MONDAY, under).kinds) >= len(moments(MONDAY, site).kinds)
        assert [each.text for each in broken_promises(under, VPR, MONDAY)] == found


def test_however_many_covers_there_are_each_roster_is_proved_once() -> None:
    site = load(VPR, RULES).site
    begins = datetime(2026, 11, 23, 14, tzinfo=UTC)

    def kinds(count: int) -> int:
        covers = tuple(
            Override(at, at + timedelta(minutes=15), None, {}, Cover(*PAIRS[number % 2]))
            for number, at in ((number, begins + timedelta(minutes=30 * number)) for number in range(count))
        )
        return len(moments(MONDAY, overridden(site, covers)).kinds)

    assert kinds(0) < kinds(100) <= kinds(0) + 3


def test_the_opening_that_is_told_is_the_next_one_at_every_moment() -> None:
    """Later windows overlap, and the newest override stands first: the moments of a kind are not all in order."""
    entries = tuple(
        DatedHours(date(2030, month, 1), date(2030, month, 9), NIGHT, {"en": "a drive"}) for month in (1, 6)
    )
    overrides = tuple(
        Override(begins, begins + timedelta(hours=4), Kind.CLOSED, {})
        for begins in (datetime(year, 6, 3, 14, tzinfo=UTC) for year in (2030, 2029))
    )
    schedule = Schedule(NEW_YORK, OFFICE, entries, _none, overrides)
    site = _with_hours(schedule, OwnHours(OFFICE, NEW_YORK), Always(), Always())
    kinds = moments(MONDAY, site).kinds
    assert any(one > two for kind in kinds for one, two in pairwise(kind.all))
    for kind in kinds:
        for at, opening, names in named_hours(site, kind):
            status = schedule.status(at)
            assert (opening, names) == (status.next_opening, status.names)
    assert sum(len(list(named_hours(site, kind))) for kind in kinds) > len(kinds)
