"""Accounts as they are kept: names, roles, links, the last admin, what is noted and told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import text

from phonetree.errors import AccountError
from phonetree.store.accounts import LAST_ADMIN, LONGEST_NAME, Account, Accounts, folded
from phonetree.store.actions import since
from phonetree.store.database import Store
from phonetree.store.roles import Role
from tests.support.databases import KINDS, store

both = pytest.mark.parametrize("kind", KINDS)
NOW, LATER = 1_800_000_000, 1_800_000_600


def ready(accounts: Accounts, name: str, *roles: Role) -> Account:
    """An account with a password."""
    _, token = accounts.add(name, roles, "a test", NOW, LATER)
    account = accounts.accept(token, "a hash", NOW)
    assert account
    return account


@both
def test_an_account_is_found_by_its_name_however_it_is_typed(kind: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        accounts = Accounts(made)
        ada = ready(accounts, "Ada  Lovelace", Role.EDITOR, Role.LISTENER)
        assert ada.name == "Ada Lovelace"
        assert ada.listed == "listener, editor"
        for typed in ("Ada Lovelace", " ada lovelace ", "ADA\tLOVELACE", "\uff21da Lovelace"):
            assert accounts.by_name(typed) == ada
        assert accounts.by_name("Ada") is None
        assert accounts.by_id(ada.id) == accounts.by_uniquifier(ada.uniquifier) == ada
        with pytest.raises(AccountError, match="there is an account ADA LOVELACE already"):
            accounts.add("ADA LOVELACE", [Role.MEMBER], "a test", NOW, LATER)
        assert accounts.all() == (ada,)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "the name is empty"),
        (" \t", "cannot be seen"),
        ("a" * (LONGEST_NAME + 1), "61 characters; 60 are enough"),
        ("Ada\u202e", "cannot be seen or spoken (U+202E, right-to-left override)"),
        ("Ada\nEve: removed", "cannot be seen"),
        ("A\u200bda", "cannot be seen"),
        ("The  Phone Itself", "says The Phone Itself where no account did it"),
        ("Ada 617 555 0144", "has a phone number in it"),
        ("Somebody", "says Somebody where no account did it"),
        ("the \u0430dmin", "mixes letters of two alphabets"),
    ],
)
def test_names_that_could_be_mistaken_are_refused(name: str, why: str, tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as made, pytest.raises(AccountError) as refused:
        Accounts(made).add(name, [Role.MEMBER], "a test", NOW, LATER)
    assert why in str(refused.value)


@pytest.mark.parametrize("name", ["Ада Лавлейс", "Ада (Ada)", "Zoë O'Brien", "山田 タロウ", "Ελένη"])
def test_names_of_any_alphabet_are_taken(name: str, tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as made:
        assert Accounts(made).add(name, [Role.MEMBER], "a test", NOW, LATER)[0].name == name


def test_the_longest_name_fits_however_it_folds(tmp_path: Path) -> None:
    for letter in "aß\ufb03\u0390\u1e96":
        assert len(folded(letter * LONGEST_NAME)) <= 240
    with store("sqlite", tmp_path) as made:
        assert Accounts(made).add("\ufb03" * LONGEST_NAME, [Role.MEMBER], "a test", NOW, LATER)


@both
def test_a_link_works_once_and_until_its_end_and_is_not_in_the_database(kind: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        accounts = Accounts(made)
        account, token = accounts.add("Ada", [Role.MEMBER], "a test", NOW, LATER)
        with made.read() as connection:
            assert token not in str(connection.execute(text("SELECT * FROM accounts")).all())
        assert accounts.by_link(token, LATER - 1) == account
        for wrong, at in ((token, LATER), (token + "x", NOW), ("", NOW), (token[:-1], NOW)):
            assert accounts.by_link(wrong, at) is None
            assert accounts.accept(wrong, "a hash", at) is None
        accepted = accounts.accept(token, "a hash", NOW)
        assert accepted
        assert accepted.password == "a hash"
        assert accepted.uniquifier != account.uniquifier
        assert accounts.accept(token, "another", NOW) is None
        assert accounts.by_link(token, NOW) is None


@both
def test_a_new_link_closes_the_account_until_it_is_used(kind: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        accounts = Accounts(made)
        before = ready(accounts, "Ada", Role.EDITOR)
        first = accounts.renew_link(before.id, "Eve", NOW, LATER)
        token = accounts.renew_link(before.id, "Eve", NOW, LATER)
        assert accounts.by_link(first, NOW) is None
        assert accounts.by_uniquifier(before.uniquifier) is None
        after = accounts.by_id(before.id)
        assert after
        assert after.password is None
        assert accounts.accept(token, "another", NOW)


@both
@pytest.mark.parametrize("way", ["remove", "roles", "link"])
def test_the_last_admin_stays(kind: str, way: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        accounts = Accounts(made)
        admin = ready(accounts, "Ada", Role.ADMIN, Role.MEMBER)
        accounts.add("invited", [Role.ADMIN], "a test", NOW, LATER)  # cannot sign in yet
        with pytest.raises(AccountError, match=LAST_ADMIN):
            _away(accounts, way)(admin)
        assert accounts.by_id(admin.id) == admin
        ready(accounts, "Eve", Role.ADMIN)
        _away(accounts, way)(admin)
        assert sum(Role.ADMIN in each.roles and bool(each.password) for each in accounts.all()) == 1


def _away(accounts: Accounts, way: str) -> Callable[[Account], object]:
    return {
        "remove": lambda account: accounts.remove(account.id, "a test", NOW),
        "roles": lambda account: accounts.set_roles(account.id, [Role.MEMBER], "a test", NOW),
        "link": lambda account: accounts.renew_link(account.id, "a test", NOW, LATER),
    }[way]


@both
@pytest.mark.parametrize("way", ["remove", "roles", "link"])
def test_of_two_admins_who_remove_each_other_at_once_one_stays(kind: str, way: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        accounts = Accounts(made)
        for number in range(5):
            pair = [ready(accounts, f"{name} {number}", Role.ADMIN, Role.MEMBER) for name in ("Ada", "Eve")]
            for other in accounts.all():
                if other.id not in {each.id for each in pair}:
                    accounts.remove(other.id, "a test", NOW)
            start = Barrier(2)

            def leave(account: Account, start: Barrier = start) -> str:
                start.wait()
                try:
                    _away(accounts, way)(account)
                except AccountError as error:
                    return str(error)
                return ""

            with ThreadPoolExecutor(2) as pool:
                said = sorted(pool.map(leave, pair))
            assert said == ["", LAST_ADMIN]


@both
def test_a_recovery_code_is_used_once_also_by_two_at_once(kind: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        accounts = Accounts(made)
        account = accounts.set_factor(ready(accounts, "Ada", Role.EDITOR), "a secret", ["one", "two"], NOW)
        with ThreadPoolExecutor(2) as pool:
            used = list(pool.map(lambda _: accounts.use_recovery(account, "one", NOW), range(2)))
        assert sorted(used) == [False, True]
        left = accounts.by_id(account.id)
        assert left
        assert left.recovery == ("two",)


@both
def test_changes_are_listed_and_told_to_every_admin(kind: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        accounts = Accounts(made)
        ada, eve = ready(accounts, "Ada", Role.ADMIN), ready(accounts, "Eve", Role.ADMIN)
        bo = ready(accounts, "Bo", Role.EDITOR)
        accounts.reset_factor(bo.id, "Ada", NOW + 1)
        accounts.set_roles(bo.id, [Role.MEMBER], "Eve", NOW + 2)
        accounts.set_roles(bo.id, [Role.MEMBER], "Eve", NOW + 2)  # nothing new
        accounts.warn("nobody of this name", "5 failed sign-ins", NOW + 3)
        accounts.warn("BO", "5 failed sign-ins", NOW + 3)
        accounts.remove(bo.id, "Ada", NOW + 4)
        told = [
            "Account Bo: removed (by Ada).",
            "Account Bo: 5 failed sign-ins (by somebody).",
            "Account Bo: now member (by Eve).",
            "Account Bo: second factor reset (by Ada).",
        ]
        for admin in (ada, eve):
            assert [notice.text for notice in accounts.notices(admin)] == told
        accounts.dismiss(ada, NOW + 2)
        assert [notice.text for notice in accounts.notices(ada)] == told[:2]
        assert len(accounts.notices(eve)) == 4
        assert [(each.by, each.what) for each in since(made, NOW)[:5]] == [
            ("Ada", "account Bo: removed"),
            ("somebody", "account Bo: 5 failed sign-ins"),
            ("Eve", "account Bo: now member"),
            ("Ada", "account Bo: second factor reset"),
            ("Bo", "account Bo: password chosen"),
        ]


@both
def test_of_an_account_that_is_gone_everything_says_so(kind: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        accounts = Accounts(made)
        ready(accounts, "Ada", Role.ADMIN)
        account = ready(accounts, "Bo", Role.ADMIN)
        accounts.remove(account.id, "Ada", NOW)
        changes: list[Callable[[], object]] = [
            lambda: accounts.remove(account.id, "Ada", NOW),
            lambda: accounts.set_roles(account.id, [Role.MEMBER], "Ada", NOW),
            lambda: accounts.renew_link(account.id, "Ada", NOW, LATER),
            lambda: accounts.reset_factor(account.id, "Ada", NOW),
            lambda: accounts.sign_out(account.id, "Ada", NOW),
            lambda: accounts.set_password(account, "a hash", NOW),
        ]
        for change in changes:
            with pytest.raises(AccountError, match="does not exist any more"):
                change()
        assert rows(made) == (1, 1)


def rows(made: Store) -> tuple[int, int]:
    """How many accounts there are, and how many roles."""
    with made.read() as connection:
        counts = [connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in TABLES]  # noqa: S608
    return counts[0], counts[1]


TABLES = ("accounts", "account_roles")
