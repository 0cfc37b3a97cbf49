"""In the dark pages are looked at on a phone, and for their colours alone (`tests/support/screens.py`)."""

import re
from collections.abc import Iterable, Iterator

from tests.support.lines import ROOT

COLOUR = re.compile(
    r"color-scheme:dark|--[\w-]+: ?(#[0-9a-f]{3,8}|rgba?\([\d,. ]+\)|\d+, ?\d+, ?\d+|inherit|url\(.*\)|invert\(.*\))"
)


UNUSED = "offcanvas"
"""A part of Bootstrap that the console does not have."""


def _blocks(feature: str) -> Iterator[str]:
    """What stands between the braces of each condition on a feature, in all files."""
    files = sorted((ROOT / "phonetree" / "console" / "static").rglob("*.css"))
    css = "".join(re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL) for file in files)
    for found in re.finditer(rf"@media[^{{]*{feature}[^{{]*\{{", css):
        end, depth = found.end(), 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        yield css[found.end() : end - 1]


def _declared(blocks: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The rules of blocks: what each is for, and one of its declarations."""
    for block in blocks:
        for selector, rule in re.findall(r"([^{}]+)\{([^{}]*)\}", block):
            for each in re.split(r";(?![^(]*\))", rule):
                if each.strip():
                    yield selector.strip(), each.strip()


def test_the_dark_changes_colours_alone() -> None:
    declared = [each for _, each in _declared(_blocks("prefers-color-scheme"))]
    assert len(declared) > 50, "the colours of the dark are not found"
    assert [each for each in declared if not COLOUR.fullmatch(each)] == []


def test_a_wide_window_has_the_colours_of_a_phone() -> None:
    declared = list(_declared(_blocks("width")))
    assert len(declared) > 500, "the rules for widths are not found"
    coloured = [found for found in declared if re.search("color|background", found[1]) and UNUSED not in found[0]]
    assert coloured == [(".month .past", "color: var(--bs-secondary-color)")], "which a phone has elsewhere"
    templates = (ROOT / "phonetree" / "console" / "templates").rglob("*.html")
    assert not any(UNUSED in each.read_text(encoding="utf-8") for each in templates)
