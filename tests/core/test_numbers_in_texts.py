"""Phone numbers in names and notes."""

import pytest

from phonetree.core.numbers_in_texts import holds_number


@pytest.mark.parametrize(
    "text",
    [
        "+1 617 555 0199",
        "Ana 617-555-0144",
        "Ana (617) 555.0144, evenings",
        "Ana6175550144",
        "555-0144",
        "desk_617_555_0144",
        "Ana 617\u00a0555\u20110144",
        "0044 20 7946 0018",
        "+49(0)30/5550144",
        "Ana \u0666\u0661\u0667\u0665\u0665\u0665\u0660\u0661\u0664\u0664",
        "on 2026-12-24 call 617 555 0144",
    ],
)
def test_a_number_is_found_however_it_is_written(text: str) -> None:
    assert holds_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "Desk 2",
        "24/7, 365 days",
        "the 988 Lifeline",
        "winter break 2026-12-24 to 2027-01-01",
        "winter break 2026-12-24 - 2027-01-01",
        "24.12.2026 - 1.1.2027",
        "12/24/2026",
        "the year 2026/2027",
        "1998-2026",
        "20261127",
        "ticket 20261127-0042",
        "77 Massachusetts Avenue, Cambridge 02139-4307",
        "open 9:00-12:00, 13:00-17:00",
        "open 0900-1730",
        "open 9.00 - 17.30",
        "keys 1, 2, 3, 4, 5, 6, 7, 8",
        "room 2.143, building 14",
    ],
)
def test_dates_times_and_short_numbers_are_none(text: str) -> None:
    assert not holds_number(text)
