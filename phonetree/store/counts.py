"""Counts for staffing, differentially private per call.

How calls end, by month; when they come, by weekday or weekend and block of three hours, by month. The two are never
crossed. Counts are gathered in memory. Once their month is over, or when the server stops, they are released: added to
what is stored with fresh noise on every cell, whether or not anything happened. `docs/threats.md` says what follows.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from itertools import product
from math import sqrt
from threading import Lock

from sqlalchemy import ColumnElement, Connection, Table, select, update

from phonetree.core.turn import Outcome
from phonetree.store.database import Store
from phonetree.store.noise import deviation, discrete_laplace, margin
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
    small or too large by it, and even negative; 19 times in 20 it is so by `margin` at most."""

    number: int
    draws: int
    deviation: float
    margin: int

    @property
    def told(self) -> bool:
        """Whether it can be told from none: noise alone is hardly ever so large."""
        return self.number > self.margin


@dataclass(frozen=True, slots=True)
class _Month:
    """What was gathered in one month."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    times: Counter[Block] = field(default_factory=Counter)

    def add(self, other: "_Month") -> None:
        self.outcomes.update(other.outcomes)
        self.times.update(other.times)


class Counts:
    """What this process has counted since its last release, at first since `now`, in the helpline's time."""

    def __init__(self, now: datetime, noise: Callable[[int], int] = discrete_laplace) -> None:
        self._noise = noise
        self._lock = Lock()
        self._months = {_month(now): _Month()}

    def add(self, outcome: Outcome, now: datetime) -> None:
        """Counts an outcome of a call that came to it at `now`, in the helpline's time."""
        with self._lock:
            month = self._months.setdefault(_month(now), _Month())
            month.outcomes[outcome] += 1
            if outcome is Outcome.CALL:
                month.times[now.weekday() >= 5, now.hour - now.hour % BLOCK_HOURS] += 1

    def release(self, store: Store, now: datetime, *, stopping: bool = False) -> None:
        """Releases the months that are over; all, when this process stops. Call it at least once a month, whether or
        not anybody called. Raises StoreError; then what was gathered is kept for the next time."""
        with self._lock:
            self._months.setdefault(_month(now), _Month())
            over = {name: month for name, month in self._months.items() if stopping or name < _month(now)}
            for name in over:
                del self._months[name]
        if not over:
            return
        try:
            with store.write() as connection:
                for name, month in over.items():
                    self._write(connection, name, month)
                for table in (outcomes, times, months):
                    connection.execute(table.delete().where(table.c.month < f"{now.year - YEARS}-{now:%m}"))
                connection.execute(hours.delete().where(hours.c.year <= now.year - YEARS))
        except BaseException:
            with self._lock:
                for name, month in over.items():
                    self._months.setdefault(name, _Month()).add(month)
            raise

    def _write(self, connection: Connection, name: str, month: "_Month") -> None:
        for outcome in Outcome:
            number = month.outcomes[outcome] + self._noise(OUTCOME_SCALE)
            _raise(connection, outcomes, {"month": name, "outcome": outcome.value}, number)
        for weekend, hour in BLOCKS:
            number = month.times[weekend, hour] + self._noise(TIME_SCALE)
            _raise(connection, times, {"month": name, "weekend": int(weekend), "hour": hour}, number)


def _raise(connection: Connection, table: Table, cell: Mapping[str, str | int], number: int) -> None:
    """Adds to a cell, which is made where it is missing: also when several processes do so at once."""
    make = import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert  # imported with the store's engine
    connection.execute(make(table).values({**cell, "number": 0, "draws": 0}).on_conflict_do_nothing())
    same_cell: list[ColumnElement[bool]] = [table.c[name] == value for name, value in cell.items()]
    more = {"number": table.c.number + number, "draws": table.c.draws + 1}
    connection.execute(update(table).where(*same_cell).values(more))


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
    return Released(number, draws, sqrt(draws) * deviation(scale), margin(scale, draws))


def _month(now: datetime) -> str:
    return f"{now:%Y-%m}"
