"""Counts for staffing, differentially private per call.

How calls end, by month; when they come, by weekday or weekend and block of three hours, by month. The two are never
crossed. Counts are gathered in memory. Once their month is over, or when the server stops, they are released: added to
what is stored with fresh noise on every cell, whether or not anything happened. `docs/threats.md` says what follows.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from math import sqrt
from threading import Lock

from sqlalchemy import ColumnElement, Connection, Table, insert, select, update

from phonetree.core.turn import Outcome
from phonetree.store.database import Store
from phonetree.store.noise import deviation, discrete_laplace
from phonetree.store.tables import hours, months, outcomes, times

MOST_OUTCOMES = 2
"""For how many outcomes a call counts: that it came in, and the first thing it came to."""

OUTCOME_SCALE, TIME_SCALE = MOST_OUTCOMES, 1
"""Of the noise: by how much one call changes the cells, divided by an epsilon of 1."""

BLOCK_HOURS = 3

YEARS = 2
"""Counts of so many years are kept."""

Block = tuple[bool, int]
"""A cell of the times: whether it is on the weekend, and the first hour of the block."""

BLOCKS: tuple[Block, ...] = tuple(product((False, True), range(0, 24, BLOCK_HOURS)))


@dataclass(frozen=True, slots=True)
class Released:
    """A stored count: how often noise was drawn for it, and the standard deviation that follows. The number may be too
    small or too large by it, and even negative."""

    number: int
    draws: int
    deviation: float


class Counts:
    """What this process has counted since its last release, at first since `now`, in the helpline's time."""

    def __init__(self, now: datetime, noise: Callable[[int], int] = discrete_laplace) -> None:
        self._noise = noise
        self._lock = Lock()
        self._month = _month(now)
        self._outcomes: Counter[Outcome] = Counter()
        self._times: Counter[Block] = Counter()

    def add(self, outcome: Outcome, now: datetime) -> None:
        """Counts an outcome of a call that came to it at `now`, in the helpline's time."""
        with self._lock:
            self._outcomes[outcome] += 1
            if outcome is Outcome.CALL:
                self._times[now.weekday() >= 5, now.hour - now.hour % BLOCK_HOURS] += 1

    def release(self, store: Store, now: datetime, *, stopping: bool = False) -> None:
        """Releases what was gathered if its month is over, or this process stops. Raises StoreError; then it is kept
        for the next time."""
        with self._lock:
            month = self._month
            if month == _month(now) and not stopping:
                return
            gathered, self._month = (self._outcomes, self._times), _month(now)
            self._outcomes, self._times = Counter(), Counter()
        try:
            with store.write() as connection:
                self._write(connection, month, *gathered)
                for table in (outcomes, times, months):
                    connection.execute(table.delete().where(table.c.month < f"{now.year - YEARS}-{now:%m}"))
                connection.execute(hours.delete().where(hours.c.year <= now.year - YEARS))
        except BaseException:
            with self._lock:
                self._month = month
                self._outcomes.update(gathered[0])
                self._times.update(gathered[1])
            raise

    def _write(
        self, connection: Connection, month: str, ended: Mapping[Outcome, int], came: Mapping[Block, int]
    ) -> None:
        for outcome in Outcome:
            number = ended.get(outcome, 0) + self._noise(OUTCOME_SCALE)
            _raise(connection, outcomes, {"month": month, "outcome": outcome.value}, number)
        for weekend, hour in BLOCKS:
            number = came.get((weekend, hour), 0) + self._noise(TIME_SCALE)
            _raise(connection, times, {"month": month, "weekend": int(weekend), "hour": hour}, number)


def _raise(connection: Connection, table: Table, cell: Mapping[str, str | int], number: int) -> None:
    """Adds to a cell, which is made where it is missing."""
    same_cell: list[ColumnElement[bool]] = [table.c[name] == value for name, value in cell.items()]
    more = {"number": table.c.number + number, "draws": table.c.draws + 1}
    if not connection.execute(update(table).where(*same_cell).values(more)).rowcount:
        connection.execute(insert(table).values({**cell, "number": number, "draws": 1}))


def by_month(store: Store) -> dict[tuple[str, Outcome], Released]:
    """How calls ended, by month."""
    with store.read() as connection:
        rows = connection.execute(select(outcomes.c.month, outcomes.c.outcome, outcomes.c.number, outcomes.c.draws))
        return {
            (month, Outcome(outcome)): _released(number, draws, OUTCOME_SCALE) for month, outcome, number, draws in rows
        }


def by_block(store: Store, month: str) -> dict[Block, Released]:
    """When calls came in a month such as "2026-11"."""
    with store.read() as connection:
        query = select(times.c.weekend, times.c.hour, times.c.number, times.c.draws).where(times.c.month == month)
        rows = connection.execute(query)
        return {(bool(weekend), hour): _released(number, draws, TIME_SCALE) for weekend, hour, number, draws in rows}


def old_months(store: Store) -> dict[tuple[str, Outcome], int]:
    """Outcomes by month as versions before 0.3.0 counted them: fives, each added with a chance of one in five."""
    with store.read() as connection:
        rows = connection.execute(select(months.c.month, months.c.outcome, months.c.number))
        return {(month, Outcome(outcome)): number for month, outcome, number in rows}


def old_hours(store: Store, year: int) -> dict[tuple[int, int], int]:
    """When calls came in a year, by weekday (Monday is 0) and hour, counted as `old_months`."""
    with store.read() as connection:
        query = select(hours.c.weekday, hours.c.hour, hours.c.number).where(hours.c.year == year)
        return {(weekday, hour): number for weekday, hour, number in connection.execute(query)}


def _released(number: int, draws: int, scale: int) -> Released:
    return Released(number, draws, sqrt(draws) * deviation(scale))


def _month(now: datetime) -> str:
    return f"{now:%Y-%m}"
