"""Publishing to the store: one at a time, as a whole or not at all, and nobody publishes without SECRET_KEY."""

import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import event, text

from phonetree.errors import PublishedError, SettingsError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.revisions import THE_FILES, Revisions
from phonetree.store.servers import Report, Servers
from tests.support.databases import KINDS, store

SECRET, OTHER = ("s" * 40,), ("o" * 40,)
FIRST = {
    "hours.yaml": b"# kept\r\nopen: {}\n",
    "routing.yaml": b"\xef\xbb\xbf'x': \"y\"   # z",
    "phrases/pt.yaml": b"a",
}
SECOND = {"hours.yaml": b"two", "routing.yaml": b"three"}
A, B, C = "a" * 12, "b" * 12, "c" * 12


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with store(request.param, tmp_path) as made:
        yield made


def _revisions(kept: Store, secrets: tuple[str, ...] = SECRET) -> Revisions:
    return Revisions(kept, secrets, strict=True)


def _newest(revisions: Revisions) -> str:
    found = revisions.newest()
    assert found
    return found[0].revision


def test_history_says_who_published_what_when_and_why_and_every_byte_is_kept(kept: Store) -> None:
    revisions = _revisions(kept)
    revisions.take(A, FIRST, 5)
    revisions.publish(B, SECOND, A, "Ada", "closed on Friday", 6, what="published")
    revisions.publish(A, FIRST, B, "Ben", "back again", 7)
    told = [(each.number, each.revision, each.at, each.author) for each in revisions.history()]
    assert told == [(3, A, 7, "Ben"), (2, B, 6, "Ada"), (1, A, 5, THE_FILES)]
    assert [each.note for each in revisions.history()][:2] == ["back again", "closed on Friday"]
    found = revisions.newest()
    assert found
    assert found[1] == FIRST
    assert revisions.published(B) == SECOND
    assert [action.by for action in actions.since(kept, 0)] == ["Ada"]


def test_of_those_who_publish_at_once_over_the_same_one_does_and_the_others_are_told(kept: Store) -> None:
    _revisions(kept).take(A, FIRST, 5)
    together = Barrier(4)

    def publish(number: int) -> bool:
        mine = Store(kept.engine.url.render_as_string(hide_password=False))
        together.wait(10)
        try:
            _revisions(mine).publish(f"{number}" * 12, SECOND, A, "x", "y", 6)
        except PublishedError:
            return False
        finally:
            mine.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(publish, range(4))) == [False, False, False, True]
    assert len(_revisions(kept).history()) == 2
    with pytest.raises(PublishedError):
        _revisions(kept).publish(C, FIRST, None, "x", "y", 7)


def test_of_servers_that_find_an_empty_store_one_fills_it(kept: Store) -> None:
    together = Barrier(3)

    def take(number: int) -> None:
        together.wait(10)
        _revisions(kept).take(f"{number}" * 12, SECOND, 6)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(take, range(3)))
    assert len(_revisions(kept).history()) == 1


@pytest.mark.slow
def test_whoever_is_killed_while_publishing_leaves_the_old_or_the_new_one(kept: Store) -> None:
    revisions, address = _revisions(kept), kept.engine.url.render_as_string(hide_password=False)
    revisions.take(A, FIRST, 5)
    statements = 0
    while _newest(revisions) == A:
        statements += 1
        child = os.fork()
        if not child:
            _publish_until_killed(address, statements)
        os.waitpid(child, 0)
        found = revisions.newest()
        assert found
        assert (found[0].revision, found[1]) in ((A, FIRST), (B, SECOND))
    assert statements > 5, "it was killed in between"


def _publish_until_killed(address: str, statements: int) -> None:
    """Ends this process after so many statements, if it does not end by itself before."""
    try:
        mine, left = Store(address), [statements]

        @event.listens_for(mine.engine, "after_cursor_execute")
        def _count(*_: object) -> None:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

        _revisions(mine).publish(B, SECOND, A, "Ada", "a note", 6, what="published")
    finally:
        os._exit(0)


CHANGES = (
    "UPDATE revisions SET routing = hours WHERE name = 'bbbbbbbbbbbb'",
    "UPDATE publications SET note = 'another' WHERE number = 2",
    "UPDATE publications SET author = 'Eve' WHERE number = 2",
    "UPDATE publications SET revision = 'aaaaaaaaaaaa' WHERE number = 2",
    "UPDATE publications SET number = 3 WHERE number = 2",
    "UPDATE publications SET mac = NULL WHERE number = 2",
    "UPDATE publications SET mac = substr(mac, 1, 8) WHERE number = 2",
    "UPDATE publications SET mac = 'text' WHERE number = 2",
    "UPDATE publications SET digest = '', at = 'text', heard = 'text' WHERE number = 2",
    "UPDATE revisions SET routing = substr(routing, 1, 2) WHERE name = 'bbbbbbbbbbbb'",
    "UPDATE revisions SET routing = 'text' WHERE name = 'bbbbbbbbbbbb'",
    "DELETE FROM revisions WHERE name = 'bbbbbbbbbbbb'",
    "UPDATE publications SET mac = (SELECT mac FROM publications WHERE number = 1) WHERE number = 2",
    "DELETE FROM revision_files; INSERT INTO revision_files VALUES ('bbbbbbbbbbbb', 'phrases/es.yaml', 'x')",
)


@pytest.mark.parametrize("change", CHANGES)
def test_what_somebody_changed_in_the_database_does_not_count(change: str, tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as kept:
        revisions = _revisions(kept)
        revisions.take(A, SECOND | {"hours.yaml": b"one"}, 5)
        revisions.publish(B, SECOND, A, "Ada", "a note", 6)
        with kept.write() as connection:
            for statement in change.split("; "):
                connection.execute(text(statement))
        assert _newest(revisions) == A
        revisions.publish(B, SECOND, A, "Ada", "once more", 7)
        assert revisions.published(B) == SECOND, "it is put right"


def test_a_new_key_vouches_for_what_the_old_one_did(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as kept:
        _revisions(kept).take(A, FIRST, 5)
        assert _revisions(kept, OTHER).newest() is None
        assert _revisions(kept, OTHER).newest_names(heard=False) == ()
        assert _newest(_revisions(kept, OTHER + SECRET)) == A
        _revisions(kept, OTHER + SECRET).tidy()
        assert _newest(_revisions(kept, OTHER)) == A
        with pytest.raises(SettingsError, match="SECRET_KEY is not set here"):
            _revisions(kept, ()).publish(B, SECOND, A, "Ada", "a note", 6)


def test_what_is_begun_is_unfinished_until_it_is_done_or_a_server_answers_with_it(kept: Store) -> None:
    revisions = Revisions(kept)
    revisions.keep(A, FIRST, THE_FILES, 5)
    number = revisions.begin(B, SECOND, "Ada", "a note", 6, what="published", before=A, place="here")
    (begun,) = revisions.begun()
    assert (begun.number, begun.before, begun.place, begun.contents, begun.alone) == (number, A, "here", SECOND, True)
    revisions.keep(A, FIRST, THE_FILES, 7)
    assert [each.unfinished for each in revisions.history()] == [True, False]
    with kept.write() as connection:  # as a server of the previous version, which does not know of it
        connection.execute(text("UPDATE publications SET heard = 1 WHERE number = 2"))
    assert not revisions.history()[0].unfinished
    assert revisions.begun() == ()
    revisions.take_back(number, "Ada", "could not be saved", 8)
    assert len(revisions.history()) == 2, "callers hear it"
    number = revisions.begin(C, FIRST, "Ada", "a note", 6, what="published", before=B, place="here")
    revisions.done(number)
    revisions.take_back(number, "Ada", "could not be saved", 8)
    assert next((each.revision, each.unfinished) for each in revisions.history()) == (C, False)
    number = revisions.begin(A, FIRST, "Ada", "a note", 6, what="published", before=C, place="here")
    revisions.unknown(number)
    assert revisions.history()[0].unfinished
    assert revisions.begun() == (), "and nobody finds it out"


def _begin(revisions: Revisions, name: str, contents: Mapping[str, bytes], before: str) -> int:
    return revisions.begin(name, contents, "Ada", "a note", 6, what="published", before=before, place="here")


def _names(revisions: Revisions) -> tuple[str, ...]:
    """What a server or a console may take for the newest, in each way to ask for it."""
    last, heard = revisions.last(finished=True), revisions.heard()
    return (_newest(revisions), last.revision if last else "", *revisions.newest_names(heard=False)[:1],
            *(A for each in heard[:1] if each == FIRST))  # fmt: skip


def test_what_was_begun_in_a_folder_counts_where_the_store_is_the_source_only_once_it_is_done(kept: Store) -> None:
    folder, revisions = Revisions(kept, SECRET), _revisions(kept)
    folder.keep(A, FIRST, THE_FILES, 5)
    number = _begin(folder, B, SECOND, A)
    assert _names(revisions) == (A,) * 4
    assert [(each.vouched, each.unfinished) for each in revisions.history()] == [(True, True), (True, False)]
    folder.unknown(number)
    assert _names(revisions) == (A,) * 4
    revisions.publish(C, SECOND, A, "Ben", "another", 7)
    revisions.publish(B, SECOND, C, "Ben", "the same as was begun", 7)
    revisions.take(B, SECOND, 8)
    assert [each.heard for each in revisions.history()] == [True, False, False, True], "not the one that was begun"
    folder.done(number)
    assert [each.unfinished for each in revisions.history()] == [False] * 4


@pytest.mark.parametrize("heard", [False, True])
def test_the_console_or_a_server_that_answers_with_it_makes_it_count(heard: bool, kept: Store) -> None:
    folder, revisions = Revisions(kept, OTHER), _revisions(kept, SECRET + OTHER)
    folder.keep(A, FIRST, THE_FILES, 5)
    number = _begin(folder, B, SECOND, A)
    revisions.tidy()
    assert _newest(_revisions(kept)) == A, "with another key it is what it was"
    folder = Revisions(kept, SECRET)
    if heard:
        folder.keep(B, SECOND, THE_FILES, 7)
    else:
        folder.done(number)
    assert _newest(_revisions(kept)) == B


FORGED = (
    "UPDATE publications SET heard = 1 WHERE number = 2",
    "UPDATE publications SET before = NULL, begun_in = NULL WHERE number = 2",
    "UPDATE publications SET before = NULL, heard = 1; DELETE FROM publications WHERE number = 1",
)


@pytest.mark.parametrize("change", FORGED)
def test_nobody_makes_a_publication_of_what_was_begun_who_only_writes_to_the_database(change: str, kept: Store) -> None:
    folder, revisions = Revisions(kept, SECRET), _revisions(kept)
    folder.keep(A, FIRST, THE_FILES, 5)
    _begin(folder, B, SECOND, A)
    with kept.write() as connection:
        for statement in change.split("; "):
            connection.execute(text(statement))
    found = revisions.newest()
    assert found is None or found[0].revision == A
    assert B not in revisions.newest_names(heard=False)
    assert SECOND not in revisions.heard()
    assert revisions.history()[0].unfinished
    folder.done(1)
    assert revisions.history()[0].unfinished


def test_other_files_in_the_place_of_those_that_were_begun_do_not_make_it_count(kept: Store) -> None:
    folder = Revisions(kept, SECRET)
    folder.keep(A, FIRST, THE_FILES, 5)
    number = _begin(folder, B, SECOND, A)
    with kept.write() as connection:
        connection.execute(text("UPDATE revisions SET routing = hours WHERE name = 'bbbbbbbbbbbb'"))
    (begun,) = folder.begun()
    assert begun.contents == {}, "so that no folder has them"
    folder.keep(B, SECOND | {"routing.yaml": SECOND["hours.yaml"]}, THE_FILES, 7)
    with kept.write() as connection:
        connection.execute(
            text("UPDATE revisions SET routing = :it WHERE name = 'bbbbbbbbbbbb'"), {"it": SECOND["routing.yaml"]}
        )
    assert _newest(_revisions(kept)) == A, "they were put back since"
    with kept.write() as connection:
        connection.execute(text("UPDATE publications SET author = 'Eve' WHERE number = 2"))
    folder.done(number)
    assert _newest(_revisions(kept)) == A


def test_a_number_that_this_process_gave_or_took_back_is_not_used_again(kept: Store) -> None:
    folder, other = Revisions(kept), Revisions(kept)
    folder.keep(A, FIRST, THE_FILES, 5)
    assert _begin(folder, B, SECOND, A) == 2
    folder.take_back(2, "Ada", "could not be saved", 7)
    assert _begin(folder, B, SECOND, A) == 3
    other.take_back(3, "Ada", "could not be saved", 7)
    assert _begin(other, B, SECOND, A) == 4
    folder.take_back(4, "Ada", "could not be saved", 7)
    assert _begin(other, B, SECOND, A) == 5


def test_history_comes_through_an_upgrade_and_back_and_the_previous_version_publishes_after_it(kept: Store) -> None:
    revisions = _revisions(kept)
    revisions.take(A, FIRST, 5)
    before = revisions.history()
    migrate(kept, "0014")
    migrate(kept)
    with kept.write() as connection:
        connection.execute(
            text(
                "INSERT INTO publications (number, revision, digest, at, author, note, heard, mac) "
                "SELECT 2, revision, digest, at, author, note, 0, mac FROM publications"
            )
        )
    assert revisions.history()[1:] == before
    assert not revisions.history()[0].unfinished
    assert revisions.begun() == ()


def test_a_number_that_a_server_or_this_process_knows_is_not_used_again(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as kept:
        revisions = _revisions(kept)
        revisions.take(A, FIRST, 5)
        revisions.publish(B, SECOND, A, "Ada", "a note", 6)
        assert _newest(revisions) == B
        with kept.write() as connection:
            connection.execute(text("DELETE FROM publications WHERE number = 2"))
        revisions.publish(C, SECOND, A, "Ada", "a note", 7)
        assert revisions.history()[0].number == 3
        Servers(kept).tell("one", Report(C, number=7), 8)
        _revisions(kept).publish(B, SECOND, C, "Ada", "a note", 9)
        assert [each.number for each in revisions.history()] == [8, 3, 1]
