"""The tree as a picture: nothing overlaps, nothing crosses, everything fits and is there once."""

import tempfile
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from phonetree.config.site import load
from phonetree.core.tree import Site
from phonetree.view.branches import Tree, tree
from phonetree.view.picture import GAP, MARGIN, PADDING, Box, Picture, picture
from phonetree.view.widths import ELLIPSIS, shortened, width, wrapped
from tests.support import trees
from tests.support.lines import ROOT, RULES, VPR

DAY = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
SITES = [VPR, *(ROOT / "tests" / "sites" / name for name in ("harbour", "mit", "portuguese"))]

WIDTH_OF_A_DESK = 1116
"""Of the page's own column in a window 1280 px wide."""


def _made(site: Site, now: datetime, note: str = "13 s with key 1, 50 s with none") -> tuple[Tree, Picture]:
    found = tree(site, site.first_language, now)
    return found, picture(site, found, dict.fromkeys(site.nodes, note))


def _check(found: Tree, made: Picture) -> None:
    boxes = {box.node: box for box in made.boxes}
    assert sorted(boxes) == sorted(["", *(branch.met.id for branch in found.branches())])
    assert len(boxes) == len(made.boxes), "each is drawn once"
    for box in made.boxes:
        assert MARGIN <= box.x < box.right <= made.width - MARGIN
        assert MARGIN <= box.y < box.bottom <= made.height - MARGIN
        _fits(box)
    for one, other in combinations(made.boxes, 2):
        apart = one.right <= other.x or other.right <= one.x
        assert apart or one.bottom + GAP <= other.y or other.bottom + GAP <= one.y, (one.node, other.node)
    _lines(found, made, boxes)


def _fits(box: Box) -> None:
    """Each text is within its box, and beside the other one of its row."""
    rows: dict[float, list[tuple[float, float]]] = {}
    for text in box.texts:
        left = text.x - text.width if text.anchor == "end" else text.x
        assert box.x + PADDING - 0.01 <= left, text
        assert left + text.width <= box.right - PADDING + 0.01, text
        assert box.y < text.y < box.bottom
        rows.setdefault(text.y, []).append((left, left + text.width))
    for row in rows.values():
        row.sort()
        assert len(row) == 1 or row[0][1] < row[1][0], "two texts of a row do not touch"


def _lines(found: Tree, made: Picture, boxes: dict[str, Box]) -> None:
    branches = {branch.met.id: branch for branch in found.branches()}
    arms = {"": found.always} | {name: tuple(branch.arms) for name, branch in branches.items()}
    wanted = {(name, below.met.id, bool(lead.key)) for name, all_ in arms.items() for lead, below in all_ if below}
    drawn = set()
    for line in made.lines:
        (above,) = (
            box.node
            for box in made.boxes
            if (line.across and line.x1 == box.right and box.y < line.y1 < box.bottom)
            or (not line.across and line.y1 == box.bottom and box.x < line.x1 < box.right)
        )
        (below,) = (
            box.node
            for box in made.boxes
            if (line.x2 == box.x and box.y < line.y2 < box.bottom) or (line.y2 == box.y and box.x < line.x2 < box.right)
        )
        drawn.add((above, below, line.across))
        if not line.across:
            _passes_no_box(line.x1, line.y1, line.y2, made, {above, below})
    assert drawn == wanted
    assert len(drawn) == len(made.lines)
    for gutter in {line.x2 for line in made.lines if line.across}:
        ordered = sorted((line for line in made.lines if line.across and line.x2 == gutter), key=lambda line: line.y1)
        assert len({line.x1 for line in ordered}) == 1
        ends = [line.y2 for line in ordered]
        assert ends == sorted(ends), "curves of the same shape cross only if they change places"


def _passes_no_box(x: float, y1: float, y2: float, made: Picture, own: set[str]) -> None:
    for box in made.boxes:
        if box.node not in own:
            assert not (box.x <= x <= box.right and y1 < box.bottom and box.y < y2), box.node


@pytest.mark.parametrize("now", [DAY, NIGHT], ids=str)
@pytest.mark.parametrize("folder", SITES, ids=lambda folder: folder.name)
def test_it_is_sound(folder: Path, now: datetime) -> None:
    found, made = _made(load(folder, RULES).site, now)
    _check(found, made)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(made=trees.sites(), minutes=st.integers(0, 14 * 24 * 60))
def test_so_is_that_of_any_tree(made: Any, minutes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site = load(trees.write(Path(folder), made), RULES).site
    _check(*_made(site, DAY + timedelta(minutes=minutes), note="i" * 200))


def test_that_of_the_shipped_tree_is_as_wide_as_a_page() -> None:
    for now in (DAY, NIGHT):
        _, made = _made(load(VPR, RULES).site, now)
        assert made.width <= WIDTH_OF_A_DESK


def test_a_tree_far_deeper_than_the_stack_is_drawn(tmp_path: Path) -> None:
    _, made = _made(load(trees.write(tmp_path, trees.chain(1500)), RULES).site, DAY)
    assert len(made.boxes) == 1500 + 3


def test_a_mark_stands_for_a_line_across_the_picture() -> None:
    _, made = _made(load(VPR, RULES).site, DAY)
    about = next(box for box in made.boxes if box.node == "about_harm")
    assert [text.text for text in about.texts][-2:] == ["Then", "→ about"]
    advocate = next(box for box in made.boxes if box.node == "advocate")
    assert "↓ unanswered" in [text.text for text in advocate.texts]


def test_what_is_closed_is_marked_and_said() -> None:
    _, made = _made(load(VPR, RULES).site, NIGHT)
    boxes = {box.node: box for box in made.boxes}
    assert boxes["line_call_for_change"].look == "box people closed"
    assert "The line is closed at this moment" in [text.text for text in boxes["line_call_for_change"].texts]
    assert "4 If you worry that you may hurt" in [
        text.text for text in boxes["more_lines"].texts if text.look == "shut"
    ]


@given(st.text(), st.floats(20, 300))
@example("Ñandú & 漢字 e\N{COMBINING ACUTE ACCENT}", 40)
def test_a_shortened_text_fits(text: str, room: float) -> None:
    short = shortened(text, room, 13)
    assert width(short, 13) <= room
    assert short == text or (short.endswith(ELLIPSIS) and text.startswith(short.removesuffix(ELLIPSIS)))


@given(st.lists(st.text(min_size=1, max_size=12), max_size=20), st.floats(40, 300), st.integers(1, 4))
def test_a_wrapped_text_fits_and_loses_no_word(words: list[str], room: float, most: int) -> None:
    text = " ".join(words)
    lines = wrapped(text, room, 13, most)
    assert len(lines) <= most
    assert all(width(line, 13) <= room for line in lines)
    if not any(line.endswith(ELLIPSIS) for line in lines):
        assert " ".join(lines).split() == text.split()
