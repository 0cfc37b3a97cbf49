"""Special days that two people added at the same place."""

import pytest

from phonetree.config.joined_days import joined_days

BLOCK = ("  - date: 2026-12-08", "    name: {en: ice}", "    open: 9:00-12:00")


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        (
            ("  - {date: 2026-12-04}",),
            ("  - {date: 2026-12-08}",),
            ("  - {date: 2026-12-04}", "  - {date: 2026-12-08}"),
        ),
        (("  - {date: 2026-12-24}",), BLOCK, (*BLOCK, "  - {date: 2026-12-24}")),
        (("  - {from: 2026-12-01, to: 2026-12-09}",), BLOCK, None),
        (("  - {date: 2026-12-08}",), ("  - {date: 2026-12-08}",), None),
        (("- {date: 2026-12-04}",), ("  - {date: 2026-12-08}",), None),
        (("  - {date: 2026-12-04}", "  # snow"), ("  - {date: 2026-12-08}",), None),
        (("    name: {en: snow}", "  - date: 2026-12-04"), BLOCK, None),
        (("  - {name: {en: snow}}",), BLOCK, None),
        (("  monday: 9:00-17:00",), ("  tuesday: 9:00-17:00",), None),
    ],
)
def test_other_days_are_kept_in_order_and_what_meets_is_for_somebody_to_decide(
    mine: tuple[str, ...], theirs: tuple[str, ...], both: tuple[str, ...] | None
) -> None:
    for joined in (joined_days(mine, theirs), joined_days(theirs, mine)):
        assert (joined and tuple(joined)) == both
