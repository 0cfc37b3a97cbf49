"""Times in words: one that comes twice says which it is."""

from datetime import UTC, datetime

import pytest
import pytz

from phonetree.console.times import clock, typed, when
from phonetree.core.schedule import dated
from phonetree.errors import OverrideError

ZONE = pytz.timezone("America/New_York")


@pytest.mark.parametrize(
    ("utc", "words"),
    [
        ("04:59", "0:59"),
        ("05:10", "1:10 (before the clocks go back)"),
        ("06:10", "1:10 (after the clocks go back)"),
        ("07:00", "2:00"),
    ],
)
def test_a_time_that_comes_twice_says_which(utc: str, words: str) -> None:
    moment = datetime.fromisoformat(f"2026-11-01T{utc}").replace(tzinfo=UTC).astimezone(ZONE)
    assert clock(moment) == words
    assert when(moment, moment) == words
    assert dated(moment) == f"Sun 1 Nov 2026 {words}"


def test_when_the_clocks_go_forward_every_time_comes_once() -> None:
    for utc in ("06:59", "07:00", "07:30"):
        moment = datetime.fromisoformat(f"2026-03-08T{utc}").replace(tzinfo=UTC).astimezone(ZONE)
        assert "clocks" not in clock(moment)


def test_a_typed_time_that_comes_twice_is_asked_for_again() -> None:
    with pytest.raises(OverrideError, match="End: that time comes twice"):
        typed("2026-11-01T01:40", ZONE, "End")
    assert typed("2026-11-01T02:00", ZONE, "End").astimezone(UTC).hour == 7
