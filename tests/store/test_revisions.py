"""Publishing to the store: one at a time, as a whole or not at all, and nobody publishes without SECRET_KEY."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import event, text

from phonetree.errors import PublishedError, SettingsError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.revisions import THE_FILES, Revisions
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
