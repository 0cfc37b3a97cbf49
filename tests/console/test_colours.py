"""In the dark pages are looked at for their colours alone (`tests/support/screens.py`): nothing else differs there."""

import re
from collections.abc import Iterator

from tests.support.lines import ROOT

COLOUR = re.compile(
    r"color-scheme:dark|--[\w-]+: ?(#[0-9a-f]{3,8}|rgba?\([\d,. ]+\)|\d+, ?\d+, ?\d+|inherit|url\(.*\)|invert\(.*\))"
)


def _blocks(css: str) -> Iterator[str]:
    """What stands between the braces of each condition on the scheme."""
    for found in re.finditer(r"@media[^{]*prefers-color-scheme[^{]*\{", css):
        end, depth = found.end(), 1
        while depth:
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        yield css[found.end() : end - 1]


def test_the_dark_changes_colours_alone() -> None:
    files = sorted((ROOT / "phonetree" / "console" / "static").rglob("*.css"))
    text = "".join(re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.DOTALL) for file in files)
    rules = [rule for block in _blocks(text) for rule in re.findall(r"\{([^}]*)\}", block)]
    declared = [each.strip() for rule in rules for each in re.split(r";(?![^(]*\))", rule) if each.strip()]
    assert len(declared) > 50, "the colours of the dark are not found"
    assert [each for each in declared if not COLOUR.fullmatch(each)] == []
