"""Counts, as staff see them."""

from datetime import datetime
from pathlib import Path

import pytest
import pytz

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.core.turn import Outcome
from phonetree.store.counts import Counts
from tests.support.databases import store
from tests.support.lines import ROOT, VPR

TUESDAY = pytz.timezone("America/New_York").localize(datetime.fromisoformat("2026-11-24 15:30"))


pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PHONETREE_CONFIG", str(VPR))


def test_counts_are_two_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with store("sqlite", tmp_path) as made:
        counts = Counts(lambda: 0.0)
        counts.add(Outcome.CALL, TUESDAY)
        counts.add(Outcome.ADVOCATE, TUESDAY.replace(month=10))
        counts.write(made, TUESDAY)
    assert main(["counts", "--year", "2026"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["calls", "advocate", "unanswered", "other", "line", "message", "fallback"],
        ["2026-10", "0", "5", "0", "0", "0", "0"],
        ["2026-11", "5", "0", "0", "0", "0", "0"],
    ]
    assert lines[4].split() == ["2026", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    by_hour = {line.split()[0]: line.split()[1:] for line in lines[5:]}
    assert by_hour["15:00"] == ["0", "5", "0", "0", "0", "0", "0"]
    assert len(by_hour) == 24
    assert sum(int(cell) for row in by_hour.values() for cell in row) == 5
    assert len({len(line) for line in lines[:3]}) == 1, "columns stand below one another"


def test_without_a_database_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["counts"]) == KNOWN_PROBLEM
    assert "run: python -m phonetree migrate" in capsys.readouterr().err
