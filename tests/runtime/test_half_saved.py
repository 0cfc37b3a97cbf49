"""A file that somebody writes in place and slowly is told from one of which the end was taken out or changed."""

from collections.abc import Callable

import pytest

from phonetree.config.site import HOURS
from phonetree.runtime.half_saved import half_saved
from tests.support.lines import VPR

HEARD = (VPR / HOURS).read_bytes()
BREAK = b"  - {from: 2026-12-24"
FRIDAY = b"  - {date: 2026-11-27"
NEW = b"  - {date: 2026-12-04, name: {en: snow, es: nieve}}\n"

EDITS: dict[str, Callable[[bytes], bytes]] = {
    "the same": lambda text: text,
    "with other line ends": lambda text: text.replace(b"\n", b"\r\n"),
    "with a byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "with another comment first": lambda text: b"# Ours, since May.\n" + text[text.index(b"\n") + 1 :],
    "with more comments first": lambda text: b"# Ours.\n# Ask Ada.\n# Since May.\n# So far.\n# Soon more.\n" + text,
    "with other hours": lambda text: text.replace(b"9:00-17:00", b"9:00-16:00"),
    "with a closed day more": lambda text: text.replace(FRIDAY, NEW + FRIDAY),
    "with many closed days more": lambda text: text.replace(BREAK, NEW * 9 + BREAK),
    "with spaces at the ends": lambda text: text.replace(b"\n", b" \n\n"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_a_beginning_that_lacks_an_entry_may_be_half_saved_whatever_is_different_before_it(
    edit: Callable[[bytes], bytes],
) -> None:
    new = edit(HEARD)
    assert not half_saved({HOURS: new}, {HOURS: HEARD})
    for end in range(new.index(BREAK) + len(BREAK)):
        assert half_saved({HOURS: new[:end]}, {HOURS: HEARD}), new[:end][-60:]


def test_another_end_is_no_missing_one() -> None:
    edits = {
        "more at the end": HEARD + NEW,
        "an entry changed": HEARD.replace(BREAK, b"  - {from: 2026-12-23"),
        "an entry taken out before the last lines": HEARD.replace(HEARD[HEARD.index(FRIDAY) : HEARD.index(BREAK)], b""),
        "another file": b"timezone: America/New_York\n" + b"# new\n" * HEARD.count(b"\n"),
    }
    for name, new in edits.items():
        assert new != HEARD
        assert not half_saved({HOURS: new}, {HOURS: HEARD}), name
    assert not half_saved({HOURS: HEARD, "phrases/pt.yaml": b"a: b\n"}, {HOURS: HEARD}), "a new file"
