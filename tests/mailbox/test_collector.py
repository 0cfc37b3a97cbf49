"""The collector: every message comes here once, sealed, and none stays at the provider."""

import os
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, select, update

from phonetree.core.tree import Helpline
from phonetree.errors import ProviderError, StoreError
from phonetree.mailbox.collector import LEAST_SECONDS, SETTLE_SECONDS
from phonetree.mailbox.sealing import HEADER_BYTES, TAG_BYTES
from phonetree.provider import rest
from phonetree.simulator.provider import Failing, Fault, HeldCall
from phonetree.store.tables import fetches, messages, notices, parts, wrapped_keys
from phonetree.store.voicemails import VoicemailState
from tests.support.databases import KINDS
from tests.support.mail import HELPLINE, NUMBER, Mailbox, mailbox, pair

pytestmark = pytest.mark.slow

NOW = 1_800_000_000
LATER = NOW + 10_000
MEDIA = r"GET /media/.*"


ON_EACH = pytest.mark.parametrize("box", KINDS, indirect=True)
"""What depends on the kind of database: what is claimed, stored and forgotten. The rest is about the provider."""


@pytest.fixture
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Mailbox]:
    with mailbox(getattr(request, "param", "sqlite"), tmp_path) as made:
        yield made


def _names(box: Mailbox) -> list[str | None]:
    with box.store.read() as connection:
        return list(connection.execute(select(messages.c.source)).scalars())


def _nothing_at_the_provider(box: Mailbox) -> bool:
    return not box.provider.recordings


@ON_EACH
def test_a_message_comes_here_sealed_and_leaves_the_provider(box: Mailbox) -> None:
    held = box.leave(3)
    box.collector.round(NOW)
    (message,) = box.voicemails.listed()
    assert box.sound(message.id) == held.sound
    assert (message.seconds, message.state, message.left_at) == (3, VoicemailState.NEW, int(held.made_at.timestamp()))
    assert message.size == HEADER_BYTES + len(held.sound) + TAG_BYTES
    assert _nothing_at_the_provider(box)
    assert not box.provider.calls, "the record of the call is deleted too"
    assert _names(box) == [held.id], "so that another worker does not store it too"
    box.collector.round(NOW + SETTLE_SECONDS + 1)
    assert _names(box) == [None], "nothing here says whose recording it was"


@ON_EACH
def test_many_messages_come_over_several_pages_each_once(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phonetree.simulator.provider.PAGE_SIZE", 10)
    held = [box.leave(2, f"CA{number:032x}") for number in range(25)]
    box.collector.round(NOW)
    box.collector.round(NOW)
    assert sorted(box.sounds()) == sorted(one.sound for one in held)
    assert _nothing_at_the_provider(box)
    with box.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(notices)).scalar_one() == 25


def test_nothing_is_taken_that_is_not_the_helplines_or_not_done(box: Mailbox) -> None:
    other = box.provider.leave("CA" + "2" * 32, 2, number="+16175550177", caller="+16175550178")
    going_on = box.leave(2)
    going_on.status = "processing"
    box.collector.round(NOW)
    assert set(box.provider.recordings) == {other.id, going_on.id}
    assert set(box.provider.calls) == {other.call, going_on.call}
    going_on.status = "completed"
    box.collector.round(NOW)
    assert set(box.provider.recordings) == {other.id}
    assert len(box.voicemails.listed()) == 1


@pytest.mark.parametrize(
    "failing",
    [
        Failing(Fault.NOT_FOUND, MEDIA),
        Failing(Fault.TOO_MANY, MEDIA),
        Failing(Fault.SERVER_ERROR, MEDIA),
        Failing(Fault.CUT, MEDIA),
        Failing(Fault.SLOW, MEDIA),
        Failing(Fault.EMPTY, MEDIA),
        Failing(Fault.ELSEWHERE, r"GET .*\.wav"),
        Failing(Fault.UNAUTHORIZED, r"GET .*\.wav"),
        Failing(Fault.SERVER_ERROR, r"DELETE .*Recordings.*"),
        Failing(Fault.SERVER_ERROR, r"DELETE .*Calls.*"),
        Failing(Fault.TOO_MANY, r"GET .*Calls/.*"),
        Failing(Fault.TIMEOUT, MEDIA),
        Failing(Fault.UNAUTHORIZED, r"GET .*Recordings.json"),
        Failing(Fault.NOT_JSON, r"GET .*Recordings.json"),
        Failing(Fault.SERVER_ERROR, r"GET .*Calls.json"),
    ],
    ids=lambda failing: f"{failing.fault} at {failing.matches}",
)
def test_whatever_the_provider_does_once_the_message_comes_in_the_end(
    failing: Failing, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rest, "TIMEOUT_SECONDS", (1.0, 0.1 if failing.fault is Fault.TIMEOUT else 1.0))
    held = [box.leave(2), box.leave(2, "CA" + "3" * 32)]
    box.provider.failing.append(failing)
    for moment in (NOW, LATER, 2 * LATER):
        try:
            box.collector.round(moment)
        except ProviderError:
            assert failing.matches.endswith("json"), "one recording's failure does not end a round"
    assert sorted(box.sounds()) == sorted(one.sound for one in held)
    assert _nothing_at_the_provider(box)
    assert not box.provider.calls
    assert box.voicemails.failures() == {}


@ON_EACH
def test_a_recording_that_cannot_be_fetched_is_shown_and_tried_again_for_days(box: Mailbox) -> None:
    held = box.leave(2)
    good = box.leave(2, "CA" + "4" * 32)
    box.provider.failing.append(Failing(Fault.NOT_FOUND, f"GET .*{held.id}", times=1000))
    moment, gaps = NOW, []
    for _ in range(40):
        box.collector.round(moment)
        failure = box.voicemails.failures()[held.id]
        gaps.append(failure.next_at - moment)
        box.collector.round(failure.next_at - 1)
        assert box.voicemails.failures()[held.id].attempts == failure.attempts, "not before it is due"
        moment = failure.next_at
    assert box.sounds() == [good.sound], "it does not keep another back"
    assert failure.failure == "fetching a recording: the provider answered 404"
    assert failure.attempts == 40
    assert 15 <= gaps[0] <= 30
    assert all(1800 <= gap <= 3600 for gap in gaps[8:])
    assert len(set(gaps[8:])) > 10, "with jitter"
    assert held.id in box.provider.recordings
    box.provider.failing.clear()
    box.collector.round(moment)
    assert len(box.voicemails.listed()) == 2


def test_a_provider_that_asks_to_be_left_alone_is(box: Mailbox) -> None:
    held = box.leave(2)
    box.provider.failing.append(Failing(Fault.TOO_MANY, MEDIA))
    box.collector.round(NOW)
    assert box.voicemails.failures()[held.id].next_at in (NOW, NOW + 1)


def test_credentials_go_to_no_other_host(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    box.leave(2)
    box.provider.failing.append(Failing(Fault.ELSEWHERE, r"GET .*\.wav"))
    asked: list[str] = []
    original = rest.Provider._asked

    def watched(self, method, url, what, **options):  # type: ignore[no-untyped-def]
        asked.append(url)
        return original(self, method, url, what, **options)

    monkeypatch.setattr(rest.Provider, "_asked", watched)
    box.collector.round(NOW)
    assert all(url.startswith(box.url) for url in asked)
    assert next(iter(box.voicemails.failures().values())).failure == "fetching a recording led to another host"


def test_a_recording_larger_than_any_is_left_where_it_is_and_shown(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = box.leave(2)
    monkeypatch.setattr(rest, "MOST_BYTES", 1000)
    box.collector.round(NOW)
    assert box.voicemails.failures()[held.id].failure == "a recording is too large to be ours"
    assert held.id in box.provider.recordings


def test_what_the_provider_encrypted_itself_is_kept_as_it_comes(box: Mailbox) -> None:
    held = box.leave(2)
    plain = held.sound
    key, iv = os.urandom(32), os.urandom(12)
    held.sound = AESGCM(key).encrypt(iv, plain, None)
    held.encryption = {
        "public_key_sid": "CR" + "1" * 32,
        "encrypted_cek": b64encode(pair()[0].wrap(key)).decode(),
        "iv": b64encode(iv).decode(),
    }
    box.collector.round(NOW)
    (message,) = box.voicemails.listed()
    assert b"".join(box.voicemails.sealed(message.id)) == held.sound
    assert box.sound(message.id) == plain
    assert _nothing_at_the_provider(box)


def test_without_a_key_nothing_is_fetched_and_staff_are_told(tmp_path: Path) -> None:
    with mailbox("sqlite", tmp_path, keys=()) as box:
        held = box.leave(2)
        box.collector.round(NOW)
        assert "make one with: keys create" in box.voicemails.failures()[held.id].failure
        assert held.id in box.provider.recordings


@ON_EACH
def test_what_was_stored_badly_is_not_deleted_at_the_provider(box: Mailbox) -> None:
    held = box.leave(2)
    box.provider.failing.append(Failing(Fault.SERVER_ERROR, r"DELETE .*Recordings.*"))
    box.collector.round(NOW)
    with box.store.write() as connection:
        connection.execute(update(parts).where(parts.c.number == 0).values(sealed=b"rotten"))
    box.collector.round(LATER)
    assert held.id in box.provider.recordings
    assert "has changed" in box.voicemails.failures()[held.id].failure


@ON_EACH
def test_a_message_that_staff_deleted_first_is_deleted_at_the_provider_and_never_comes_again(box: Mailbox) -> None:
    box.leave(2)
    box.provider.failing.append(Failing(Fault.SERVER_ERROR, r"DELETE .*Recordings.*"))
    box.collector.round(NOW)
    (message,) = box.voicemails.listed()
    box.voicemails.delete(message.id)
    assert box.voicemails.listed() == ()
    box.collector.round(LATER)
    box.collector.round(2 * LATER)
    assert box.voicemails.listed() == ()
    assert _nothing_at_the_provider(box)
    assert _names(box) == []
    with box.store.read() as connection:
        for table in (parts, wrapped_keys, notices, fetches):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_a_recording_that_is_still_listed_after_it_was_deleted_is_not_fetched_again(box: Mailbox) -> None:
    held = box.leave(2)
    box.collector.round(NOW)
    box.provider.recordings[held.id] = held
    box.provider.failing.append(Failing(Fault.NOT_FOUND, MEDIA))
    box.collector.round(NOW + 60)
    assert box.voicemails.failures() == {}
    assert box.provider.failing, "nothing was fetched"
    assert _nothing_at_the_provider(box)
    assert box.sounds() == [held.sound]


def test_records_of_calls_go_only_when_both_legs_are_over(box: Mailbox) -> None:
    box.provider.calls = {
        "CA" + "a" * 32: HeldCall("CA" + "a" * 32, NUMBER, "+16175550123", "in-progress"),
        "CA" + "b" * 32: HeldCall("CA" + "b" * 32, "+16175550101", NUMBER, "in-progress", "CA" + "a" * 32),
        "CA" + "c" * 32: HeldCall("CA" + "c" * 32, NUMBER, "+16175550124", "completed"),
        "CA" + "d" * 32: HeldCall("CA" + "d" * 32, "+16175550160", "+16175550124", "completed", "CA" + "c" * 32),
    }
    box.collector.round(NOW)
    assert set(box.provider.calls) == {"CA" + "a" * 32, "CA" + "b" * 32}
    for call in box.provider.calls.values():
        call.status = "completed"
    box.collector.round(NOW)
    assert not box.provider.calls


def test_a_database_that_is_away_leaves_everything_at_the_provider(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = box.leave(2)

    def away(*_: object) -> None:
        raise StoreError("the database cannot be used")

    with monkeypatch.context() as patched:
        patched.setattr(box.store, "write", away)
        with pytest.raises(StoreError):
            box.collector.round(NOW)
    assert held.id in box.provider.recordings
    box.collector.round(NOW)
    assert box.sounds() == [held.sound]


# -- what is too short to be a message


def _rows(box: Mailbox) -> int:
    """How much the database holds of messages."""
    with box.store.read() as connection:
        tables = (messages, parts, wrapped_keys, notices, fetches)
        return sum(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)


@pytest.mark.parametrize("seconds", range(LEAST_SECONDS))
def test_what_is_too_short_to_be_a_message_is_deleted_and_nobody_is_told(seconds: int, box: Mailbox) -> None:
    """Its caller heard that nothing was kept."""
    box.leave(seconds)
    box.collector.round(NOW)
    assert _nothing_at_the_provider(box)
    assert _rows(box) == 0
    assert not any("/media/" in what or ".wav" in what for what in box.provider.asked), "not even fetched"
    assert not box.provider.calls, "the record of its call goes too"


def test_the_shortest_message_is_kept(box: Mailbox) -> None:
    held = [box.leave(LEAST_SECONDS), box.leave(LEAST_SECONDS + 1, "CA" + "2" * 32)]
    box.collector.round(NOW)
    assert sorted(box.sounds()) == sorted(one.sound for one in held)
    assert _nothing_at_the_provider(box)


@pytest.mark.parametrize("duration", ["", "-1", "soon", "1.5"])
def test_a_recording_of_unknown_length_is_kept(duration: str, box: Mailbox) -> None:
    held = box.leave(3)
    held.duration = duration
    box.collector.round(NOW)
    assert box.sounds() == [held.sound]
    assert _nothing_at_the_provider(box)


def test_what_is_too_short_and_not_the_helplines_stays(box: Mailbox) -> None:
    other = box.provider.leave("CA" + "2" * 32, 0, number="+16175550177", caller="+16175550178")
    going_on = box.leave(0)
    going_on.status = "processing"
    box.collector.round(NOW)
    assert set(box.provider.recordings) == {other.id, going_on.id}


@ON_EACH
def test_what_is_too_short_is_deleted_in_the_end_when_the_provider_refuses_first(box: Mailbox) -> None:
    box.leave(0)
    box.provider.failing.append(Failing(Fault.SERVER_ERROR, r"DELETE .*Recordings.*"))
    box.collector.round(NOW)
    assert not _nothing_at_the_provider(box)
    box.collector.round(LATER)
    assert _nothing_at_the_provider(box)
    assert _rows(box) == 0


# -- a number that is forwarded, and others of the same account

DIALLED, ARRIVES = NUMBER, "+16175550159"
FORWARDED = Helpline("Harbour Line", DIALLED, ARRIVES, DIALLED, None)
OTHER, CALLER, ADVOCATE = "+16175550177", "+16175550123", "+16175550101"
"""Another number of the same account, somebody who calls, and whom the helpline rings."""


def _call(box: Mailbox, letter: str, to: str, caller: str, parent: str = "", direction: str = "") -> str:
    """A record of a call, named by a letter."""
    name = f"CA{letter * 32}"
    box.provider.calls[name] = HeldCall(
        name, to, caller, parent=f"CA{parent * 32}" if parent else "", direction=direction
    )
    return name


def _calls(box: Mailbox) -> str:
    """The letters of the records that are left."""
    return "".join(sorted(name[2] for name in box.provider.calls))


@ON_EACH
def test_a_forwarded_calls_message_and_the_records_of_both_legs_go_and_no_others(box: Mailbox) -> None:
    box.helpline = FORWARDED
    held = box.provider.leave(_call(box, "a", ARRIVES, CALLER), 2)
    _call(box, "b", ADVOCATE, DIALLED, parent="a")
    theirs = box.provider.leave(_call(box, "c", OTHER, CALLER), 2)
    _call(box, "d", ADVOCATE, OTHER, parent="c")
    box.collector.round(NOW)
    assert box.sounds() == [held.sound]
    assert set(box.provider.recordings) == {theirs.id}
    assert _calls(box) == "cd"


def test_the_record_of_a_leg_goes_also_when_that_of_its_call_is_gone(box: Mailbox) -> None:
    box.helpline = FORWARDED
    _call(box, "a", ADVOCATE, DIALLED, parent="0")
    _call(box, "b", ADVOCATE, ARRIVES, parent="0")
    box.collector.round(NOW)
    assert _calls(box) == ""


def test_who_shows_the_helplines_number_to_others_of_the_account_keeps_what_is_theirs(box: Mailbox) -> None:
    """The helpline's staff, whose desks show its number, call another number of the account and leave a message there;
    another line of the account shows that number too, calls the helpline, and records that."""
    box.helpline = FORWARDED
    theirs = box.provider.leave(_call(box, "a", OTHER, DIALLED), 2)
    _call(box, "b", OTHER, CALLER)
    _call(box, "c", "+16175550178", DIALLED, parent="b")
    recorded = box.provider.leave(_call(box, "d", DIALLED, OTHER, direction="outbound-api"), 2)
    _call(box, "e", DIALLED, OTHER, direction="outbound-api")
    box.collector.round(NOW)
    assert set(box.provider.recordings) == {theirs.id, recorded.id}
    assert _calls(box) == "abcde"
    assert box.voicemails.listed() == ()


def test_who_calls_another_number_of_the_account_with_the_helplines_number_keeps_what_is_theirs(box: Mailbox) -> None:
    theirs = box.provider.leave(_call(box, "a", OTHER, NUMBER), 2)
    _call(box, "b", OTHER, NUMBER)
    _call(box, "c", ADVOCATE, NUMBER, direction="outbound-api")
    box.collector.round(NOW)
    assert set(box.provider.recordings) == {theirs.id}
    assert _calls(box) == "ab", "but what the helpline's own number placed goes"


@pytest.mark.parametrize("helpline", [HELPLINE, FORWARDED], ids=["not forwarded", "forwarded"])
def test_the_records_of_both_legs_of_a_call_back_go_and_no_others(box: Mailbox, helpline: Helpline) -> None:
    """A listener's phone is called from the number at the provider, and then the number of whoever left a message."""
    box.helpline = helpline
    listener = _call(box, "a", ADVOCATE, helpline.provider_number, direction="outbound-api")
    _call(box, "b", CALLER, helpline.caller_id, parent="a")
    _call(box, "c", ADVOCATE, OTHER, direction="outbound-api")
    _call(box, "d", CALLER, helpline.caller_id, parent="c")
    box.provider.calls[listener].status = "in-progress"
    box.collector.round(NOW)
    assert _calls(box) == "abcd", "one of them goes on"
    box.provider.calls[listener].status = "completed"
    box.collector.round(NOW)
    assert _calls(box) == "cd"


@pytest.mark.parametrize("direction", ["outbound-api", "outbound-dial"])
def test_what_others_record_of_their_own_calls_to_the_helpline_is_theirs(box: Mailbox, direction: str) -> None:
    theirs = box.provider.leave(_call(box, "a", NUMBER, OTHER, direction=direction), 2)
    box.collector.round(NOW)
    assert set(box.provider.recordings) == {theirs.id}
    assert _calls(box) == "a", "the record of it stays as long as the recording"


def test_a_recording_of_no_call_is_nobodys_message(box: Mailbox) -> None:
    conference = box.leave(2)
    conference.call = ""
    box.collector.round(NOW)
    assert set(box.provider.recordings) == {conference.id}
    assert box.voicemails.listed() == ()


@pytest.mark.parametrize(("before", "after"), [(ARRIVES, FORWARDED), (DIALLED, FORWARDED)])
def test_messages_that_wait_while_staff_begin_to_forward_still_come(before: str, after: Helpline, box: Mailbox) -> None:
    """The number that was called until now is either of the two."""
    box.helpline = replace(HELPLINE, number=before, provider_number=before, caller_id=before)
    held = box.provider.leave(_call(box, "a", before, CALLER), 2)
    held.status = box.provider.calls[held.call].status = "in-progress"
    _call(box, "b", ADVOCATE, before, parent="a")
    box.collector.round(NOW)
    assert _calls(box) == "a"
    box.helpline = after
    held.status = box.provider.calls[held.call].status = "completed"
    _call(box, "c", ADVOCATE, before, parent="0")
    box.collector.round(LATER)
    assert box.sounds() == [held.sound]
    assert _calls(box) == ""
    assert _nothing_at_the_provider(box)


def test_whose_leg_it_is_is_asked_again_when_the_provider_does_not_tell(box: Mailbox) -> None:
    box.helpline = FORWARDED
    _call(box, "a", ADVOCATE, DIALLED, parent="0")
    box.provider.failing.append(Failing(Fault.SERVER_ERROR, f"GET .*CA{'0' * 32}.*"))
    box.collector.round(NOW)
    assert _calls(box) == "a"
    box.collector.round(LATER)
    assert _calls(box) == ""
