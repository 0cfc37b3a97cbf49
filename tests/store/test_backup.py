"""A backup, brought back into an empty database, opens with the same key."""

import sqlite3
import subprocess
from pathlib import Path

from sqlalchemy import make_url

from phonetree.store.database import Store
from phonetree.store.voicemails import Voicemails
from tests.support.databases import address, programs
from tests.support.mail import heard, mailbox

NOW = 1_800_000_000


def test_sqlite_while_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with mailbox("sqlite", tmp_path) as box:
        held = box.leave(2)
        box.collector.round(NOW)
        live, copy = sqlite3.connect(tmp_path / "phonetree.db"), sqlite3.connect(tmp_path / "copy" / "phonetree.db")
        live.backup(copy)  # what `sqlite3 FILE ".backup"` does
        live.close()
        copy.close()
    restored = Store(f"sqlite:///{tmp_path}/copy/phonetree.db")
    assert restored.problem() is None
    assert heard(Voicemails(restored)) == [held.sound]
    restored.close()


def test_postgres_by_its_own_programs(tmp_path: Path) -> None:
    with mailbox("postgres", tmp_path) as box:
        held = box.leave(2)
        box.collector.round(NOW)
        plain = box.store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        dump = subprocess.run([programs() / "pg_dump", plain], capture_output=True, check=False)  # noqa: S603
        assert dump.returncode == 0, dump.stderr
    empty = address("postgres", tmp_path)
    target = make_url(empty).set(drivername="postgresql").render_as_string(hide_password=False)
    subprocess.run(  # noqa: S603
        [programs() / "psql", "--quiet", "-v", "ON_ERROR_STOP=1", target],
        input=dump.stdout,
        check=True,
        capture_output=True,
    )
    restored = Store(empty)
    assert restored.problem() is None
    assert heard(Voicemails(restored)) == [held.sound]
    restored.close()
