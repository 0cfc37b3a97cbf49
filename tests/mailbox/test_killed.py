"""The collector survives everything: kills at any point, a full disk, two at once."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from phonetree.errors import StoreError
from phonetree.store.messages import Messages
from tests.support.databases import KINDS
from tests.support.killing import killed
from tests.support.mail import CALL, mailbox

NOW = 1_800_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_random_points_it_loses_nothing_and_keeps_nothing_twice(kind: str, tmp_path: Path) -> None:
    """A dozen times here; `python -m bench.killed` does it two hundred times."""
    assert killed(kind, tmp_path, times=12) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False)  # noqa: S603, S607
    if mounted.returncode:
        pytest.skip("only an administrator can make a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)  # noqa: S603, S607


def test_a_full_disk_leaves_messages_at_the_provider_until_there_is_room(small_disk: Path) -> None:
    with mailbox("sqlite", small_disk) as box:
        filling = small_disk / "filling"
        filling.write_bytes(b"x" * 600_000)
        held = [box.leave(20), box.leave(1, "CA" + "2" * 32)]
        for later in range(3):
            with suppress(StoreError):
                box.collector.round(NOW + 10_000 * later)
        assert held[0].id in box.provider.recordings
        filling.unlink()
        box.collector.round(NOW + 100_000)
        assert sorted(box.sounds()) == sorted(one.sound for one in held)
        assert not box.provider.recordings
        assert box.messages.failures() == {}


def test_a_read_only_database_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    with mailbox("sqlite", tmp_path) as box:
        held = box.leave(1, CALL)
        with box.store.write() as connection:
            connection.exec_driver_sql("DROP TABLE parts")
        box.collector.round(NOW)
        assert "database cannot be used" in box.messages.failures()[held.id].failure
        assert held.id in box.provider.recordings
        assert Messages(box.store).listed() == ()
