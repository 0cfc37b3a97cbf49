"""The holidays are those of the library, of which only a part is imported."""

import subprocess
import sys

import pytest

from tests.support.lines import ROOT

PROGRAM = """
from hashlib import sha256
from phonetree.config.calendars import countries, public_holidays, states
found = {
    (country, state): (states(country), sorted(public_holidays(country, state, 2026)))
    for country in sorted(countries())
    for state in (None, *states(country)[:3])
}
print(len(found), sha256(repr(found).encode()).hexdigest())
"""


def _found(before: str) -> str:
    command = [sys.executable, "-c", before + PROGRAM]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603


@pytest.mark.slow
def test_every_calendar_is_the_same_as_with_the_whole_library() -> None:
    part, whole = _found(""), _found("import holidays.countries\n")
    assert part == whole
    assert int(part.split()[0]) > 300
