"""The benchmark of docs/performance.md runs, and its pictures are those of its numbers. No time is judged."""

import json
import shutil
import subprocess
import sys

import pytest

from bench import pictures
from tests.support.lines import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("wrk"), reason="LOUD: wrk is not installed; nothing measured turns")
def test_the_benchmark_runs() -> None:
    command = ["nice", "-n", "5", sys.executable, "-m", "bench", "--small"]  # other tests have limits of time
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    assert run.returncode == 0, run.stderr[-2000:]
    for row in ("bare", "WSGI", "this site", "10 nodes", "the shipped site: an edit is heard after", "under full load"):
        assert row in run.stdout, run.stdout


def test_the_pictures_are_those_of_the_numbers() -> None:
    found = json.loads(pictures.NUMBERS.read_text(encoding="utf-8"))
    drawn = dict(pictures.pictures(found))
    assert {path.stem for path in pictures.FOLDER.iterdir()} == drawn.keys()
    for name, picture in drawn.items():
        assert (pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8") == picture
        assert f"performance/{name}.svg" in (pictures.DOCS / "performance.md").read_text(encoding="utf-8")
