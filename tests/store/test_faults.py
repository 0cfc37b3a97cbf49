"""Every fault of a database has its own words, which say what to do and hold no password."""

import socket
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import event, make_url
from sqlalchemy.exc import OperationalError

from phonetree.errors import StoreError, StoreFullError
from phonetree.store.database import Store
from phonetree.store.faults import told
from phonetree.store.migrate import migrate
from phonetree.store.revisions import Revisions
from tests.support.databases import address, store

SECRET = "a-secret"


def _said(url: str) -> str:
    """What a server and a command would say."""
    store = Store(url)
    try:
        found = store.problem()
        if found is None or "there is no file at" in found:
            with pytest.raises(StoreError) as caught:
                migrate(store)
            found = str(caught.value)
    finally:
        store.close()
    assert SECRET not in found
    assert "somebody" not in found
    return found


def _not_a_database(folder: Path) -> str:
    (folder / "db").write_bytes(b"Dear diary, this is no database at all. " * 100)
    return f"sqlite:///{folder}/db"


def _a_folder(folder: Path) -> str:
    (folder / "db").mkdir()
    return f"sqlite:///{folder}/db"


def _through_a_file(folder: Path) -> str:
    (folder / "file").touch()
    return f"sqlite:///{folder}/file/db"


def _no_permission(folder: Path) -> str:
    return "sqlite:////proc/phonetree.db"  # nobody may make a file there, not even root


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (_not_a_database, "not an SQLite database"),
        (_a_folder, "its file cannot be opened"),
        (_through_a_file, "its file cannot be opened"),
        (_no_permission, "its file cannot be opened"),
    ],
)
def test_a_wrong_path_of_sqlite(made: Callable[[Path], str], words: str, tmp_path: Path) -> None:
    found = _said(made(tmp_path))
    assert words in found
    assert "DATABASE_URL" in found


def test_a_path_at_which_nothing_is_makes_nothing_and_says_where_it_looked(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/mistyped.db")
    assert store.problem() == (
        f"the database cannot be used: there is no file at {tmp_path}/mistyped.db; check the path in DATABASE_URL, "
        "restore a backup (docs/running.md, Restore), or, for a new database, run: scripts/phonetree migrate"
    )
    store.close()
    assert not list(tmp_path.iterdir())


def test_a_database_that_somebody_else_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phonetree.store.database.WAIT_SECONDS", 0.1)
    store = Store(f"sqlite:///{tmp_path}/db")
    migrate(store)
    with closing(sqlite3.connect(tmp_path / "db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process has locked it"), store.write():
            pass
    store.close()


@contextmanager
def _answering(answer: bytes) -> Iterator[int]:
    """Something that listens on a port and answers whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    asked = connection.recv(1000)
                    while asked[4:8] in (b"\x04\xd2\x16/", b"\x04\xd2\x160"):  # TLS or GSS, first
                        connection.sendall(b"N")
                        asked = connection.recv(1000)
                    connection.sendall(answer)

        Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def _error(code: str, text: str) -> bytes:
    """An ErrorResponse of Postgres."""
    body = (
        b"".join(kind + value.encode() + b"\0" for kind, value in ((b"S", "FATAL"), (b"C", code), (b"M", text))) + b"\0"
    )
    return b"E" + struct.pack("!i", len(body) + 4) + body


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (_error("28P01", 'password authentication failed for user "somebody"'), "the user or the password is refused"),
        (_error("28000", 'role "somebody" does not exist'), "the user or the password is refused"),
        (_error("28000", 'no pg_hba.conf entry for host "1.2.3.4"'), "pg_hba.conf"),
        (_error("3D000", 'database "helpline" does not exist'), "there is no database with that name"),
        (_error("53300", "sorry, too many clients already"), "no connections left"),
        (_error("57P03", "the database system is starting up"), "starting or stopping"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "do not belong to a Postgres server"),
        (b"", "do not belong to a Postgres server"),
    ],
)
def test_what_a_server_answers(answer: bytes, words: str) -> None:
    with _answering(answer) as port:
        assert words in _said(f"postgresql://somebody:{SECRET}@127.0.0.1:{port}/helpline")


def test_a_wrong_port_and_a_wrong_host() -> None:
    assert "nothing answers at its host and port" in _said(f"postgresql://somebody:{SECRET}@127.0.0.1:9/helpline")
    assert "its host is unknown" in _said(f"postgresql://somebody:{SECRET}@no-such-host.invalid/helpline")
    assert "nothing answers at its socket" in _said(f"postgresql://somebody:{SECRET}@/helpline?host=/nonexistent")


def test_a_wrong_name_and_a_wrong_user_at_a_real_server(tmp_path: Path) -> None:
    real = make_url(address("postgres", tmp_path))
    shown = real.set(database="none").render_as_string(hide_password=False)
    assert "there is no database with that name" in _said(shown)
    assert "the user or the password is refused" in _said(
        real.set(username="somebody").render_as_string(hide_password=False)
    )


def test_a_fault_that_nobody_thought_of_is_told_by_its_kind_alone() -> None:
    fault = OperationalError(f"SELECT {SECRET}", {}, RuntimeError(SECRET))
    assert told(fault) == (
        "the database cannot be used: it reports RuntimeError; check DATABASE_URL, and the database's own log"
    )


def test_a_disk_that_is_full_in_the_middle_of_a_transaction_is_a_full_disk(tmp_path: Path) -> None:
    """SQLite rolls everything back, the savepoint with it, and then there is none that could be rolled back."""
    with store("sqlite", tmp_path) as kept:
        event.listen(kept.engine, "connect", lambda found, _: found.execute("PRAGMA max_page_count = 1"))
        large = {"hours.yaml": b"x" * 1_000_000, "routing.yaml": b"y"}
        with pytest.raises(StoreFullError, match="the disk is full; free some space"):
            Revisions(kept).take("a" * 12, large, 5)
