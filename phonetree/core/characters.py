"""Which characters a text may contain: those that can be spoken, shown in a line, and sent in a document.

Refused are control characters, surrogates and noncharacters, which XML 1.0 does not allow; characters without a
width, and letters and signs that show nothing, which nobody can see and remove; those that change the text direction,
which garble a line; and what stands where a character was lost.
"""

import re
import unicodedata

_JOINER = re.compile("(?<=[\u0590-\u1fff])[\u200c\u200d]")
"""Without a width, but needed to write Persian and the languages of India: allowed after one of their letters."""

_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_SELECTOR = re.compile(f"(?<=[^\\s{_SELECTORS}])[{_SELECTORS}]")
"""What chooses the form of the character before it, such as that of an emoji: allowed behind one."""

_HIDDEN = re.compile(
    f"[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\ufffd\U00013441\U00013442\U00016fe4\U0001d159{_SELECTORS}]"
)
"""What counts as printable and shows nothing: fillers, blanks, marks without a form; and what shows that a character
was lost."""

ODD_SPACE = "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"
"""Spaces that look like the ordinary one, as a pattern: fine in a sentence, but not in the syntax of a file."""


def unfit(text: str) -> str | None:
    """The first character that no text may contain, or None. Tabs and line breaks are refused, other spaces are not."""
    if text.isprintable() and (text.isascii() or not _HIDDEN.search(text)):
        return None
    return next((each for each in _SELECTOR.sub("", _JOINER.sub("", text)) if not _fits(each)), None)


def _fits(character: str) -> bool:
    if character.isprintable():
        return not _HIDDEN.match(character)
    return unicodedata.category(character) == "Zs"


def refusal(text: str) -> str | None:
    """What is wrong with a text that holds a character that no text may contain, behind what is meant by it: "holds a
    character that cannot be seen or spoken (U+200B, zero width space); remove it". None if nothing is."""
    return None if (bad := unfit(text)) is None else refusal_of(bad)


def refusal_of(character: str, before: str = "") -> str:
    """The same for a character, and where it is: after the last of the characters before it."""
    place = f" after '{before[-20:]}'" if before else ""
    return f"holds a character that cannot be seen or spoken ({named(character)}){place}; remove it"


def named(character: str) -> str:
    """A character in a form to look up: "U+200B, zero width space"."""
    name = unicodedata.name(character, "").lower() or _NAMELESS.get(unicodedata.category(character), "unassigned")
    return f"U+{ord(character):04X}, {name}"


_NAMELESS = {"Cc": "a control character", "Cs": "half of a character", "Co": "a private character"}

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that are not one with an accent."""


def plain_letters(text: str) -> str:
    """A text in small letters without accents, for names in files: "Teléfono" gives "telefono". Signs of other scripts
    are left out."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return plain.encode("ascii", "ignore").decode()
