"""Words of an override are measured as they are said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from phonetree.config.override import read_override
from phonetree.config.site import load
from phonetree.core.pronunciation import Pronunciation
from phonetree.core.tree import Site
from phonetree.errors import OverrideError
from tests.support.lines import RULES, VPR

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def _site(spoken: dict[str, str]) -> Site:
    site = load(VPR, RULES).site
    english = replace(site.languages["en"], pronunciation=Pronunciation.of(spoken))
    return replace(site, languages={**site.languages, "en": english})


@pytest.mark.parametrize(
    ("spoken", "problem"),
    [
        ({"storm": "storm " * 20}, "are 1209 characters as they are said"),
        ({"storm": "a heavy storm with much snow"}, "s to say"),
    ],
)
def test_a_pronunciation_counts(spoken: dict[str, str], problem: str) -> None:
    words = {"en": "storm " * 10, "es": "Hay una tormenta."}
    stretch = NOW, NOW + timedelta(hours=2)
    assert read_override(_site({}), None, stretch, words, NOW).words["en"] == words["en"].strip()
    with pytest.raises(OverrideError, match=problem):
        read_override(_site(spoken), None, stretch, words, NOW)
