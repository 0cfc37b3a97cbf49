"""Reminders: before each shift once, to each address, whatever becomes of the others; and nothing about callers."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import select
from werkzeug.wrappers import Request, Response

from phonetree.config.site import overridden
from phonetree.core.schedule import Cover, Override, Span
from phonetree.core.tree import Always, Site
from phonetree.errors import EditError
from phonetree.mailbox.notices import channels
from phonetree.mailbox.reminders import LONGEST_WAIT_SECONDS, ReminderRounds
from phonetree.store.database import Store
from phonetree.store.overrides import Overrides
from phonetree.store.reminders import KEEP_SECONDS, MOST, Reminder, Reminders
from phonetree.store.tables import reminded, reminders
from phonetree.web import create_app
from phonetree.web.context import of
from tests.core.test_rota import at, with_shifts
from tests.support.databases import KINDS, store
from tests.support.lines import VPR, settings
from tests.support.server import Server
from tests.support.serving import served
from tests.support.staff import account

FIRST, SECOND = "First advocate", "Second advocate"
SITE = with_shifts(Span(540, 780), Span(780, 1020))
SECRETS = ("k" * 32,)
TOLD = f"{FIRST}: the next shift is on Monday 23 November from 09:00 until 13:00 (America/New_York), team advocates."


@dataclass
class Phones:
    """Where reminders arrive: an address each, any of which may be out of order."""

    arrived: list[tuple[str, str]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    url: str = ""

    def __call__(self, environ, start_response):  # type: ignore[no-untyped-def]
        request = Request(environ)
        if request.path in self.broken:
            return Response(status=500)(environ, start_response)
        self.arrived.append((request.path, request.get_data(as_text=True)))
        return Response(status=200)(environ, start_response)

    def address(self, name: str) -> str:
        return f"{self.url.replace('http', 'ntfy')}/{name}"


@pytest.fixture
def phones() -> Iterator[Phones]:
    made = Phones()
    with served(made) as made.url:
        yield made


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with store(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def ada(kept: Store) -> str:
    return account(kept, "Ada")


@pytest.fixture
def ben(kept: Store) -> str:
    return account(kept, "Ben")


def _rounds(kept: Store, phones: Phones, site: Site = SITE, secrets: tuple[str, ...] = SECRETS) -> ReminderRounds:
    """The operator names the server that the phones are at, since it is on this machine."""
    return ReminderRounds(Reminders(kept, secrets), lambda: site, channels(phones.address("staff")))


def _second(text: str) -> int:
    return int(at(f"2026-11-{text}").timestamp())


@pytest.mark.slow
def test_a_shift_is_reminded_of_once_in_time(kept: Store, phones: Phones, ada: str, ben: str) -> None:
    wanted = Reminders(kept, SECRETS)
    wanted.keep(ada, FIRST, phones.address("ada"), 30, "Ada", 0)
    wanted.keep(ben, FIRST, phones.address("ben"), 60, "Ada", 0)
    for minute in range(120):
        _rounds(kept, phones).round(_second("23 07:50") + minute * 60)
        if minute == 39:
            assert phones.arrived == [("/ben", TOLD)]
    assert phones.arrived == [("/ben", TOLD), ("/ada", TOLD)]


def test_after_an_outage_it_comes_late_but_never_after_the_beginning(kept: Store, phones: Phones, ada: str) -> None:
    Reminders(kept, SECRETS).keep(ada, FIRST, phones.address("ada"), 30, "Ada", 0)
    _rounds(kept, phones).round(_second("23 08:58"))
    assert phones.arrived == [("/ada", TOLD)]
    _rounds(kept, phones).round(_second("24 09:00"))
    assert len(phones.arrived) == 1


def test_two_workers_remind_once(kept: Store, phones: Phones, ada: str) -> None:
    Reminders(kept, SECRETS).keep(ada, FIRST, phones.address("ada"), 30, "Ada", 0)
    workers = [Thread(target=_rounds(kept, phones).round, args=(_second("23 08:45"),)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert phones.arrived == [("/ada", TOLD)]


def test_a_failing_address_keeps_no_other_back_is_shown_and_tried_again(
    kept: Store, phones: Phones, ada: str, ben: str
) -> None:
    wanted = Reminders(kept, SECRETS)
    wanted.keep(ada, FIRST, phones.address("ada"), 30, "Ada", 0)
    wanted.keep(ben, FIRST, phones.address("ben"), 30, "Ada", 0)
    phones.broken.add("/ada")
    _rounds(kept, phones).round(_second("23 08:31"))
    assert [where for where, _ in phones.arrived] == ["/ben"]
    assert {each.account: each.failing for each in wanted.wanted()} == {ada: True, ben: False}
    phones.broken.clear()
    _rounds(kept, phones).round(_second("23 08:31") + LONGEST_WAIT_SECONDS)
    assert [where for where, _ in phones.arrived] == ["/ben", "/ada"]
    assert [each.failing for each in wanted.wanted()] == [False, False]


def test_an_address_that_fails_to_the_end_is_tried_no_more_once_the_shift_begins(
    kept: Store, phones: Phones, ada: str
) -> None:
    Reminders(kept, SECRETS).keep(ada, FIRST, phones.address("ada"), 30, "Ada", 0)
    phones.broken.add("/ada")
    for minute in range(40):
        _rounds(kept, phones).round(_second("23 08:31") + minute * 60)
    phones.broken.clear()
    _rounds(kept, phones).round(_second("23 10:00"))
    assert phones.arrived == []


def test_a_cover_changes_who_is_reminded(kept: Store, phones: Phones, ada: str, ben: str) -> None:
    wanted = Reminders(kept, SECRETS)
    wanted.keep(ada, FIRST, phones.address("ada"), 30, "Ada", 0)
    wanted.keep(ben, SECOND, phones.address("ben"), 30, "Ada", 0)
    cover = Override(at("2026-11-23 00:00"), at("2026-11-24 00:00"), None, {}, Cover(FIRST, SECOND))
    _rounds(kept, phones, overridden(SITE, (cover,))).round(_second("23 08:45"))
    whole = TOLD.replace(FIRST, SECOND).replace("13:00", "17:00")
    assert phones.arrived == [("/ben", whole)]


def test_switched_off_or_forgotten_it_is_silent(kept: Store, phones: Phones, ada: str, ben: str) -> None:
    wanted = Reminders(kept, SECRETS)
    wanted.keep(ada, FIRST, phones.address("ada"), 30, "Ada", 0)
    wanted.keep(ben, FIRST, phones.address("ben"), 30, "Ada", 0)
    wanted.switch(ada, FIRST, "Ada", 0, sent=False)
    wanted.forget(ben, FIRST, "Ada", 0)
    _rounds(kept, phones).round(_second("23 08:45"))
    assert phones.arrived == []
    assert [(each.sent, each.kind) for each in wanted.of(ada)] == [(False, "ntfy")]
    assert wanted.of(ben) == ()
    wanted.switch(ada, FIRST, "Ada", 0, sent=True)
    _rounds(kept, phones).round(_second("23 08:46"))
    assert phones.arrived == [("/ada", TOLD)]


def test_the_address_is_stored_sealed_and_shown_nowhere(
    kept: Store, phones: Phones, caplog: pytest.LogCaptureFixture, ada: str
) -> None:
    wanted = Reminders(kept, SECRETS)
    address = phones.address("a-secret-of-ada")
    wanted.keep(ada, FIRST, address, 30, "Ada", 0)
    phones.broken.add("/a-secret-of-ada")
    with caplog.at_level(logging.INFO):
        _rounds(kept, phones).round(_second("23 08:45"))
    with kept.read() as connection:
        assert "secret" not in str(connection.execute(select(reminders)).all())
    assert "secret" not in str(wanted.of(ada))
    assert "secret-of" not in caplog.text


def test_a_key_that_is_rotated_loses_nothing_and_a_lost_one_is_shown(kept: Store, phones: Phones, ada: str) -> None:
    Reminders(kept, SECRETS).keep(ada, FIRST, phones.address("ada"), 30, "Ada", 0)
    _rounds(kept, phones, secrets=("n" * 32, *SECRETS)).round(_second("22 08:45"))
    _rounds(kept, phones, secrets=("n" * 32,)).round(_second("23 08:45"))
    assert phones.arrived == [("/ada", TOLD)]
    lost = Reminders(kept, ("x" * 32,))
    _rounds(kept, phones, secrets=("x" * 32,)).round(_second("24 08:45"))
    assert [(each.failing, each.address) for each in lost.wanted()] == [(True, None)]


def test_what_was_sent_is_forgotten(kept: Store, phones: Phones, ada: str) -> None:
    Reminders(kept, SECRETS).keep(ada, FIRST, phones.address("ada"), 30, "Ada", 0)
    for now, rows in ((_second("23 08:45"), 1), (_second("23 09:00") + KEEP_SECONDS + 1, 0)):
        _rounds(kept, phones).round(now)
        with kept.read() as connection:
            assert len(connection.execute(select(reminded)).all()) == rows


def test_an_account_has_so_many_at_most_and_one_for_each_member(kept: Store, ada: str) -> None:
    wanted = Reminders(kept, SECRETS)
    for number in range(MOST):
        wanted.keep(ada, f"member {number}", "ntfy://127.0.0.1", 30, "Ada", 0)
    with pytest.raises(EditError, match="remove one first"):
        wanted.keep(ada, "one more", "ntfy://127.0.0.1", 30, "Ada", 0)
    wanted.keep(ada, "member 0", "ntfy://127.0.0.1/other", 45, "Ada", 0)
    assert wanted.of(ada)[0] == Reminder(
        ada, "member 0", 45, sent=True, failing=False, address="ntfy://127.0.0.1/other"
    )


def test_a_night_shift_ends_the_next_day(kept: Store, phones: Phones, ben: str) -> None:
    site = with_shifts(Span(480, 540), Span(1200, 1860))
    site = overridden(site, ())
    Reminders(kept, SECRETS).keep(ben, SECOND, phones.address("ben"), 30, "Ada", 0)
    team = replace(site.teams["advocates"], hours=Always())
    _rounds(kept, phones, replace(site, teams={"advocates": team})).round(_second("23 19:45"))
    ((_, text),) = phones.arrived
    assert "on Monday 23 November from 20:00 until 07:00 the next day" in text


def test_minutes_are_counted_over_the_change_of_clocks(kept: Store, phones: Phones, ada: str) -> None:
    Reminders(kept, SECRETS).keep(ada, FIRST, phones.address("ada"), 24 * 60, "Ada", 0)
    begins = datetime.fromisoformat("2026-03-09T09:00:00-04:00")
    _rounds(kept, phones).round(int(begins.timestamp()) - 24 * 3600)
    ((_, text),) = phones.arrived
    assert "Monday 9 March from 09:00" in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_running_server_reminds_with_the_covers_of_the_store(kind: str, tmp_path: Path, phones: Phones) -> None:
    with store(kind, tmp_path) as kept:
        address = kept.engine.url.render_as_string(hide_password=False)
        who = account(kept, "Ada")
        wanted = Reminders(kept, SECRETS)
        for name in (FIRST, SECOND):
            wanted.keep(who, name, phones.address(name.partition(" ")[0]), 30, "Ada", 0)
        begins, ends = at("2026-11-24 00:00"), at("2026-11-25 00:00")
        Overrides(kept).add(Override(begins, ends, None, {}, Cover(FIRST)), "Ada", "a cover", _second("23 08:00"))
        server = Server(VPR, database=address, secrets=SECRETS, notify=phones.address("staff"))
        for day in ("23", "24"):
            server.worker.remind_members(_second(f"{day} 08:45"))
        server.close()
    assert sorted(where for where, _ in phones.arrived) == ["/First", "/Second", "/Second"]


def test_where_another_process_does_the_work_nobody_is_reminded_twice(tmp_path: Path, phones: Phones) -> None:
    with store("sqlite", tmp_path) as kept:
        Reminders(kept, SECRETS).keep(account(kept, "Ada"), FIRST, phones.address("ada"), 30, "Ada", 0)
        address = kept.engine.url.render_as_string(hide_password=False)
        made = replace(
            settings(VPR), database=address, secrets=SECRETS, background=False, notify=phones.address("staff")
        )
        worker = of(create_app(made, watching=False)).services.worker
        assert worker
        worker.remind_members(_second("23 08:45"))
        worker.store.close()
    assert phones.arrived == []
