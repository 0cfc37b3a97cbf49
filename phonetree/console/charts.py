"""Charts as shapes: numbers with their margins become bars, lines and labels, which a template draws as SVG.

Nothing is outside the frame: what is too large for the scale is cut off there, and marked. No bar is below zero. This
module knows nothing of what is counted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

WIDTH = 336
"""As wide as a phone's screen of 360 px leaves, so that texts are as large there as the stylesheet says."""

PLOT_HEIGHT = 128
ABOVE, BELOW, BESIDE = 12, 6, 14
"""Free space: above the plot, between it and its labels, and right of it."""

TEXT_WIDTH, LINE_HEIGHT = 7.0, 16
"""Of a character and of a line of text, both a little more than they take."""

GAP = 6.0
"""At least so much is between two labels of a line."""

WIDEST_BAR = 44.0
BAR_SHARE = 0.66
"""Of the room that a bar has."""

LOWEST_BAR = 4.0
"""So that each can be seen, and that it is hollow."""

MOST_TICKS = 4
STEPS = (1, 2, 5)

EVERY = (1, 2, 3, 4, 6, 12)
"""Labels are thinned evenly, so that those that stay are easy to count on from."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number, and how much too large or too small it may be; `told` says that it can be told from none."""

    number: int
    margin: int
    told: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A label below the chart: where, in bars from the left, and on which line. Where there is no room for all, those
    stay whose rank is a multiple of 2; if that is not enough, of 3, and so on."""

    at: float
    text: str
    rank: int = 0
    line: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """From one point to another."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Label:
    """A text, around x in the middle or before it; y is its base line."""

    x: float
    y: float
    text: str
    anchor: str = "middle"

    @property
    def left(self) -> float:
        """Where it begins."""
        width = TEXT_WIDTH * len(self.text)
        return self.x - (width if self.anchor == "end" else width / 2)

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x if self.anchor == "end" else self.x + TEXT_WIDTH * len(self.text) / 2


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar, solid if the number can be told from none and hollow otherwise, and the lines of its margin. `cut` says
    that the scale ends before the bar or its margin does: the lines have the head of an arrow then."""

    x: float
    y: float
    width: float
    height: float
    told: bool
    cut: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """All that is drawn; `bars` has None where there is no number."""

    height: float
    bars: tuple[Bar | None, ...]
    grid: tuple[Line, ...]
    labels: tuple[Label, ...]
    width: float = field(default=WIDTH)


def chart(values: Sequence[Value | None], marks: Iterable[Mark], scale: int) -> Chart:
    """A bar for each value, on a scale up to a number that `scale_of` has found."""
    marks = tuple(marks)
    step = _step(scale)
    ticks = [step * number for number in range(scale // step + 1)]
    left = 8 + TEXT_WIDTH * max(len(_written(tick)) for tick in ticks)
    pitch = (WIDTH - BESIDE - left) / max(1, len(values))
    base = ABOVE + PLOT_HEIGHT

    def height_of(number: float) -> float:
        return base - PLOT_HEIGHT * number / scale

    bars = tuple(
        None if value is None else _bar(value, left + pitch * (place + 0.5), pitch, scale)
        for place, value in enumerate(values)
    )
    grid = [Line(left, height_of(tick), WIDTH - BESIDE, height_of(tick)) for tick in ticks]
    beside = [Label(left - 6, height_of(tick) + 4, _written(tick), "end") for tick in ticks]
    lines = 1 + max((mark.line for mark in marks), default=0)
    return Chart(base + BELOW + LINE_HEIGHT * lines, bars, tuple(grid), (*beside, *_below(marks, left, pitch, base)))


def scale_of(values: Iterable[Value | None]) -> int:
    """The number at the top of a scale for these values. A margin far larger than the others, of a month with many
    restarts, does not make the other bars small: it is cut off."""
    found = [value for value in values if value]
    if not found:
        return 1
    ends = [value.number + value.margin for value in found]
    largest = max((value.number for value in found if value.told), default=0)
    needed = max(1, min(max(ends), 2 * max(largest, int(median(ends)))))
    step = _step(needed)
    return -(-needed // step) * step


def _bar(value: Value, middle: float, pitch: float, scale: int) -> Bar:
    base = float(ABOVE + PLOT_HEIGHT)

    def clipped(number: int) -> float:
        return base - PLOT_HEIGHT * min(max(number, 0), scale) / scale

    width = min(BAR_SHARE * pitch, WIDEST_BAR)
    top = min(clipped(value.number), base - LOWEST_BAR)
    low, high = clipped(value.number - value.margin), clipped(value.number + value.margin)
    cut = value.number + value.margin > scale
    half = min(width / 2, 5.0)
    lines = [Line(middle, low, middle, high)]
    if cut:
        lines += [Line(middle - half, high + half, middle, high), Line(middle, high, middle + half, high + half)]
    elif high < base:
        lines.append(Line(middle - half, high, middle + half, high))
    if high < low < base:
        lines.append(Line(middle - half, low, middle + half, low))
    return Bar(middle - width / 2, top, width, base - top, value.told, cut, tuple(lines))


def _below(marks: Sequence[Mark], left: float, pitch: float, base: float) -> Iterator[Label]:
    """The labels of each line, without those for which there is no room."""
    for line in sorted({mark.line for mark in marks}):
        here = [mark for mark in marks if mark.line == line]
        y = base + BELOW + LINE_HEIGHT * (line + 0.75)
        thinned = ([_label(mark, left, pitch, y) for mark in here if mark.rank % every == 0] for every in EVERY)
        labels = next((labels for labels in thinned if labels and not _overlap(labels)), None)
        yield from labels or _last([_label(mark, left, pitch, y) for mark in here])


def _label(mark: Mark, left: float, pitch: float, y: float) -> Label:
    half = TEXT_WIDTH * len(mark.text) / 2
    return Label(min(max(left + pitch * mark.at, half), WIDTH - half), y, mark.text)


def _overlap(labels: Sequence[Label]) -> bool:
    ordered = sorted(labels, key=lambda label: label.x)
    return any(one.right + GAP > other.left for one, other in pairwise(ordered))


def _last(labels: Sequence[Label]) -> Iterator[Label]:
    """Those from the right for which there is room."""
    free = float("inf")
    for label in sorted(labels, key=lambda label: label.x, reverse=True):
        if label.right + GAP <= free:
            free = label.left
            yield label


def _step(scale: int) -> int:
    """From one line of the grid to the next: 1, 2, 5, 10, 20 and so on."""
    size = 1
    while True:
        for step in STEPS:
            if scale <= step * size * MOST_TICKS:
                return step * size
        size *= 10


def _written(number: int) -> str:
    return f"{number:,}"
