"""Upgrade and go back: messages come through, and a version says what it cannot read."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.errors import StoreError
from phonetree.mailbox.notices import Notices, channels
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.schema import SCHEMA
from phonetree.store.tables import ABOUT_MESSAGES, parts
from tests.support.databases import KINDS
from tests.support.lines import ROOT
from tests.support.mail import mailbox

NOW = 1_800_000_000


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_messages_come_through_an_upgrade_and_back(kind: str, tmp_path: Path) -> None:
    with mailbox(kind, tmp_path) as box:
        held = [box.leave(2, f"CA{number:032x}") for number in range(3)]
        box.collector.round(NOW)
        Notices(box.store, box.voicemails, channels("json://127.0.0.1:9")).round(NOW)  # where nobody answers
        box.voicemails.claim(box.voicemails.listed()[0].id, "Ada", NOW)
        box.voicemails.failed("RE" + "1" * 32, "it timed out", NOW, NOW)
        listed, before = box.voicemails.listed(), _rows(box.store)
        assert all(before.values()), "each table about messages has rows"
        for schema in ("0001", SCHEMA, "0003", SCHEMA, "0001", SCHEMA):
            migrate(box.store, schema)
            assert (box.store.problem() is None) == (schema == SCHEMA)
            assert box.voicemails.listed() == listed
            assert _rows(box.store) == before
            assert sorted(box.sounds()) == sorted(one.sound for one in held)
        with pytest.raises(IntegrityError), box.store.engine.begin() as connection:
            connection.execute(insert(parts).values(message="none", number=1, sealed=b""))


def _rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.read() as connection:
        return {table.name: sorted(map(tuple, connection.execute(select(table)))) for table in ABOUT_MESSAGES}


def test_the_file_of_an_earlier_version_is_cut_off_from_now_on_too(tmp_path: Path) -> None:
    path = tmp_path / "phonetree.db"
    with closing(sqlite3.connect(path)) as before:
        before.executescript((ROOT / "tests" / "mailbox" / "format1" / "messages.sql").read_text())
        before.execute("PRAGMA user_version = 1")
        assert before.execute("PRAGMA auto_vacuum").fetchone() == (0,)
        kept = before.execute("SELECT id FROM messages ORDER BY id").fetchall()
    store = Store(f"sqlite:///{path}")
    migrate(store)
    with closing(sqlite3.connect(path)) as after:
        assert after.execute("PRAGMA auto_vacuum").fetchone() == (1,)
        assert after.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert after.execute("SELECT id FROM messages ORDER BY id").fetchall() == kept != []
    store.close()


def test_what_postgres_sampled_of_messages_before_is_gone(tmp_path: Path) -> None:
    samples = text("SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'public' AND tablename <> 'presence'")
    with mailbox("postgres", tmp_path) as box:
        box.leave(2)
        box.collector.round(NOW)
        found = []
        for schema in ("0003", SCHEMA):
            migrate(box.store, schema)
            with box.store.write() as connection:
                found.append({name for (name,) in connection.execute(samples)})
                connection.execute(text("ANALYZE"))  # as autovacuum does, or somebody after a restore
                found.append({name for (name,) in connection.execute(samples)})
    assert found[1] >= {"messages", "parts", "wrapped_keys", "notices"}, "an earlier version has them"
    assert [each & {table.name for table in ABOUT_MESSAGES} for each in found[2:]] == [set(), set()]


def test_a_database_of_a_newer_version_is_left_alone_and_named(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(database)
    migrate(store)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=f"schema 9999, of a newer version.*migrate --to {SCHEMA}"):
        migrate(store)
    store.close()
    assert main(["migrate"]) == KNOWN_PROBLEM
    assert main(["migrate", "--to", "7"]) == 2
    assert "there is no schema 7; this version knows 0001, 0002" in capsys.readouterr().err


@pytest.mark.usefixtures("database")
def test_the_command_goes_back_and_forth(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for arguments in (["migrate"], ["migrate", "--to", "0001"], ["migrate", "--to", "0001"], ["migrate"]):
        assert main(arguments) == 0
        said.append(capsys.readouterr().out.strip())
    assert said == [
        f"The database has schema {SCHEMA}; it is new.",
        f"The database has schema 0001; before it had {SCHEMA}.",
        "The database has schema 0001, as before; nothing was changed.",
        f"The database has schema {SCHEMA}; before it had 0001.",
    ]
    assert main(["migrate", "--to", "0001"]) == 0
    assert main(["override", "list"]) == KNOWN_PROBLEM
    assert f"the database has schema 0001, not {SCHEMA}" in capsys.readouterr().err
    assert main(["migrate"]) == 0
