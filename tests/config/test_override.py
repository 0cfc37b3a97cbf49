"""Words of an override are measured as they are said; and which are left out when several break a promise together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from phonetree.config.override import MOST_PROOFS, apart, check, read_override
from phonetree.config.promises import broken_under
from phonetree.config.site import Contents, load
from phonetree.core.pronunciation import Pronunciation
from phonetree.core.schedule import Cover, Kind, Override
from phonetree.core.tree import Site
from phonetree.errors import OverrideError, Problem, Where
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


BROKEN = (Problem(Where("x"), "0 reaches nobody"),)


class Pairs:
    """Breaks a promise with both of a pair, and counts the proofs."""

    def __init__(self, *pairs: tuple[Override, Override]) -> None:
        self.pairs, self.proofs = pairs, 0

    def __call__(self, some: tuple[Override, ...]) -> tuple[Problem, ...]:
        self.proofs += 1
        return BROKEN if any(one in some and two in some for one, two in self.pairs) else ()


CLOSED = Override(NOW, NOW + timedelta(hours=1), Kind.CLOSED, {})
LATE = Problem(Where("x"), "somebody is rung a second later", late=True)


@pytest.mark.parametrize("found", [(LATE,), (LATE, *BROKEN)])
def test_seconds_alone_are_told_and_refuse_no_override(found: tuple[Problem, ...]) -> None:
    def proof(site: Site) -> tuple[Problem, ...]:
        return found if site.schedule.overrides else ()

    site = _site({})
    if found == (LATE,):
        assert check(site, CLOSED, (), proof) == (LATE.text,)
        assert check(site, CLOSED, (), lambda _: found) == (), "nor are they told of it when it is so without"
    else:
        with pytest.raises(OverrideError) as refused:
            check(site, CLOSED, (), proof)
        assert str(refused.value) == "0 reaches nobody"


def test_an_edit_is_not_measured_with_the_seconds_of_an_override() -> None:
    own = Problem(Where("x"), "a greeting is too long", late=True)
    proofs: list[int] = []

    def proof(site: Site, _contents: Contents) -> tuple[Problem, ...]:
        proofs.append(len(site.schedule.overrides))
        return (LATE, *BROKEN) if site.schedule.overrides else (own,)

    site = _site({})
    assert broken_under((CLOSED,), site, {}, proof) == (*BROKEN, own)
    assert proofs == [1, 0]
    assert broken_under((), site, {}, proof) == (own,)
    assert proofs == [1, 0, 0], "asked once"


def _many(count: int = 100) -> tuple[Override, ...]:
    return tuple(Override(NOW, NOW + timedelta(hours=1), None, {}, Cover(f"Member {n}")) for n in range(count))


def test_of_many_the_newer_one_of_each_pair_is_left_out_with_few_proofs() -> None:
    covers = _many()
    broken = Pairs((covers[3], covers[60]), (covers[10], covers[70]))
    in_force, left_out = apart(covers, broken)
    assert [one for one, _ in left_out] == [covers[10], covers[3]]
    assert in_force == tuple(each for each in covers if each not in (covers[3], covers[10])), "the newest first"
    assert broken.proofs < MOST_PROOFS
    suspecting = Pairs(*broken.pairs)
    assert set(apart(covers, suspecting, lambda: (covers[3], covers[10]))[0]) == set(in_force)
    assert suspecting.proofs == 2


def test_covers_are_left_out_and_not_what_opens_or_closes_the_line() -> None:
    cover = _many(1)[0]
    opened = Override(NOW, NOW + timedelta(hours=1), Kind.OPEN, {})
    assert apart((opened, cover), Pairs((opened, cover))) == ((opened,), ((cover, BROKEN),))
    assert apart((opened,), Pairs((opened, opened))) == ((), ((opened, BROKEN),))


def test_what_breaks_by_itself_many_times_takes_no_more_proofs_than_others_can_wait_for() -> None:
    covers = _many()
    broken = Pairs(*((each, each) for each in covers[::3]))
    in_force, left_out = apart(covers, broken)
    assert broken.proofs <= 2 * MOST_PROOFS
    assert not set(covers[::3]) & set(in_force)
    assert len(in_force) + len(left_out) == len(covers)
