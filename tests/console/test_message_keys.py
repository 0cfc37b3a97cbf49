"""Keys in the console: made by a listener, approved by an admin who was read its fingerprint, withdrawn."""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import update

from phonetree.console import message_keys
from phonetree.console.message_keys import named
from phonetree.mailbox.keys import sealing_keys
from phonetree.store.accounts import Account
from phonetree.store.actions import since
from phonetree.store.roles import Role
from phonetree.store.tables import sealing_keys as table
from tests.console.test_messages import SOUND, _folder, _spki
from tests.support.console import Client, Console, console
from tests.support.mail import pair
from tests.support.voicemails import heard, leave


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Console]:
    """A console with the key of `pair()` in a file on the server."""
    with console("sqlite", tmp_path, keys=_folder(tmp_path)) as opened:
        yield opened


def _text(client: Client, path: str = "/staff/keys") -> str:
    page = client.get(path).get_data(as_text=True).partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _add(made: Console, name: str = "the listener") -> str:
    """The key of a listener, sent as a browser does."""
    made.client(Role.LISTENER).post("/staff/keys", {"public": _spki(name)})
    return pair(name)[0].id


def _approve(made: Console, key: str, typed: str | None = None) -> int:
    client = made.client(Role.ADMIN)
    return client.post(f"/staff/keys/{named(key)}/approve", {"fingerprint": typed or key}).status_code


def _used(made: Console) -> list[str]:
    """Whose keys new messages are sealed with."""
    return [key.name for key in sealing_keys(made.settings.keys, made.services.keys)]


def test_what_a_device_keeps_a_key_with_is_the_accounts_alone_and_ends_with_its_sessions(made: Console) -> None:
    def keys(who: Account, console: Console = made) -> list[str]:
        found: list[str] = console.client(who).get("/staff/keys/device").get_json()["keys"]
        return found

    me, other = made.accounts[Role.LISTENER], made.staff(Role.LISTENER, name="Bo")
    (first,) = keys(me)
    assert len(b64decode(first)) == 32
    assert keys(me) == [first]
    assert keys(other) != [first]
    rotated = Console(replace(made.settings, secrets=("x" * 40, *made.settings.secrets)), made.now)
    assert keys(me, rotated)[1:] == [first], "while SECRET_KEY is being changed"
    assert keys(me, rotated)[0] != first
    rotated.services.store.close()
    made.services.accounts.sign_out(me.id, "an admin", 0)
    assert keys(me) != [first]
    assert made.client(Role.ADMIN).get("/staff/keys/device").status_code == 403


def test_a_key_waits_until_an_admin_was_read_its_fingerprint(made: Console) -> None:
    key = _add(made)
    spoken = " ".join(re.findall("....", key))
    assert _used(made) == ["advocates"]
    assert f"read them the fingerprint of your key, these sixteen characters: {spoken}" in _text(
        made.client(Role.LISTENER)
    )
    admin = made.client(Role.ADMIN)
    everything = admin.get("/staff/keys").get_data(as_text=True)
    assert not {key, spoken} & {each for each in (key, spoken) if each in everything}, "the admin types what is read"
    assert "A key of the listener waits to be approved." in _text(admin, "/staff/")
    assert _approve(made, key, "0" * 16) == 422
    assert _approve(made, key, key[:4]) == 422
    assert _used(made) == ["advocates"]
    assert _approve(made, key, f" {spoken.upper().replace(' ', '-').replace('0', 'O').replace('1', 'l')}.") == 303
    assert _used(made) == ["advocates", "the listener"]
    assert "waits to be approved" not in _text(admin, "/staff/")
    assert next(each.what for each in since(made.services.store, 0)) == f"key {key} of the listener was approved"


@pytest.mark.slow
def test_of_several_keys_of_one_person_that_wait_the_one_that_they_read_is_approved(made: Console) -> None:
    first = _add(made, "the listener")
    assert "made today" not in _text(made.client(Role.ADMIN))
    made.now += timedelta(days=1)
    second = _add(made, "another")
    shown = _text(made.client(Role.ADMIN))
    assert shown.index("made yesterday") < shown.index("made today, the latest")
    assert _approve(made, first, second) == 303
    assert [each.approved for each in map(made.services.keys.find, (first, second)) if each] == [False, True]
    other = made.staff(Role.LISTENER, name="Bo")
    made.client(other).post("/staff/keys", {"public": _spki("a third")})
    assert _approve(made, first, pair("a third")[0].id) == 422, "another person's"


def test_whoever_removes_an_account_is_told_of_its_keys(made: Console) -> None:
    admin, path = made.client(Role.ADMIN), f"/staff/accounts/{made.accounts[Role.LISTENER].id}"
    key = _add(made)
    assert "sealed for the key" not in _text(admin, path), "no message is, while it waits"
    _approve(made, key)
    assert "Messages go on being sealed for the key of the listener: withdraw it too" in _text(admin, path)


def test_the_owner_sees_the_fingerprint_once(made: Console) -> None:
    key = _add(made)
    assert _text(made.client(Role.LISTENER)).count(" ".join(re.findall("....", key))) == 1


def test_why_no_message_is_sealed_for_a_key_is_told_to_whoever_unlocks_it(made: Console) -> None:
    client = made.client(Role.LISTENER)

    def standing(key: str) -> str:
        return str(client.get(f"/staff/keys/standing?key={key}").get_json()["standing"])

    key = pair("the listener")[0].id
    assert standing(key).startswith("It was withdrawn, or never sent to an admin")
    _add(made)
    assert standing(key).startswith("It waits for an admin to approve it")
    _approve(made, key)
    assert standing(key) == ""
    assert standing(pair()[0].id) == "", "a file on the server"
    with made.services.store.write() as connection:
        connection.execute(update(table).values(public=pair("Mallory")[2].public))
    assert standing(key).startswith("Another key was put in its place")
    made.client(Role.ADMIN).post(f"/staff/keys/{named(key)}/withdraw")
    assert standing(key).startswith("It was withdrawn")


def test_a_key_can_be_sent_twice(made: Console) -> None:
    assert _add(made) == _add(made)
    assert len(made.services.keys.listed()) == 1


def _der(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ("", "not a public key"),
        ("rubbish", "not a public key"),
        ("\N{SNOWMAN}", "not a public key"),
        (_der(ec.generate_private_key(ec.SECP256R1())), "not an RSA key of at least 3072 bits"),
        (_der(rsa.generate_private_key(65537, 2048)), "not an RSA key of at least 3072 bits"),
        (_der(rsa.generate_private_key(3, 3072)), "not a key that this page makes"),
    ],
    ids=["nothing", "rubbish", "snowman", "elliptic", "short", "exponent"],
)
def test_what_is_no_good_key_is_not_taken(made: Console, sent: str, why: str) -> None:
    client = made.client(Role.LISTENER)
    client.post("/staff/keys", {"public": sent})
    assert why in _text(client)
    assert made.services.keys.listed() == ()


def test_withdrawing_says_before_what_it_means_and_loses_no_message(made: Console) -> None:
    key = _add(made)
    _approve(made, key)
    voicemails, now = made.services.voicemails, made.services.seconds()
    both = leave(voicemails, SOUND, now, keys=(pair()[0], pair("the listener")[0]))
    alone = leave(voicemails, SOUND, now, keys=(pair("the listener")[0],))
    admin = made.client(Role.ADMIN)
    assert "Opens 2 of 2 messages." in _text(admin)
    before = _text(admin, f"/staff/keys/{named(key)}/withdraw")
    assert "One message is opened by this key alone." in before
    assert "One key is left. If that is lost, nobody can open any message." in before
    for _ in range(2):
        admin.post(f"/staff/keys/{named(key)}/withdraw")
    assert _used(made) == ["advocates"]
    assert heard(voicemails, both) == SOUND
    assert heard(voicemails, alone, "the listener") == SOUND


def test_a_listener_withdraws_their_own_key_while_it_waits_and_no_other(made: Console) -> None:
    key, listener = _add(made), made.client(Role.LISTENER)
    other = made.client(made.staff(Role.LISTENER, name="Bo"))
    assert other.post(f"/staff/keys/{named(key)}/withdraw").status_code == 403
    _approve(made, key)
    assert listener.post(f"/staff/keys/{named(key)}/withdraw").status_code == 403
    assert _used(made) == ["advocates", "the listener"]
    second = pair("second")[0].id
    listener.post("/staff/keys", {"public": _spki("second")})
    assert listener.post(f"/staff/keys/{named(second)}/withdraw").status_code == 303
    assert [each.id for each in made.services.keys.listed()] == [key]


def test_a_file_on_the_server_is_not_withdrawn_here(made: Console) -> None:
    admin, key = made.client(Role.ADMIN), pair()[0].id
    assert f"/staff/keys/{named(key)}/withdraw" not in admin.get("/staff/keys").get_data(as_text=True)
    assert admin.get(f"/staff/keys/{named(key)}/withdraw").status_code == 404
    admin.post(f"/staff/keys/{named(key)}/withdraw")
    assert _used(made) == ["advocates"]


def test_a_key_that_was_withdrawn_meanwhile_is_not_approved(made: Console) -> None:
    key = _add(made)
    made.client(Role.LISTENER).post(f"/staff/keys/{named(key)}/withdraw")
    assert _approve(made, key) == 409
    assert _used(made) == ["advocates"]


def test_fewer_than_two_keys_are_a_warning(made: Console, tmp_path: Path) -> None:
    listener, member = made.client(Role.LISTENER), made.client(Role.MEMBER)
    assert "There is only one key: if it is lost, nobody can open any message." in _text(member, "/staff/")
    assert "There is only one key. If it is lost, nobody can open any message, ever." in _text(listener)
    _approve(made, _add(made))
    assert "only one key" not in _text(listener, "/staff/") + _text(listener)
    (tmp_path / "keys" / "advocates.pem").unlink()
    made.client(Role.ADMIN).post(f"/staff/keys/{named(pair('the listener')[0].id)}/withdraw")
    assert "There is no key to seal messages with, so none can be kept." in _text(member, "/staff/")
    assert "There is no key yet, so no message can be kept: make one." in _text(listener)


def test_the_key_of_somebody_who_listens_no_more_is_named(made: Console) -> None:
    _approve(made, _add(made))
    admin, listener = made.client(Role.ADMIN), made.accounts[Role.LISTENER].id
    made.services.accounts.set_roles(listener, {Role.EDITOR}, "the admin", 0)
    assert "the listener is no listener any more: withdraw this key." in _text(admin)
    made.services.accounts.remove(listener, "the admin", 0)
    assert "the listener has no account any more: withdraw this key." in _text(admin)
    assert "the listener has no account any more, and messages are sealed for their key." in _text(admin, "/staff/")


def test_a_key_that_was_exchanged_in_the_database_is_found_out(made: Console) -> None:
    key, admin = _add(made), made.client(Role.ADMIN)
    with made.services.store.write() as connection:
        connection.execute(update(table).values(public=pair("Mallory")[2].public))
    assert _approve(made, key) == 409
    assert _used(made) == ["advocates"]
    assert "Another key was put in its place in the database" in _text(admin)
    assert "A key of the listener was exchanged in the database." in _text(admin, "/staff/")


def test_a_file_of_the_server_is_nobodys_to_send(made: Console) -> None:
    client = made.client(Role.LISTENER)
    client.post("/staff/keys", {"public": _spki("advocates")})
    assert "it is a file on the server already" in _text(client)
    assert made.services.keys.listed() == ()
    assert _approve(made, pair()[0].id) == 409


@pytest.mark.slow
def test_admins_are_told_once_however_often_a_key_is_made_and_withdrawn(
    made: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr(message_keys, "tell_admins", lambda: told.append(1))
    client = made.client(Role.LISTENER)
    for name in ("one", "two", "three"):
        client.post("/staff/keys", {"public": _spki(name)})
    client.post(f"/staff/keys/{named(pair('three')[0].id)}/withdraw")
    assert told == [1]
    assert not [each for each in since(made.services.store, 0) if "key" in each.what]


def test_what_can_no_longer_be_verified_is_approved_again(made: Console) -> None:
    key = _add(made)
    _approve(made, key)
    with made.services.store.write() as connection:
        connection.execute(update(table).values(approved=b"forged"))
    admin = made.client(Role.ADMIN)
    assert "A key of the listener can no longer be verified." in _text(admin, "/staff/")
    assert "It was approved, which cannot be verified any more: approve it again." in _text(admin)
    assert _used(made) == ["advocates"]
    _approve(made, key)
    assert _used(made) == ["advocates", "the listener"]
