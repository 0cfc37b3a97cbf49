"""`counts`: how calls ended, and when they came, for staffing."""

import calendar
from datetime import UTC, datetime
from pathlib import Path

import click

from phonetree.commands.place import Which
from phonetree.commands.work.place import opened
from phonetree.core.turn import Outcome
from phonetree.store.counts import BLOCK_HOURS, BLOCKS, Released, by_block, by_month, old_hours, old_months
from phonetree.store.database import Store
from phonetree.view.counts import OLD, WORDS


def counts(month: str | None, year: int | None, *, demo: bool, port: int | None, config: Path) -> None:
    """Runs `counts`."""
    with opened(Which(demo, port), config) as place:
        now = datetime.now(UTC).astimezone(place.zone)
        click.echo(_ended(by_month(place.store)))
        click.echo(f"\n{_came(place.store, month)}")
        if old := old_months(place.store):
            click.echo(f"\n{_old(old, old_hours(place.store, year or now.year), year or now.year)}")


def _ended(released: dict[tuple[str, Outcome], Released]) -> str:
    lines = ["          " + "".join(f"{WORDS[outcome]:>12}" for outcome in Outcome) + "       +-   draws"]
    for month in sorted({month for month, _ in released}):
        cells = [released.get((month, outcome)) for outcome in Outcome]
        known = next(cell for cell in cells if cell)
        numbers = "".join(f"{max(0, cell.number) if cell else 0:>12}" for cell in cells)
        lines.append(f"{month:<10}{numbers}{known.deviation:>9.1f}{known.draws:>8}")
    return "\n".join(lines)


def _came(store: Store, month: str | None) -> str:
    month = month or max((each for each, _ in by_month(store)), default="none yet")
    released = by_block(store, month)
    known = next(iter(released.values()), None)
    told = f"  (each +-{known.deviation:.1f}, {known.draws} draws)" if known else ""
    lines = [f"{month:<10}{'weekdays':>12}{'weekends':>12}{told}"]
    for hour in sorted({hour for _, hour in BLOCKS}):
        cells = [released.get((weekend, hour)) for weekend in (False, True)]
        numbers = "".join(f"{max(0, cell.number) if cell else 0:>12}" for cell in cells)
        lines.append(f"{f'{hour:02}-{hour + BLOCK_HOURS:02}':<10}{numbers}")
    return "\n".join(lines)


def _old(months: dict[tuple[str, Outcome], int], hours: dict[tuple[int, int], int], year: int) -> str:
    """What versions before 0.3.0 counted: in fives, by another rule."""
    lines = [OLD, "          " + "".join(f"{WORDS[outcome]:>12}" for outcome in Outcome)]
    lines += [
        f"{month:<10}" + "".join(f"{months.get((month, outcome), 0):>12}" for outcome in Outcome)
        for month in sorted({month for month, _ in months})
    ]
    lines.append(f"\n{year}     " + "".join(f"{calendar.day_abbr[weekday]:>6}" for weekday in range(7)))
    lines += [
        f"{hour:>2}:00    " + "".join(f"{hours.get((weekday, hour), 0):>6}" for weekday in range(7))
        for hour in range(24)
    ]
    return "\n".join(lines)
