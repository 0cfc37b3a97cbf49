"""Which characters a text may contain: those that can be spoken, shown in a line, and sent in a document.

Refused are control characters, surrogates and noncharacters, which XML 1.0 does not allow; characters without a
width, which nobody can see and remove; and those that change the text direction, which garble a line.
"""

import re
import unicodedata

_JOINER = re.compile("(?<=[\u0590-\u1fff])[\u200c\u200d]")
"""Without a width, but needed to write Persian and the languages of India: allowed after one of their letters."""


ODD_SPACE = "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
"""Spaces that look like the ordinary one, as a pattern: fine in a sentence, but not in the syntax of a file."""


def unfit(text: str) -> str | None:
    """The first character that no text may contain, or None. Tabs and line breaks are refused, other spaces are not."""
    if text.isprintable():
        return None
    return next((each for each in _JOINER.sub("", text) if not _fits(each)), None)


def _fits(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def named(character: str) -> str:
    """A character in a form to look up: "U+200B, zero width space"."""
    name = unicodedata.name(character, "").lower() or _NAMELESS.get(unicodedata.category(character), "unassigned")
    return f"U+{ord(character):04X}, {name}"


_NAMELESS = {"Cc": "a control character", "Cs": "half of a character", "Co": "a private character"}
