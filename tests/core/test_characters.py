"""What no text may hold, in whatever way it comes in; and what every language may write."""

import sys
import unicodedata
from xml.parsers import expat

import pytest

from phonetree.core.characters import named, unfit


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
        *((chr(code), f"U+{code:04X}, {unicodedata.name(chr(code)).lower()}") for code in range(0x202A, 0x202F)),
        *((chr(code), f"U+{code:04X}, {unicodedata.name(chr(code)).lower()}") for code in range(0x2066, 0x206A)),
    ],
)
def test_what_cannot_be_seen_or_sent_is_found_and_named(character: str, name: str) -> None:
    assert unfit(f"Boston{character} area") == character
    assert named(character) == name


def test_whatever_is_fit_can_stand_in_a_document() -> None:
    fit = "".join(each for each in map(chr, range(sys.maxunicode + 1)) if unfit(each) is None)
    assert len(fit) > 100_000
    text = fit.replace("&", "").replace("<", "").replace("]", "")
    expat.ParserCreate().Parse(f"<Say>{text}</Say>".encode(), True)
