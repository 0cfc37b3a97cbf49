"""Moments and numbers as they are spoken, in both languages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest

from phonetree.config.site import load
from phonetree.core.phrases import ENGLISH, SPANISH
from phonetree.core.pronunciation import Pronunciation
from phonetree.core.speech import speech_seconds
from phonetree.core.tree import Dialled, Email, Link, Menu, Number, Part, Text, prompts_of
from phonetree.core.verbs import Say
from phonetree.core.wording import Speaker, digits, sentence, written
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


LONDON = {"+442079460123": Dialled("(020) 7946 0123", "020 7946 0123")}


def test_numbers_are_read_digit_by_digit() -> None:
    assert digits("+16172532300", {}) == "6 1 7, 2 5 3, 2 3 0 0"
    assert digits("+442079460123", LONDON) == "0 2 0, 7 9 4 6, 0 1 2 3"


def test_numbers_are_written_in_groups() -> None:
    assert written("+16172532300", {}) == "617-253-2300"
    assert written("+442079460123", LONDON) == "(020) 7946 0123"
    assert written("988", LONDON) == "988"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("MIT and LGBTQ, at MIT.", "M I T and L G B T Q, at M I T."),
        ("Call 911 or 9111, MITRE or mit.", "Call 9 1 1 or 9111, MITRE or m i t."),
        ("Pare en el MÍT", "Pare en el MÍT"),
        ("", ""),
    ],
)
def test_whole_words_are_said_as_the_table_has_them(text: str, said: str) -> None:
    assert Speaker(SITE, "en", NOW).say(text).text == said


def test_of_words_that_begin_alike_the_longer_one_is_said() -> None:
    pronunciation = Pronunciation.of({"MIT": "M I T", "MIT Health": "em eye tee health"})
    assert pronunciation.aloud("MIT Health, MIT") == "em eye tee health, M I T"


def test_without_a_table_nothing_changes() -> None:
    assert Pronunciation.of({}).aloud("MIT") == "MIT"


def test_one_text_is_for_the_ear_and_for_the_eye() -> None:
    prompt: dict[str, tuple[Part, ...]] = {
        "en": (
            Text("MIT: write to "),
            Email("vpradvocate@mit.edu"),
            Text(", or use "),
            Link("form", "https://example.org/f"),
        ),
        "es": (Text("MIT: llame al "), Number("+16172532300")),
    }
    english, spanish = Speaker(SITE, "en", NOW), Speaker(SITE, "es", NOW)
    (said,) = english.prompt(prompt)
    assert said == Say(
        "M I T: write to v p r advocate, in one word, at m i t dot e d u, or use our form",
        SITE.languages["en"].voice,
    )
    assert english.text(prompt) == "MIT: write to vpradvocate@mit.edu, or use our form"
    assert [piece.href for piece in english.pieces(prompt)] == [
        None,
        "mailto:vpradvocate@mit.edu",
        None,
        "https://example.org/f",
    ]
    assert [piece.text for piece in spanish.pieces(prompt)] == ["MIT: llame al ", "617-253-2300"]
    assert [piece.href for piece in spanish.pieces(prompt)] == [None, "tel:+16172532300"]
    assert spanish.prompt(prompt)[0] == Say("M I T: llame al 6 1 7, 2 5 3, 2 3 0 0", SITE.languages["es"].voice)


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


# -- in advance


def test_what_is_said_in_advance_is_what_would_be_said_now() -> None:
    site = load(VPR, RULES).site
    bare = replace(site)
    assert site.said
    assert not bare.said
    for language in site.languages:
        for name, text in site.phrases[language].items():
            if "{" not in text:
                assert Speaker(site, language, NOW).phrase(name) == Speaker(bare, language, NOW).phrase(name)
        for node in site.nodes.values():
            ready, fresh = (Speaker(each, language, NOW, node.id) for each in (site, bare))
            for prompt in prompts_of(node):
                assert ready.prompt(prompt) == fresh.prompt(prompt)
            for choice in (*node.choices, *site.always.values()) if isinstance(node, Menu) else ():
                assert ready.offer(choice) == fresh.offer(choice)


def test_what_depends_on_the_moment_is_not_said_in_advance() -> None:
    """The site says when somebody is there again, and why nobody is there."""
    site = load(VPR, RULES).site
    later = NOW + timedelta(days=40)
    differ = [
        node.id
        for node in site.nodes.values()
        for prompt in prompts_of(node)
        if len({Speaker(site, "en", moment, node.id).prompt(prompt) for moment in (NOW, later)}) > 1
    ]
    assert differ


def test_a_copy_with_other_texts_says_those() -> None:
    other = {**SITE.phrases, "en": {**SITE.phrases["en"], "wrong_key": "Something else."}}
    assert Speaker(SITE, "en", NOW).phrase("wrong_key").text != "Something else."
    assert Speaker(replace(SITE, phrases=other), "en", NOW).phrase("wrong_key").text == "Something else."
