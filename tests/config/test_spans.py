"""The grammar of hours: what is accepted, and what tired people are told to write."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from phonetree.config.spans import MOST_SPANS, spans_of
from phonetree.core.schedule import MINUTES_OF_A_DAY, Span


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("9:00-17:00", 540, 1020),
        ("18:00-02:00", 1080, 1560),
        ("0:00-24:00", 0, 1440),
        ("22:00 - 0:00", 1320, 1440),
        ("21:00-9:00", 1260, 1980),
        ("18:00-2:00 next day", 1080, 1560),
        ("9:00-5:00 next day", 540, 1740),
        ("9:00-5:00  Next Day", 540, 1740),
        ("9:00-9:00 next day", 540, 1980),
        ("9:00-0:00", 540, 1440),
    ],
)
def test_spans(text: str, start: int, end: int) -> None:
    assert spans_of(text) == (Span(start, end),)


def test_several_spans_and_none() -> None:
    assert spans_of("9:00-12:00, 13:00-17:00,18:00-2:00") == (Span(540, 720), Span(780, 1020), Span(1080, 1560))
    assert spans_of("closed") == ()


TIRED = {
    "9:00-5:00": "runs over midnight for 20 hours; write 9:00-17:00 if the afternoon is meant, or 9:00-5:00 next day",
    "09:30-5:00": "runs over midnight for 19.5 hours; "
    "write 9:30-17:00 if the afternoon is meant, or 9:30-5:00 next day",
    "17:00-9:00": "runs over midnight for 16 hours; write 17:00-21:00 if the evening is meant, or 17:00-9:00 next day",
    "20:00-19:00": "runs over midnight for 23 hours; "
    "write 19:00-20:00 if the times are the wrong way round, or 20:00-19:00 next day",
    "9:00-17:00 next day": "lasts for 32 hours, but a span has at most 24; leave out 'next day'",
    "9:00-24:00 next day": "lasts for 39 hours, but a span has at most 24; leave out 'next day'",
    "0:00-0:00": "has no length; write 0:00-24:00 for the whole day, or 'closed'",
    "24/7": "is not a span of time; write 0:00-24:00 for the whole day",
    "Closed": "is not a span of time; write closed where there are no hours",
    "": "is not a span of time; write closed where there are no hours",
    "9:00": "is not a span of time; write it like 9:00-17:00",
    "9-99": "is not a span of time; write it like 9:00-17:00",
}
MEANT = {
    "9-5": "9:00-17:00",
    "9-17": "9:00-17:00",
    "9am-5pm": "9:00-17:00",
    "9 a.m. to 5 p.m.": "9:00-17:00",
    "9:00 - 5:00 PM": "9:00-17:00",
    "9:00-17.00": "9:00-17:00",
    "9:00–17:00": "9:00-17:00",  # an en dash, as editors make it
    "09:00-1700": "9:00-17:00",
    "9:00-17:00,": "9:00-17:00",
    "from 9 to 5": "9:00-17:00",
    "1-5pm": "13:00-17:00",
    "noon-5pm": "12:00-17:00",
    "9am-midnight": "9:00-24:00",
    "9pm-5": "21:00-5:00 next day",
    "5pm-9am": "17:00-9:00 next day",
    "9-5 (next day)": "9:00-5:00 next day",
    "9:00-12:00 13:00-17:00": "9:00-12:00, 13:00-17:00",
    "9:00-12:00 and 13:00-17:00": "9:00-12:00, 13:00-17:00",
    "9-12, 1-5": "9:00-12:00, 13:00-17:00",
}  # fmt: skip
TIRED |= {text: f"is not a span of time; write {meant}, if that is meant" for text, meant in MEANT.items()}


@pytest.mark.parametrize("text", TIRED)
def test_what_tired_people_write_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"; (write|leave)") as refused:
        spans_of(text)
    assert str(refused.value) == f"'{text}' {TIRED[text]}"


def test_an_afternoon_by_the_twelve_hour_clock_is_not_the_night_before() -> None:
    with pytest.raises(ValueError, match="comes after") as refused:
        spans_of("9:00-12:00, 1:00-5:00")
    assert str(refused.value) == (
        "1:00-5:00 comes after 9:00-12:00, but begins before it; "
        "write 13:00-17:00 if the afternoon is meant, or put 1:00-5:00 first"
    )
    assert spans_of("1:00-5:00, 9:00-12:00") == (Span(60, 300), Span(540, 720))


def test_a_day_has_a_few_spans() -> None:
    spans = [f"{hour}:00-{hour}:30" for hour in range(24)]
    assert len(spans_of(", ".join(spans[:MOST_SPANS]))) == MOST_SPANS
    with pytest.raises(ValueError, match=f"at most {MOST_SPANS}"):
        spans_of(", ".join(spans[: MOST_SPANS + 1]))


@given(st.integers(0, MINUTES_OF_A_DAY - 1), st.integers(1, MINUTES_OF_A_DAY))
def test_a_span_reads_back_as_it_is_written(start: int, length: int) -> None:
    span = Span(start, start + length)
    assert spans_of(str(span)) == (span,)


@given(st.integers(0, MINUTES_OF_A_DAY - 1), st.integers(1, MINUTES_OF_A_DAY))
def test_only_what_ends_in_the_next_day_is_said_to(start: int, length: int) -> None:
    span = Span(start, start + length)
    assert span.words.endswith(" the next day") == (start + length > MINUTES_OF_A_DAY)


_TIMES = st.from_regex(r"([01]?[0-9]|2[0-4])([:.]?[0-5][0-9])?( ?[ap]\.?m\.?)?|noon|midnight", fullmatch=True)
_TYPED = st.lists(st.one_of(_TIMES, st.sampled_from(["-", "\u2013", " to ", ",", " ", "next day", "closed"]))).map(
    "".join
)


@pytest.mark.slow
@given(st.one_of(_TYPED, st.text(max_size=40)))
@example("9:00-")
@example("12:00-11:59 next day")
def test_whatever_is_typed_is_accepted_or_told_what_is_accepted(text: str) -> None:
    try:
        spans_of(text)
    except ValueError as error:
        for written in re.findall(
            r"[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}(?: next day)?", str(error).partition("; ")[2]
        ):
            spans_of(written)
