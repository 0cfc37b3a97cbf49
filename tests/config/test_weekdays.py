"""The grammar of days, and what is suggested to people who write them in another way."""

import re

import pytest

from phonetree.config.weekdays import WEEKDAYS, days_of


def _refusal(text: str) -> str:
    with pytest.raises(ValueError, match="day") as caught:
        days_of(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("monday", [0]),
        ("Monday - Friday", [0, 1, 2, 3, 4]),
        ("friday-monday, wednesday", [4, 5, 6, 0, 2]),
        ("Daily", list(range(7))),
        ("every day", list(range(7))),
    ],
)
def test_days_are_named_one_by_one_and_in_ranges(text: str, days: list[int]) -> None:
    assert list(days_of(text)) == days


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("monday\u2013friday", "'monday-friday'"),
        ("monday \u2014 friday", "'monday-friday'"),
        ("monday--friday", "'monday-friday'"),
        ("Monday to Friday", "'monday-friday'"),
        ("monday through friday", "'monday-friday'"),
        ("mon thru fri", "'monday-friday'"),
        ("mon-fri", "'monday-friday'"),
        ("Mon.-Fri.", "'monday-friday'"),
        ("mondays-fridays", "'monday-friday'"),
        ("monday-firday", "'monday-friday'"),
        ("monday/friday", "'monday-friday' or 'monday, friday'"),
        ("monday friday", "'monday-friday' or 'monday, friday'"),
        ("mon/wed/fri", "'monday, wednesday, friday'"),
        ("mon-wed-fri", "'monday, wednesday, friday'"),
        ("tue and thurs", "'tuesday, thursday'"),
        ("monday; friday", "'monday, friday'"),
        ("mon-thu, sat", "'monday-thursday, saturday'"),
        ("weekdays", "'monday-friday'"),
        ("wekdays", "'monday-friday'"),
        ("Workdays", "'monday-friday'"),
        ("working days", "'monday-friday'"),
        ("week days and sat", "'monday-friday, saturday'"),
        ("weekends", "'saturday-sunday'"),
        ("everyday", "'daily'"),
        ("weds", "'wednesday'"),
        ("firday", "'friday'"),
    ],
)
def test_what_is_suggested_has_every_day_that_was_named(text: str, meant: str) -> None:
    refusal = _refusal(text)
    assert refusal.endswith(f"; did you mean {meant}?")
    for guess in re.findall("'([^']+)'", refusal.partition("; did you mean ")[2]):
        assert days_of(guess)


@pytest.mark.parametrize("text", ["holidays", "today", "t", "monday (not summer)", "weekdays-saturday", "x" * 5000])
def test_nothing_is_suggested_where_it_is_unclear(text: str) -> None:
    assert _refusal(text).endswith("of the week; write them like monday-friday, or daily")


@pytest.mark.parametrize("text", ["monday,", "monday-", "-friday", ""])
def test_a_range_without_its_end_is_not_one_day(text: str) -> None:
    assert _refusal(text) == f"'{text}' lacks a day; write it, such as monday-friday"


def test_no_guess_for_two_days_is_one_day() -> None:
    for between in ("\u2013", "\u2212", "/", " to ", " through ", "-", " & ", " ", "|", " bis "):
        for first in WEEKDAYS:
            for last in WEEKDAYS:
                if first != last and between != "-":
                    guess = _refusal(first + between + last).partition("did you mean ")[2]
                    assert not guess or {first, last} <= set(re.findall("[a-z]+", guess))
