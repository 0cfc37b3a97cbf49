"""Drafts: saved by version, so that of two people the second is told; gone once they are published."""

from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from phonetree.errors import DraftError, DraftGoneError, DraftOutdatedError
from phonetree.store.database import Store
from phonetree.store.drafts import BASE, LONGEST_TITLE, MOST, MOST_BYTES, MOST_VERSIONS, Draft, Drafts
from phonetree.store.tables import draft_files
from tests.support.databases import KINDS, store

NOW = 1_800_000_000
FILES = {"hours.yaml": b"a: \xc3\xa9\r\n", "phrases/es.yaml": b"c", "routing.yaml": b"b"}


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with store(request.param, tmp_path) as made:
        yield made


def test_a_draft_comes_back_byte_by_byte_and_the_latest_changed_is_first(kept: Store) -> None:
    made = Drafts(kept)
    first = made.start("the winter", "r1", FILES, "Ada", NOW)
    second = made.start("x" * 300, "r1", {**FILES, "routing.yaml": b"z"}, "Ben", NOW + 1)
    assert made.find(first.id) == (Draft(first.id, "the winter", "r1", 1, "Ada", NOW), FILES)
    assert [each.id for each in made.all()] == [second.id, first.id]
    assert len(made.all()[0].title) == LONGEST_TITLE
    less = {name: data for name, data in FILES.items() if name != "phrases/es.yaml"}
    saved = made.save(first.id, 1, less, "Ben", NOW + 2)
    assert made.find(first.id) == (saved, less) == (Draft(first.id, "the winter", "r1", 2, "Ben", NOW + 2), less)
    assert made.files(first.id, 1) == made.files(first.id, BASE) == FILES
    assert made.save(first.id, 2, FILES, "Ben", NOW + 3, ("r2", less)).began == "r2"
    assert made.files(first.id, BASE) == less
    assert [each.id for each in made.all()] == [first.id, second.id]
    assert made.find("0" * 32) is None


def test_earlier_versions_are_kept_for_a_while(kept: Store) -> None:
    made = Drafts(kept)
    draft, other = (made.start(title, "r1", FILES, "Ada", NOW) for title in ("one", "other"))
    for version in range(1, MOST_VERSIONS + 2):
        made.save(draft.id, version, {**FILES, "routing.yaml": b"%d" % version}, "Ada", NOW)
    assert made.files(draft.id, 2) == {}
    assert made.files(draft.id, 3)["routing.yaml"] == b"2"
    assert made.files(draft.id, BASE) == made.files(other.id, 1) == FILES


def test_of_two_who_save_at_once_one_is_told_and_nothing_of_the_other_is_lost(kept: Store) -> None:
    made = Drafts(kept)
    draft, told, both = made.start("one", "r1", FILES, "Ada", NOW), [], Barrier(4)

    def save(number: int) -> None:
        both.wait()
        try:
            made.save(draft.id, 1, {**FILES, "routing.yaml": b"%d" % number}, f"{number}", NOW)
        except DraftOutdatedError:
            told.append(number)

    threads = [Thread(target=save, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found = made.find(draft.id)
    assert found
    assert len(told) == 3
    assert (found[0].version, found[0].by.encode()) == (2, found[1]["routing.yaml"])
    assert int(found[0].by) not in told


def test_what_is_gone_cannot_be_saved_and_leaves_no_file_behind(kept: Store) -> None:
    made = Drafts(kept)
    draft = made.start("one", "r1", FILES, "Ada", NOW)
    made.drop(draft.id, 2)
    assert made.find(draft.id), "somebody saved it meanwhile"
    for _ in range(2):
        made.drop(draft.id, 1)
    with pytest.raises(DraftGoneError):
        made.save(draft.id, 1, FILES, "Ada", NOW)
    with kept.read() as connection:
        assert connection.execute(select(draft_files)).all() == []


def test_there_are_so_many_at_most_and_each_is_so_large_at_most(kept: Store) -> None:
    made, large = Drafts(kept), {**FILES, "routing.yaml": b"x" * MOST_BYTES}
    with pytest.raises(DraftError, match="128 kB at most"):
        made.start("one", "r1", large, "Ada", NOW)
    with pytest.raises(DraftError, match="5000 at most"):
        made.start("one", "r1", {**FILES, "routing.yaml": b"\n" * 5001}, "Ada", NOW)
    draft, *_ = [made.start(f"{number}", "r1", FILES, "Ada", NOW) for number in range(MOST)]
    with pytest.raises(DraftError, match="30 drafts already"):
        made.start("more", "r1", FILES, "Ada", NOW)
    with pytest.raises(DraftError, match="128 kB at most"):
        made.save(draft.id, 1, large, "Ada", NOW)
    made.drop(draft.id)
    assert made.start("more", "r1", FILES, "Ada", NOW)
