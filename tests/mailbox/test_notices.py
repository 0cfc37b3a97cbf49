"""Notices: once on each channel, whatever becomes of the others, and nothing in them about the caller."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest
from werkzeug.wrappers import Request, Response

from phonetree.errors import SettingsError
from phonetree.mailbox.notices import (
    FIRST_WAIT_SECONDS,
    LONGEST_WAIT_SECONDS,
    REMIND_SECONDS,
    REMINDER,
    Notices,
    channels,
    tell,
)
from phonetree.runtime.alerts import UNANSWERED
from tests.support.databases import KINDS
from tests.support.mail import Mailbox, mailbox
from tests.support.serving import served

NOW = 1_800_000_000


@dataclass
class Office:
    """Where notices arrive: two addresses, either of which may be out of order."""

    arrived: list[tuple[str, str]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    url: str = ""

    def __call__(self, environ, start_response):  # type: ignore[no-untyped-def]
        request = Request(environ)
        if request.path in self.broken:
            return Response(status=500)(environ, start_response)
        self.arrived.append((request.path, json.loads(request.get_data())["message"]))
        return Response(status=200)(environ, start_response)

    @property
    def addresses(self) -> str:
        channel = self.url.replace("http", "json")
        return f"{channel}/one {channel}/two"


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office()
    with served(made) as made.url:
        yield made


@pytest.fixture(params=KINDS)
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mailbox]:
    with mailbox(request.param, tmp_path) as made:
        yield made


def _notices(box: Mailbox, office: Office) -> Notices:
    return Notices(box.store, box.voicemails, channels(office.addresses))


def _collected(box: Mailbox, seconds: int = 2) -> str:
    box.leave(seconds)
    box.collector.round(NOW)
    return box.voicemails.listed()[0].id


def test_each_channel_is_told_once(box: Mailbox, office: Office) -> None:
    _collected(box)
    notices = _notices(box, office)
    for later in range(5):
        notices.round(NOW + later)
    text = "A new message is waiting for the advocates."
    assert sorted(office.arrived) == [("/one", text), ("/two", text)]


def test_a_broken_channel_keeps_no_other_back_is_shown_and_tried_again(box: Mailbox, office: Office) -> None:
    _collected(box)
    office.broken.add("/one")
    notices = _notices(box, office)
    notices.round(NOW)
    notices.round(NOW + 1)
    assert [where for where, _ in office.arrived] == ["/two"]
    (failing,) = notices.failing()
    assert (failing.kind, failing.attempts) == ("json", 1)
    notices.round(NOW + FIRST_WAIT_SECONDS)
    assert notices.failing()[0].attempts == 2
    office.broken.clear()
    notices.round(NOW + LONGEST_WAIT_SECONDS)
    assert [where for where, _ in office.arrived] == ["/two", "/one"]
    assert notices.failing() == ()


def test_two_workers_tell_once(box: Mailbox, office: Office) -> None:
    _collected(box)
    notices = _notices(box, office)
    workers = [Thread(target=notices.round, args=(NOW,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(office.arrived) == 2


def test_what_stays_unclaimed_is_brought_to_mind_until_it_is_claimed(box: Mailbox, office: Office) -> None:
    message = _collected(box)
    notices = _notices(box, office)
    for hours in range(9):
        notices.round(NOW + hours * 3600)
    told = [text for where, text in office.arrived if where == "/one"]
    assert told.count(REMINDER) == 8 * 3600 // REMIND_SECONDS
    box.voicemails.claim(message, "Ada", NOW)
    office.arrived.clear()
    notices.round(NOW + 100 * 3600)
    assert office.arrived == []


def test_what_waits_again_is_not_told_as_new_and_brought_to_mind_like_any_other(box: Mailbox, office: Office) -> None:
    message = _collected(box)
    notices = _notices(box, office)
    notices.round(NOW)
    box.voicemails.handled(message, "Ada", NOW)
    office.arrived.clear()
    box.voicemails.reopen(message, NOW + 3600)
    notices.round(NOW + 3600 + REMIND_SECONDS)
    assert office.arrived == []
    notices.round(NOW + 3601 + REMIND_SECONDS)
    assert {text for _, text in office.arrived} == {REMINDER}


def test_that_nobody_could_be_reached_is_told_and_kept_nowhere(box: Mailbox, office: Office) -> None:
    notices = _notices(box, office)
    tell(channels(office.addresses), UNANSWERED)
    assert sorted(office.arrived) == [("/one", UNANSWERED), ("/two", UNANSWERED)]
    assert notices.failing() == ()


def test_an_address_that_is_none_is_named_without_being_shown() -> None:
    with pytest.raises(SettingsError) as error:
        channels("json://127.0.0.1/one nonsense-with-a-secret")
    assert str(error.value) == "PHONETREE_NOTIFY: address 2 is not a valid Apprise address"
    assert channels("") == ()
