"""Which characters a text may hold: those that can be spoken, shown in a line, and sent in a document.

Left out are control characters, surrogates and noncharacters, which XML 1.0 cannot hold; characters without a
width, which nobody can see to remove; and those that change the direction of a line, which disorder what is read.
"""

import re
import unicodedata

_JOINER = re.compile("(?<=[\u0590-\u1fff])[\u200c\u200d]")
"""Without a width, but a part of how Persian and the languages of India are written: after one of their letters."""


ODD_SPACE = "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
"""Spaces that look like the ordinary one, as a pattern: fine in a sentence, but none between the words of a file."""


def unfit(text: str) -> str | None:
    """The first character that no text may hold, or None. Line breaks and tabs are such, spaces of any width not."""
    if text.isprintable():
        return None
    return next((each for each in _JOINER.sub("", text) if not _fits(each)), None)


def _fits(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def named(character: str) -> str:
    """A character as one can look it up: "U+200B, zero width space"."""
    name = unicodedata.name(character, "").lower() or _NAMELESS.get(unicodedata.category(character), "unassigned")
    return f"U+{ord(character):04X}, {name}"


_NAMELESS = {"Cc": "a control character", "Cs": "half of a character", "Co": "a private character"}
