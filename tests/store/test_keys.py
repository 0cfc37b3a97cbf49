"""Keys that listeners made in the console: nothing is sealed for one that no admin approved."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import insert, select, update

from phonetree.errors import SealError
from phonetree.mailbox.keys import sealing_keys
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.keys import MOST_WAITING, SealingKeys, opened_by
from phonetree.store.tables import sealing_keys as table
from phonetree.store.tables import wrapped_keys
from phonetree.store.voicemails import NewVoicemail, Voicemails, Waiting, new_id
from tests.support.databases import KINDS, store
from tests.support.mail import pair

NOW = 1_800_000_000
SECRET, OLD = "a" * 32, "b" * 32
ADA, BO = "1" * 32, "2" * 32


@pytest.fixture(params=KINDS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with store(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def keys(opened: Store) -> SealingKeys:
    return SealingKeys(opened, (SECRET,))


def added(keys: SealingKeys, name: str = "Ada", account: str = ADA) -> str:
    """The id of a key that waits."""
    public, _, made = pair(name)
    keys.add(public.id, made.public, account, name, NOW)
    return public.id


def approved(keys: SealingKeys, name: str = "Ada", account: str = ADA) -> str:
    key = added(keys, name, account)
    keys.approve(key, "the admin", NOW)
    return key


def names(opened: Store, folder: Path, secret: str = SECRET) -> list[str]:
    """Whose keys messages are sealed with."""
    return [key.name for key in sealing_keys(folder, SealingKeys(opened, (secret,)))]


def leave(opened: Store, *wrapped: str) -> str:
    """A message that these keys open."""
    message = new_id()
    arrival = NewVoicemail(message, f"RE{message}", NOW, 1, b"iv", {key: key.encode() for key in wrapped})
    assert Voicemails(opened).add(arrival, [b"sealed", b"more"], "a notice", NOW)
    return message


def test_messages_are_sealed_with_a_key_once_it_is_approved(opened: Store, keys: SealingKeys, tmp_path: Path) -> None:
    key = added(keys)
    assert names(opened, tmp_path) == []
    keys.approve(key, "the admin", NOW)
    keys.approve(key, "the admin", NOW)
    assert names(opened, tmp_path) == ["Ada"]
    told = [(each.by, each.what) for each in actions.since(opened, 0)]
    assert told == [("the admin", f"key {key} of Ada was approved")]


def test_a_key_of_a_file_and_of_the_console_is_one(opened: Store, keys: SealingKeys, tmp_path: Path) -> None:
    approved(keys)
    approved(keys, "Bo", BO)
    (tmp_path / "ada.pem").write_bytes(pair("Ada")[2].public)
    assert names(opened, tmp_path) == ["ada", "Bo"]


def test_what_is_written_to_the_database_approves_nothing(opened: Store, keys: SealingKeys, tmp_path: Path) -> None:
    mine, other = approved(keys), added(keys, "Bo", BO)
    with opened.write() as connection:
        sealed = connection.execute(select(table.c.approved).where(table.c.id == mine)).scalar_one()
        connection.execute(update(table).where(table.c.id == other).values(approved=sealed))
    assert names(opened, tmp_path) == ["Ada"]
    with opened.write() as connection:  # another key in the place of one that was approved; or its owner's name
        connection.execute(update(table).where(table.c.id == mine).values(public=pair("Bo")[2].public))
    assert names(opened, tmp_path) == []
    assert [key.doubtful for key in keys.listed()] == [True, True]
    with opened.write() as connection:
        good = {"public": pair("Ada")[2].public, "name": "Eve"}
        connection.execute(update(table).where(table.c.id == mine).values(**good))
    assert names(opened, tmp_path) == []


def test_without_the_secret_no_key_counts(opened: Store, keys: SealingKeys) -> None:
    approved(keys)
    (without,) = SealingKeys(opened, ()).listed()
    assert (without.approved, without.doubtful) == (False, True)


def test_a_rotated_secret_keeps_what_was_approved(opened: Store, tmp_path: Path) -> None:
    approved(SealingKeys(opened, (OLD,)))
    rotating = SealingKeys(opened, (SECRET, OLD))
    assert rotating.listed()[0].approved
    assert names(opened, tmp_path) == [], "the new secret alone does not vouch for it yet"
    rotating.tidy()
    assert names(opened, tmp_path) == ["Ada"]
    with opened.read() as connection:
        before = connection.execute(select(table.c.approved)).scalar_one()
    rotating.tidy()
    with opened.read() as connection:
        assert connection.execute(select(table.c.approved)).scalar_one() == before, "sealed once"


def test_withdrawing_keys_loses_no_message(opened: Store, keys: SealingKeys, tmp_path: Path) -> None:
    mine, other = approved(keys), approved(keys, "Bo", BO)
    both, alone = leave(opened, mine, other), leave(opened, mine)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda key: keys.withdraw(key, "the admin", NOW), (mine, other, mine)))
    assert names(opened, tmp_path) == []
    assert opened_by(opened) == {mine: {both, alone}, other: {both}}, (
        "what a browser said of another key proves nothing"
    )
    assert [each.what for each in actions.since(opened, 0)].count(f"key {mine} of Ada was withdrawn") == 1


def test_a_key_that_was_withdrawn_meanwhile_is_not_approved(keys: SealingKeys) -> None:
    key = added(keys)
    keys.withdraw(key, "Ada", NOW)
    with pytest.raises(SealError, match="withdrawn meanwhile"):
        keys.approve(key, "the admin", NOW)


def test_nobody_fills_the_list(opened: Store, keys: SealingKeys) -> None:
    with opened.write() as connection:
        for number in range(MOST_WAITING):
            row = {"id": f"{number:016}", "account": ADA, "name": "Ada", "public": b"", "made_at": NOW}
            connection.execute(insert(table).values(row))
    with pytest.raises(SealError, match="withdraw some first"):
        added(keys)
    assert added(keys, "Bo", BO)


def test_no_more_than_that_wait_however_many_are_sent_at_once(opened: Store, keys: SealingKeys) -> None:
    def send(number: int) -> None:
        with suppress(SealError):
            keys.add(f"{number:016}", b"", ADA, "Ada", NOW)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(12)))
    assert len(keys.listed()) == MOST_WAITING


def test_another_key_in_the_place_of_one_is_not_approved_under_its_fingerprint(
    opened: Store, keys: SealingKeys, tmp_path: Path
) -> None:
    for key in (added(keys), approved(keys, "Bo", BO)):
        with opened.write() as connection:
            changed = update(table).where(table.c.id == key).values(public=pair("Mallory")[2].public)
            connection.execute(changed)
        with pytest.raises(SealError, match="somebody put another key in its place"):
            keys.approve(key, "the admin", NOW)
    assert [(key.approved, key.changed) for key in keys.listed()] == [(False, True), (False, True)]
    assert names(opened, tmp_path) == []


def test_what_was_approved_cannot_be_read_as_somebody_elses(opened: Store, keys: SealingKeys, tmp_path: Path) -> None:
    approved(keys, "the listener", "1")
    with opened.write() as connection:
        connection.execute(update(table).values(account="1 the", name="listener"))
    assert names(opened, tmp_path) == []


def test_a_key_is_added_once_however_often_and_by_whomever(opened: Store, keys: SealingKeys) -> None:
    threads = [Thread(target=added, args=(keys,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    key = added(keys)
    keys.add(key, pair("Ada")[2].public, BO, "Bo", NOW)
    assert [(each.id, each.account, each.name) for each in keys.listed()] == [(key, ADA, "Ada")]
    assert actions.since(opened, 0) == (), "one that waits is in no list that lasts"


def test_more_keys_open_a_message_and_those_that_did_still_do(opened: Store) -> None:
    voicemails, message = Voicemails(opened), leave(opened, "ada")
    assert voicemails.seal_for(message, {"ada": b"another", "bo": b"bo's"})
    found = voicemails.described(message)
    assert found
    assert (found.wrapped, found.size, found.parts) == ({"ada": b"ada", "bo": b"bo's"}, 10, 2)
    assert [voicemails.part(message, number) for number in range(3)] == [b"sealed", b"more", None]
    voicemails.delete(message)
    assert voicemails.described(message) is None
    assert not voicemails.seal_for(message, {"cy": b"cy's"})
    voicemails.reseal(message, {"cy": b"cy's"})
    with opened.read() as connection:
        assert connection.execute(select(wrapped_keys)).all() == [], "of a deleted message nothing is left"


def test_how_many_messages_wait_and_since_when(opened: Store) -> None:
    voicemails = Voicemails(opened)
    assert voicemails.waiting() == Waiting(0, 0, 0)
    first, second = leave(opened, "ada"), leave(opened, "ada")
    voicemails.claim(first, "Ada", NOW)
    assert voicemails.waiting() == Waiting(1, NOW, 1)
    voicemails.release_all("Bo", NOW)
    assert voicemails.waiting() == Waiting(1, NOW, 1)
    voicemails.release_all("Ada", NOW)
    assert voicemails.waiting() == Waiting(2, NOW, 0)
    voicemails.handled(first, "Ada", NOW)
    voicemails.delete(second)
    assert voicemails.waiting() == Waiting(0, 0, 0)
