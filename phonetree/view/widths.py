"""How wide a text is, and what of it fits: for pictures, which are drawn before any font is known.

The widths are those of DejaVu Sans, which is wider than the fonts that phones and computers show pages in.
"""

import unicodedata

_WIDTHS = {
    letter: width
    for width, letters in {
        0.32: " '.,Iijl\N{NO-BREAK SPACE}",
        0.4: "!()-/:;[]\\fft|",
        0.46: '"r',
        0.56: "*Lc_`sz?",
        0.62: "FPTYaekovxy",
        0.64: "$0123456789EKSbdghnpqu{}",
        0.7: "ABCRVXZ",
        0.79: "&DGHNOQU",
        0.87: "#+<=>M^w~\N{RIGHTWARDS ARROW}",
        1.0: "%@Wm\N{HORIZONTAL ELLIPSIS}",
    }.items()
    for letter in letters
}
"""Of a letter, in heights of the font."""

_OTHER = 1.05
_WIDE = 1.4
"""Letters of East Asia, and little pictures."""

BOLD = 1.24
"""How much wider bold letters are, at most."""

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def width(text: str, size: float) -> float:
    """The width of a text in a font of a size, or a little more."""
    return size * sum(map(_letter, text))


def shortened(text: str, room: float, size: float) -> str:
    """As much of a text as fits, with an ellipsis if that is not all."""
    if width(text, size) <= room:
        return text
    left, fits = room - width(ELLIPSIS, size), 0
    for letter in text:
        left -= size * _letter(letter)
        if left < 0:
            break
        fits += 1
    return f"{text[:fits].rstrip()}{ELLIPSIS}"


def wrapped(text: str, room: float, size: float, most: int) -> tuple[str, ...]:
    """A text in lines that fit, at most so many; the last one ends with an ellipsis if that is not all."""
    words = text.split()
    lines: list[str] = []
    while words and len(lines) < most - 1:
        taken = 1
        while taken < len(words) and width(" ".join(words[: taken + 1]), size) <= room:
            taken += 1
        lines.append(shortened(" ".join(words[:taken]), room, size))
        words = words[taken:]
    return (*lines, shortened(" ".join(words), room, size)) if words else tuple(lines)


def _letter(letter: str) -> float:
    if found := _WIDTHS.get(letter):
        return found
    plain = unicodedata.normalize("NFD", letter)[0]
    if unicodedata.combining(plain):
        return 0.0
    if found := _WIDTHS.get(plain):
        return found
    return _WIDE if unicodedata.east_asian_width(plain) in "WF" else _OTHER
