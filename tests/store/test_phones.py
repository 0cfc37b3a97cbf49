"""Members' phones in the store: sealed, confirmed by a call, followed by servers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import insert, select, update

from phonetree.errors import PeopleError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.phones import (
    CALL_SECONDS,
    CALLS_SECONDS,
    COUNT,
    MOST_CALLS,
    TOKEN_SECONDS,
    UNDO_SECONDS,
    Answer,
    Phones,
    Progress,
    State,
)
from phonetree.store.tables import phones as table
from tests.support.databases import KINDS, store

NOW = 1_800_000_000
ONE, OTHER = "+16175550111", "+16175550112"
SECRET, OLD = "a" * 32, "b" * 32


@pytest.fixture(params=KINDS)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with store(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def phones(opened: Store) -> Phones:
    return Phones(opened, (SECRET,))


def token(phones: Phones, name: str = "ADVOCATE_3", now: int = NOW) -> str:
    asked = phones.begin(name, now)
    assert asked
    return asked.token


def confirmed(phones: Phones, name: str = "ADVOCATE_3", number: str = ONE) -> None:
    phones.propose(name, number, "Ada", NOW)
    assert phones.answered(token(phones, name), "1", NOW) == (Answer.CONFIRMED, name)


def sentences(opened: Store) -> list[tuple[str, str]]:
    return [(each.by, each.what) for each in reversed(actions.since(opened, 0))]


def everything(opened: Store) -> str:
    with opened.read() as connection:
        return repr(connection.execute(select(table)).all()) + repr(actions.since(opened, 0))


def test_a_number_rings_once_it_is_confirmed_and_not_before(opened: Store, phones: Phones) -> None:
    phones.propose("ADVOCATE_3", ONE, "Ada", NOW)
    assert phones.followed().numbers == {}
    (shown,) = phones.listed(NOW)
    assert (shown.state, shown.rings, shown.waits, shown.progress) == (State.WAITING, False, True, None)
    asked = phones.begin("ADVOCATE_3", NOW)
    assert asked
    assert asked.number == ONE
    assert phones.listed(NOW)[0].progress is Progress.CALLING
    assert phones.answered(asked.token, "1", NOW + 30) == (Answer.CONFIRMED, "ADVOCATE_3")
    assert phones.followed().numbers == {"ADVOCATE_3": ONE}
    (shown,) = phones.listed(NOW)
    assert (shown.state, shown.rings, shown.waits, shown.progress) == (State.CONFIRMED, True, False, None)
    assert sentences(opened) == [
        ("Ada", "phone ADVOCATE_3: a number was added, which waits to be confirmed"),
        ("the phone itself", "phone ADVOCATE_3: confirmed, and rings"),
    ]


def test_the_old_number_rings_until_the_new_one_is_confirmed(phones: Phones) -> None:
    confirmed(phones)
    before = phones.followed()
    phones.propose("ADVOCATE_3", OTHER, "Ada", NOW)
    assert phones.followed() == before
    (shown,) = phones.listed(NOW)
    assert (shown.state, shown.rings, shown.waits) == (State.CONFIRMED, True, True)
    phones.answered(token(phones), "1", NOW)
    after = phones.followed()
    assert after.numbers == {"ADVOCATE_3": OTHER}
    assert after.digest != before.digest


def test_a_number_that_waits_can_be_withdrawn(opened: Store, phones: Phones) -> None:
    phones.propose("ADVOCATE_3", ONE, "Ada", NOW)
    asked = token(phones)
    for _ in range(2):
        phones.withdraw("ADVOCATE_3", "Ada", NOW)
    assert phones.listed(NOW) == ()
    assert phones.answered(asked, "1", NOW) == (Answer.EXPIRED, "")
    confirmed(phones)
    phones.propose("ADVOCATE_3", OTHER, "Ada", NOW)
    phones.withdraw("ADVOCATE_3", "Ada", NOW)
    assert phones.followed().numbers == {"ADVOCATE_3": ONE}
    assert [what for _, what in sentences(opened)].count("phone ADVOCATE_3: the number that waited was withdrawn") == 2


def test_a_removed_phone_rings_no_more_and_can_be_brought_back_for_an_hour(opened: Store, phones: Phones) -> None:
    confirmed(phones)
    for _ in range(2):
        phones.remove("ADVOCATE_3", "Ada", NOW)
    assert phones.followed().numbers == {"ADVOCATE_3": ""}
    (shown,) = phones.listed(NOW)
    assert (shown.state, shown.rings, shown.undo_until) == (State.REMOVED, False, NOW + UNDO_SECONDS)
    for _ in range(2):
        phones.restore("ADVOCATE_3", "Ben", NOW + UNDO_SECONDS - 1)
    assert phones.followed().numbers == {"ADVOCATE_3": ONE}
    phones.remove("ADVOCATE_3", "Ada", NOW)
    with pytest.raises(PeopleError, match="no longer be undone"):
        phones.restore("ADVOCATE_3", "Ben", NOW + UNDO_SECONDS)
    phones.tidy(NOW + UNDO_SECONDS - 1)
    assert len(phones.listed(NOW)) == 1
    phones.tidy(NOW + UNDO_SECONDS)
    assert phones.listed(NOW) == ()
    with pytest.raises(PeopleError):
        phones.restore("ADVOCATE_3", "Ben", NOW)
    whats = [what for _, what in sentences(opened)]
    assert whats.count("phone ADVOCATE_3: removed") == 2
    assert whats.count("phone ADVOCATE_3: its removal was undone") == 1


def test_a_removed_number_does_not_come_back_with_a_new_one(phones: Phones) -> None:
    confirmed(phones)
    phones.remove("ADVOCATE_3", "Ada", NOW)
    phones.propose("ADVOCATE_3", OTHER, "Ada", NOW)
    assert phones.followed().numbers == {}
    assert phones.listed(NOW)[0].state is State.WAITING
    phones.tidy(NOW + UNDO_SECONDS)
    assert phones.listed(NOW)[0].waits


def test_no_number_is_two_members(phones: Phones) -> None:
    confirmed(phones)
    with pytest.raises(PeopleError, match="is the phone of ADVOCATE_3; each member needs") as caught:
        phones.propose("ADVOCATE_4", ONE, "Ada", NOW)
    assert ONE not in str(caught.value)
    phones.propose("ADVOCATE_4", OTHER, "Ada", NOW)
    with pytest.raises(PeopleError, match="ADVOCATE_4"):
        phones.propose("ADVOCATE_3", OTHER, "Ada", NOW)
    with pytest.raises(PeopleError, match="confirmed already"):
        phones.propose("ADVOCATE_3", ONE, "Ada", NOW)
    phones.remove("ADVOCATE_3", "Ada", NOW)
    phones.propose("ADVOCATE_5", ONE, "Ada", NOW)
    with pytest.raises(PeopleError, match="ADVOCATE_5"):
        phones.restore("ADVOCATE_3", "Ada", NOW)


def test_the_same_twice_changes_nothing(opened: Store, phones: Phones) -> None:
    phones.propose("ADVOCATE_3", ONE, "Ada", NOW)
    asked = token(phones)
    phones.propose("ADVOCATE_3", ONE, "Ben", NOW)
    assert phones.begin("ADVOCATE_3", NOW + 1) is None, "a call is under way"
    for _ in range(2):
        assert phones.answered(asked, "1", NOW) == (Answer.CONFIRMED, "ADVOCATE_3")
    assert len(sentences(opened)) == 2


def test_a_wrong_key_none_and_a_late_one_confirm_nothing(phones: Phones) -> None:
    phones.propose("ADVOCATE_3", ONE, "Ada", NOW)
    first = token(phones)
    for keys in ("2", "", "11", "?"):
        assert phones.answered(first, keys, NOW) == (Answer.WRONG_KEY, "ADVOCATE_3")
    assert phones.listed(NOW)[0].progress is Progress.WRONG_KEY
    assert phones.answered("another", "1", NOW) == (Answer.EXPIRED, "")
    assert phones.answered(first, "1", NOW + TOKEN_SECONDS) == (Answer.EXPIRED, "")
    second = token(phones)
    assert phones.answered(first, "1", NOW) == (Answer.EXPIRED, ""), "only the latest call counts"
    phones.propose("ADVOCATE_3", OTHER, "Ada", NOW)
    assert phones.answered(second, "1", NOW) == (Answer.EXPIRED, ""), "it was about another number"
    assert phones.followed().numbers == {}


@pytest.mark.parametrize("how", [Progress.NO_ANSWER, Progress.BUSY, Progress.NO_KEY, Progress.FAILED])
def test_how_a_call_ended_is_shown_unless_a_key_was_pressed(phones: Phones, how: Progress) -> None:
    phones.propose("ADVOCATE_3", ONE, "Ada", NOW)
    asked = token(phones)
    phones.ended(asked, how, NOW)
    assert phones.listed(NOW)[0].progress is how
    asked = token(phones)
    phones.answered(asked, "2", NOW)
    phones.ended(asked, how, NOW)
    assert phones.listed(NOW)[0].progress is Progress.WRONG_KEY
    asked = token(phones)
    phones.answered(asked, "1", NOW)
    phones.ended(asked, how, NOW)
    assert phones.listed(NOW)[0].progress is None


def test_a_call_whose_end_nobody_tells_is_over_after_a_while(phones: Phones) -> None:
    phones.propose("ADVOCATE_3", ONE, "Ada", NOW)
    token(phones)
    assert phones.listed(NOW + CALL_SECONDS - 1)[0].progress is Progress.CALLING
    assert phones.listed(NOW + CALL_SECONDS)[0].progress is Progress.UNKNOWN
    assert phones.begin("ADVOCATE_3", NOW + CALL_SECONDS)


def test_a_phone_is_called_a_few_times_an_hour_at_most(phones: Phones) -> None:
    phones.propose("ADVOCATE_3", ONE, "Ada", NOW)
    for call in range(MOST_CALLS):
        assert phones.listed(NOW)[0].calls_left == MOST_CALLS - call
        phones.ended(token(phones), Progress.NO_ANSWER, NOW)
        phones.propose("ADVOCATE_3", (ONE, OTHER)[call % 2], "Ada", NOW)  # another number changes nothing
    with pytest.raises(PeopleError, match="called 5 times within the hour; call again in 60 minutes"):
        phones.begin("ADVOCATE_3", NOW)
    assert phones.begin("ADVOCATE_3", NOW + CALLS_SECONDS)


def test_a_number_is_called_a_few_times_an_hour_at_most_whatever_name_it_has(opened: Store, phones: Phones) -> None:
    for call in range(MOST_CALLS):
        name = f"ADVOCATE_{call % 2}"
        phones.propose(name, ONE, "Ada", NOW)
        assert [each.calls_left for each in phones.listed(NOW)] == [MOST_CALLS - call]
        phones.ended(token(phones, name), Progress.NO_ANSWER, NOW)
        phones.withdraw(name, "Ada", NOW)
    phones.propose("ADVOCATE_9", ONE, "Ada", NOW)
    with pytest.raises(PeopleError, match="called 5 times within the hour; call again in 60 minutes"):
        phones.begin("ADVOCATE_9", NOW)
    phones.withdraw("ADVOCATE_9", "Ada", NOW)
    assert phones.listed(NOW) == ()
    phones.propose("ADVOCATE_9", OTHER, "Ada", NOW)
    asked = phones.begin("ADVOCATE_9", NOW)
    assert asked
    phones.refused(asked.token, "the provider answered 400")
    with opened.read() as connection:
        rows = connection.execute(select(table)).all()
    assert not any(number[-10:] in repr(row) for row in rows for number in (ONE, OTHER)), "it is counted, not kept"
    assert sorted(row.calls for row in rows if row.name.startswith(COUNT)) == [0, MOST_CALLS]
    phones.tidy(NOW + CALLS_SECONDS)
    with opened.read() as connection:
        assert connection.execute(select(table.c.name)).scalars().all() == ["ADVOCATE_9"]
    assert phones.begin("ADVOCATE_9", NOW + CALLS_SECONDS)


def test_no_hour_has_more_calls_than_the_limit(phones: Phones) -> None:
    phones.propose("ADVOCATE_3", ONE, "Ada", NOW)
    placed = []
    for minute in (0, *range(56, 300)):
        try:
            phones.ended(token(phones, now=NOW + minute * 60), Progress.NO_ANSWER, NOW + minute * 60)
            placed.append(minute)
        except PeopleError:
            continue
    assert len(placed) > 2 * MOST_CALLS
    assert max(sum(first <= each < first + 60 for each in placed) for first in placed) == MOST_CALLS


@pytest.mark.parametrize("ahead", [1, CALLS_SECONDS - 1, 30 * 86400])
def test_a_clock_that_was_wrong_blocks_no_phone_for_long(opened: Store, phones: Phones, ahead: int) -> None:
    for number in range(MOST_CALLS):
        phones.propose(f"ADVOCATE_{number}", ONE, "Ada", NOW + ahead)
        phones.ended(token(phones, f"ADVOCATE_{number}", NOW + ahead), Progress.NO_ANSWER, NOW + ahead)
        phones.withdraw(f"ADVOCATE_{number}", "Ada", NOW + ahead)
    phones.propose("ADVOCATE_9", ONE, "Ada", NOW)
    if ahead < CALLS_SECONDS:
        with pytest.raises(PeopleError, match="call again in 60 minutes"):
            phones.begin("ADVOCATE_9", NOW)
    assert phones.begin("ADVOCATE_9", NOW + 2 * CALLS_SECONDS)
    confirmed(phones, "ADVOCATE_5", OTHER)
    phones.remove("ADVOCATE_5", "Ada", NOW + ahead)
    phones.propose("ADVOCATE_6", "+16175550113", "Ada", NOW)
    token(phones, "ADVOCATE_6", NOW + ahead)
    (calling,) = [each for each in phones.listed(NOW + 2 * CALLS_SECONDS) if each.name == "ADVOCATE_6"]
    assert calling.progress is Progress.UNKNOWN
    phones.tidy(NOW + 2 * CALLS_SECONDS)
    assert "ADVOCATE_5" not in [each.name for each in phones.listed(NOW)], "removed"


def test_a_call_that_the_provider_refused_does_not_count_and_says_why(phones: Phones) -> None:
    phones.propose("ADVOCATE_3", ONE, "Ada", NOW)
    asked = token(phones)
    phones.refused(asked, "the provider answered 400")
    (shown,) = phones.listed(NOW)
    assert (shown.progress, shown.reason) == (Progress.REFUSED, "the provider answered 400")
    assert shown.calls_left == MOST_CALLS
    assert phones.answered(asked, "1", NOW) == (Answer.EXPIRED, "")


def test_nobody_is_called_who_waits_for_nothing(phones: Phones) -> None:
    with pytest.raises(PeopleError, match="no number waits"):
        phones.begin("ADVOCATE_3", NOW)
    confirmed(phones)
    with pytest.raises(PeopleError, match="no number waits"):
        phones.begin("ADVOCATE_3", NOW)


# -- sealed


def test_no_number_and_no_token_is_at_rest(opened: Store, phones: Phones) -> None:
    confirmed(phones)
    phones.propose("ADVOCATE_3", OTHER, "Ada", NOW)
    asked = token(phones)
    kept = everything(opened)
    assert "ADVOCATE_3" in kept
    for secret in (ONE[1:], OTHER[1:], ONE[-7:], OTHER[-7:], asked):
        assert secret not in kept


def test_numbers_of_two_rows_or_places_cannot_be_swapped(opened: Store, phones: Phones) -> None:
    confirmed(phones, "ADVOCATE_3", ONE)
    confirmed(phones, "ADVOCATE_4", OTHER)
    with opened.write() as connection:
        sealed = {row.name: row.sealed for row in connection.execute(select(table))}
        for name, others in (("ADVOCATE_3", "ADVOCATE_4"), ("ADVOCATE_4", "ADVOCATE_3")):
            connection.execute(update(table).where(table.c.name == name).values(sealed=sealed[others]))
    assert phones.followed().numbers == {"ADVOCATE_3": "", "ADVOCATE_4": ""}
    assert [each.opens for each in phones.listed(NOW)] == [False, False]


def test_a_number_that_waits_cannot_be_made_to_ring_in_the_database(opened: Store, phones: Phones) -> None:
    phones.propose("ADVOCATE_3", ONE, "Mallory", NOW)
    with opened.write() as connection:
        connection.execute(update(table).values(sealed=table.c.new, state=State.CONFIRMED))
    assert phones.followed().numbers == {"ADVOCATE_3": ""}


def test_a_row_that_nobody_can_have_made_hurts_nobody(opened: Store, phones: Phones) -> None:
    with opened.write() as connection:
        row = {"state": State.CONFIRMED, "calls": 0, "since": 0, "changed_at": 0}
        for name, sealed in (("A", b""), ("B", b"x"), ("C", b"x" * 100)):
            connection.execute(insert(table).values(name=name, sealed=sealed, **row))
    assert phones.followed().numbers == {"A": "", "B": "", "C": ""}
    assert len(phones.listed(NOW)) == 3
    phones.tidy(NOW)


def test_the_old_key_opens_and_what_it_opened_is_sealed_anew(opened: Store) -> None:
    old, both, new = (Phones(opened, keys) for keys in ((OLD,), (SECRET, OLD), (SECRET,)))
    confirmed(old)
    old.propose("ADVOCATE_3", OTHER, "Ada", NOW)
    assert new.followed().numbers == {"ADVOCATE_3": ""}
    assert [each.opens for each in new.listed(NOW)] == [False]
    assert both.followed().numbers == {"ADVOCATE_3": ONE}
    both.tidy(NOW)
    assert new.followed().numbers == {"ADVOCATE_3": ONE}
    asked = new.begin("ADVOCATE_3", NOW)
    assert asked
    assert asked.number == OTHER
    assert old.followed().numbers == {"ADVOCATE_3": ""}
    kept = everything(opened)
    both.tidy(NOW)
    assert everything(opened) == kept, "once is enough"


def test_a_server_that_has_not_the_new_key_yet_rings_what_it_rang(opened: Store) -> None:
    """While servers are restarted one after the other, with a new key."""
    not_yet, restarted = Phones(opened, (OLD,)), Phones(opened, (SECRET, OLD))
    confirmed(not_yet)
    before = not_yet.followed()
    restarted.tidy(NOW)
    after = not_yet.followed()
    assert after.numbers == before.numbers == {"ADVOCATE_3": ONE}
    restarted.remove("ADVOCATE_3", "Ada", NOW)
    assert not_yet.followed().numbers == {"ADVOCATE_3": ""}, "a removal needs no key"
    restarted.restore("ADVOCATE_3", "Ada", NOW)
    assert not_yet.followed().numbers == {"ADVOCATE_3": ""}, "nor is it guessed"


def test_with_a_lost_key_a_phone_can_be_added_again(opened: Store, phones: Phones) -> None:
    confirmed(Phones(opened, (OLD,)))
    confirmed(phones)
    assert phones.followed().numbers == {"ADVOCATE_3": ONE}


def test_two_admins_at_once_do_no_harm(opened: Store, phones: Phones) -> None:
    refused: list[str] = []

    def add(name: str, number: str) -> None:
        try:
            phones.propose(name, number, "Ada", NOW)
        except PeopleError as error:
            refused.append(str(error))

    for names in (("ADVOCATE_3", "ADVOCATE_3"), ("ADVOCATE_4", "ADVOCATE_5")):
        number = ONE if names[0] == "ADVOCATE_3" else OTHER
        threads = [Thread(target=add, args=(name, number)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(phones.listed(NOW)) == 2
    assert len(refused) == 1
    assert len(sentences(opened)) == 2


def test_a_demo_forgets_those_of_an_earlier_one(phones: Phones) -> None:
    confirmed(phones)
    phones.forget_all()
    assert replace(phones.followed(), digest="").numbers == {}


def test_withdrawing_a_number_and_adding_it_again_allows_no_more_calls(opened: Store, phones: Phones) -> None:
    for _ in range(MOST_CALLS):
        phones.propose("ADVOCATE_3", ONE, "Ada", NOW)
        phones.ended(token(phones), Progress.NO_ANSWER, NOW)
        phones.withdraw("ADVOCATE_3", "Ada", NOW)
        assert phones.listed(NOW) == (), "to staff it is as if there had been none"
    phones.tidy(NOW + CALLS_SECONDS - 1)
    phones.propose("ADVOCATE_3", OTHER, "Ada", NOW + CALLS_SECONDS - 1)
    assert phones.listed(NOW + CALLS_SECONDS - 1)[0].calls_left == 0
    with pytest.raises(PeopleError, match="call again in 1 minutes"):
        phones.begin("ADVOCATE_3", NOW + CALLS_SECONDS - 1)
    phones.withdraw("ADVOCATE_3", "Ada", NOW + CALLS_SECONDS - 1)
    phones.tidy(NOW + CALLS_SECONDS)
    with opened.read() as connection:
        assert not connection.execute(select(table)).all()
