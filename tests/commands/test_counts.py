"""Counts, as staff see them."""

from datetime import datetime
from pathlib import Path

import pytest
import pytz

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.core.turn import Outcome
from phonetree.store.counts import Counts
from phonetree.store.database import Store
from tests.support.databases import store
from tests.support.lines import ROOT, VPR

TUESDAY = pytz.timezone("America/New_York").localize(datetime.fromisoformat("2026-11-24 15:30"))


pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PHONETREE_CONFIG", str(VPR))


def _count(made: Store) -> None:
    october = Counts(TUESDAY.replace(month=10), lambda _: 0)
    october.add(Outcome.ADVOCATE, TUESDAY.replace(month=10))
    october.release(made, TUESDAY.replace(month=10), stopping=True)
    november = Counts(TUESDAY, lambda scale: -1 if scale == 2 else 0)
    november.add(Outcome.CALL, TUESDAY)
    november.add(Outcome.CALL, TUESDAY)
    november.release(made, TUESDAY, stopping=True)


def test_counts_are_two_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with store("sqlite", tmp_path) as made:
        _count(made)
    assert main(["counts"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [
        ["calls", "advocate", "unanswered", "other", "line", "message", "fallback", "+-", "draws"],
        ["2026-10", "0", "1", "0", "0", "0", "0", "2.8", "1"],
        ["2026-11", "1", "0", "0", "0", "0", "0", "2.8", "1"],
        [],
        ["2026-11", "weekdays", "weekends", "(each", "+-1.4,", "1", "draws)"],
        ["00-03", "0", "0"],
        ["03-06", "0", "0"],
        ["06-09", "0", "0"],
        ["09-12", "0", "0"],
        ["12-15", "0", "0"],
        ["15-18", "2", "0"],
        ["18-21", "0", "0"],
        ["21-24", "0", "0"],
    ]
    assert len({len(line) for line in lines[:3]}) == 1, "columns stand below one another"


def test_another_month_can_be_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with store("sqlite", tmp_path) as made:
        _count(made)
    assert main(["counts", "--month", "2026-10"]) == 0
    assert "15-18                0           0" in capsys.readouterr().out


def test_before_anything_is_released_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with store("sqlite", tmp_path):
        assert main(["counts"]) == 0
    assert "none yet" in capsys.readouterr().out


def test_what_older_versions_counted_is_shown_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with store("sqlite", tmp_path) as made, made.write() as connection:
        connection.exec_driver_sql("INSERT INTO months VALUES ('2026-10', 'call', 45)")
        connection.exec_driver_sql("INSERT INTO hours VALUES (2026, 1, 15, 5)")
    assert main(["counts", "--year", "2026"]) == 0
    _, _, old = capsys.readouterr().out.partition("Counted before version 0.3.0")
    assert ["2026-10", "45", "0", "0", "0", "0", "0"] in [line.split() for line in old.splitlines()]
    assert ["15:00", "0", "5", "0", "0", "0", "0", "0"] in [line.split() for line in old.splitlines()]


def test_without_a_database_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["counts"]) == KNOWN_PROBLEM
    assert "run: scripts/phonetree migrate" in capsys.readouterr().err
