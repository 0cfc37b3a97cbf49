"""Calendars: what is unusual of the line, and each member's shifts, as calendars on phones read them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar, Event

from phonetree.config.site import overridden
from phonetree.console import feed
from phonetree.console.feed import Calendars, calendar
from phonetree.core.schedule import Cover, DatedHours, Kind, Override, Span
from phonetree.core.tree import Site
from phonetree.store.feeds import LINE
from tests.core.test_rota import SITE, at, with_shifts

NOW = at("2026-11-20 10:00")
FIRST, SECOND = "First advocate", "Second advocate"


def _events(data: bytes) -> list[Event]:
    made = Calendar.from_ical(data)
    assert isinstance(made, Calendar)
    return list(made.events)


def _begin(data: bytes) -> list[datetime]:
    return [each.start for each in _events(data) if isinstance(each.start, datetime)]


def _told(site: Site, member: str = LINE) -> dict[str, tuple[date | datetime, date | datetime]]:
    return {str(each["summary"]): (each.start, each.end) for each in _events(calendar(site, member, NOW))}


def _dated(*entries: DatedHours) -> Site:
    return replace(SITE, schedule=replace(SITE.schedule, dated=entries))


def _utc(text: str) -> datetime:
    return at(text).astimezone(UTC)


def test_the_line_has_what_is_unusual_and_only_closed_days_last_all_day() -> None:
    half = DatedHours(
        date(2026, 12, 9), date(2026, 12, 9), (Span(540, 720), Span(780, 840)), {"en": "the half day", "es": "media"}
    )
    closed = DatedHours(date(2026, 12, 24), date(2027, 1, 1), (), {"en": "winter break"})
    cover = Override(at("2026-11-23 10:00"), at("2026-11-23 11:00"), None, {}, Cover(FIRST, SECOND))
    away = Override(at("2026-11-24 10:00"), at("2026-11-24 11:00"), None, {}, Cover(FIRST))
    override = Override(at("2026-11-25 12:00"), at("2026-11-25 13:00"), Kind.CLOSED, {})
    told = _told(overridden(_dated(half, closed), (override, away, cover)))
    assert told["Closed: winter break"] == (date(2026, 12, 24), date(2027, 1, 2))
    assert told["Closed: Thanksgiving"] == (date(2026, 11, 26), date(2026, 11, 27))
    assert told["Open: the half day"] == (_utc("2026-12-09 13:00"), _utc("2026-12-09 14:00"))
    assert told[f"{SECOND} takes the place of {FIRST}"] == (_utc("2026-11-23 10:00"), _utc("2026-11-23 11:00"))
    assert told[f"{FIRST} is away"] == (_utc("2026-11-24 10:00"), _utc("2026-11-24 11:00"))
    assert told["Closed at short notice"] == (_utc("2026-11-25 12:00"), _utc("2026-11-25 13:00"))
    for title, (begins, _) in told.items():
        assert isinstance(begins, datetime) is not title.startswith("Closed: ")


def test_special_days_are_as_callers_meet_them() -> None:
    half = DatedHours(date(2026, 12, 9), date(2026, 12, 9), (Span(540, 720),), {"en": "the half day", "es": "media"})
    closed = Override(at("2026-12-09 00:00"), at("2026-12-09 10:00"), Kind.CLOSED, {})
    opened = Override(at("2026-11-26 10:00"), at("2026-11-26 14:00"), Kind.OPEN, {})
    told = _told(overridden(_dated(half), (opened, closed)))
    assert told["Open: the half day"] == (_utc("2026-12-09 10:00"), _utc("2026-12-09 12:00"))
    assert "Closed: Thanksgiving" not in told
    assert told["Open at short notice"] == (_utc("2026-11-26 10:00"), _utc("2026-11-26 14:00"))
    assert "Open: Thanksgiving" not in told


def test_a_gap_is_an_event() -> None:
    site = with_shifts(Span(540, 780), Span(840, 1020))
    begins, ends = _told(site)["Nobody on shift: advocates"]
    assert isinstance(begins, datetime)
    assert isinstance(ends, datetime)
    assert ends - begins == timedelta(hours=1)


def test_a_member_has_their_shifts_with_covers() -> None:
    site = with_shifts(Span(540, 780), Span(780, 1020))
    cover = Override(at("2026-11-23 00:00"), at("2026-11-24 00:00"), None, {}, Cover(FIRST, SECOND))
    events = _events(calendar(overridden(site, (cover,)), SECOND, NOW))
    monday = [each for each in events if f"{each.start:%d %b}" == "23 Nov"]
    assert [(each.start, each.end) for each in monday] == [(_utc("2026-11-23 09:00"), _utc("2026-11-23 17:00"))]
    assert {str(each["summary"]) for each in events} == {"On shift: advocates"}
    last = max(_begin(calendar(site, SECOND, NOW)))
    assert NOW + timedelta(days=feed.DAYS - 5) < last < NOW + timedelta(days=feed.DAYS)


def test_hours_follow_the_change_of_clocks() -> None:
    begins = _begin(calendar(with_shifts(Span(540, 780), Span(780, 1020)), FIRST, NOW))
    assert {moment.astimezone(SITE.schedule.zone).hour for moment in begins} == {9}
    assert {moment.hour for moment in begins} == {13, 14}


def test_an_event_that_changes_keeps_its_id() -> None:
    day = date(2026, 12, 4)
    before = _dated(DatedHours(day, day, (), {"en": "snow"}))
    after = _dated(DatedHours(day, day + timedelta(days=1), (), {"en": "much snow"}))
    ids = [
        {str(each["uid"]) for each in _events(calendar(site, LINE, NOW)) if each.start == day}
        for site in (before, after)
    ]
    assert ids[0] == ids[1]
    assert len(ids[0]) == 1
    every = [str(each["uid"]) for each in _events(calendar(SITE, FIRST, NOW))]
    assert len(every) == len(set(every))
    assert calendar(SITE, FIRST, NOW) == calendar(SITE, FIRST, NOW + timedelta(minutes=5))
    other = replace(SITE, helpline=replace(SITE.helpline, number="+16175550199"))
    assert not set(every) & {str(each["uid"]) for each in _events(calendar(other, FIRST, NOW))}


def test_names_never_end_a_line_or_begin_an_event() -> None:
    hostile = "x\\, y; z\\n\r\nEND:VEVENT\r\nBEGIN:VALARM <b> é" + "é" * 80
    day = date(2026, 12, 4)
    data = calendar(_dated(DatedHours(day, day, (), {"en": hostile})), LINE, NOW)
    assert data.count(b"\r\nEND:VEVENT") == data.count(b"\r\nBEGIN:VEVENT") == len(_events(data))
    assert b"\r\nBEGIN:VALARM" not in data
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    (event,) = [each for each in _events(data) if each.start == day]
    assert str(event["summary"]).replace("\r\n", "\n") == f"Closed: {hostile}".replace("\r\n", "\n")


def test_there_are_names_and_no_numbers() -> None:
    for member in (LINE, FIRST):
        text = calendar(SITE, member, NOW).decode()
        numbers = [SITE.helpline.number, *(each.number for each in SITE.teams["advocates"].members)]
        assert not [number for number in numbers if number.removeprefix("+1") in text]


def test_somebody_who_is_no_member_has_an_empty_calendar() -> None:
    assert _events(calendar(SITE, "Nobody", NOW)) == []


def test_a_gap_that_arises_when_a_phone_is_removed_is_shown_at_once() -> None:
    kept = Calendars()
    before = kept.of(SITE, LINE, NOW)
    alone = replace(
        SITE, teams={name: replace(team, members=tuple(replace(each, number="") for each in team.members))
                     for name, team in SITE.teams.items()},
    )  # fmt: skip
    assert kept.of(alone, LINE, NOW) not in (None, before)
    assert kept.of(SITE, LINE, NOW) == before


def test_a_calendar_is_made_again_when_something_changes_and_so_often_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MOST_IN_A_MINUTE", 4)
    kept = Calendars()
    first = kept.of(SITE, FIRST, NOW)
    assert all(kept.of(SITE, FIRST, NOW) is first for _ in range(10))
    cover = Override(at("2026-11-23 10:00"), at("2026-11-23 11:00"), None, {}, Cover(FIRST))
    covered = kept.of(overridden(SITE, (cover,)), FIRST, NOW)
    assert covered not in (None, first)
    assert kept.of(SITE, FIRST, NOW + timedelta(days=1)) not in (None, first, covered)
    later = NOW + timedelta(days=2)
    assert [kept.of(SITE, f"{number}", later) is None for number in range(6)] == [False] * 4 + [True] * 2
    assert kept.of(SITE, "0", later) is not None
    assert kept.of(SITE, "one more", later + timedelta(minutes=1)) is not None
