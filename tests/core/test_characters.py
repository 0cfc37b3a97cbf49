"""What no text may hold, in whatever way it comes in; and what every language may write."""

import sys
import unicodedata
from xml.parsers import expat

import pytest

from phonetree.core.characters import named, refusal, unfit


@pytest.mark.parametrize(
    "text",
    [
        "Welcome. It\u2019s \u201copen\u201d \u2013 now \u2014 for you\u2026",
        "el d\u00eda despu\u00e9s; \u00bfqu\u00e9?",
        "cafe\u0301",  # a combining accent
        "\u5371\u673a\u70ed\u7ebf \ud55c\uad6d\uc5b4 \u65e5\u672c\u8a9e",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with a joiner that belongs there
        "\u0915\u094d\u200d\u0937",
        "bonjour\u00a0!",
        "\U0001f49c",
        "\u2764\ufe0f \u845b\U000e0100",  # a selector chooses the form of the character before it
        "",
    ],
)
def test_what_people_write_is_fit(text: str) -> None:
    assert unfit(text) is None


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x00", "U+0000, a control character"),
        ("\x08", "U+0008, a control character"),
        ("\x1b", "U+001B, a control character"),
        ("\x7f", "U+007F, a control character"),
        ("\x85", "U+0085, a control character"),
        ("\u2028", "U+2028, line separator"),
        ("\u200b", "U+200B, zero width space"),
        ("\u200c", "U+200C, zero width non-joiner"),
        ("\u200e", "U+200E, left-to-right mark"),
        ("\u200f", "U+200F, right-to-left mark"),
        ("\u061c", "U+061C, arabic letter mark"),
        ("\ufeff", "U+FEFF, zero width no-break space"),
        ("\ufffe", "U+FFFE, unassigned"),
        ("\U0001ffff", "U+1FFFF, unassigned"),
        ("\ud800", "U+D800, half of a character"),
        ("\ue000", "U+E000, a private character"),
        ("\u3164", "U+3164, hangul filler"),
        ("\u115f", "U+115F, hangul choseong filler"),
        ("\u1160", "U+1160, hangul jungseong filler"),
        ("\uffa0", "U+FFA0, halfwidth hangul filler"),
        ("\u2800", "U+2800, braille pattern blank"),
        ("\u034f", "U+034F, combining grapheme joiner"),
        ("\u17b4", "U+17B4, khmer vowel inherent aq"),
        ("\ufffc", "U+FFFC, object replacement character"),
        ("\ufffd", "U+FFFD, replacement character"),
        *((chr(code), f"U+{code:04X}, {unicodedata.name(chr(code)).lower()}") for code in range(0x202A, 0x202F)),
        *((chr(code), f"U+{code:04X}, {unicodedata.name(chr(code)).lower()}") for code in range(0x2066, 0x206A)),
    ],
)
def test_what_cannot_be_seen_or_sent_is_found_and_named(character: str, name: str) -> None:
    assert unfit(f"Boston{character} area") == character
    assert named(character) == name


@pytest.mark.parametrize("text", ["\u3164", "\u2800\u2800", "\ufe0f", "a \ufe0f", "\u2764\ufe0f\ufe0f"])
def test_what_shows_nothing_is_no_word(text: str) -> None:
    bad = unfit(text)
    assert bad
    assert refusal(text) == f"holds a character that cannot be seen or spoken ({named(bad)}); remove it"
    assert refusal("\u2764\ufe0f") is None


@pytest.mark.slow
def test_whatever_is_fit_can_stand_in_a_document() -> None:
    fit = "".join(each for each in map(chr, range(sys.maxunicode + 1)) if unfit(each) is None)
    assert len(fit) > 100_000
    text = fit.replace("&", "").replace("<", "").replace("]", "")
    expat.ParserCreate().Parse(f"<Say>{text}</Say>".encode(), True)
