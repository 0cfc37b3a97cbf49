"""Moments and numbers as they are spoken, in both languages."""

from datetime import UTC, datetime
from string import Formatter

import pytest

from phonetree.config.site import load
from phonetree.core.phrases import ENGLISH, SPANISH
from phonetree.core.speech import speech_seconds
from phonetree.core.wording import Speaker, digits, sentence
from tests.support.lines import RULES, VPR

SITE = load(VPR, RULES).site
ZONE = SITE.schedule.zone
NOW = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)  # a Monday


def spoken(language: str, text: str) -> str:
    return Speaker(SITE, language, NOW).moment(ZONE.localize(datetime.fromisoformat(text)))


@pytest.mark.parametrize(
    ("moment", "english", "spanish"),
    [
        ("2026-11-23 13:00", "today at 1 PM", "hoy a la 1 de la tarde"),
        ("2026-11-24 09:00", "tomorrow at 9 AM", "mañana a las 9 de la mañana"),
        ("2026-11-24 01:15", "tomorrow at 1:15 AM", "mañana a la 1:15 de la mañana"),
        ("2026-11-25 12:00", "on Wednesday at noon", "el miércoles al mediodía"),
        ("2026-11-29 00:00", "on Sunday at midnight", "el domingo a la medianoche"),
        ("2026-11-30 09:30", "on Monday, November 30, at 9:30 AM", "el lunes 30 de noviembre a las 9:30 de la mañana"),
        ("2027-01-04 09:00", "on Monday, January 4, at 9 AM", "el lunes 4 de enero a las 9 de la mañana"),
    ],
)
def test_a_moment_is_spoken_as_one_would_say_it_now(moment: str, english: str, spanish: str) -> None:
    assert spoken("en", moment) == english
    assert spoken("es", moment) == spanish


def test_today_is_the_helplines_today_and_not_the_servers() -> None:
    late = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # still Monday evening in Cambridge
    opening = ZONE.localize(datetime.fromisoformat("2026-11-24 09:00"))
    assert Speaker(SITE, "en", late).moment(opening) == "tomorrow at 9 AM"


def test_numbers_are_read_digit_by_digit() -> None:
    assert digits("+16172532300") == "6 1 7, 2 5 3, 2 3 0 0"
    assert digits("+442079460123") == "4 4 2 0 7 9 4 6 0 1 2 3"


def test_a_sentence_begins_with_a_capital() -> None:
    assert sentence("the nurse line") == "The nurse line"
    assert sentence("árbol") == "Árbol"
    assert sentence("") == ""


def test_both_languages_have_every_phrase_with_the_same_fields() -> None:
    def _fields(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text)}

    assert ENGLISH.keys() == SPANISH.keys()
    for name, text in ENGLISH.items():
        assert _fields(SPANISH[name]) == _fields(text), name


def test_speech_takes_longer_for_numbers_and_pauses() -> None:
    assert speech_seconds("nine") < speech_seconds("9 1 1") < speech_seconds("9, 1, 1.")
    assert speech_seconds("") == 0
