"""What staff did, as staff see it."""

from datetime import datetime
from pathlib import Path

import pytest
import pytz

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.store.actions import note
from tests.support.databases import store
from tests.support.lines import ROOT

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_what_staff_did_is_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with store("sqlite", tmp_path) as made:
        assert main(["staff", "actions"]) == 0
        assert capsys.readouterr().out == "Nothing was done in the last 30 days.\n"
        with made.write() as connection:
            note(connection, "Ada", "long ago", 1_000_000_000)
            note(connection, "Ada", "override 1: closed", int(datetime.now(pytz.utc).timestamp()))
    assert main(["staff", "actions"]) == 0
    assert capsys.readouterr().out.endswith("  Ada  override 1: closed\n")


def test_without_a_database_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["staff", "actions"]) == KNOWN_PROBLEM
    assert "run: python -m phonetree migrate" in capsys.readouterr().err
