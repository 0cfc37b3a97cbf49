"""What is wrong with a database is found before a message comes, and said in a sentence that tells what to do."""

import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from phonetree.errors import SettingsError, StoreError
from phonetree.store import database
from phonetree.store.database import LEAST_FREE_BYTES, Store
from phonetree.store.heartbeat import AWAY_SECONDS, Heartbeat, Outage
from phonetree.store.migrate import migrate
from tests.support.databases import store

NOW = 1_800_000_000
Transaction = Callable[[], AbstractContextManager[Connection]]


def _mount(disk: Path, options: str) -> None:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    if subprocess.run(command, check=False, capture_output=True).returncode:  # noqa: S603
        pytest.skip("only an administrator can make a disk")


@pytest.fixture
def disk() -> Iterator[Path]:
    """A disk with room, of its own."""
    made = Path(tempfile.mkdtemp(prefix="disk"))
    _mount(made, f"size={2 * LEAST_FREE_BYTES}")
    yield made
    subprocess.run(["umount", "-l", made], check=True)  # noqa: S603, S607


def test_a_full_disk_is_found_without_a_message(disk: Path) -> None:
    with store("sqlite", disk) as made:
        assert made.problem(thorough=True) is None
        filling = disk / "filling"
        filling.write_bytes(b"x" * (shutil.disk_usage(disk).free - 10_000_000))
        assert (
            made.problem(thorough=True)
            == "the database cannot be used: only 9 MB are free on its disk; free some space"
        )
        with filling.open("ab") as more:
            more.write(b"x" * (shutil.disk_usage(disk).free - 4096))
            more.flush()
            assert made.problem(thorough=True) == "the database cannot be used: the disk is full; free some space"
        filling.unlink()
        assert made.problem(thorough=True) is None


def test_a_disk_that_is_mounted_read_only_is_found(disk: Path) -> None:
    with store("sqlite", disk) as made:
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)  # noqa: S603, S607
        assert "its file or its folder cannot be written" in str(made.problem(thorough=True))
        assert made.problem() is None, "it can be read"


def test_a_postgres_that_takes_nothing_is_found(tmp_path: Path) -> None:
    with store("postgres", tmp_path) as made:
        assert made.problem(thorough=True) is None
        with made.write() as connection:
            name = made.engine.url.database
            connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        assert "has to name the primary server" in str(made.problem(thorough=True))


def test_a_database_that_is_held_by_somebody_else_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.1)
    with store("sqlite", tmp_path) as made, closing(sqlite3.connect(tmp_path / "phonetree.db")) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert "another process has locked it" in str(made.problem(thorough=True))
        holder.rollback()
        assert made.problem(thorough=True) is None


def test_a_file_that_is_not_there_is_said_and_not_made_by_looking(tmp_path: Path) -> None:
    made = Store(f"sqlite:///{tmp_path}/var/phonetree.db")
    for _ in range(2):
        problem = str(made.problem(thorough=True))
        assert f"there is no file at {tmp_path}/var/phonetree.db; check the path" in problem
        assert "run: scripts/phonetree migrate" in problem
        with pytest.raises(StoreError, match="there is no file"), made.write():
            pass
        assert not (tmp_path / "var" / "phonetree.db").exists()
    migrate(made)
    assert made.problem(thorough=True) is None
    shutil.rmtree(tmp_path / "var")
    assert "there is no file" in str(made.problem(thorough=True))


def test_a_damaged_file_is_found_and_looked_for_again_when_it_is_brought_back(tmp_path: Path) -> None:
    path = tmp_path / "phonetree.db"
    with store("sqlite", tmp_path) as made:
        shutil.copy(path, tmp_path / "backup.db")
        with path.open("r+b") as file:
            file.seek(5 * 4096)
            file.write(b"\xff" * 8192)
        assert "its file is damaged; restore a backup" in str(made.problem(thorough=True))
        assert "its file is damaged" in str(made.problem(thorough=True)), "and not forgotten"
        (tmp_path / "backup.db").replace(path)
        assert made.problem(thorough=True) is None
        path.write_bytes(b"this is no database" * 1000)
        assert "its file is damaged" in str(made.problem())


def test_looking_for_damage_takes_a_hundredth_of_the_time(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as made:
        made.problem(thorough=True)
        made._search_seconds = 1000.0
        searched = made._searched
        made.problem(thorough=True)
        assert made._searched == searched


def test_a_transaction_in_which_the_file_is_replaced_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "phonetree.db"
    with store("sqlite", tmp_path) as made:
        shutil.copy(path, tmp_path / "copy.db")

        def replaced(statement: str, transaction: Transaction) -> None:
            shutil.copy(path, tmp_path / "copy.db")
            with transaction() as connection:
                connection.exec_driver_sql(statement)
                (tmp_path / "copy.db").replace(path)

        with pytest.raises(StoreError, match="deleted, moved, replaced or overwritten"):
            replaced("INSERT INTO fetches VALUES ('one', 1, 1, 1, 'x')", made.write)
        with pytest.raises(StoreError, match="deleted, moved, replaced or overwritten"):
            replaced("SELECT 1", made.read)
        with made.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM fetches").scalar_one() == 0


def test_a_file_of_an_earlier_version_leaves_its_log(tmp_path: Path) -> None:
    path = tmp_path / "phonetree.db"
    with store("sqlite", tmp_path) as made:
        with closing(sqlite3.connect(path)) as earlier:
            assert earlier.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
            earlier.execute("INSERT INTO fetches VALUES ('one', 1, 1, 1, 'x')")
            earlier.commit()
            assert made.problem(thorough=True) is None, "while that version still runs"
            assert (tmp_path / "phonetree.db-wal").exists()
        assert made.problem(thorough=True) is None
        assert sorted(each.name for each in tmp_path.iterdir()) == ["phonetree.db"]
        with made.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM fetches").scalar_one() == 1
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "delete"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_that_would_keep_nothing_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="has no file name"):
        Store(url)


def test_the_folder_of_the_program_may_be_swapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "srv").mkdir()
    monkeypatch.chdir(tmp_path / "srv")
    made = Store("sqlite:///var/phonetree.db")
    migrate(made)
    (tmp_path / "srv").rename(tmp_path / "old")
    assert "there is no file" in str(made.problem())
    shutil.copytree(tmp_path / "old", tmp_path / "srv")
    assert made.problem(thorough=True) is None


def test_a_server_that_was_there_makes_no_outage_of_a_database_that_was_not(tmp_path: Path) -> None:
    path = tmp_path / "phonetree.db"
    with store("sqlite", tmp_path) as made:
        server = Heartbeat(made)
        server.mark(NOW)
        shutil.copy(path, tmp_path / "backup.db")
        path.unlink()
        for minute in range(1, 60):
            with pytest.raises(StoreError):
                server.mark(NOW + 60 * minute)
        (tmp_path / "backup.db").replace(path)
        assert server.mark(NOW + 3600) is None
        assert server.outages(NOW + 3600) == ()
        assert server.mark(NOW + 3600 + AWAY_SECONDS) == Outage(NOW + 3600, NOW + 3600 + AWAY_SECONDS)


def test_an_address_leads_to_one_kind_of_reason_only(tmp_path: Path) -> None:
    """A wrong host and a wrong path do not sound alike."""
    host = Store("postgresql://nobody@127.0.0.1:9/none").problem()
    path = Store(f"sqlite:///{tmp_path}/none/phonetree.db").problem()
    assert "DATABASE_URL" in str(host)
    assert "there is no file at" in str(path)
