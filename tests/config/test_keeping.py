"""A promise is added to routing.yaml as one line, in whatever style the list is written, or not at all."""

from pathlib import Path

import pytest

from phonetree.config.keeping import with_promise
from phonetree.config.own_promises import promise_of_call
from phonetree.config.site import Contents, Loaded, load, made_of
from phonetree.core.schedule import Kind
from phonetree.core.tree import Reached
from phonetree.errors import EditError
from tests.support.lines import RULES, VPR

BARCC = promise_of_call(Kind.CLOSED, ("1",), (Reached.LINE, "barcc"), 14.2)
WRITTEN = "{when: closed, keys: [1], reaches: barcc, within: 20}"
OTHER = "{when: open, keys: [], reaches: advocates}"


def loaded(ending: str, line_break: str = "\n", bom: str = "") -> Loaded:
    contents = dict(load(VPR, RULES).contents)
    text = bom + contents["routing.yaml"].decode() + ending
    contents["routing.yaml"] = text.replace("\n", line_break).encode()
    return made_of(contents, VPR, RULES)


def added(files: Loaded) -> str:
    """What was added to the file."""
    after: Contents = with_promise(files, BARCC, Path(VPR), RULES)
    before = files.contents["routing.yaml"].decode()
    assert {name: data for name, data in after.items() if name != "routing.yaml"} == {
        name: data for name, data in files.contents.items() if name != "routing.yaml"
    }
    whole = after["routing.yaml"].decode()
    same = next((place for place, (a, b) in enumerate(zip(before, whole, strict=False)) if a != b), len(before))
    left = len(before) - same
    assert whole.endswith(before[same:])
    return whole[same : len(whole) - left]


@pytest.mark.parametrize(
    ("ending", "line_break", "bom", "more"),
    [
        ("", "\n", "", f"promises:\n  - {WRITTEN}\n\n"),
        ("", "\r\n", "\ufeff", f"promises:\r\n  - {WRITTEN}\r\n\r\n"),
        (f"promises:\n- {OTHER}  # as ever\n", "\n", "", f"- {WRITTEN}\n"),
        (f"promises: [{OTHER}]\n", "\n", "", f", {WRITTEN}"),
        ("promises: []\n", "\n", "", WRITTEN),
    ],
)
def test_only_its_line_is_new(ending: str, line_break: str, bom: str, more: str) -> None:
    assert added(loaded(ending, line_break, bom)) == more


def test_what_is_promised_already_or_cannot_be_written_is_refused() -> None:
    with pytest.raises(EditError, match="this is promised already"):
        with_promise(loaded("promises:\n  - {when: closed, keys: [1], reaches: barcc}\n"), BARCC, VPR, RULES)
    with pytest.raises(EditError, match=r"edit the file by hand at line \d+ of routing.yaml"):
        with_promise(loaded(f"promises: [\n  {OTHER}  # as ever\n  ]\n"), BARCC, VPR, RULES)
    many = promise_of_call(Kind.CLOSED, ("1",) * 30, (Reached.LINE, "barcc"))
    with pytest.raises(EditError, match="20"):
        with_promise(loaded(""), many, VPR, RULES)
