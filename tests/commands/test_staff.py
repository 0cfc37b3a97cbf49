"""What staff did, as staff see it."""

import time
from datetime import datetime
from pathlib import Path

import pytest
import pytz

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.store.accounts import Accounts
from phonetree.store.actions import note
from phonetree.store.roles import Role
from phonetree.store.voicemails import NewVoicemail, new_id
from tests.support.databases import store
from tests.support.lines import ROOT, VPR
from tests.support.mail import mailbox

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PHONETREE_CONFIG", str(VPR))


def test_what_staff_did_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with store("sqlite", tmp_path) as made:
        assert main(["staff", "actions"]) == 0
        assert capsys.readouterr().out == "Nothing was done in the last 30 days.\n"
        with made.write() as connection:
            note(connection, "Ada", "long ago", 1_000_000_000)
            note(connection, "Ada", "override 1: closed", int(datetime.now(pytz.utc).timestamp()))
    assert main(["staff", "actions"]) == 0
    assert capsys.readouterr().out.endswith("  Ada  override 1: closed\n")


@pytest.mark.parametrize(
    ("config", "shown"),
    [("config", "Mon 23 Nov 2026 14:02 (America/New_York)"), ("nowhere", "Mon 23 Nov 2026 19:02 (UTC)")],
)
def test_moments_are_told_by_the_helplines_clock_wherever_the_machine_is(
    config: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("PHONETREE_CONFIG", config)
    time.tzset()
    moment = int(datetime(2026, 11, 23, 19, 2, tzinfo=pytz.utc).timestamp())
    with mailbox("sqlite", tmp_path) as box:
        with box.store.write() as connection:
            note(connection, "Ada", "override 1: closed", moment)
        arrival = NewVoicemail(new_id(), "RE" + "1" * 32, moment, 1, b"i" * 12, {"key": b"wrapped"})
        box.voicemails.add(arrival, [b"sealed"], "A message.", moment)
    try:
        assert main(["staff", "actions", "--days", "732"]) == 0
        assert capsys.readouterr().out == f"{shown}  Ada  override 1: closed\n"
        assert main(["voicemail", "list"]) == 0
        assert f"  {shown}     1 s  new" in capsys.readouterr().out
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


def test_without_a_database_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["staff", "actions"]) == KNOWN_PROBLEM
    assert "run: scripts/phonetree migrate" in capsys.readouterr().err


def test_the_first_account_is_made_and_prints_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHONETREE_PUBLIC_URL", "https://helpline.example.org")
    with store("sqlite", tmp_path) as made:
        assert main(["staff", "list"]) == 0
        assert 'There is no account. To make the first: staff add "NAME" --role admin' in capsys.readouterr().out
        assert main(["staff", "add", "Ada", "--role", "admin", "--role", "editor", "--who", "the operator"]) == 0
        said, link = capsys.readouterr().out.splitlines()
        assert said.startswith("Give this link to Ada. It works once, until ")
        assert link.startswith("https://helpline.example.org/staff/link/")
        accounts, now = Accounts(made), int(time.time())
        assert accounts.by_link(link.rpartition("/")[2], now + 7 * 86400 - 60)
        assert accounts.by_link(link.rpartition("/")[2], now + 7 * 86400 + 60) is None
        assert accounts.accept(link.rpartition("/")[2], "a hash", now)
        assert main(["staff", "list"]) == 0
        assert capsys.readouterr().out == "Ada  editor, admin  without a second factor\n"
        assert main(["staff", "add", "ADA", "--role", "member"]) == KNOWN_PROBLEM
        assert "there is an account ADA already" in capsys.readouterr().err
        assert main(["staff", "add", "Bo", "--role", "boss"]) == 2
        assert main(["staff", "add", "Bo"]) == 2


def test_whoever_has_the_machine_helps_the_last_admin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHONETREE_LINK_DAYS", "1")
    monkeypatch.delenv("PHONETREE_PUBLIC_URL", raising=False)
    with store("sqlite", tmp_path) as made:
        accounts, now = Accounts(made), int(time.time())
        account, token = accounts.add("Ada", [Role.ADMIN], "a test", now, now + 60)
        accounts.accept(token, "a hash", now)
        accounts.set_factor(account, "a secret", ["a code"], now)
        assert main(["staff", "link", "ada", "--reset-second-factor", "--who", "the operator"]) == 0
        shown = capsys.readouterr()
        assert "Put the console's own address in front" in shown.err
        token = shown.out.rpartition("/")[2].strip()
        changed = accounts.by_link(token, now + 86400 - 60)
        assert changed
        assert (changed.password, changed.factor) == (None, None)
        assert accounts.by_link(token, now + 86400 + 60) is None
        assert main(["staff", "link", "nobody"]) == KNOWN_PROBLEM
        assert "there is no account nobody; see: staff list" in capsys.readouterr().err
        assert main(["staff", "list"]) == 0
        assert capsys.readouterr().out == "Ada  admin  invited\n"
