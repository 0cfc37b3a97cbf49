"""The files in config/ are staff's: whatever they say, as long as it is good, every test passes.

Only these tests look at them. All others have a copy of their own, tests/sites/vpr.
"""

import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.__main__ import main
from phonetree.config.editing import Add, Remove, edited
from phonetree.config.numbers import NumberRules
from phonetree.config.promises import proved
from phonetree.config.site import load, overridden
from phonetree.core.schedule import DatedHours, Kind, Override
from tests.support.lines import ROOT

pytestmark = pytest.mark.slow

SHIPPED = ROOT / "config"
HERE = Path(__file__)


@pytest.mark.parametrize("command", [["check"], ["prove"], ["tree"], ["tree", "--format", "svg"], ["hours"]])
@pytest.mark.usefixtures("database")
def test_what_is_shipped_is_good(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHONETREE_CONFIG", str(SHIPPED))
    assert main(["migrate"]) == 0
    assert main(command) == 0


def test_a_closed_day_is_one_line_more_in_the_shipped_hours_and_none_when_it_is_removed() -> None:
    rules = NumberRules({}, stand_in=True)
    loaded = load(SHIPPED, rules)
    day = loaded.site.schedule.dated[-1].last + timedelta(days=1)
    names = dict.fromkeys(loaded.site.languages, "a day of the tests")
    entry = DatedHours(day, day, (), names)
    added = edited(loaded, Add(entry), SHIPPED, rules, day)
    before, after = ((each.contents["hours.yaml"]).decode().splitlines(True) for each in (loaded, added))
    assert [line for line in after if line not in before] == list(set(after) - set(before))
    assert len(after) - len(before) == 1
    removed = edited(added, Remove(entry), SHIPPED, rules, day)
    assert removed.contents == loaded.contents


def test_no_other_test_looks_at_it() -> None:
    """`config` alone is a folder of a test's own; this is the one at the project's root."""
    mentions = re.compile(r'ROOT\s*/\s*"config"|Path\("config"\)\.(?:read|write|glob)|copytree\("config"')
    found = {path for path in (ROOT / "tests").rglob("*.py") if mentions.search(path.read_text(encoding="utf-8"))}
    assert found == {HERE}


@pytest.mark.long
def test_other_words_numbers_and_closures_are_as_good(tmp_path: Path) -> None:
    """As README says staff may: every prompt, number and closure is changed, in a copy of the project."""
    for name in ("phonetree", "tests", "docs", "deploy", "scripts", "examples"):
        copytree(ROOT / name, tmp_path / name, ignore=lambda *_: ["__pycache__"])
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "app.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    config = Path(copytree(SHIPPED, tmp_path / "config"))
    rules = NumberRules({}, stand_in=True)
    before = load(config, rules).site
    for name in ("hours.yaml", "routing.yaml"):
        text = (config / name).read_text(encoding="utf-8")
        (config / name).write_text(_changed(text), encoding="utf-8")
    after = load(config, rules).site
    assert before.revision != after.revision
    assert not {line.number for line in before.resources.values()} & {line.number for line in after.resources.values()}
    assert not {entry.first for entry in before.schedule.dated} & {entry.first for entry in after.schedule.dated}
    tests = ["tests/test_shipped.py", "tests/test_docs.py::test_every_command_shown_runs", "tests/test_app.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not other_words", *tests]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert ran.returncode == 0, ran.stdout[-3000:]


def _changed(text: str) -> str:
    """Every phone number, every date of a closure, and every text that is spoken."""
    text = re.sub(r"\+1 (\d{3}) (\d{3}) (\d{4})", lambda found: f"+1 {found[1]} {found[2]} {_next(found[3])}", text)
    text = re.sub(r"\b2027-(\d\d)-(\d\d)\b", r"2028-\1-\2", text)
    text = re.sub(r"\b2026-(1[12])-(\d\d)\b", r"2027-\1-\2", text)
    return re.sub(r"(\b(?:en|es): (?:>-?\n\s+|\"|)?)([A-Za-z¿¡])", r"\1Z", text)


def _next(digits: str) -> str:
    return f"{(int(digits) + 1) % 10_000:04}"


@pytest.mark.long
@pytest.mark.parametrize("folder", [SHIPPED, *(ROOT / "examples").iterdir()], ids=lambda each: each.name)
def test_the_line_can_be_closed_until_any_day(folder: Path) -> None:
    """Callers hear until when: no date is too long for the seconds that are promised."""
    site = load(folder, NumberRules({}, fictional=True, stand_in=True)).site
    for month in range(1, 13):
        wednesday = next(day for day in range(21, 28) if date(2027, month, day).weekday() == 2)
        ends = datetime(2027, month, wednesday, 12, tzinfo=UTC)
        closed = Override(ends - timedelta(days=7), ends, Kind.CLOSED, {})
        found = proved(overridden(site, (closed,)), folder, closed.begins.date())
        assert found.problems == (), ends
