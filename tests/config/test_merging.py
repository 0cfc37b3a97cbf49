"""Two changes of one text: merged where they do not touch, both kept where they do."""

import random
from collections.abc import Sequence

import pytest

from phonetree.config.merging import Part, merged


def _text(parts: tuple[Part, ...]) -> str:
    return "".join(
        f"[{''.join(part.mine)}|{''.join(part.theirs)}]" if part.clash else "".join(part.mine) for part in parts
    )


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        ("abcde", "abcde", "abcde", "abcde"),
        ("abcde", "aBcde", "abcDe", "aBcDe"),
        ("abcde", "abcde", "abXde", "abXde"),
        ("abcde", "aXbcde", "abcdeY", "aXbcdeY"),
        ("abcde", "abcd", "bcde", "bcd"),
        ("abcde", "aBcde", "aBcde", "aBcde"),
        ("abcde", "aXcde", "aYcde", "a[X|Y]cde"),
        ("abcde", "aXcde", "acde", "a[X|]cde"),
        ("abcde", "abXde", "aYcde", "a[bX|Yc]de"),
        ("", "a", "", "a"),
        ("", "a", "b", "[a|b]"),
        ("aab", "aaab", "aab", "aaab"),
    ],
)
def test_changes_that_do_not_touch_are_merged_and_others_are_both_there(
    base: str, mine: str, theirs: str, both: str
) -> None:
    assert _text(merged(base, mine, theirs)) == both


def _new(text: Sequence[str]) -> int:
    return sum(each in "XY" for each in text)


def test_nothing_is_lost_and_nothing_is_made_up() -> None:
    chosen = random.Random(0)  # noqa: S311 -- for a test
    for _ in range(500):
        base = [chosen.choice("abcd") for _ in range(chosen.randrange(12))]
        mine, theirs = list(base), list(base)
        for text in (mine, theirs):
            for _ in range(chosen.randrange(4)):
                at = chosen.randrange(len(text) + 1)
                text[at : at + chosen.randrange(2)] = chosen.choice([[], ["X"], ["Y"]])
        parts = merged(base, mine, theirs)
        if theirs == base:
            assert _text(parts) == "".join(mine)
        if mine == base:
            assert _text(parts) == "".join(theirs)
        assert max(_new(mine), _new(theirs)) <= _new(_text(parts)) <= _new(mine) + _new(theirs)
