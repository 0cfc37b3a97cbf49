"""Messages in the console: who has which, what a browser gets, and what is never there."""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from phonetree.console import messages
from phonetree.mailbox.sealing import Envelope, opened, unwrap
from phonetree.store.actions import since
from phonetree.store.roles import Role
from phonetree.store.voicemails import VoicemailState
from tests.support.console import Client, Console, console
from tests.support.databases import KINDS
from tests.support.mail import pair
from tests.support.voicemails import heard, leave

SOUND = bytes(range(256)) * 2100
HOUR = 3600


@pytest.fixture(params=KINDS)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Console]:
    """A console whose messages are sealed with the key of `pair()`."""
    with console(request.param, tmp_path, keys=_folder(tmp_path)) as opened_console:
        yield opened_console


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "advocates.pem").write_bytes(pair()[2].public)
    return folder


def _left(made: Console, *, hours: int = 1, seconds: int = 3) -> str:
    return leave(made.services.voicemails, SOUND, made.services.seconds() - hours * HOUR, seconds=seconds)


def _text(answer: TestResponse) -> str:
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def _state(made: Console, message: str) -> tuple[VoicemailState, str | None]:
    found = made.services.voicemails.find(message)
    return found.state, found.by


def test_messages_of_one_minute_keep_their_numbers_when_one_is_handled(made: Console) -> None:
    ids = [leave(made.services.voicemails, SOUND, made.services.seconds() - HOUR + number) for number in range(3)]
    client = made.client(Role.LISTENER)

    def numbers() -> dict[str, str]:
        shown = _text(client.get("/staff/messages?all=1"))
        return {each: re.search(rf'(?s)id="[^"]*{each}.*?(\(\d\))', shown)[1] for each in ids}  # type: ignore[index]

    assert list(numbers().values()) == ["(1)", "(2)", "(3)"]
    before = numbers()
    made.services.voicemails.handled(ids[1], "the listener", made.services.seconds())
    assert numbers() == before


def test_what_a_browser_gets_opens_with_the_key_and_is_sealed_without(made: Console) -> None:
    message, client = _left(made), made.client(Role.LISTENER)
    found = client.get(f"/staff/messages/{message}/envelope").get_json()
    parts = [client.get(f"/staff/messages/{message}/parts/{number}").get_data() for number in range(found["parts"])]
    sealed = b"".join(parts)
    assert len(parts) > 2
    assert found["format"] == 3
    assert not {"size", "digest"} & found.keys(), "a page of before would take it for something else"
    wrapped = {key: b64decode(text) for key, text in found["wrapped"].items()}
    envelope = Envelope(b64decode(found["iv"]), wrapped, found["message"], found["left_at"])
    assert opened(pair()[1], envelope, parts) == SOUND
    assert SOUND[:64] not in sealed
    assert client.get(f"/staff/messages/{message}/parts/{found['parts']}").status_code == 404


def test_of_a_message_of_before_a_browser_gets_what_it_checks_the_whole_with(made: Console) -> None:
    message = leave(made.services.voicemails, SOUND, 1_795_000_000, before=True)
    client = made.client(Role.LISTENER)
    found = client.get(f"/staff/messages/{message}/envelope").get_json()
    parts = [client.get(f"/staff/messages/{message}/parts/{number}").get_data() for number in range(found["parts"])]
    sealed = b"".join(parts)
    assert (found["format"], found["size"], found["digest"]) == (2, len(sealed), sha256(sealed).hexdigest())
    assert heard(made.services.voicemails, message) == SOUND


def test_the_list_says_when_how_long_and_who_has_it(made: Console) -> None:
    old, today = _left(made, hours=24 * 9, seconds=75), _left(made)
    made.services.voicemails.claim(old, "Ada", 0)
    page = _text(made.client(Role.LISTENER).get("/staff/messages"))
    assert "<b>Saturday 14 November, 10:00</b>, 1:15 long" in page
    assert "<b>Today 9:00</b>, 0:03 long" in page
    assert page.index(old) < page.index(today), "the oldest waits longest"
    assert "Claimed by Ada" in page
    assert "Waiting: 2" in page


def test_two_listeners_see_each_others_claims_and_do_not_take_the_same(made: Console) -> None:
    message = _left(made)
    ada, bo = (made.client(made.staff(Role.LISTENER, name=name)) for name in ("Ada", "Bo"))
    assert ada.post(f"/staff/messages/{message}/claim").status_code == 303
    assert "Claimed by you" in _text(ada.get("/staff/messages/list"))
    assert "Claimed by Ada" in _text(bo.get("/staff/messages/list"))
    for what in ("claim", "handled"):
        bo.post(f"/staff/messages/{message}/{what}")
        assert "Nothing was changed: the message is already claimed by Ada." in _text(bo.get("/staff/messages"))
    assert _state(made, message) == (VoicemailState.CLAIMED, "Ada")
    bo.post(f"/staff/messages/{message}/release")
    assert _state(made, message) == (VoicemailState.NEW, None)
    bo.post(f"/staff/messages/{message}/handled")
    assert _state(made, message) == (VoicemailState.HANDLED, "Bo")
    assert "Handled by Bo" in _text(ada.get("/staff/messages/list"))


def test_a_claim_that_is_sent_twice_is_one(made: Console) -> None:
    message, client = _left(made), made.client(Role.LISTENER)
    for _ in range(2):
        client.post(f"/staff/messages/{message}/claim")
        assert "Nothing was changed" not in _text(client.get("/staff/messages"))


def test_a_deleted_message_is_gone_for_everybody(made: Console) -> None:
    message, client, other = _left(made), made.client(Role.LISTENER), made.client(Role.LISTENER)
    for _ in range(2):
        assert client.post(f"/staff/messages/{message}/delete").status_code == 303
    assert "No message waits." in _text(other.get("/staff/messages"))
    assert other.get(f"/staff/messages/{message}/envelope").status_code == 404
    assert other.get(f"/staff/messages/{message}/parts/0").status_code == 404
    other.post(f"/staff/messages/{message}/claim")
    assert "That message no longer exists" in _text(other.get("/staff/messages"))


def test_what_a_colleague_has_claimed_is_deleted_only_once_it_is_released(made: Console) -> None:
    message = _left(made)
    ada, bo = (made.client(made.staff(Role.LISTENER, name=name)) for name in ("Ada", "Bo"))
    ada.post(f"/staff/messages/{message}/claim")
    assert "Delete for good" not in _text(bo.get("/staff/messages"))
    bo.post(f"/staff/messages/{message}/delete")
    assert "Nothing was changed: Ada has claimed the message; release it first." in _text(bo.get("/staff/messages"))
    assert _state(made, message) == (VoicemailState.CLAIMED, "Ada")
    assert heard(made.services.voicemails, message) == SOUND
    bo.post(f"/staff/messages/{message}/release")
    assert "Delete for good" in _text(bo.get("/staff/messages"))
    bo.post(f"/staff/messages/{message}/delete")
    assert made.services.voicemails.described(message) is None


def test_whoever_has_claimed_a_message_can_delete_it(made: Console) -> None:
    message, client = _left(made), made.client(Role.LISTENER)
    client.post(f"/staff/messages/{message}/claim")
    assert "Delete for good" in _text(client.get("/staff/messages"))
    client.post(f"/staff/messages/{message}/delete")
    assert made.services.voicemails.described(message) is None


def test_what_was_marked_as_handled_by_mistake_waits_again_and_nobody_has_it(made: Console) -> None:
    message = _left(made)
    ada, bo = (made.client(made.staff(Role.LISTENER, name=name)) for name in ("Ada", "Bo"))
    assert "Not handled" not in _text(ada.get("/staff/messages"))
    ada.post(f"/staff/messages/{message}/handled")
    assert "Not handled" in _text(bo.get("/staff/messages"))
    for _ in range(2):
        assert bo.post(f"/staff/messages/{message}/reopen").status_code == 303
    page = _text(bo.get("/staff/messages"))
    assert "Waiting: 1" in page
    assert "Nothing was changed: the message is already new." in page, "twice is said"
    assert _state(made, message) == (VoicemailState.NEW, None)
    bo.post(f"/staff/messages/{message}/claim")
    ada.post(f"/staff/messages/{message}/reopen")
    assert _state(made, message) == (VoicemailState.CLAIMED, "Bo"), "only what was handled"


def test_what_is_done_about_a_message_is_noted_nowhere_else(made: Console) -> None:
    message, client = _left(made), made.client(Role.LISTENER)
    before = since(made.services.store, 0)
    client.get(f"/staff/messages/{message}/envelope")
    for what in ("claim", "release", "claim", "handled", "reopen", "handled", "delete"):
        client.post(f"/staff/messages/{message}/{what}")
    assert since(made.services.store, 0) == before


def test_reading_a_message_writes_nothing(tmp_path: Path) -> None:
    with console("sqlite", tmp_path, keys=_folder(tmp_path)) as made:
        message, client = _left(made), made.client(Role.LISTENER)
        before = (tmp_path / "phonetree.db").read_bytes()
        for path in ("", "/list", f"/{message}/envelope", f"/{message}/parts/0"):
            assert client.get(f"/staff/messages{path}").status_code == 200
        assert (tmp_path / "phonetree.db").read_bytes() == before


def test_handled_messages_are_shown_the_latest_first_and_all_if_asked(made: Console) -> None:
    found = [_left(made, hours=hours) for hours in range(1, 24)]
    for message in found:
        made.services.voicemails.handled(message, "Ada", 0)
    client = made.client(Role.LISTENER)
    page = _text(client.get("/staff/messages"))
    assert "Show 3 more" in page
    assert page.index(found[0]) < page.index(found[19])
    assert found[20] not in page
    assert found[22] in _text(client.get("/staff/messages?all=1"))


def test_a_list_that_is_as_it_was_is_not_sent_again(made: Console) -> None:
    message, client, other = _left(made), made.client(Role.LISTENER), made.client(Role.LISTENER)

    def state() -> str:
        found = re.search(r'data-state="([0-9a-f]+)"', _text(client.get("/staff/messages/list")))
        assert found
        return found[1]

    def again(before: str) -> tuple[int, bytes]:
        answer = client.get(f"/staff/messages/list?state={before}")
        return answer.status_code, answer.get_data()[:1]

    first = state()
    assert again(first) == (204, b"")
    for change in ("claim", "handled", "delete"):
        before = state()
        other.post(f"/staff/messages/{message}/{change}")
        assert again(before)[0] == 200, change
        assert again(state()) == (204, b"")
    assert f'data-state="{state()}"' in _text(client.get("/staff/messages")), "the page begins with the same"


def test_the_oldest_that_wait_are_shown_and_how_many_more_there_are(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MOST_SHOWN", 2)
    found = [_left(made, hours=hours) for hours in range(1, 4)]
    page = _text(made.client(Role.LISTENER).get("/staff/messages"))
    assert "Waiting: 3" in page
    assert "These are the oldest 2. One more follows once one of them is handled or deleted." in page
    assert found[0] not in page
    assert found[1] in page
    assert found[2] in page


# -- more keys


def _send(client: Client, message: str, **keys: bytes) -> int:
    fields = {f"key-{key}": b64encode(data).decode() for key, data in keys.items()}
    return client.post(f"/staff/messages/{message}/wrapped", fields).status_code


def test_a_listener_gives_another_key_access_and_takes_it_from_nobody(made: Console) -> None:
    message, client = _left(made), made.client(Role.LISTENER)
    bo, mine = pair("Bo")[0], pair()[0]
    made.services.keys.add(bo.id, pair("Bo")[2].public, "0" * 32, "Bo", 0)
    content = unwrap(pair()[1], Envelope(*made.services.voicemails.envelope(message)))
    wrapped = {bo.id: bo.wrap(content)}
    assert _send(client, message, **wrapped) == 400, "nobody has approved it"
    made.services.keys.approve(bo.id, "the admin", 0)
    assert client.get(f"/staff/keys/lacking?mine={mine.id}").get_json() == {
        "keys": [{"id": bo.id, "name": "Bo", "spki": _spki("Bo")}],
        "messages": [{"address": f"/staff/messages/{message}", "keys": [bo.id]}],
        "opens": {mine.id: 1},
        "all": 1,
        "standing": "",
    }
    assert _send(client, message, **wrapped) == 204
    assert _send(client, message, **{bo.id: b"x" * 384, mine.id: b"x" * 384}) == 204
    for name in ("Bo", "advocates"):
        assert heard(made.services.voicemails, message, name) == SOUND
    assert client.get(f"/staff/keys/lacking?mine={mine.id}").get_json()["messages"] == []
    assert client.get("/staff/keys/lacking?mine=other").get_json()["messages"] == []


def _spki(name: str) -> str:
    lines = pair(name)[2].public.decode().splitlines()
    return "".join(lines[1:-1])


@pytest.mark.parametrize("sent", [{"advocates": b"x" * 384}, {pair()[0].id: b"short"}, {"0" * 16: b"x" * 384}])
def test_what_is_not_wrapped_for_a_current_key_is_not_taken(made: Console, sent: dict[str, bytes]) -> None:
    message = _left(made)
    assert _send(made.client(Role.LISTENER), message, **sent) == 400


def test_what_is_no_base_64_is_not_taken(made: Console) -> None:
    message, fields = _left(made), {f"key-{pair()[0].id}": "\N{SNOWMAN}"}
    assert made.client(Role.LISTENER).post(f"/staff/messages/{message}/wrapped", fields).status_code == 400


def test_nothing_is_wrapped_for_a_message_that_is_gone(made: Console) -> None:
    message = _left(made)
    made.services.voicemails.delete(message)
    assert _send(made.client(Role.LISTENER), message, **{pair()[0].id: b"x" * 384}) == 404


# -- Today


def test_today_says_how_many_wait_and_since_when(made: Console) -> None:
    member, listener = made.client(Role.MEMBER), made.client(Role.LISTENER)
    assert _waiting(member) == ""
    _left(made)
    assert _waiting(member) == "One message waits, since 9:00."
    _left(made, hours=30)
    assert _waiting(member) == "2 messages wait, the first since yesterday."
    handled = _left(made, hours=24 * 5)
    assert _waiting(member) == "3 messages wait, the first since Wednesday 18 November."
    made.services.voicemails.claim(handled, "Ada", 0)
    assert _waiting(member) == "2 messages wait, the first since yesterday; one more is claimed."
    made.services.voicemails.handled(handled, "Ada", 0)
    assert '<a href="/staff/messages">2 messages wait' in _text(listener.get("/staff/"))
    assert 'href="/staff/messages"' not in _text(member.get("/staff/"))


def _waiting(client: Client) -> str:
    _, _, after = _text(client.get("/staff/")).partition('<p class="waiting-messages">')
    return after.partition("</p>")[0]


def test_claims_of_somebody_whose_account_is_removed_are_released(made: Console) -> None:
    message, bo = _left(made), made.staff(Role.LISTENER, name="Bo")
    made.client(bo).post(f"/staff/messages/{message}/claim")
    assert _waiting(made.client(Role.MEMBER)) == "One message is claimed, and not handled yet."
    made.client(Role.ADMIN).post(f"/staff/accounts/{bo.id}/remove")
    assert _state(made, message) == (VoicemailState.NEW, None)
    again = made.client(made.staff(Role.LISTENER, name="Bo"))
    assert "Claimed by you" not in _text(again.get("/staff/messages"))


def test_the_sound_is_saved_only_where_a_setting_allows_it(tmp_path: Path) -> None:
    with console("sqlite", tmp_path, keys=_folder(tmp_path)) as made:
        assert "data-saves" not in _text(made.client(Role.LISTENER).get("/staff/messages"))
        allowed = Console(replace(made.settings, downloads=True), made.now)
        assert "data-saves" in _text(allowed.client(made.accounts[Role.LISTENER]).get("/staff/messages"))
        allowed.services.store.close()
