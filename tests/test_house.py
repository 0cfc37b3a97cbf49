"""Nothing is written twice, and nothing is there that nobody uses."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lines import ROOT

LINES = 6
"""As many equal lines are a copy, comments and imports left out."""


def _run(program: str, *arguments: str) -> str:
    command = [str(Path(sys.executable).parent / program), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout  # noqa: S603


@pytest.mark.slow
def test_nothing_is_written_twice() -> None:
    sources = sorted(str(path) for path in (ROOT / "phonetree").rglob("*.py"))
    left_out = ("--ignore-comments", "--ignore-docstrings", "--ignore-imports", "--ignore-signatures")
    told = _run("symilar", "--duplicates", str(LINES), *left_out, *sources)
    assert "duplicates=0 " in told, told


def test_nothing_is_there_that_nobody_uses() -> None:
    assert _run("vulture") == ""
