"""Two changes of one text: merged where they do not touch, both kept where they do."""

import random
from collections.abc import Sequence
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonetree.config.merging import Part, Text, merged, with_ends


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
        ("abcde", "abXde", "aYcde", "aYXde"),
        ("abcde", "aXcYe", "abZde", "aXZYe"),
        ("abcde", "aXYde", "abcZe", "aXYZe"),
        ("abcde", "aXYde", "abZde", "a[XY|bZ]de"),
        ("abcde", "acde", "abXde", "aXde"),
        ("abcde", "acde", "abde", "ade"),
        ("abcde", "abXcde", "abYde", "abXYde"),
        ("abcde", "abXcde", "aYcde", "aYXcde"),
        ("abcde", "abXcde", "abYcde", "ab[X|Y]cde"),
        ("abcde", "abXcde", "abXcde", "abXcde"),
        ("abcde", "abXcde", "abde", "ab[Xc|]de"),
        ("abcde", "aXYcde", "abZcde", "a[XY|bZ]cde"),
        ("abcde", "abXcde", "aYZde", "a[bXc|YZ]de"),
        ("abcde", "ade", "abXde", "a[|bX]de"),
        ("", "a", "", "a"),
        ("", "a", "b", "[a|b]"),
        ("aab", "aaab", "aab", "aaab"),
    ],
)
def test_changes_that_do_not_touch_are_merged_and_others_are_both_there(
    base: str, mine: str, theirs: str, both: str
) -> None:
    assert _text(merged(base, mine, theirs)) == both


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        ("abXde", "aYcde", "a[bX|Yc]de"),
        ("acde", "abXde", "a[c|bX]de"),
        ("abXcde", "abYde", "ab[Xc|Y]de"),
        ("aXcde", "abcYe", "aXcYe"),
    ],
)
def test_where_changes_have_to_be_apart_those_that_touch_are_both_there(mine: str, theirs: str, both: str) -> None:
    assert _text(merged("abcde", mine, theirs, apart=True)) == both


@pytest.mark.parametrize(
    "text", ["", "a", "a\n", "\n", "a\n\nb", "a\r\nb\r\n", "\ufeffa\nb\n", "\ufeff", "\ufeffa\r\nb"]
)
def test_a_text_is_its_lines_its_mark_and_its_ends(text: str) -> None:
    read = Text.of(text)
    assert read.with_lines(read.lines) == text


def test_a_text_that_has_both_ends_gets_one() -> None:
    read = Text.of("a\nb\r\nc\n")
    assert (tuple(read.lines), read.with_lines(read.lines)) == (("a", "b", "c"), "a\r\nb\r\nc\r\n")


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        ("a\nB\n", "A\r\nb\r\n", "A\r\nB\r\n"),
        ("a\r\nB\r\n", "A\nb\n", "A\r\nB\r\n"),
        ("\ufeffa\nB", "A\r\nb\r\n", "\ufeffA\r\nB"),
        ("a\r\nb\r\n", "\ufeffa\r\nb\r\n", "\ufeffa\r\nb\r\n"),
        ("", "a\r\nb\r\n", ""),
    ],
)
def test_ends_and_a_mark_that_somebody_changed_are_those_of_the_merged_text(mine: str, theirs: str, both: str) -> None:
    base, *changed = map(Text.of, ("a\nb\n", mine, theirs))
    parts = merged(base.lines, *(each.lines for each in changed))
    assert not any(part.clash for part in parts)
    assert base.merged(*changed).with_lines([line for part in parts for line in part.mine]) == both


def test_lines_that_two_changed_are_a_clash_if_they_are_the_same_and_only_then() -> None:
    chosen = random.Random(0)  # noqa: S311 -- for a test
    for _ in range(300):
        base = [f"{line}" for line in range(chosen.randrange(1, 9))]
        first, second = ({line for line in base if chosen.random() < 0.4} for _ in range(2))
        mine, theirs = ([f"{who}{line}" if line in which else line for line in base]
                        for who, which in (("X", first), ("Y", second)))  # fmt: skip
        parts = merged(base, mine, theirs)
        assert any(part.clash for part in parts) == bool(first & second)
        if not first & second:
            assert [line for part in parts for line in part.mine] == [
                f"X{line}" if line in first else f"Y{line}" if line in second else line for line in base
            ]
        turned = [(part.theirs, part.mine) if part.clash else (part.mine, ()) for part in merged(base, theirs, mine)]
        assert [(part.mine, part.theirs) for part in parts] == turned


@pytest.mark.parametrize("apart", [False, True])
def test_large_texts_are_merged_at_once(apart: bool) -> None:
    base = [f"{line}" for line in range(2000)]
    mine, theirs = ([f"{who}{line}" if int(line) % 2 == odd else line for line in base] for odd, who in enumerate("XY"))
    began = process_time()
    assert sum(part.clash for part in merged(base, mine, theirs, apart=apart)) == apart
    same = ["x"] * 2000
    assert merged(same, [*same[:1000], "Y", *same[1001:]], [*same, "X"], apart=apart)
    assert process_time() - began < 4


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


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("a\r\nb\r\n", "a\nb\n", "a\nb\n"),
        ("a\nb\n", "a\r\nb\r\n", "a\r\nb\r\n"),
        ("a\nb", "", "a\nb"),
        ("", "a\r\nb\n", ""),
        ("a\r\nb\r\nc\r\n", "a\r\nb\nc\n", "a\r\nb\nc\n"),
        ("A\nb\nc\n", "a\r\nb\nc\n", "A\r\nb\nc\n"),
        ("a\nx\ny\nb\nc\n", "a\r\nb\nc\n", "a\r\nx\ny\nb\nc\n"),
        ("b\nc", "a\r\nb\nc\n", "b\nc"),
        ("a\nb\nc\n", "a\r\nb\nc", "a\r\nb\nc\r\n"),
        ("c\nd\n", "a\nb\r\nc\nd", "c\nd\n"),
        ("", "", ""),
    ],
)
def test_lines_keep_their_ends(text: str, before: str, after: str) -> None:
    assert with_ends(text, before) == after


@given(st.lists(st.sampled_from(["a", "b", "c", ""])), st.lists(st.sampled_from(["\n", "\r\n"])), st.data())
def test_whatever_ends_are_kept_the_lines_are_those_that_were_typed(
    lines: list[str], ends: list[str], data: st.DataObject
) -> None:
    before = "".join(line + end for line, end in zip(lines, ends, strict=False))
    typed = data.draw(st.lists(st.sampled_from(["a", "b", "d", ""])))
    kept = with_ends("\r\n".join(typed), before)
    assert kept.replace("\r\n", "\n").split("\n") == (typed or [""])
    assert with_ends(before.replace("\r\n", "\n"), before) == before
