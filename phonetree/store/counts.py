"""Counts for staffing, such that no cell proves a call.

How calls end, by month; when they come, by weekday and hour over a year. The two are never crossed. Each call
adds five with a chance of one in five, so totals are right on average. Collected in memory; written at fixed times,
to every cell, whether there is something to add or not.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from random import SystemRandom
from threading import Lock

from sqlalchemy import insert, select, update

from phonetree.core.turn import Outcome
from phonetree.store.database import Store
from phonetree.store.tables import hours, months

STEP = 5
"""What is added, with a chance of one in STEP."""

YEARS = 2
"""Counts of this year and the last one are kept."""


_RANDOM = SystemRandom()


class Counts:
    """What this process counted and has not written yet."""

    def __init__(self, chance: Callable[[], float] = _RANDOM.random) -> None:
        self._chance = chance
        self._lock = Lock()
        self._outcomes: Counter[tuple[str, Outcome]] = Counter()
        self._hours: Counter[tuple[int, int, int]] = Counter()

    def add(self, outcome: Outcome, now: datetime) -> None:
        """Counts something that happened at `now`, in the helpline's time."""
        with self._lock:
            if self._chance() < 1 / STEP:
                self._outcomes[f"{now:%Y-%m}", outcome] += STEP
            if outcome is Outcome.CALL and self._chance() < 1 / STEP:
                self._hours[now.year, now.weekday(), now.hour] += STEP

    def write(self, store: Store, now: datetime) -> None:
        """Adds the counts to the store. Raises StoreError; then they are kept for the next time."""
        with self._lock:
            outcomes, times = self._outcomes, self._hours
            self._outcomes, self._hours = Counter(), Counter()
        try:
            with store.write() as connection:
                for month in sorted({f"{now:%Y-%m}", *(month for month, _ in outcomes)}):
                    known = set(connection.execute(select(months.c.outcome).where(months.c.month == month)).scalars())
                    rows = [{"month": month, "outcome": each, "number": 0} for each in Outcome if each not in known]
                    if rows:
                        connection.execute(insert(months), rows)
                    for outcome in Outcome:
                        here = (months.c.month == month) & (months.c.outcome == outcome)
                        more = months.c.number + outcomes[month, outcome]
                        connection.execute(update(months).where(here).values(number=more))
                for year in sorted({now.year, *(year for year, _, _ in times)}):
                    cells = [(weekday, hour) for weekday in range(7) for hour in range(24)]
                    if connection.execute(select(hours.c.number).where(hours.c.year == year)).first() is None:
                        rows = [{"year": year, "weekday": one, "hour": hour, "number": 0} for one, hour in cells]
                        connection.execute(insert(hours), rows)
                    for weekday, hour in cells:
                        here = (hours.c.year == year) & (hours.c.weekday == weekday) & (hours.c.hour == hour)
                        more = hours.c.number + times[year, weekday, hour]
                        connection.execute(update(hours).where(here).values(number=more))
                connection.execute(hours.delete().where(hours.c.year <= now.year - YEARS))
                connection.execute(months.delete().where(months.c.month < f"{now.year - YEARS}-{now:%m}"))
        except BaseException:
            with self._lock:
                self._outcomes.update(outcomes)
                self._hours.update(times)
            raise


def by_month(store: Store) -> dict[tuple[str, Outcome], int]:
    """How calls ended, by month."""
    with store.read() as connection:
        rows = connection.execute(select(months.c.month, months.c.outcome, months.c.number))
        return {(month, Outcome(outcome)): number for month, outcome, number in rows}


def by_hour(store: Store, year: int) -> dict[tuple[int, int], int]:
    """When calls came in a year, by weekday (Monday is 0) and hour."""
    with store.read() as connection:
        query = select(hours.c.weekday, hours.c.hour, hours.c.number).where(hours.c.year == year)
        return {(weekday, hour): number for weekday, hour, number in connection.execute(query)}
