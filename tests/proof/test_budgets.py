"""The words of the shipped site, read against the clock: seconds of speech until a phone rings.

A caller who presses 1 as soon as it has been offered; their own second of thought, and the second in which
a last key is waited for, are not speech.
"""

import pytest

from phonetree.simulator.caller import REACTION_SECONDS
from phonetree.simulator.golden import Golden
from tests.support.lines import direct, play

KEY_WAIT_SECONDS = 1
ADVOCATE_SECONDS = 15
CRISIS_LINE_SECONDS = 25

BY_DAY = ["2026-11-23 09:00", "2026-11-23 16:00"]
AFTER_HOURS = [
    "2026-11-22 20:00",  # "tomorrow"
    "2026-11-23 06:00",  # "today"
    "2026-12-23 20:00",  # a date: the longest
    "2026-11-26 10:00",
    "2026-11-27 10:00",  # the longest name
    "2026-12-24 10:00",
    "2027-01-18 10:00",  # Martin Luther King Junior Day
    "2026-10-12 10:00",
]


def _speech(at: str, keys: str, tmp_path) -> tuple[float, str]:  # type: ignore[no-untyped-def]
    """Seconds of speech before the first phone rings (in Spanish: since it was chosen), and what rings."""
    call = play(Golden("", {"at": at, "keys": keys}), direct, tmp_path)
    rings = next(line for line in call.transcript.lines if line.what == "rings")
    begins = 0.5 if keys.startswith("8!") else 0.0
    return rings.at - begins - REACTION_SECONDS - KEY_WAIT_SECONDS, rings.detail


@pytest.mark.parametrize("keys", ["1", "8!,1"])
@pytest.mark.parametrize("at", BY_DAY)
def test_by_day_an_advocate_rings_within_15_seconds_and_one_key(at: str, keys: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    seconds, rings = _speech(at, keys, tmp_path)
    assert rings.startswith("+16175550101, +16175550102;")
    assert seconds <= ADVOCATE_SECONDS


@pytest.mark.parametrize("keys", ["1", "8!,1"])
@pytest.mark.parametrize("at", AFTER_HOURS)
def test_after_hours_a_crisis_line_rings_within_25_seconds_and_one_key(at: str, keys: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    seconds, rings = _speech(at, keys, tmp_path)
    assert rings.startswith("+18008418371;")
    assert seconds <= CRISIS_LINE_SECONDS
