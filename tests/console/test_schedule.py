"""The schedule: what everybody sees of the coming weeks, and how editors close a day."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from html import unescape
from pathlib import Path
from shutil import copytree
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from phonetree.config.site import HOURS, ROUTING, Contents, load
from phonetree.core.schedule import Cover, DatedHours, Kind, Override, Span
from phonetree.core.tree import Site
from phonetree.errors import Problem, Where
from phonetree.runtime.sites import Sites
from phonetree.store import actions
from phonetree.store.revisions import Revisions
from phonetree.store.roles import Role
from phonetree.store.servers import Report, Servers
from tests.support.console import Client, Console, console
from tests.support.databases import KINDS
from tests.support.lines import ROOT, RULES, VPR

pytestmark = pytest.mark.slow

DAY = "/staff/schedule/2026-12-04"
FORM = {"first": "2026-12-04", "name.en": "a <snow> day", "name.es": "el día de nieve"}
SNOW = DatedHours(date(2026, 12, 4), date(2026, 12, 4), (), {"en": "a <snow> day", "es": "el día de nieve"})
TOLD = "closed day added: Friday 4 December 2026 (a &lt;snow&gt; day)"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(copytree(VPR, tmp_path / "config"))


@pytest.fixture(params=KINDS)
def each(request: pytest.FixtureRequest, config: Path, tmp_path: Path) -> Iterator[Console]:
    with console(request.param, tmp_path, config=config) as made:
        _publish(made)
        yield made


@pytest.fixture
def made(config: Path, tmp_path: Path) -> Iterator[Console]:
    with console("sqlite", tmp_path, config=config) as opened:
        _publish(opened)
        yield opened


def _publish(made: Console) -> None:
    """What a server does at its start, and after an edit."""
    loaded = load(made.settings.config, RULES)
    Revisions(made.services.store).keep(loaded.site.revision, loaded.contents, "the files", int(made.now.timestamp()))


def _words(answer: TestResponse) -> str:
    text = re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", answer.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(text.split())


def _began(page: TestResponse) -> str:
    found = re.search(r'name="began" value="(\w+)"', page.get_data(as_text=True))
    assert found
    return found[1]


def _old(page: TestResponse) -> str:
    found = re.search(r'name="old" value="([^"]*)"', page.get_data(as_text=True))
    assert found
    return unescape(found[1])


def _send(client: Client, go: str, path: str = DAY, **fields: str) -> TestResponse:
    began = fields.pop("began", None) or _began(client.get(path))
    sent = {**FORM, "began": began, **fields}
    return client.post(path, sent) if go == "save" else client.get(f"{path}/preview?{urlencode({**sent, 'go': go})}")


def _entries(made: Console) -> tuple[DatedHours, ...]:
    return load(made.settings.config, RULES).site.schedule.dated


def _at(made: Console, text: str) -> datetime:
    zone = made.services.site().schedule.zone
    return zone.localize(datetime.fromisoformat(text))


def _override(made: Console, override: Override) -> None:
    made.services.overrides.add(override, "Ada", "a test", int(made.now.timestamp()))


# -- what everybody sees


@pytest.mark.parametrize("role", Role)
def test_everybody_sees_hours_holidays_closures_and_shifts(made: Console, role: Role) -> None:
    text = _words(made.client(role).get("/staff/schedule"))
    assert "Thursday 26 November Thanksgiving Closed" in text
    assert "Friday 27 November The day after Thanksgiving Closed" in text
    assert "Monday 30 November Open 9:00-17:00 9:00-17:00 First advocate, Second advocate" in text
    assert "All times are America/New_York time." in text
    assert ("Choose a day to close the line" in text) == (role is Role.EDITOR)


def test_covers_overrides_and_gaps_are_marked(made: Console) -> None:
    first, second = "First advocate", "Second advocate"
    for name in (first, second):
        _override(made, Override(_at(made, "2026-11-24 10:00"), _at(made, "2026-11-24 11:30"), None, {}, Cover(name)))
    _override(
        made, Override(_at(made, "2026-11-25 10:00"), _at(made, "2026-11-25 12:00"), None, {}, Cover(first, second))
    )
    _override(made, Override(_at(made, "2026-11-30 12:00"), _at(made, "2026-12-01 10:00"), Kind.CLOSED, {}))
    text = _words(made.client(Role.MEMBER).get("/staff/schedule"))
    assert "The line is open and nobody is on shift: Tuesday 24 November : 10:00-11:30" in text
    assert "10:00-11:30: First advocate is away" in text
    assert "Nobody on shift 10:00-11:30" in text
    assert "10:00-12:00: Second advocate takes the place of First advocate" in text
    assert "12:00-24:00: closed at short notice" in text
    assert "0:00-10:00: closed at short notice" in text


def test_a_day_is_as_callers_meet_it_and_its_hours_are_the_usual_ones(made: Console) -> None:
    _override(made, Override(_at(made, "2026-12-01 00:00"), _at(made, "2026-12-02 00:00"), Kind.CLOSED, {}))
    _override(made, Override(_at(made, "2026-11-26 10:00"), _at(made, "2026-11-26 14:00"), Kind.OPEN, {}))
    client = made.client(Role.MEMBER)
    page = client.get("/staff/schedule")
    assert "Tuesday 1 December Closed (usually 9:00-17:00)" in _words(page)
    assert "Thanksgiving Open 10:00-14:00 (otherwise closed)" in _words(page)
    bars = re.findall(r'id="day-([\d-]+)" class="([^"]*)"', page.get_data(as_text=True))
    assert {day: "shut" in classes for day, classes in bars if day in ("2026-12-01", "2026-11-26", "2026-12-02")} == {
        "2026-12-01": True, "2026-11-26": False, "2026-12-02": False,
    }  # fmt: skip
    for day, shut in (("2026-12-01", True), ("2026-11-26", False)):
        assert ("day alone shut" in client.get(f"/staff/schedule/{day}").get_data(as_text=True)) == shut


def test_other_weeks_are_a_link_away(made: Console) -> None:
    client = made.client(Role.MEMBER)
    text = _words(client.get("/staff/schedule?from=2027-01-05"))
    assert "Monday 4 January Open" in text
    assert "Sunday 7" in text
    assert "/staff/schedule?from=2026-12-07" in client.get("/staff/schedule?from=2027-01-05").get_data(as_text=True)
    for nonsense in ("nonsense", "0000-00-00", "9999-12-31", "2026-02-30", "1000-01-01"):
        assert client.get(f"/staff/schedule?from={nonsense}").status_code == 200
        assert client.get(f"/staff/schedule/{nonsense}").status_code == 404
    assert client.get("/staff/schedule/2099-12-31").status_code == 200


def test_names_are_shown_and_no_numbers(made: Console) -> None:
    client = made.client(Role.EDITOR)
    numbers = {member.number for team in made.services.site().teams.values() for member in team.members}
    for path in ("/staff/schedule", DAY, "/staff/calendar"):
        text = client.get(path).get_data(as_text=True)
        assert not [number for number in numbers if number.removeprefix("+1") in text]


def test_a_day_has_its_form_for_editors_alone(made: Console) -> None:
    assert "Staff training" in _words(made.client(Role.EDITOR).get(DAY))
    needed = "To close this day or change its hours you need the role editor, which an admin gives."
    assert needed not in _words(made.client(Role.EDITOR).get(DAY))
    assert "This day is over" in _words(made.client(Role.EDITOR).get("/staff/schedule/2026-11-20"))
    for role in (Role.MEMBER, Role.LISTENER, Role.ADMIN):
        text = made.client(role).get(DAY).get_data(as_text=True)
        assert needed in text
        assert 'name="began"' not in text
        assert made.client(role).post(DAY, FORM).status_code == 403
    assert 'name="began"' not in made.client(Role.EDITOR).get("/staff/schedule/2026-11-20").get_data(as_text=True)


def test_from_a_day_its_shifts_lead_to_the_forms_filled_in(made: Console) -> None:
    sam = made.client(made.staff(Role.MEMBER, name="First advocate"))
    tuesday = sam.get("/staff/schedule/2026-12-01")
    for words, away in (("I am away", "First advocate"), ("Cover a shift", "")):
        there = _link(tuesday, words)
        form = sam.get(there).get_data(as_text=True)
        assert 'name="until_at" data-chooses="until-other" value="2026-12-01T17:00"' in form
        assert 'name="begins_at" data-chooses="begins-at" value="2026-12-01T09:00"' in form
        assert re.findall(r'name="(\w+)" value="([^"]*)" id="[^"]*" checked', form) == [
            *([("away", away), ("by", "nobody")] if away else []), ("begins", "at"), ("until", "other"),
        ]  # fmt: skip
    today = sam.get(_link(sam.get("/staff/schedule/2026-11-23"), "I am away")).get_data(as_text=True)
    assert 'value="2026-11-23T17:00"' in today
    assert 'name="begins" value="now" id="begins-now" checked' in today, "it has begun"
    for day in ("2026-11-20", "2026-11-26"):
        assert "I am away" not in _words(sam.get(f"/staff/schedule/{day}")), "over, and closed"


@pytest.mark.parametrize(
    "query",
    [
        "begins=2026-12-01T09:00", "begins=x&ends=2026-12-01T09:00", "begins=2026-12-02T09:00&ends=2026-12-01T09:00",
        "begins=2026-11-20T09:00&ends=2026-11-20T17:00", "begins=2026-12-01T09:00&ends=9999-12-31T00:00",
        "away=<b>nobody</b>&begins=&ends=", "away=Nobody",
    ],
)  # fmt: skip
def test_an_address_that_makes_no_sense_fills_nothing_in(made: Console, query: str) -> None:
    client = made.client(Role.MEMBER)
    for change in ("away", "cover", "close"):
        plain, asked = (re.sub(r'"csrf_token" value="[^"]+"', "", page.get_data(as_text=True)) for page in (
            client.get(f"/staff/today/{change}"), client.get(f"/staff/today/{change}?{query}"),
        ))  # fmt: skip
        assert asked == plain
    elsewhere = client.get("/staff/today/away?away=First advocate", **{"Sec-Fetch-Site": "cross-site"})
    assert 'value="First advocate" id="away-First advocate" checked' not in elsewhere.get_data(as_text=True)


# -- editing


def test_a_day_is_closed_seen_before_saved_and_undone(each: Console) -> None:
    client = each.client(Role.EDITOR)
    before = (each.settings.config / HOURS).read_bytes()
    preview = _send(client, "see")
    assert preview.status_code == 200
    text = _words(preview)
    assert "Friday 4 December 2026: closed (a &lt;snow&gt; day), was open 9:00-17:00." in text
    assert "We are closed today for a &lt;snow&gt; day;" in text
    assert "Hoy está cerrado por el día de nieve;" in text
    assert (each.settings.config / HOURS).read_bytes() == before
    saved = _send(client, "save", began=_began(preview))
    assert saved.status_code == 303
    page = client.get(saved.headers["Location"])
    assert f"Saved: {TOLD}. Callers hear it within seconds." in _words(page)
    assert SNOW in _entries(each)
    assert actions.since(each.services.store, 0)[0].by == "the editor"
    revision = re.search(r'name="revision" value="(\w+)"', page.get_data(as_text=True))
    assert revision
    client.post("/staff/schedule/undo", {"revision": revision[1]})
    assert f"Undone: {TOLD}" in _words(client.get("/staff/schedule"))
    assert (each.settings.config / HOURS).read_bytes() == before


def test_an_edit_that_servers_refuse_is_not_on_its_way(made: Console) -> None:
    client = made.client(Role.EDITOR)
    _send(client, "save")
    told = Report("abc", (), test_call=True, problems=("a promise is broken",))
    Servers(made.services.store).tell("one", told, made.services.seconds())
    for path in ("/staff/schedule", DAY):
        text = _words(client.get(path))
        assert "The last edit was refused, and callers hear the version before it." in text
        assert "taking up" not in text


def test_until_servers_have_it_the_page_says_so(made: Console) -> None:
    client = made.client(Role.EDITOR)
    _send(client, "save")
    text = _words(client.get("/staff/schedule"))
    assert "The servers are taking up the latest edit." in text
    assert "A &lt;snow&gt; day" in text
    _publish(made)
    assert "taking up" not in _words(client.get("/staff/schedule"))


def test_a_usual_reason_needs_no_typing(made: Console) -> None:
    client = made.client(Role.EDITOR)
    preview = _send(client, "reason:0", **{"name.en": "", "name.es": ""})
    assert "closed (a snow day)" in _words(preview)
    assert 'name="name.es" value="el día de nieve"' in preview.get_data(as_text=True)
    for nonsense in ("reason:99", "reason:-1", "reason:x", "reason:", "nonsense"):
        assert _send(client, nonsense, **{"name.en": "", "name.es": ""}).status_code == 422


def test_a_half_day_an_extra_opening_and_several_days(made: Console) -> None:
    client = made.client(Role.EDITOR)
    _send(client, "save", open="9:00-12:00, 13:00-14:00")
    saturday = "/staff/schedule/2026-12-05"
    _send(client, "save", saturday, first="2026-12-05", open="10:00-14:00")
    _send(client, "save", "/staff/schedule/2026-12-14", first="2026-12-14", last="2026-12-16")
    entries = {entry.first.day: entry for entry in _entries(made)}
    assert entries[4].spans == (Span(540, 720), Span(780, 840))
    assert entries[5].spans == (Span(600, 840),)
    assert entries[14].last == date(2026, 12, 16)
    assert "openings:" in (made.settings.config / HOURS).read_text()


@pytest.mark.parametrize("day", ["2026-12-05", "2026-12-25"])
def test_a_closed_day_is_opened_without_a_reason(made: Console, day: str) -> None:
    client, path = made.client(Role.EDITOR), f"/staff/schedule/{day}"
    if day == "2026-12-25":
        page = client.get("/staff/schedule/2026-12-24?whole=1")
        assert _send(client, "save", "/staff/schedule/2026-12-24", old=_old(page), remove="1").status_code == 303
    page = client.get(path)
    assert "Open the line on this day" in _words(page)
    assert "A snow day" not in _words(page), "that is a reason to close"
    unnamed = {"first": day, "open": "10:00-14:00", "name.en": "", "name.es": ""}
    assert _send(client, "save", path, **unnamed).status_code == 303
    (opened,) = [entry for entry in _entries(made) if f"{entry.first}" == day]
    assert (opened.spans, opened.names) == ((Span(600, 840),), {})
    assert f"{{date: {day}, open: 10:00-14:00}}" in (made.settings.config / HOURS).read_text()
    named = {"first": day, "open": "10:00-14:00", "old": _old(client.get(path))}
    assert _send(client, "save", path, **named).status_code == 303
    assert _send(client, "save", path, **named | {"open": "", "old": _old(client.get(path))}).status_code == 303
    closed = {"first": day, "open": "", "name.en": "", "name.es": "", "old": _old(client.get(path))}
    assert "Say what the day is" in _words(_send(client, "save", path, **closed))


def test_an_extra_opening_without_hours_is_said_to_open_nothing(made: Console) -> None:
    client, saturday = made.client(Role.EDITOR), "/staff/schedule/2026-12-05"
    told = "The line is closed then anyway, so this opens nothing."
    assert told in _words(_send(client, "see", saturday, first="2026-12-05"))
    assert told in _words(_send(client, "see", saturday, first="2026-12-05", last="2026-12-06"))
    assert told not in _words(_send(client, "see", saturday, first="2026-12-05", last="2026-12-07"))
    assert told not in _words(_send(client, "see", saturday, first="2026-12-05", open="9:00-12:00"))
    assert told not in _words(_send(client, "see"))


def test_of_a_half_day_the_closed_part_is_heard_too_and_not_the_reason(made: Console) -> None:
    client = made.client(Role.EDITOR)
    text = _words(_send(client, "see", open="9:00-12:00"))
    assert "A caller on Friday 4 December at 9:00 hears first:" in text
    closed = text.partition("A caller on Friday 4 December at 12:00 hears first:")[2]
    assert "No advocate is on the line now" in closed
    assert "snow" not in closed
    assert "On a day with hours they do not hear it." in _words(client.get(DAY))
    whole = _words(_send(client, "see", open="0:00-24:00"))
    assert whole.count("hears first") == 1


def test_an_entry_is_changed_and_removed(made: Console) -> None:
    client, path = made.client(Role.EDITOR), "/staff/schedule/2026-11-27"
    page = client.get(path)
    assert "What is set for it: Friday 27 November 2026 (the day after Thanksgiving)." in _words(page)
    old = _old(page)
    changed = _send(client, "save", path, old=old, first="2026-11-27", open="9:00-12:00")
    assert changed.status_code == 303
    assert _entries(made)[0].spans == (Span(540, 720),)
    page = client.get(path)
    preview = _send(client, "remove", path, old=_old(page))
    text = preview.get_data(as_text=True)
    assert "special hours removed: Friday 27 November 2026" in text.replace("Special", "special")
    assert 'name="remove" value="1"' in text
    assert len(_entries(made)) == 2
    removed = _send(client, "save", path, old=_old(page), remove="1")
    assert "Saved: special hours removed" in _words(client.get(removed.headers["Location"]))
    assert len(_entries(made)) == 1


BREAK = DatedHours(date(2027, 1, 11), date(2027, 1, 15), (), {"en": "the winter break", "es": "las vacaciones"})


def _with_a_break(made: Console) -> Client:
    client = made.client(Role.EDITOR)
    names = {f"name.{language}": name for language, name in BREAK.names.items()}
    assert _send(client, "save", first="2027-01-11", last="2027-01-15", **names).status_code == 303
    return client


@pytest.mark.parametrize(
    ("day", "left"), [("2027-01-11", [(12, 15)]), ("2027-01-13", [(11, 12), (14, 15)]), ("2027-01-15", [(11, 14)])]
)
@pytest.mark.parametrize("usual", [False, True])
def test_one_day_of_a_break_is_changed_and_the_others_stay(
    made: Console, day: str, left: list[tuple[int, int]], usual: bool
) -> None:
    client, path = _with_a_break(made), f"/staff/schedule/{day}"
    others = _entries(made)
    page = client.get(path)
    assert "Only this day changes; the others stay." in _words(page)
    assert 'name="first"' not in page.get_data(as_text=True)
    sent = {"old": _old(page), "only": day, "first": "", **({"remove": "1"} if usual else {"open": "9:00-12:00"})}
    assert "Only this day changed" in _words(_send(client, "see", path, **sent))
    assert _send(client, "save", path, **sent).status_code == 303
    january = [each for each in _entries(made) if each.first >= BREAK.first]
    rest = [each for each in january if f"{each.first}" != day]
    assert [(each.first.day, each.last.day) for each in rest] == left
    assert all((each.spans, each.names) == (BREAK.spans, BREAK.names) for each in rest)
    assert [each.spans for each in january if f"{each.first}" == day] == ([] if usual else [(Span(540, 720),)])
    assert [each for each in _entries(made) if each.first < BREAK.first] == list(others[:-1])


@pytest.mark.parametrize("day", ["2027-01-11", "2027-01-13", "2027-01-15"])
def test_a_day_that_was_opened_in_a_break_is_closed_again_and_the_break_is_one_entry(made: Console, day: str) -> None:
    client, path = _with_a_break(made), f"/staff/schedule/{day}"
    before = (made.settings.config / HOURS).read_bytes()
    page = client.get(path)
    assert "Closed again" not in _words(page)
    opened = {"old": _old(page), "only": day, "first": "", "open": "10:00-14:00"}
    assert _send(client, "save", path, **opened).status_code == 303
    assert BREAK not in _entries(made)
    page = client.get(path)
    assert "Closed again, like the day" in _words(page)
    preview = _send(client, "again", path, old=_old(page), first=day, open="10:00-14:00")
    assert preview.status_code == 200
    assert "closed (the winter break), was open 10:00-14:00" in _words(preview)
    whole = re.search(r'name="whole" value="([^"]*)"', preview.get_data(as_text=True))
    assert whole
    sent = {"old": _old(page), "first": day, "open": "10:00-14:00", "whole": unescape(whole[1])}
    for _ in range(2):  # pressed twice it is made once
        assert _send(client, "save", path, began=_began(preview), **sent).status_code == 303
    assert (made.settings.config / HOURS).read_bytes() == before
    assert [action.what[:12] for action in actions.since(made.services.store, 0)].count("closed again") == 1


def test_closed_again_is_only_what_it_was(made: Console) -> None:
    client, path = _with_a_break(made), "/staff/schedule/2027-01-13"
    opened = {"old": _old(client.get(path)), "only": "2027-01-13", "first": "", "open": "10:00-14:00"}
    assert _send(client, "save", path, **opened).status_code == 303
    entries, old = _entries(made), _old(client.get(path))
    for whole in (
        "[garbled",
        old,
        '["2027-01-13", "2027-01-16", [], {"en": "x"}]',
        '["2027-01-01", "2027-01-02", [], {}]',
    ):
        assert _send(client, "save", path, old=old, first="2027-01-13", whole=whole).status_code == 422
    assert _entries(made) == entries
    assert "Closed again" not in _words(client.get("/staff/schedule/2026-11-27")), "it is closed"


def test_the_whole_break_is_changed_when_that_is_chosen(made: Console) -> None:
    client, path = _with_a_break(made), "/staff/schedule/2027-01-13"
    page = client.get(f"{path}?whole=1")
    assert "All these days change." in _words(page)
    assert 'name="only"' not in page.get_data(as_text=True)
    assert _send(client, "save", path, old=_old(page), remove="1").status_code == 303
    assert BREAK not in _entries(made)


def test_one_day_of_a_break_that_would_stay_closed_is_asked_for_its_hours(made: Console) -> None:
    client, path = _with_a_break(made), "/staff/schedule/2027-01-13"
    names = {f"name.{language}": name for language, name in BREAK.names.items()}
    answer = _send(client, "see", path, old=_old(client.get(path)), only="2027-01-13", **names)
    assert answer.status_code == 422
    assert "This changes nothing; write other hours for this day" in _words(answer)
    for only in ("nonsense", "2026-12-04", "2027-01-16"):
        nonsense = _send(client, "see", path, old=_old(client.get(path)), only=only, open="9:00-12:00")
        assert nonsense.status_code == 422
        assert _send(client, "see", path, old=_old(client.get(path)), only=only, remove="1").status_code == 422
    assert BREAK in _entries(made)


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"first": "tomorrow"}, "first", "Write the day as year-month-day"),
        ({"last": "2026-12-01"}, "last", "The last day is before the first one"),
        ({"open": "9-5"}, "open", "write 9:00-17:00, if that is meant"),
        ({"name.en": "", "name.es": ""}, "name.en", "Say what the day is"),
        ({"name.en": " "}, "name.en", "Write the reason in English, too"),
        ({"name.es": ""}, "name.es", "Write the reason in español, too"),
        ({"name.es": "x" * 101}, "name.es", "This has 101 characters"),
        ({"first": "2026-12-24"}, "first", "There is already an entry for Thursday 24 December 2026"),
        ({"first": "2026-11-20"}, "last", "Friday 20 November 2026 is over"),
        ({"old": "[garbled"}, "", "This form cannot be read any more"),
        ({"old": '["2026-11-26", "2026-11-26", [], {"en": "\\ud800"}]'}, "", "This form cannot be read any more"),
        ({"old": '["2026-11-26", "2026-11-26", [], {"\\ud800": "x"}]'}, "", "This form cannot be read any more"),
        ({"old": "[" * 5000}, "", "This form cannot be read any more"),
    ],
)
def test_a_mistake_keeps_what_was_typed_and_is_told_at_its_field(
    made: Console, fields: dict[str, str], field: str, told: str
) -> None:
    client = made.client(Role.EDITOR)
    answer = _send(client, "see", **fields)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert told in _words(answer)
    if field:
        assert f'id="{field}-wrong"' in text
        assert f'href="#{field}"' in text
    for name, value in {**FORM, **fields}.items():
        if name != "old":
            assert value.replace("<", "&lt;").replace(">", "&gt;") in text
    assert load(made.settings.config, RULES).contents == load(VPR, RULES).contents


def _link(answer: TestResponse, words: str) -> str:
    found = re.search(rf'href="([^"]+)"[^>]*>{words}', answer.get_data(as_text=True))
    assert found, words
    return found[1].replace("&amp;", "&")


def test_an_entry_in_the_way_is_a_link_away_and_what_was_typed_is_kept(made: Console) -> None:
    client = _with_a_break(made)
    for first, only in (("2026-11-27", False), ("2027-01-13", True)):
        answer = _send(client, "see", first=first, open="10:00-11:00")
        assert answer.status_code == 422
        there = client.get(_link(answer, "Change or remove that entry"))
        text = there.get_data(as_text=True)
        assert "Remove this entry" in text or only
        assert (f'name="only" value="{first}"' in text) == only
        for typed in ("a &lt;snow&gt; day", "el día de nieve", first, "10:00-11:00"):
            assert f'value="{typed}"' in text
        sent = {"old": _old(there), "first": first, "open": "10:00-11:00", **({"only": first} if only else {})}
        assert _send(client, "save", f"/staff/schedule/{first}", **sent).status_code == 303
    assert [each.spans for each in _entries(made)].count((Span(600, 660),)) == 2


def test_after_saving_one_sentence_says_when_callers_hear_it(made: Console) -> None:
    client = made.client(Role.EDITOR)
    page = _words(client.get(_send(client, "save").headers["Location"]))
    assert "Callers hear it within seconds." in page
    assert "taking up" not in page


def test_pressed_twice_it_is_made_once(made: Console) -> None:
    client = made.client(Role.EDITOR)
    began = _began(client.get(DAY))
    for _ in range(2):
        assert _send(client, "save", began=began).status_code == 303
    assert "This is saved already" in _words(client.get("/staff/schedule"))
    assert _entries(made).count(SNOW) == 1
    assert [action.what for action in actions.since(made.services.store, 0)].count(
        "closed day added: Friday 4 December 2026 (a <snow> day)"
    ) == 1


def test_after_back_a_removal_is_not_made_again(made: Console) -> None:
    client, path = made.client(Role.EDITOR), "/staff/schedule/2026-11-27"
    page = client.get(path)
    sent = {"began": _began(page), "old": _old(page), "remove": "1"}
    for _ in range(2):
        assert _send(client, "save", path, **sent).status_code == 303
    assert len(_entries(made)) == 1


def test_of_two_editors_the_second_sees_what_the_first_changed(made: Console) -> None:
    first, second = made.client(Role.EDITOR), made.client(made.staff(Role.EDITOR, name="another editor"))
    began = _began(second.get("/staff/schedule/2026-12-10"))
    _send(first, "save")
    answer = _send(second, "save", "/staff/schedule/2026-12-10", began=began, first="2026-12-10")
    assert answer.status_code == 409
    text = _words(answer)
    assert "Nothing was saved yet, and nothing of yours is lost." in text
    assert "Friday 4 December 2026: closed (a &lt;snow&gt; day), was open 9:00-17:00." in text
    assert "Thursday 10 December 2026: closed" in text
    again = _send(second, "save", "/staff/schedule/2026-12-10", began=_began(answer), first="2026-12-10")
    assert again.status_code == 303
    assert len(_entries(made)) == 4


def test_a_stale_form_removes_no_other_entry(made: Console) -> None:
    client, path = made.client(Role.EDITOR), "/staff/schedule/2026-11-27"
    old = _old(client.get(path))
    file = made.settings.config / HOURS
    file.write_text(file.read_text().replace("the day after Thanksgiving", "another name"))
    answer = _send(client, "save", path, old=old, remove="1")
    assert answer.status_code == 422
    assert "is not in the file any more" in _words(answer)
    assert len(_entries(made)) == 2


def test_a_line_that_breaks_a_promise_already_can_be_closed_for_a_day(tmp_path: Path) -> None:
    config = Path(copytree(ROOT / "tests" / "sites" / "harbour", tmp_path / "config"))
    with console("sqlite", tmp_path, config=config) as made:
        client, servers = made.client(Role.EDITOR), Sites(config, RULES, made.services.prover.broken)
        preview = _send(client, "see")
        assert "The files break a promise to callers already. This changes nothing about that" in _words(preview)
        assert "menu &#39;night&#39;" in _words(preview)
        saved = _send(client, "save")
        assert f"Saved: {TOLD}. Callers hear it within seconds." in _words(client.get(saved.headers["Location"]))
        assert servers.reload(), "they take it up as well"


def test_what_servers_do_not_take_up_is_said_before_it_is_saved(made: Console) -> None:
    file = made.settings.config / ROUTING
    end = "le comunico ahora.}\n      go: "
    file.write_text(file.read_text().replace(f"{end}barcc_now", f"{end}leave"))
    client = made.client(Role.EDITOR)
    preview = _words(_send(client, "see"))
    assert "Callers will not hear this yet, even when it is saved" in preview
    assert "a caller who reached nobody is hung up on" in preview
    page = _words(client.get(_send(client, "save").headers["Location"]))
    assert f"Saved: {TOLD}. Callers do not hear it yet" in page
    sites = Sites(made.settings.config, RULES, made.services.prover.broken, lambda: [load(VPR, RULES).contents])
    assert not sites.reload()


def test_what_breaks_a_promise_is_not_saved(made: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(site: Site, _contents: Contents) -> tuple[Problem, ...]:
        return (Problem(Where("routing.yaml"), "nobody <is> there"),) if SNOW in site.schedule.dated else ()

    monkeypatch.setattr(made.services.publishing, "_proof", broken)
    answer = _send(made.client(Role.EDITOR), "save")
    assert answer.status_code == 422
    told = "This cannot be saved, because a promise to callers would be broken: nobody &lt;is&gt; there"
    assert told in _words(answer)
    assert ">Save</button>" not in answer.get_data(as_text=True)


def test_files_with_problems_are_shown_to_everybody_and_edited_by_hand(made: Console) -> None:
    (made.settings.config / ROUTING).write_text("start: [")
    client = made.client(Role.EDITOR)
    text = _words(client.get("/staff/schedule"))
    assert "The files of the helpline have problems, so callers hear what was in force before." in text
    assert "Friday 27 November The day after Thanksgiving Closed" in text
    assert 'name="began"' not in client.get(DAY).get_data(as_text=True)
    assert client.post(DAY, FORM).status_code == 200
    assert (made.settings.config / HOURS).read_bytes() == (VPR / HOURS).read_bytes()


def test_a_folder_that_cannot_be_written_is_said_before_anybody_types(made: Console) -> None:
    (made.settings.config / HOURS).rename(made.settings.config / "elsewhere.yaml")
    (made.settings.config / HOURS).symlink_to("/proc/self/environ")  # readable, on a file system nobody can write to
    client = made.client(Role.EDITOR)
    assert 'name="began"' not in client.get(DAY).get_data(as_text=True)


def test_an_undo_that_is_out_of_date_changes_nothing(made: Console) -> None:
    client = made.client(Role.EDITOR)
    client.post("/staff/schedule/undo", {"revision": "0" * 12})
    assert "There is nothing to undo here any more." in _words(client.get("/staff/schedule"))
    page = client.get(_send(client, "save").headers["Location"]).get_data(as_text=True)
    file = made.settings.config / HOURS
    file.write_text(file.read_text() + "# by hand\n")
    revision = re.search(r'name="revision" value="(\w+)"', page)
    assert revision
    client.post("/staff/schedule/undo", {"revision": revision[1]})
    assert "changed again since" in _words(client.get("/staff/schedule"))
    assert SNOW in _entries(made)


def test_back_to_the_form_keeps_what_was_typed(made: Console) -> None:
    text = _send(made.client(Role.EDITOR), "back", open="9:00-12:00").get_data(as_text=True)
    for value in ("a &lt;snow&gt; day", "el día de nieve", "2026-12-04", "9:00-12:00"):
        assert f'value="{value}"' in text
