"""The store: its schema made once, its faults named, and nothing left of what was deleted."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from phonetree.errors import SettingsError, StoreError
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.tables import metadata
from phonetree.store.voicemails import NewVoicemail, Voicemails, new_id
from tests.support.databases import KINDS, address, store


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_made_once_by_many_at_once_and_is_what_the_tables_say(kind: str, tmp_path: Path) -> None:
    url = address(kind, tmp_path)
    stores = [Store(url) for _ in range(4)]
    assert "run: scripts/phonetree migrate" in str(stores[0].problem())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, stores))
    assert [each.problem() for each in stores] == [None] * 4
    with stores[0].read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    for each in stores:
        each.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", ""])
def test_an_address_that_is_none_is_named(url: str) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        Store(url)


def test_a_database_that_is_away_says_so_without_its_address() -> None:
    away = Store("postgresql://somebody:a-secret@127.0.0.1:9/none")
    problem = away.problem()
    assert problem is not None
    assert "nothing answers at its host and port" in problem
    assert "a-secret" not in problem
    assert "DATABASE_URL" in problem
    with pytest.raises(StoreError), away.write():
        pass


def test_the_file_is_for_nobody_else_of_the_machine_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "var" / "phonetree.db"
    before = os.umask(0)
    try:
        made = Store(f"sqlite:///{path}")
        made.make()
        assert path.stat().st_mode & 0o777 == 0o600
        migrate(made)
        with made.write() as connection:
            connection.exec_driver_sql("PRAGMA user_version = 1")
            assert {each.stat().st_mode & 0o777 for each in path.parent.iterdir()} == {0o600}, "its journal too"
    finally:
        os.umask(before)
    path.chmod(0o640)
    made.make()
    assert path.stat().st_mode & 0o777 == 0o640, "what an operator chose stays"


def test_a_backup_in_the_products_folder_gets_into_no_commit_and_no_image() -> None:
    root = Path(__file__).parents[2]
    assert "*.db" in (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "**/*.db" in (root / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_a_folder_that_cannot_be_made_is_no_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    opened = Store(f"sqlite:///{tmp_path}/file/phonetree.db")
    assert "its file cannot be opened" in str(opened.problem())
    with pytest.raises(StoreError, match="its file cannot be opened; check the path in DATABASE_URL"):
        migrate(opened)


def test_nothing_is_left_in_the_files_of_what_was_deleted(tmp_path: Path) -> None:
    secret = os.urandom(64)
    with store("sqlite", tmp_path) as made:
        voicemails = Voicemails(made)
        arrival = NewVoicemail(new_id(), "RE" + "1" * 32, 1, 1, b"i" * 12, {"key": b"wrapped" + secret})
        assert voicemails.add(arrival, [secret * 100], "A message.", 1)
        assert any(secret in path.read_bytes() for path in tmp_path.iterdir())
        voicemails.gone_at_the_provider(arrival.source, 1)
        voicemails.settle(2)
        voicemails.delete(arrival.id)
        found = [
            path.name
            for path in tmp_path.iterdir()
            if secret in path.read_bytes() or arrival.id.encode() in path.read_bytes()
        ]
    assert found == []
