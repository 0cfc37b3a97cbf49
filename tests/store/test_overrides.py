"""Overrides and what staff did, as they are kept."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest

from phonetree.core.schedule import Accepted, Cover, Kind, Override
from phonetree.errors import ChangedMeanwhileError, OverrideError
from phonetree.store import actions
from phonetree.store.kept import in_a_line, standing
from phonetree.store.migrate import migrate
from phonetree.store.overrides import MOST_STANDING, Overrides
from tests.support.databases import KINDS, store

NOW = 1_800_000_000


def override(begins: int, ends: int, kind: Kind | None = Kind.CLOSED) -> Override:
    return Override(datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC), kind, {"es": "¡Año & <b>!"})


@pytest.mark.parametrize("kind", KINDS)
def test_they_come_back_as_they_were_the_newest_first_until_they_end_or_are_withdrawn(
    kind: str, tmp_path: Path
) -> None:
    with store(kind, tmp_path) as made:
        overrides = Overrides(made)
        one = overrides.add(override(NOW, NOW + 60), "Ada", "closed", NOW)
        two = overrides.add(override(NOW - 60, NOW + 600, None), "Bo", "words", NOW + 1)
        kept = overrides.kept(NOW + 59)
        assert [(each.number, each.by) for each in kept] == [(two, "Bo"), (one, "Ada")]
        assert [(each.begins, each.ends, each.kind, each.words) for each in standing(kept)] == [
            (each.begins, each.ends, each.kind, each.words)
            for each in (override(NOW - 60, NOW + 600, None), override(NOW, NOW + 60))
        ]
        assert [each.number for each in overrides.kept(NOW + 60)] == [two]
        with pytest.raises(OverrideError, match=f"there is no current or coming override {one}"):
            overrides.withdraw(one, "Ada", NOW + 60, UTC)
        overrides.withdraw(two, "Ada", NOW + 60, UTC)
        with pytest.raises(OverrideError, match=f"there is no current or coming override {two}"):
            overrides.withdraw(two, "Ada", NOW + 60, UTC)
        assert [each.number for each in overrides.kept(NOW + 60)] == []
        assert [each.override.ends.timestamp() for each in overrides.followed(NOW + 61)] == [NOW + 60, NOW + 60]
        again = overrides.withdrawn(two, NOW + 61)
        assert again
        assert again.override.ends.timestamp() == NOW + 600, "as it was meant"
        assert overrides.withdrawn(one, NOW) is None
        assert overrides.withdrawn(two, NOW + 600) is None
        line = in_a_line(again.override, UTC)
        assert [(each.by, each.what, each.at) for each in actions.since(made, NOW)] == [
            ("Ada", f"override {two}: withdrawn ({line})", NOW + 60),
            ("Bo", f"override {two}: words", NOW + 1),
            ("Ada", f"override {one}: closed", NOW),
        ], "what failed is not among them"


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_was_checked_with_others_than_stand_is_not_stored(kind: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        overrides = Overrides(made)
        soon = overrides.add(override(NOW, NOW + 60), "Ada", "x", NOW, ())
        looked = overrides.kept(NOW)
        with pytest.raises(ChangedMeanwhileError):
            overrides.add(override(NOW, NOW + 600), "Bo", "x", NOW, ())
        overrides.add(override(NOW, NOW + 600), "Bo", "x", NOW + 60, looked)
        assert [each.number for each in overrides.kept(NOW)] == [soon + 1, soon], "one that is over makes no difference"
        looked = overrides.kept(NOW + 60)
        overrides.withdraw(soon + 1, "Ada", NOW + 60, UTC)
        with pytest.raises(ChangedMeanwhileError):
            overrides.add(override(NOW, NOW + 600), "Bo", "x", NOW + 60, looked)


def test_so_many_covers_may_stand_and_the_line_can_be_closed_all_the_same(tmp_path: Path) -> None:
    with store("sqlite", tmp_path) as made:
        overrides = Overrides(made)
        cover = replace(override(NOW, NOW + 60, Kind.OPEN), kind=None, words={}, cover=Cover("Ada"))
        numbers = [overrides.add(cover, "Ada", "x", NOW) for _ in range(MOST_STANDING)]
        with pytest.raises(OverrideError, match="100 covers stand already, now or later; end one that is not needed"):
            overrides.add(cover, "Ada", "x", NOW)
        overrides.add(override(NOW, NOW + 60), "Ada", "closed", NOW)
        overrides.withdraw(numbers[0], "Ada", NOW - 1, UTC)
        overrides.add(cover, "Ada", "x", NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_who_looked_at_once_one_is_stored(kind: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made, ThreadPoolExecutor(4) as pool:
        overrides = Overrides(made)
        together = Barrier(4)

        def add(number: int) -> bool:
            together.wait()
            try:
                return bool(overrides.add(override(NOW, NOW + 60 + number), "Ada", "x", NOW, ()))
            except ChangedMeanwhileError:
                return False

        assert sorted(pool.map(add, range(4))) == [False, False, False, True]


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_accepted_comes_back_with_its_times_and_for_an_earlier_version_as_it_kept_it(
    kind: str, tmp_path: Path
) -> None:
    gap = Accepted("day", datetime.fromtimestamp(NOW + 60, UTC), datetime.fromtimestamp(NOW + 120, UTC), "unanswered")
    with store(kind, tmp_path) as made:
        overrides = Overrides(made)
        number = overrides.add(replace(override(NOW, NOW + 600), accepted=(gap,)), "Ada", "x", NOW)
        assert overrides.kept(NOW)[0].override.accepted == (gap,)
        migrate(made, "0011")
        with made.write() as connection:
            assert connection.exec_driver_sql("SELECT accepted FROM overrides").scalar() == '["unanswered"]'
        migrate(made)
        overrides.withdraw(number, "Ada", NOW + 300, UTC)
        kept = overrides.followed(NOW + 300)[0].override
        whole = datetime.fromtimestamp(NOW, UTC), datetime.fromtimestamp(NOW + 600, UTC)
        assert kept.accepted == (Accepted("", *whole, "unanswered"),), "for any team, all the time"


@pytest.mark.parametrize("kind", KINDS)
def test_what_staff_did_is_forgotten_after_two_years(kind: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        overrides = Overrides(made)
        overrides.add(override(NOW, NOW + 60), "Ada", "closed", NOW)
        later = NOW + actions.KEEP_SECONDS + 61
        overrides.add(override(later, later + 60), "Bo", "closed", later)
        assert [each.by for each in actions.since(made, 0)] == ["Bo"]
        assert [each.by for each in overrides.kept(0)] == ["Bo"]
