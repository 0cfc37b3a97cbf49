"""Charts as shapes: whatever the numbers are, all is within the frame, and can be read."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from phonetree.console.charts import (
    ABOVE,
    GAP,
    LOWEST_BAR,
    PLOT_HEIGHT,
    WIDTH,
    Bar,
    Chart,
    Mark,
    Value,
    chart,
    scale_of,
)

BASE = ABOVE + PLOT_HEIGHT
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _value(number: int, margin: int) -> Value:
    return Value(number, margin, number > margin)


def _marks(count: int, first: int = 10) -> list[Mark]:
    """As the console has them: each month, and each year below its first one."""
    months = [divmod(first + place, 12) for place in range(count)]
    found = [Mark(place + 0.5, MONTHS[month], 12 * year + month) for place, (year, month) in enumerate(months)]
    years = {year: place for place, (year, _) in reversed(list(enumerate(months)))}
    return found + [Mark(place + 0.5, f"{2024 + year}", line=1) for year, place in years.items()]


def _drawn(*values: Value | None, first: int = 10) -> Chart:
    return chart(values, _marks(len(values), first), scale_of(values))


def _bars(made: Chart) -> list[Bar]:
    return [bar for bar in made.bars if bar]


numbers = st.one_of(st.integers(-30, 200), st.integers(-(2**31), 2**31))
values = st.one_of(st.none(), st.builds(_value, numbers, st.one_of(st.integers(0, 30), st.integers(0, 10_000))))


@given(st.lists(values, min_size=1, max_size=40), st.integers(0, 11))
@example([_value(0, 6)], 11)
@example([_value(0, 0)] * 24, 11)
@example([None] * 24, 0)
@example([_value(2**31, 6)] * 25, 11)
def test_nothing_is_outside_the_frame_and_no_labels_overlap(found: list[Value | None], first: int) -> None:
    made = _drawn(*found, first=first)
    for value, bar in zip(found, made.bars, strict=True):
        assert (bar is None) == (value is None)
        if bar and value:
            assert 0 < bar.x < bar.x + bar.width < WIDTH
            assert bar.y >= ABOVE - 1e-6
            assert bar.height >= LOWEST_BAR
            assert bar.y + bar.height == pytest.approx(BASE), "from zero up, never down"
            assert bar.told == (value.number > value.margin)
            for line in bar.lines:
                assert all(ABOVE - 1e-6 <= y <= BASE + 1e-6 for y in (line.y1, line.y2))
                assert all(bar.x - 1e-6 <= x <= bar.x + bar.width + 1e-6 for x in (line.x1, line.x2))
    assert all(one.x + one.width < other.x for one, other in pairwise(_bars(made)))
    for line in made.grid:
        assert ABOVE - 1e-6 <= line.y1 == line.y2 <= BASE + 1e-6
    for label in made.labels:
        assert label.left >= 0
        assert label.right <= WIDTH
        assert 0 < label.y < made.height
    for y in {label.y for label in made.labels}:
        row = sorted((label for label in made.labels if label.y == y), key=lambda label: label.x)
        assert all(one.right + GAP <= other.left + 1e-6 for one, other in pairwise(row))


@given(st.lists(values, min_size=1, max_size=40))
def test_bars_are_as_high_as_their_numbers_say(found: list[Value | None]) -> None:
    scale = scale_of(found)
    made = chart(found, (), scale)
    for value, bar in zip(found, made.bars, strict=True):
        if value and bar:
            expected = PLOT_HEIGHT * min(max(value.number, 0), scale) / scale
            assert bar.height == pytest.approx(max(expected, LOWEST_BAR))
            assert not value.told or value.number <= scale, "what can be told from none is never cut off"
            assert bar.cut == (value.number + value.margin > scale)


def test_the_scale_begins_at_zero_and_has_round_numbers() -> None:
    made = _drawn(_value(105, 6), _value(80, 6))
    written = [label.text for label in made.labels if label.anchor == "end"]
    assert written == ["0", "50", "100", "150"]
    assert next(line.y1 for line in made.grid) == BASE


@pytest.mark.parametrize(
    ("number", "top"), [(1, 1), (4, 4), (5, 6), (41, 60), (100, 100), (101, 150), (2_000_000_001, 3_000_000_000)]
)
def test_the_scale_ends_at_the_next_round_number(number: int, top: int) -> None:
    assert scale_of([_value(number, 0)]) == top


def test_a_margin_is_a_line_with_two_ends_and_ends_at_zero() -> None:
    told, untold = _bars(_drawn(_value(50, 6), _value(2, 6)))
    whole, upper, lower = told.lines
    assert (whole.y1, whole.y2) == (lower.y1, upper.y1)
    assert lower.y1 - upper.y1 == pytest.approx(PLOT_HEIGHT * 12 / 60)
    assert (told.told, untold.told) == (True, False)
    assert len(untold.lines) == 2, "it goes down to zero and has no end there"
    assert untold.lines[0].y1 == BASE


def test_one_margin_that_is_far_larger_than_the_others_is_cut_off_and_marked() -> None:
    made = _bars(_drawn(*[_value(40, 6)] * 11, _value(40, 900)))
    assert [bar.cut for bar in made] == [False] * 11 + [True]
    assert made[0].height > PLOT_HEIGHT / 3, "the others can be read"
    _, *head = made[-1].lines
    assert [line.y1 != line.y2 for line in head] == [True, True], "the head of an arrow"
    assert min(min(line.y1, line.y2) for line in head) == ABOVE


def test_two_years_have_each_third_month_and_each_year_that_there_is_room_for() -> None:
    below = [label for label in _drawn(*[_value(9, 6)] * 24).labels if label.anchor == "middle"]
    assert [label.text for label in below if label.text.isalpha()] == [
        "Jan", "Apr", "Jul", "Oct", "Jan", "Apr", "Jul", "Oct",
    ]  # fmt: skip
    assert sorted(label.text for label in below if label.text.isdigit()) == ["2025", "2026"]


def test_one_month_has_its_name_and_year_and_a_bar_that_is_no_wall() -> None:
    made = _drawn(_value(9, 6))
    assert [label.text for label in made.labels if label.anchor == "middle"] == ["Nov", "2024"]
    assert _bars(made)[0].width < WIDTH / 6


def test_a_label_at_an_edge_is_moved_into_the_frame() -> None:
    marks = [Mark(0, "a label of many letters"), Mark(2, "23 more")]
    first, last = (label for label in chart([_value(9, 6)] * 2, marks, 20).labels if label.anchor == "middle")
    assert first.left == pytest.approx(0)
    assert last.right == pytest.approx(WIDTH)
