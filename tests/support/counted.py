"""Counts that were released, with noise that is known."""

from collections.abc import Mapping
from datetime import datetime

import pytz

from phonetree.core.turn import Outcome
from phonetree.store.counts import Counts
from phonetree.store.database import Store

ZONE = pytz.timezone("America/New_York")

RATES = {
    Outcome.CALL: 104, Outcome.ADVOCATE: 61, Outcome.UNANSWERED: 9, Outcome.LINE: 23, Outcome.MESSAGE: 12,
}  # fmt: skip
"""Of a usual month."""

HOURS = (7, 10, 10, 11, 13, 13, 14, 14, 15, 16, 16, 17, 19, 20)


def count(store: Store, month: str, numbers: Mapping[Outcome, int], noise: int = 0) -> None:
    """Releases a month's counts; the calls are spread over days and hours, always in the same way."""
    first = ZONE.localize(datetime.fromisoformat(f"{month}-01"))
    counts = Counts(first, lambda scale: noise * scale)
    for outcome, number in numbers.items():
        for each in range(number):
            counts.add(outcome, first.replace(day=each * 5 % 28 + 1, hour=HOURS[each % len(HOURS)]))
    counts.release(store, first, stopping=True)


def count_years(store: Store, last: str = "2026-10", months: int = 24) -> None:
    """Counts of so many months, more in some than in others."""
    end = int(last[:4]) * 12 + int(last[5:]) - 1
    for number in range(end - months + 1, end + 1):
        rise = (number * 37) % 11 - 5
        numbers = {outcome: max(0, rate + rise * rate // 20) for outcome, rate in RATES.items()}
        count(store, f"{number // 12}-{number % 12 + 1:02}", numbers, noise=(number * 7) % 5 - 2)
