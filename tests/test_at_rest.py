"""At rest, a database that messages came to and went from is like one that they never came to: the bytes of its file
(SQLite); sizes, statistics, numbers and the log (Postgres, with the settings that are shipped)."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from phonetree.commands.work import doctor
from phonetree.core.turn import Outcome
from phonetree.store.database import Store
from phonetree.store.tables import ABOUT_MESSAGES
from phonetree.store.upkeep import TRANSACTIONS, blur
from tests.support.databases import SHIPPED, cluster, programs, tables
from tests.support.lines import ROOT
from tests.support.rounds import Server, server

pytestmark = pytest.mark.long

NOW = 1_800_003_600
"""The beginning of an hour."""

COUNTERS = {*range(24, 28), *range(92, 96)}
"""Where an SQLite file counts its transactions (sqlite.org/fileformat2.html, 1.3)."""


@dataclass
class Night:
    """Two servers that did the same rounds: one took calls in between."""

    busy: Server
    quiet: Server

    def rounds(self, number: int = 1) -> None:
        for each in (self.busy, self.quiet):
            each.rounds(number)

    def settle(self, *, but: int = 0) -> None:
        for each in (self.busy, self.quiet):
            each.settle(but=but)


@pytest.fixture(params=SHIPPED)
def night(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Night]:
    with ExitStack() as stack:
        made = Night(*(stack.enter_context(server(request.param, tmp_path / each, NOW)) for each in ("a", "b")))
        made.rounds()
        yield made


def _asked(store: Store, query: str) -> Sequence[tuple[Any, ...]]:
    with store.alone() as run:
        return run(query)


def _names(tables: Sequence[Any] = ABOUT_MESSAGES) -> str:
    return ", ".join(f"'{table.name}'" for table in tables)


def _file(one: Server) -> bytes:
    return Path(str(one.store.engine.url.database)).read_bytes()


def _kept(store: Store) -> dict[str, Sequence[tuple[Any, ...]]]:
    """What Postgres keeps besides rows: sizes and counts of every table and index, statistics, samples."""
    return {
        "sizes": _asked(
            store,
            "SELECT coalesce(t.relname || '.toast', c.relname), c.relkind, pg_relation_size(c.oid, 'main'), "
            "pg_relation_size(c.oid, 'fsm'), pg_relation_size(c.oid, 'vm'), c.relpages, c.reltuples FROM pg_class c "
            "LEFT JOIN pg_class t ON t.reltoastrelid = c.oid "
            "WHERE NOT starts_with(c.relname, 'pg_toast') OR t.oid IS NOT NULL ORDER BY 1, 2",
        ),
        "tables": _asked(store, "SELECT * FROM pg_stat_user_tables WHERE n_tup_ins + n_tup_del + seq_scan > 0"),
        "indexes": _asked(store, "SELECT * FROM pg_stat_user_indexes WHERE idx_scan + idx_tup_read > 0"),
        "blocks": _asked(store, "SELECT * FROM pg_statio_user_tables WHERE heap_blks_read + heap_blks_hit > 0"),
        "database": _asked(
            store,
            "SELECT tup_inserted, tup_deleted, tup_updated, tup_fetched, tup_returned, blks_read, blks_hit, "
            "xact_rollback, deadlocks, temp_files FROM pg_stat_database WHERE datname = current_database()",
        ),
        "samples": _asked(store, f"SELECT * FROM pg_stats WHERE tablename IN ({_names()})"),  # noqa: S608
    }


def test_a_night_with_messages_is_at_rest_like_a_night_without(night: Night) -> None:
    for number in range(8):
        night.busy.call(message_seconds=1 + 7 * number)
        night.busy.call(Outcome.ADVOCATE)
        night.rounds()
    assert len(night.busy.voicemails.listed()) == 8
    night.settle()
    if not night.busy.store.sqlite:
        assert _kept(night.busy.store) == _kept(night.quiet.store)
        return
    files = _file(night.busy), _file(night.quiet)
    assert len(files[0]) == len(files[1])
    assert {at for at, (one, other) in enumerate(zip(*files, strict=True)) if one != other} <= COUNTERS
    folder = Path(str(night.busy.store.engine.url.database)).parent
    assert sorted(path.name for path in folder.iterdir()) == ["keys", "phonetree.db"], "no journal is left"


@pytest.mark.parametrize(
    ("kind", "told"),
    [("sqlite", ""), ("compose", ""), ("postgres", "log_checkpoints is on, track_counts is on")],
)
def test_the_doctor_names_settings_under_which_postgres_keeps_moments(
    kind: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", tables(kind, tmp_path))
    database, traces = doctor._database()
    assert (database.id, database.verdict, traces.id) == ("database", "ok", "traces")
    assert (traces.verdict, traces.text.partition(": ")[2]) == ("advice" if told else "ok", told)
    assert not told or (ROOT / traces.hint.partition(",")[0]).is_file()


def test_counts_of_rows_are_gone_where_the_server_counts(tmp_path: Path) -> None:
    """Another Postgres than the one that is shipped, if our role may reset them."""
    counted = f"SELECT sum(n_tup_ins + n_tup_del) FROM pg_stat_user_tables WHERE relname IN ({_names()})"  # noqa: S608
    with server("postgres", tmp_path, NOW) as one:
        one.rounds()
        one.call(message_seconds=1)
        _asked(one.store, "SELECT pg_stat_force_next_flush()")
        assert _asked(one.store, counted)[0][0] > 0
        one.settle()
        assert _asked(one.store, counted) == [(0,)]


@pytest.mark.parametrize("kind", SHIPPED)
def test_the_number_of_transactions_has_noise(kind: str, tmp_path: Path) -> None:
    with server(kind, tmp_path, NOW) as one:
        before = _transactions(one)
        blur(one.store, lambda scale: scale // 4)
        assert _transactions(one) - before == TRANSACTIONS + 4
        one.rounds(2)
        before = _transactions(one)
        one.rounds(1, 60)
        in_between = _transactions(one) - before
        one.rounds(1, 3600)
        assert _transactions(one) - before - in_between > TRANSACTIONS / 10, "in each hour"


def _transactions(one: Server) -> int:
    if one.store.sqlite:
        return int.from_bytes(_file(one)[24:28])
    return int(_asked(one.store, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")[0][0])


@pytest.mark.parametrize("night", ["sqlite"], indirect=True)
def test_free_pages_are_gone_before_the_next_hour(night: Night) -> None:
    before = _asked(night.busy.store, "PRAGMA page_count")
    night.busy.call(message_seconds=30)
    assert _asked(night.busy.store, "PRAGMA page_count") != before
    night.busy.voicemails.delete(night.busy.voicemails.listed()[0].id)
    night.busy.voicemails.settle(night.busy.now + 1)
    assert _asked(night.busy.store, "PRAGMA page_count") == before
    assert _asked(night.busy.store, "PRAGMA freelist_count") == [(0,)]


def test_messages_that_wait_do_not_show_that_others_were_between_them(night: Night) -> None:
    """Three of the same lengths wait in both; in one, others came between them and are gone."""
    for _ in range(3):
        for each in (night.busy, night.quiet):
            each.call(message_seconds=5)
        for _ in range(3):
            night.busy.call(message_seconds=20)
        night.rounds()
    for message in night.busy.voicemails.listed():
        if message.seconds == 20:
            night.busy.voicemails.delete(message.id)
    night.settle(but=3)
    assert len(night.busy.voicemails.listed()) == 3
    if night.busy.store.sqlite:
        for count in ("PRAGMA page_count", "PRAGMA freelist_count"):
            assert _asked(night.busy.store, count) == _asked(night.quiet.store, count)
        with_numbers = "SELECT tbl_name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%WITHOUT ROWID'"
        numbered = {name for (name,) in _asked(night.busy.store, with_numbers)}
        assert not {table.name for table in ABOUT_MESSAGES} & numbered
        return
    assert _kept(night.busy.store) == _kept(night.quiet.store)
    numbers = _numbers(night.busy.store)
    assert sorted({number for number, _ in numbers.pop("large values")}) == [0, 1, 2], "one after the other"
    for table, found in numbers.items():
        assert {transaction for _, transaction in found} <= {0}, f"all of {table} in one transaction"


def _numbers(store: Store) -> dict[str, Sequence[tuple[Any, ...]]]:
    """Numbers of large values, and of the transactions that wrote rows, from their first (Postgres)."""
    (toast,) = _asked(store, "SELECT reltoastrelid::regclass::text FROM pg_class WHERE relname = 'parts'")[0]
    return {
        "large values": _asked(
            store,
            f"SELECT chunk_id::bigint - min(chunk_id::bigint) OVER (), chunk_seq FROM {toast} ORDER BY 1, 2",  # noqa: S608
        ),
        **{
            table.name: _asked(
                store,
                f"SELECT ctid, xmin::text::bigint - min(xmin::text::bigint) OVER () FROM {table.name} ORDER BY 1",  # noqa: S608
            )
            for table in ABOUT_MESSAGES
        },
    }


def test_a_call_alone_writes_nothing_not_even_into_the_log(night: Night) -> None:
    night.busy.rounds(2)
    if night.busy.store.sqlite:
        before = _file(night.busy)
        night.busy.call()
        assert _file(night.busy) == before
        return
    _asked(night.busy.store, "CHECKPOINT")  # now the first change of each page would be written whole
    before_, calls = _written(night.busy.store), night.busy.calls
    for outcome in Outcome:
        night.busy.call(outcome)
    assert night.busy.calls == calls + len(Outcome)
    assert not night.busy.provider.calls, "its work was done"
    assert _written(night.busy.store) == before_


def _written(store: Store) -> str:
    """How far the write-ahead log goes."""
    return str(_asked(store, "SELECT pg_current_wal_insert_lsn()")[0][0])


@pytest.mark.parametrize("night", ["compose"], indirect=True)
def test_the_log_of_postgres_has_messages_at_their_arrival_and_the_rest_at_fixed_times(night: Night) -> None:
    """The write-ahead log, read by Postgres's own program."""
    store = night.busy.store
    after_rounds = _written(store)
    night.busy.call()
    night.busy.call(message_seconds=5)
    assert _touched(store, after_rounds) >= {"messages", "parts", "wrapped_keys", "notices"}
    arrived = _written(store)
    night.busy.rounds(2)
    assert _touched(store, arrived) <= {"presence", "servers", "looks", "alembic_version"}, (
        "nothing about it in later rounds"
    )
    asked = _written(store)
    night.busy.call()
    assert _touched(store, asked) == set()


def _touched(store: Store, since: str) -> set[str]:
    """Our tables with records in the write-ahead log since a place in it."""
    nodes = {
        str(node): name
        for node, name in _asked(
            store,
            "SELECT pg_relation_filenode(c.oid), coalesce(t.relname, c.relname) FROM pg_class c "
            "LEFT JOIN pg_class t ON t.reltoastrelid = c.oid WHERE c.relkind IN ('r', 't') AND c.oid > 16384",
        )
    }
    until = str(_asked(store, "SELECT pg_current_wal_flush_lsn()")[0][0])
    if until == since:
        return set()
    told = _dumped(since, until)
    found = {part.split()[0].rstrip(",").split("/")[2] for line in told for part in line.split(" rel ")[1:]}
    return {nodes[node] for node in found & nodes.keys()}


def _dumped(since: str, until: str) -> list[str]:
    wal = cluster("compose") / "pg_wal"
    command = [str(programs() / "pg_waldump"), "--path", str(wal), "--start", since, "--end", until]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("night", ["compose"], indirect=True)
def test_no_byte_of_a_message_is_in_any_file_of_postgres_once_its_log_is_over(night: Night) -> None:
    night.busy.call(message_seconds=30)
    (message,) = night.busy.voicemails.listed()
    piece = next(iter(night.busy.voicemails.sealed(message.id)))
    traces = [message.id.encode(), piece[1000:1064], night.busy.voicemails.envelope(message.id)[0]]
    _over(night.busy.store)
    assert [_files_with(trace) != [] for trace in traces] == [True, True, True], "while it waits, they are found"
    night.settle()
    _over(night.busy.store)
    assert [_files_with(trace) for trace in traces] == [[], [], []]


def _over(store: Store) -> None:
    """A segment of the log ends, and what came before is deleted, as archive_timeout and checkpoint_timeout do it."""
    _asked(store, "SELECT pg_switch_wal()")
    _asked(store, "CHECKPOINT")


def _files_with(trace: bytes) -> list[str]:
    return [str(path) for path in cluster("compose").rglob("*") if path.is_file() and trace in path.read_bytes()]
