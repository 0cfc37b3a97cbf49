"""The collector survives everything: kills at any point, a full disk, two at once."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from phonetree.errors import StoreError
from phonetree.store.tables import metadata
from phonetree.store.voicemails import Voicemails
from tests.support.databases import KINDS, owner
from tests.support.killing import killed
from tests.support.mail import CALL, Mailbox, mailbox

pytestmark = pytest.mark.long

NOW = 1_800_000_000
SMALL_BYTES = 3_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_random_points_it_loses_nothing_and_keeps_nothing_twice(kind: str, tmp_path: Path) -> None:
    """A dozen times here; `python -m bench.killed` does it two hundred times."""
    assert killed(kind, tmp_path, times=12) == []


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of some megabytes, which the server of Postgres may use too."""
    disk = Path(tempfile.mkdtemp(prefix="disk"))
    size = f"size={SMALL_BYTES},mode=0777"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", disk], check=False)  # noqa: S603, S607
    if mounted.returncode:
        pytest.skip("only an administrator can make a small disk")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)  # noqa: S603, S607


@contextmanager
def _on(disk: Path, kind: str) -> Iterator[Mailbox]:
    """A mailbox whose messages lie on this disk."""
    with mailbox(kind, disk) as box:
        if kind == "postgres":
            space = f"small_{os.getpid()}"
            (disk / "tables").mkdir()
            (disk / "tables").chmod(0o777)
            shutil.chown(disk / "tables", owner(), None)
            with box.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(f"CREATE TABLESPACE {space} LOCATION '{disk / 'tables'}'")
                for table in ("messages", "parts", "wrapped_keys"):
                    connection.exec_driver_sql(f"ALTER TABLE {table} SET TABLESPACE {space}")
        yield box
        if kind == "postgres":
            with box.store.write() as connection:
                metadata.drop_all(connection)
            with box.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(f"DROP TABLESPACE {space}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_leaves_messages_at_the_provider_until_there_is_room(kind: str, small_disk: Path) -> None:
    with _on(small_disk, kind) as box:
        filling = small_disk / "filling"
        free = shutil.disk_usage(small_disk).free
        filling.write_bytes(b"x" * (free - 200_000))
        held = [box.leave(40), box.leave(2, "CA" + "2" * 32)]
        for later in range(3):
            with suppress(StoreError):
                box.collector.round(NOW + 10_000 * later)
        assert held[0].id in box.provider.recordings
        assert held[0].sound not in box.sounds(), "the disk was not full"
        filling.unlink()
        box.collector.round(NOW + 100_000)
        assert sorted(box.sounds()) == sorted(one.sound for one in held)
        assert not box.provider.recordings
        assert box.voicemails.failures() == {}


def test_a_read_only_database_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    with mailbox("sqlite", tmp_path) as box:
        held = box.leave(2, CALL)
        with box.store.write() as connection:
            connection.exec_driver_sql("DROP TABLE parts")
        box.collector.round(NOW)
        assert "database cannot be used" in box.voicemails.failures()[held.id].failure
        assert held.id in box.provider.recordings
        assert Voicemails(box.store).listed() == ()
