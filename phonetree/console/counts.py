"""Counts: how calls ended by month, and when they came, as pictures with a table beside each, and as CSV."""

import calendar
import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from io import StringIO

from flask import Blueprint, Response, abort, request

from phonetree.console.access import needs
from phonetree.console.charts import Chart, Mark, Value, chart, scale_of
from phonetree.console.layout import helpline, render
from phonetree.console.services import services
from phonetree.core.turn import Outcome
from phonetree.store.counts import BLOCK_HOURS, BLOCKS, Released, by_block, by_month, old_hours, old_months
from phonetree.view.counts import OLD, WORDS

blueprint = Blueprint("counts", __name__)

MEANINGS = {
    Outcome.CALL: "All that came in.",
    Outcome.ADVOCATE: "An advocate took the call.",
    Outcome.UNANSWERED: "A team was rung, and nobody took the call.",
    Outcome.LINE: "The caller spoke with an outside line.",
    Outcome.MESSAGE: "A message was left.",
    Outcome.FALLBACK: "The call could not go on normally, and was led to help another way.",
}

DAYS = {False: ("Weekdays", "Monday to Friday, of the whole month."), True: ("Weekends", "Saturdays and Sundays.")}

NOT_TOLD = "cannot be told from none"

LONGEST_OPEN = 8
"""A table of more rows is folded up until somebody wants it."""

LONGEST_SPAN = 36
"""Months in a row; more can only be a clock that was wrong, and then those between are left out."""

Months = Mapping[tuple[str, Outcome], Released]

Row = tuple[str, Released | None]
"""The name of a bar, and what was counted."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture and its table: a heading and what it means, the same in short, what a row is, and the rows."""

    id: str
    title: str
    means: str
    says: str
    each: str
    rows: tuple[Row, ...]
    chart: Chart
    folded: bool


@blueprint.get("/staff/counts")
@needs()
def page() -> str:
    """Everything that there is: the times are those of one month."""
    running = services()
    found, old = by_month(running.store), old_months(running.store)
    months = sorted({month for month, _ in found})
    asked = request.args.get("month", "")
    month = asked if asked in months else max(months, default="")
    today = running.now().astimezone(helpline().zone or UTC).date()
    years = sorted({int(month[:4]) for month, _ in old})
    return render(
        "console/counts.html",
        unknown=bool(asked) and asked != month,
        months=[(each, month_name(each)) for each in reversed(months)],
        month=month,
        month_name=month_name,
        in_words=in_words,
        unfinished=months[-1] if months and months[-1] >= f"{today:%Y-%m}" else "",
        first=_first_of_the_next(today),
        outcomes=_by_outcome(found, _span(months)) if months else (),
        times=_by_time(by_block(running.store, month)) if months else (),
        not_told=NOT_TOLD,
        heading=WORDS,
        weekdays=calendar.day_abbr,
        old_words=OLD,
        old=sorted(old.items()),
        old_hours=[(year, hours) for year in years if (hours := old_hours(running.store, year))],
    )


@blueprint.get("/staff/counts/outcomes.csv")
@needs()
def outcomes_csv() -> Response:
    """How calls ended, by month, for a spreadsheet."""
    found = sorted(by_month(services().store).items(), key=lambda each: (each[0][0], list(Outcome).index(each[0][1])))
    rows = ((month, WORDS[outcome], *_cells(released)) for (month, outcome), released in found)
    return _csv("outcomes.csv", ("month", "outcome"), rows)


@blueprint.get("/staff/counts/times.csv")
@needs()
def times_csv() -> Response:
    """When calls came in a month, the newest unless one is asked for."""
    months = {month for month, _ in by_month(services().store)}
    month = request.args.get("month") or max(months, default="")
    if month and month not in months:
        abort(404)
    found = sorted(by_block(services().store, month).items())
    rows = (
        (month, DAYS[weekend][0].lower(), hour, hour + BLOCK_HOURS, *_cells(released))
        for (weekend, hour), released in found
    )
    return _csv(f"times-{month}.csv" if month else "times.csv", ("month", "days", "from_hour", "to_hour"), rows)


def month_name(month: str) -> str:
    """A month such as "2026-11" in words."""
    return f"{date.fromisoformat(f'{month}-01'):%B %Y}"


def _span(months: Sequence[str]) -> list[str]:
    """All months from the first to the last, also those that nothing is known of."""
    first, last = _number(months[0]), _number(months[-1])
    if last - first >= LONGEST_SPAN:
        return list(months)
    return [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1)]


def _number(month: str) -> int:
    """Of a month, counted from the year 0."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def _by_outcome(found: Months, months: Sequence[str]) -> list[Figure]:
    marks = [
        Mark(place + 0.5, f"{each}", _number(month)) for place, month in enumerate(months) if (each := _short(month))
    ]
    years = {month[:4]: place for place, month in reversed(list(enumerate(months)))}
    marks += [Mark(place + 0.5, year, line=1) for year, place in years.items()]
    figures = []
    for outcome in Outcome:
        rows = tuple((month_name(month), found.get((month, outcome))) for month in months)
        title = WORDS[outcome].capitalize()
        figures.append(_figure(outcome.value, title, MEANINGS[outcome], "Month", rows, marks, newest=rows[-1]))
    return figures


def _short(month: str) -> str:
    return f"{date.fromisoformat(f'{month}-01'):%b}"


def _by_time(found: Mapping[tuple[bool, int], Released]) -> list[Figure]:
    """Both on one scale: they are of one month."""
    hours = sorted({hour for _, hour in BLOCKS})
    marks = [Mark(hour / BLOCK_HOURS, f"{hour}", hour // BLOCK_HOURS) for hour in (*hours, 24)]
    scale = scale_of(map(_value, found.values()))
    figures = []
    for weekend, (title, means) in DAYS.items():
        rows = tuple((f"{hour}:00-{hour + BLOCK_HOURS}:00", found.get((weekend, hour))) for hour in hours)
        figures.append(_figure(title.lower(), title, means, "Hours", rows, marks, scale=scale))
    return figures


def _figure(
    name: str,
    title: str,
    means: str,
    each: str,
    rows: tuple[Row, ...],
    marks: Iterable[Mark],
    *,
    scale: int | None = None,
    newest: Row | None = None,
) -> Figure:
    """A figure, on a scale of its own unless one is given."""
    values = [_value(released) for _, released in rows]
    drawn = chart(values, marks, scale or scale_of(values))
    return Figure(name, title, means, _in_short(rows, newest), each, rows, drawn, len(rows) > LONGEST_OPEN)


def _value(released: Released | None) -> Value | None:
    return None if released is None else Value(released.number, released.margin, released.told)


def in_words(released: Released) -> str:
    """A number as it is said."""
    said = f"{max(0, released.number):,}, give or take {released.margin:,}"
    return said if released.told else f"{said}: {NOT_TOLD}"


def _in_short(rows: Sequence[Row], newest: Row | None) -> str:
    """What a table says, in a few sentences."""
    told = [(name, released) for name, released in rows if released and released.told]
    few = sum(1 for _, released in rows if released and not released.told)
    said = []
    if newest and newest[1]:
        said.append(f"{newest[0]}: {in_words(newest[1])}.")
    if told and (most := max(told, key=lambda each: each[1].number)) != newest:
        said.append(f"Most in {most[0]}: {in_words(most[1])}.")
    if few and len(rows) > 1:
        said.append(f"{few} of {few + len(told)} {NOT_TOLD}.")
    return " ".join(said)


def _first_of_the_next(today: date) -> str:
    """The day on which this month's counts come."""
    first = (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    return f"{first.day} {first:%B %Y}"


def _cells(released: Released) -> tuple[int, int, str, int]:
    return released.number, released.margin, "yes" if released.told else NOT_TOLD, released.draws


def _csv(name: str, first: Sequence[str], rows: Iterable[Sequence[str | int]]) -> Response:
    """A file for a spreadsheet. Every cell is a number, or words that are ours."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow((*first, "number", "give_or_take", "told_from_none", "noise_drawn"))
    writer.writerows(rows)
    response = Response(text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
