"""Overrides reach callers within seconds, on every server, and stand when the database is away."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.override import unproved
from phonetree.config.site import load
from phonetree.core.schedule import COVER_LEAD_SECONDS, Accepted, Cover, Kind, Override
from phonetree.errors import OverrideError
from phonetree.store.database import Store
from phonetree.store.kept import Kept
from phonetree.store.overrides import Overrides
from phonetree.store.servers import Report, Servers
from tests.support.databases import KINDS, tables
from tests.support.lines import RULES, SHOWN, URL, VPR
from tests.support.programs import until
from tests.support.server import DAY, Server

pytestmark = pytest.mark.slow

WORDS = {"en": "A storm is coming.", "es": "Viene una tormenta."}
HERE, AWAY = "Advocates are here.", "No advocate is on the line now; the next one is here today at 11 AM."


class Helpline:
    """A store, and servers over it."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.address = tables(kind, folder)
        self.store = Store(self.address)
        self.overrides = Overrides(self.store)
        self.servers: list[Server] = []

    def server(self, config: Path = VPR) -> Server:
        self.servers.append(Server(config, database=self.address))
        return self.servers[-1]

    def add(self, kind: Kind | None, words: dict[str, str] | None = None) -> int:
        return self.overrides.add(Override(DAY, DAY + timedelta(hours=1), kind, words or {}), "Ada", "x", 1)


@pytest.fixture
def helpline(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Helpline]:
    made = Helpline(getattr(request, "param", "sqlite"), tmp_path)
    yield made
    for each in made.servers:
        each.close()
    made.store.close()


def look(server: Server) -> None:
    assert server.services.overrides
    server.services.overrides.poll()


@pytest.mark.parametrize("helpline", KINDS, indirect=True)
def test_every_server_follows_to_closed_and_back(helpline: Helpline) -> None:
    one, two = helpline.server(), helpline.server()
    look(one)
    assert HERE in one.post("/voice").text
    number = helpline.add(Kind.CLOSED, WORDS)
    for each in (one, two):
        look(each)
        heard = each.post("/voice").text
        assert WORDS["en"] in heard
        assert AWAY in heard
        zero = each.post(each.state("after_hours", "ask", query="?menu=after_hours"), Digits="0").text
        assert "<Number>+18008418371</Number>" in zero
    helpline.overrides.withdraw(number, "Ada", int(DAY.timestamp()), UTC)
    for each in (one, two):
        look(each)
        assert HERE in each.post("/voice").text


def test_a_call_that_has_begun_is_told_by_the_new_hours_too(helpline: Helpline) -> None:
    server = helpline.server()
    look(server)
    assert "<Dial" in server.post(server.state("advocate", "ring")).text
    place = server.state("welcome", "ask", query="?menu=welcome")
    assert "calling an advocate" in server.post(place, Digits="1").text
    helpline.add(Kind.CLOSED)
    look(server)
    assert "calling an advocate" not in server.post(place, Digits="1").text, "not the present minute's document"
    assert "<Redirect" in server.post(server.state("advocate", "ring")).text


def test_the_last_known_ones_stand_while_the_store_is_away_and_end_by_themselves(helpline: Helpline) -> None:
    server = helpline.server()
    helpline.add(Kind.CLOSED)
    look(server)
    with helpline.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE overrides RENAME TO hidden")
    look(server)
    assert AWAY in server.post("/voice").text
    server.now = DAY + timedelta(hours=1)
    assert HERE in server.post("/voice").text
    fresh = helpline.server()
    look(fresh)
    assert HERE in fresh.post("/voice").text, "the schedule stands where nothing was heard of"


@pytest.mark.parametrize("when", ["before it started", "while it runs"])
def test_one_that_would_break_a_promise_is_not_taken_and_said_until_the_files_are_mended(
    helpline: Helpline, tmp_path: Path, when: str
) -> None:
    """0 leads to a line that is open on working days only: by the hours never at another time."""
    config = Path(copytree(VPR, tmp_path / "config"))
    routing = config / "routing.yaml"
    fine = routing.read_text(encoding="utf-8")
    text = fine.replace("hours: {open: advocate, closed", "hours: {open: day_line, closed").replace(
        "\nnodes:\n", "\n  day:\n    name: a day line\n    number: +1 617 555 0140\n"
        "    open: {monday-friday: 9:00-17:00}\n    confidential: true\n    verified: 2026-11-22\n\n"
        "nodes:\n\n  day_line: {transfer: {resource: day, otherwise: voicemail}}\n"
    )  # fmt: skip
    routing.write_text(text, encoding="utf-8")
    server = helpline.server(config)
    server.now = DAY - timedelta(days=2)  # Saturday
    server.sites.reload()
    assert server.sites.problems == ()
    opened = Override(server.now, server.now + timedelta(hours=1), Kind.OPEN, {})
    if when == "while it runs":
        look(server)
    helpline.overrides.add(opened, "Ada", "x", 1)
    look(server)
    taken = HERE in server.post("/voice").text
    if when == "before it started":
        assert taken, "it was looked at when it was made"
        return
    assert not taken
    ready = server.client.get("/readyz", headers=SHOWN)
    assert ready.status_code == 503
    assert ready.json["overrides"] == "refused"  # type: ignore[index]
    assert list(ready.json["problems"]) == ["overrides"]  # type: ignore[index]
    assert "0 reaches a person" in str(ready.json["problems"])  # type: ignore[index]
    look(server)
    assert server.sites.refused
    routing.write_text(fine, encoding="utf-8")
    server.sites.reload()
    look(server)
    assert HERE in server.post("/voice").text
    assert server.client.get("/readyz").json["overrides"] == "good"  # type: ignore[index]


def test_a_site_that_breaks_a_promise_by_itself_can_be_closed_all_the_same(helpline: Helpline, tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    routing = config / "routing.yaml"
    end = "le comunico ahora.}\n      go: "
    text = routing.read_text(encoding="utf-8")
    assert f"{end}barcc_now" in text
    routing.write_text(text.replace(f"{end}barcc_now", f"{end}leave"), encoding="utf-8")
    server = helpline.server(config)
    server.sites.reload()
    assert server.sites.problems, "it is broken from the start"
    look(server)
    helpline.add(Kind.CLOSED, WORDS)
    look(server)
    assert AWAY in server.post("/voice").text
    assert server.sites.refused == ()


def test_an_edit_is_proven_under_the_overrides_that_stand(helpline: Helpline, tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    server = helpline.server(config)
    helpline.add(Kind.CLOSED, WORDS)
    look(server)
    routing = config / "routing.yaml"
    routing.write_text(routing.read_text(encoding="utf-8").replace("for crisis lines", "for help lines"), "utf-8")
    assert server.sites.reload()
    heard = server.post("/voice").text
    assert "for help lines" in heard.lower()
    assert WORDS["en"] in heard, "the edit comes under the override"


def test_the_public_page_says_what_callers_hear(helpline: Helpline) -> None:
    server = helpline.server()
    helpline.add(Kind.CLOSED, WORDS)
    look(server)
    assert WORDS["en"] in server.client.get("/").text
    page = server.client.get("/?language=es").text
    assert WORDS["es"] in page
    assert WORDS["en"] not in page


def test_a_running_server_follows_by_itself(helpline: Helpline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phonetree.runtime.services.POLL_SECONDS", 0.05)
    polled: list[int] = []
    kept = Overrides.kept

    def counted(overrides: Overrides, now: int) -> tuple[Kept, ...]:
        polled.append(now)
        return kept(overrides, now)

    monkeypatch.setattr(Overrides, "kept", counted)
    server = helpline.server()
    with helpline.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE overrides RENAME TO hidden")
    server.services.start()
    until(lambda: len(polled) > 2)
    with helpline.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO overrides")
    helpline.add(Kind.CLOSED)
    until(lambda: AWAY in server.post("/voice").text)
    server.services.stop()


FIRST, SECOND = "+16175550101", "+16175550102"


def cover(away: str, by: str = "", **more: int) -> Override:
    ends = DAY + timedelta(**(more or {"hours": 1}))
    return Override(DAY, ends, None, {}, Cover(away, by), (Accepted("advocates", DAY, ends, "unanswered"),))


def rung(server: Server) -> list[str]:
    """Who is dialled for a caller who asks for an advocate now."""
    return re.findall(r">(\+\d+)</Number>", server.post(server.state("advocate", "ring")).text)


@pytest.mark.parametrize("helpline", KINDS, indirect=True)
def test_every_server_rings_whoever_covers_until_it_ends(helpline: Helpline) -> None:
    servers = helpline.server(), helpline.server()
    number = helpline.overrides.add(cover("First advocate", "Second advocate"), "Ada", "x", 1)
    for each in servers:
        look(each)
        assert rung(each) == [SECOND]
    helpline.overrides.withdraw(number, "Ada", int(DAY.timestamp()), UTC)
    for each in servers:
        each.now = DAY + timedelta(seconds=COVER_LEAD_SECONDS - 1)
        look(each)
        assert rung(each) == [SECOND], "not before every server knows it"
        each.now = DAY + timedelta(seconds=COVER_LEAD_SECONDS)
        assert rung(each) == [FIRST, SECOND]
    with pytest.raises(OverrideError, match="there is no current or coming override"):
        helpline.overrides.withdraw(number, "Ada", int(DAY.timestamp()) + 1, UTC)


def test_a_cover_that_has_not_begun_is_gone_at_once_when_it_is_withdrawn(helpline: Helpline) -> None:
    number = helpline.overrides.add(cover("First advocate"), "Ada", "x", 1)
    helpline.overrides.withdraw(number, "Ada", int(DAY.timestamp()) - 60, UTC)
    assert helpline.overrides.followed(int(DAY.timestamp())) == ()


def test_nobody_rings_where_staff_accepted_what_callers_come_to(helpline: Helpline) -> None:
    server = helpline.server()
    for name in ("First advocate", "Second advocate"):
        helpline.overrides.add(cover(name), "Ada", "x", 1)
        look(server)
    look(server)
    assert server.sites.refused == ()
    assert rung(server) == []
    heard = server.post(server.state("welcome", "ask", query="?menu=welcome"), Digits="1").text
    assert "no advocate could take your call" in heard
    server.now = DAY + timedelta(hours=1)
    assert rung(server) == [FIRST, SECOND]


def test_what_was_accepted_counts_at_no_other_time_of_the_same_absence(helpline: Helpline) -> None:
    """First advocate is away until Wednesday; what was accepted is that nobody is there on Monday from 16:00 on. Then
    the closure of Tuesday is ended, on which Second advocate is away as well."""
    server = helpline.server()
    look(server)
    at = {name: datetime.fromisoformat(f"2026-11-{name.replace(' ', 'T')}:00-05:00") for name in
          ("23 16:00", "23 17:00", "24 09:00", "24 17:00", "25 17:00")}  # fmt: skip
    closed = Override(at["24 09:00"], at["24 17:00"], Kind.CLOSED, {})
    second = Override(at["23 16:00"], at["24 17:00"], None, {},
                      Cover("Second advocate"))  # fmt: skip
    accepted = Accepted("advocates", at["23 16:00"], at["23 17:00"], "unanswered")
    first = Override(DAY, at["25 17:00"], None, {}, Cover("First advocate"), (accepted,))
    numbers = [helpline.overrides.add(each, "Ada", "x", 1) for each in (closed, second, first)]
    look(server)
    assert not server.sites.refused
    server.now = at["23 16:00"]
    assert rung(server) == []
    helpline.overrides.withdraw(numbers[0], "Ada", int(DAY.timestamp()), UTC)
    look(server)
    poller = server.services.overrides
    assert poller
    assert [number for number, _ in poller.refused] == [numbers[2]]
    server.now = at["24 09:00"] + timedelta(hours=1)
    assert rung(server) == [FIRST]


def test_one_that_would_leave_nobody_is_left_out_and_keeps_no_other_from_being_in_force(helpline: Helpline) -> None:
    """While the line was closed both could be away without anybody's accepting it; then the closure was ended."""
    server = helpline.server()
    look(server)
    closed = helpline.add(Kind.CLOSED)
    for name in ("First advocate", "Second advocate"):
        helpline.overrides.add(Override(DAY, DAY + timedelta(hours=1), None, {}, Cover(name)), "Ada", "x", 1)
    look(server)
    assert not server.sites.refused
    helpline.overrides.withdraw(closed, "Ada", int(DAY.timestamp()), UTC)
    look(server)
    assert HERE in server.post("/voice").text, "what was ended is ended"
    assert rung(server) == [SECOND], "the newest is left out"
    poller = server.services.overrides
    assert poller
    assert [number for number, _ in poller.refused] == [3]
    assert {2, closed} >= {number for number, _ in poller.following} >= {2}
    helpline.add(None, WORDS)
    look(server)
    assert WORDS["en"] in server.post("/voice").text, "and newer ones come into force"
    helpline.overrides.withdraw(2, "Ada", int(DAY.timestamp()), UTC)
    server.now = DAY + timedelta(seconds=COVER_LEAD_SECONDS)
    look(server)
    assert not poller.refused
    assert rung(server) == [FIRST], "once the other is back, this one is away"


def test_a_server_that_starts_never_leaves_callers_with_nobody(helpline: Helpline) -> None:
    """It looks at who can be rung before it answers with anything, and proves it in its next round."""
    for name in ("First advocate", "Second advocate"):
        helpline.overrides.add(Override(DAY, DAY + timedelta(hours=1), None, {}, Cover(name)), "Ada", "x", 1)
    server = helpline.server()
    look(server)
    assert rung(server) == [SECOND]
    poller = server.services.overrides
    assert poller
    assert [number for number, _ in poller.refused] == [2], "and says so"
    look(server)
    assert rung(server) == [SECOND]
    assert server.sites.refused


def test_a_server_that_starts_takes_over_what_staff_accepted_and_every_closure(helpline: Helpline) -> None:
    for name in ("First advocate", "Second advocate"):
        helpline.overrides.add(cover(name), "Ada", "x", 1)
    server = helpline.server()
    look(server)
    assert rung(server) == []
    helpline.add(Kind.CLOSED)
    closed = helpline.server()
    look(closed)
    assert AWAY in closed.post("/voice").text


@pytest.mark.parametrize("reported", [True, False])
def test_a_server_that_starts_leaves_out_what_others_do(helpline: Helpline, reported: bool) -> None:
    number = helpline.overrides.add(cover("First advocate", "Second advocate"), "Ada", "x", 1)
    if reported:
        told = Report("abc", refused=((number, "0 reaches nobody"),))
        Servers(helpline.store).tell("another", told, int(DAY.timestamp()))
    else:
        with helpline.store.write() as connection:
            connection.exec_driver_sql("DROP TABLE servers")
    server = helpline.server()
    look(server)
    assert rung(server) == ([FIRST, SECOND] if reported else [SECOND])
    look(server)
    assert rung(server) == [SECOND], "once it found out for itself"


def test_what_is_left_out_unproved_is_the_newest_cover_and_only_for_soon() -> None:
    site = load(VPR, RULES).site
    first, second = (Override(DAY, DAY + timedelta(hours=1), None, {}, Cover(f"{one} advocate"))
                     for one in ("First", "Second"))  # fmt: skip
    closed = Override(DAY, DAY + timedelta(minutes=30), Kind.CLOSED, {})
    assert unproved(site, (first, second), DAY)[0] == (second,)
    assert unproved(site, (first, second, closed), DAY) == ((first, second, closed), ()), "nobody is to be rung"
    assert unproved(site, (first, second, closed), DAY + timedelta(minutes=25))[0] == (second, closed)
    accepted = Accepted("advocates", DAY, DAY + timedelta(hours=1), "unanswered")
    assert unproved(site, (first, replace(second, accepted=(accepted,))), DAY)[1] == (), "by whomever"


def test_a_ringing_goes_on_with_those_on_shift_when_it_began(helpline: Helpline, tmp_path: Path) -> None:
    """Also after the cover's end, and on a server that did not know of the call."""
    config = Path(copytree(VPR, tmp_path / "config"))
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    assert "ring: together" in text
    routing.write_text(text.replace("ring: together", "ring: in-order"), encoding="utf-8")
    one, two = helpline.server(config), helpline.server(config)
    look(one)
    helpline.overrides.add(cover("First advocate", minutes=1), "Ada", "x", 1)
    for each in (one, two):
        look(each)
        each.now = DAY + timedelta(seconds=55)
    document = one.post(one.state("advocate", "ring")).text
    assert re.findall(r">(\+\d+)</Number>", document) == [SECOND]
    then = re.search(r'<Dial[^>]* action="([^"]+)"', document)
    assert then
    address = unescape(then[1]).removeprefix(URL)
    two.now = DAY + timedelta(seconds=75)
    look(two)
    after = two.post(address, DialCallStatus="no-answer").text
    assert "<Number" not in after, "First advocate was away when it began, and all others were rung"
