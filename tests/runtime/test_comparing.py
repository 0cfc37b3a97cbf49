"""What changes for callers is found once, and again whenever it may be something else."""

import sys
from dataclasses import replace
from datetime import date

import pytest

from phonetree.config.site import load
from phonetree.core.tree import Site
from phonetree.errors import ProofError
from phonetree.runtime import comparing
from phonetree.runtime.comparing import KEPT, Comparing, Unsaid
from phonetree.runtime.considerate import SWITCH_SECONDS
from tests.support.lines import RULES, VPR

SINCE = date(2026, 11, 23)


@pytest.fixture
def site() -> Site:
    return load(VPR, RULES).site


def _with_number(site: Site, number: str) -> Site:
    team = site.teams["advocates"]
    members = (replace(team.members[0], number=number), *team.members[1:])
    return replace(site, teams={**site.teams, "advocates": replace(team, members=members)})


def test_whatever_it_depends_on_is_compared_anew_and_nothing_else(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Site, Site, date]] = []

    def changes(*of: object) -> tuple[str, ...]:
        asked.append(of)  # type: ignore[arg-type]
        return (f"number {len(asked)}",)

    monkeypatch.setattr(comparing, "changes", changes)
    kept, other = Comparing(), replace(site, revision="another")
    assert kept.changes(site, other, SINCE) == kept.changes(site, replace(other), SINCE) == ("number 1",)
    assert kept.changes(other, site, SINCE) == ("number 2",)
    assert kept.changes(site, other, date(2026, 11, 24)) == ("number 3",)
    assert kept.changes(site, _with_number(other, "+16175550155"), SINCE) == ("number 4",)
    assert kept.changes(_with_number(site, "+16175550155"), other, SINCE) == ("number 5",)
    assert kept.changes(site, other, SINCE) == ("number 1",)
    for number in range(KEPT):
        kept.changes(site, replace(site, revision=str(number)), SINCE)
    assert len(kept._kept) == KEPT
    assert kept.changes(site, other, SINCE) == (f"number {len(asked)}",), "the oldest one goes"


def test_other_pages_get_in_between_while_sites_are_compared(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, during, kept = sys.getswitchinterval(), list[float](), Comparing()

    def changes(old: Site, *_: object) -> tuple[str, ...]:
        if old.revision != "inner":  # two are compared at once, and one is done first
            kept.changes(replace(site, revision="inner"), site, SINCE)
        during.append(sys.getswitchinterval())
        return ()

    monkeypatch.setattr(comparing, "changes", changes)
    kept.changes(site, replace(site, revision="another"), SINCE)
    assert during == [pytest.approx(SWITCH_SECONDS)] * 2
    assert sys.getswitchinterval() == usual


def test_what_is_too_much_to_compare_cannot_be_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much(*_: object) -> tuple[str, ...]:
        raise ProofError("more than 2,500,000 turns")

    monkeypatch.setattr(comparing, "changes", too_much)
    assert Comparing().changes(site, replace(site, revision="another"), SINCE) is Unsaid.TOO_MUCH
