"""Members whose phones the store holds: who is rung, and that no phone can make files invalid."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.numbers import NumberRules
from phonetree.config.override import read_cover
from phonetree.config.phones import filled, phones_of
from phonetree.config.promises import SHOWN, broken_promises
from phonetree.config.question import Question
from phonetree.config.site import load, overridden
from phonetree.core.fallback import fallback
from phonetree.core.ringing import roster
from phonetree.core.schedule import Cover, Override
from phonetree.core.tree import HelplineHours, Site
from phonetree.core.verbs import Dial
from phonetree.diff.changes import changes
from phonetree.diff.hours import changed_hours
from phonetree.errors import ConfigError, OverrideError
from phonetree.runtime.sites import Sites
from tests.config.test_proving import broken_site
from tests.support.lines import VPR
from tests.support.server import DAY

ONE, TWO, THREE = "+16175550101", "+16175550102", "+16175550103"
BOTH = {"ADVOCATE_1": ONE, "ADVOCATE_2": TWO}
SINCE = date(2026, 11, 22)


LACKING = (
    "nobody in team 'advocates' has a phone; add one on the console's page People, or set ADVOCATE_1 in the server's "
    "environment. Until then promises to callers are broken."
)


def rules(phones: Mapping[str, str] | None, **environment: str) -> NumberRules:
    return NumberRules(environment, fictional=True, phones=phones)


def numbers(site: Site) -> list[str]:
    return [member.number for member in site.teams["advocates"].members]


def rung(site: Site) -> list[str]:
    return [member.number for member in roster(site.teams["advocates"], site.schedule, DAY)]


def test_a_member_without_a_phone_changes_nothing_for_callers(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    routing, second = config / "routing.yaml", "      - {name: Second advocate, number: $ADVOCATE_2}\n"
    text = routing.read_text(encoding="utf-8")
    routing.write_text(text.replace(second, second + second.replace("Second", "Fourth").replace("_2", "_4")), "utf-8")
    known = rules(BOTH)
    before, after = load(VPR, known).site, load(config, known).site
    assert numbers(after) == [ONE, TWO, ""]
    assert changes(before, after, SINCE) == (), "nobody is rung more often than before, when a phone is busy"


def test_a_member_without_a_phone_is_a_warning_and_is_not_rung() -> None:
    loaded = load(VPR, rules({"ADVOCATE_1": ONE}))
    assert numbers(loaded.site) == [ONE, ""]
    assert rung(loaded.site) == [ONE]
    (warning,) = loaded.warnings
    assert str(warning).endswith(
        "routing.yaml:44:41: warning: team 'advocates': Second advocate is not rung: $ADVOCATE_2 has no number; "
        "confirm a phone on the console's page People, or set ADVOCATE_2 in the environment"
    )


def test_without_a_store_or_its_key_it_stays_a_problem() -> None:
    with pytest.raises(ConfigError, match=r"\$ADVOCATE_2 is not set; set ADVOCATE_2 in the server's environment"):
        load(VPR, rules(None, ADVOCATE_1=ONE))


def test_only_of_a_members_phone_it_is_said_that_it_may_come_from_the_console(tmp_path: Path) -> None:
    folder = Path(copytree(VPR, tmp_path / "config"))
    path = folder / "routing.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("number: +1 617 253 2300", "number: $HELPLINE_NUMBER"), encoding="utf-8")
    told = [
        str(each) for each in load(folder, NumberRules({}, stand_in=True)).warnings if "is not set here" in str(each)
    ]
    assert [(each.partition("$")[2].split()[0], "console" in each) for each in told] == [
        ("HELPLINE_NUMBER", False),
        ("ADVOCATE_1", True),
        ("ADVOCATE_2", True),
    ]


def test_the_environment_wins() -> None:
    site = load(VPR, rules(BOTH, ADVOCATE_2=THREE)).site
    assert numbers(site) == [ONE, THREE]
    assert numbers(filled(site, rules({}, ADVOCATE_2=THREE))) == ["", THREE]


def test_a_name_whose_file_cannot_be_read_stays_a_problem(tmp_path: Path) -> None:
    from phonetree.settings import names

    with pytest.raises(ConfigError, match="ADVOCATE_1_FILE names a file that cannot be read"):
        load(VPR, replace(rules(BOTH), names=names({"ADVOCATE_1_FILE": str(tmp_path / "none")})))


@pytest.mark.parametrize("number", ["", "911", "617 555 0101", "+", "+1617253230012345678", "+16172532300"])
def test_no_phone_makes_files_invalid(number: str) -> None:
    """Also not the helpline's own number: such a phone is not rung."""
    loaded = load(VPR, rules({**BOTH, "ADVOCATE_2": number}))
    assert rung(loaded.site) == [ONE]
    assert len(loaded.warnings) == 1
    assert not number or number not in str(loaded.warnings)


def test_a_phone_that_two_members_of_a_team_have_is_rung_once() -> None:
    loaded = load(VPR, rules({"ADVOCATE_1": ONE, "ADVOCATE_2": ONE}))
    assert rung(loaded.site) == [ONE]
    assert "Second advocate is not rung: the phone of $ADVOCATE_2 is another member's" in str(loaded.warnings[0])
    assert rung(load(VPR, rules({"ADVOCATE_1": TWO}, ADVOCATE_2=TWO)).site) == [TWO], "the environment wins"


def test_only_members_are_filled_in(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    (config / "routing.yaml").write_text(text.replace("+1 800 841 8371", "$ADVOCATE_1"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"\$ADVOCATE_1 is not set"):
        load(config, rules(BOTH))


@pytest.mark.slow
def test_filling_in_is_the_same_as_loading() -> None:
    site = load(VPR, rules(BOTH)).site
    assert filled(site, rules(BOTH)) is site
    for phones in ({}, {"ADVOCATE_1": THREE}, {"ADVOCATE_1": ONE, "ADVOCATE_2": ONE}, BOTH):
        assert filled(site, rules(phones)).teams == load(VPR, rules(phones)).site.teams
        assert load(VPR, rules(phones_of(filled(site, rules(phones))))).site.teams == filled(site, rules(phones)).teams


def test_in_a_demo_everybody_has_a_phone_until_somebody_takes_it() -> None:
    demo = NumberRules({}, fictional=True, stand_in=True, phones={})
    site = load(VPR, demo).site
    assert rung(site) == [ONE, TWO]
    assert rung(filled(site, replace(demo, phones={"ADVOCATE_1": THREE}))) == [THREE, TWO]
    assert rung(filled(site, replace(demo, phones={"ADVOCATE_1": ""}))) == [TWO]


@pytest.mark.slow
def test_a_team_without_phones_breaks_promises_and_one_phone_is_enough() -> None:
    site = load(VPR, rules({})).site
    assert [problem.text for problem in broken_promises(site, VPR, SINCE)] == [f"{LACKING}{SHOWN}"]
    assert broken_promises(filled(site, rules({"ADVOCATE_2": TWO})), VPR, SINCE) == ()


@pytest.mark.slow
def test_what_phones_would_not_mend_is_told_beside_them(tmp_path: Path) -> None:
    site = load(broken_site(tmp_path), rules({})).site
    cause, *others = (problem.text for problem in broken_promises(site, VPR, SINCE))
    assert cause == f"{LACKING}{SHOWN}"
    with_phones = broken_promises(filled(site, rules(BOTH)), VPR, SINCE)
    assert others == [problem.text for problem in with_phones]
    assert "a caller who reached nobody is hung up on" in others[0]


@pytest.mark.slow
def test_promises_of_ones_own_that_only_lack_phones_are_told_by_their_cause(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    with (config / "routing.yaml").open("a", encoding="utf-8") as file:
        file.write("promises:\n  - {when: closed, keys: [1], reaches: rainn}\n")
        file.write("  - {when: open, keys: [1], reaches: advocates}\n")
        file.write("  - {when: always, keys: [0], reaches: advocates}\n")
        file.write("  - {when: open, language: en, keys: [1], reaches: advocates, within: 5}\n")
    lines = (config / "routing.yaml").read_text(encoding="utf-8").splitlines()
    site = load(config, rules({})).site
    cause, *others = broken_promises(site, config, SINCE)
    assert cause.text == f"{LACKING}{SHOWN}"
    assert {lines[problem.where.line - 1].strip() for problem in others} == {
        "- {when: closed, keys: [1], reaches: rainn}",
        "- {when: always, keys: [0], reaches: advocates}",
        "- {when: open, language: en, keys: [1], reaches: advocates, within: 5}",
    }
    assert "the call takes 14 s, not 5 s, when open, in 'en'" in others[-1].text, "not that it reaches nobody"
    assert tuple(others) == broken_promises(filled(site, rules(BOTH)), config, SINCE)


@pytest.mark.slow
def test_a_line_without_phones_takes_edits_that_break_nothing_else(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    sites = Sites(config, rules({}), lambda site, _: broken_promises(site, VPR, SINCE))
    assert not sites.reload()
    assert [problem.text for problem in sites.problems] == [f"{LACKING}{SHOWN}"]
    file = config / "routing.yaml"
    text = file.read_text(encoding="utf-8")
    text = f"# a note\n{text}"
    file.write_text(text, encoding="utf-8")
    assert sites.reload()
    end = "le comunico ahora.}\n      go: "
    file.write_text(text.replace(f"{end}barcc_now", f"{end}leave"), encoding="utf-8")
    assert not sites.reload()
    assert "hung up on" in " ".join(problem.text for problem in sites.problems)


def test_the_fallback_rings_no_desk_without_a_phone(tmp_path: Path) -> None:
    config = Path(copytree(VPR, tmp_path / "config"))
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    desk = text.replace("number: $ADVOCATE_1}", "number: $ADVOCATE_1, desk: true}")
    (config / "routing.yaml").write_text(desk, encoding="utf-8")
    for phones, first in (({}, "+18008418371"), (BOTH, ONE)):
        dialled = [verb.numbers for verb in fallback(load(config, rules(phones)).site) if isinstance(verb, Dial)]
        assert dialled[0] == (first,)


def test_two_members_without_phones_are_not_one() -> None:
    """Shifts are compared member by member."""
    site = load(VPR, rules({})).site
    first, second = site.teams["advocates"].members
    other = replace(first, shifts=HelplineHours(inside=True))
    team = replace(site.teams["advocates"], members=(other, second))
    changed = changed_hours(site, replace(site, teams={**site.teams, "advocates": team}), SINCE)
    assert list(changed) == ["First advocate: open during the helpline's hours, was open always."]


def test_phones_are_part_of_a_question_and_of_what_it_is() -> None:
    contents = load(VPR, rules(BOTH)).contents
    asked = {
        name: Question(contents, VPR, rules(phones), (), SINCE)
        for name, phones in {"both": BOTH, "one": {"ADVOCATE_1": ONE}, "none": {}, "no store": None}.items()
    }
    assert Question.read(asked["one"].line()).rules.phones == {"ADVOCATE_1": ONE}
    assert Question.read(asked["no store"].line()).rules.phones is None
    assert len({question.identity() for question in asked.values()}) == 3, "without any there is one answer"


def test_covers_stand_with_other_phones() -> None:
    """In a place that somebody takes there are two members, of whom one stands there a second time."""
    hour = timedelta(hours=1)
    cover = Override(DAY - hour, DAY + hour, None, {}, Cover("Second advocate", "First advocate"))
    site = overridden(load(VPR, rules({})).site, (cover,))
    there = filled(site, rules(BOTH))
    assert there.teams == overridden(load(VPR, rules(BOTH)).site, (cover,)).teams
    assert rung(there) == [ONE], "during the cover"
    assert phones_of(there) == BOTH
    assert [member.number for member in roster(there.teams["advocates"], there.schedule, DAY + hour)] == [ONE, TWO]
    assert filled(overridden(there, ()), rules(BOTH)).teams == load(VPR, rules(BOTH)).site.teams


def test_nobody_covers_without_a_phone() -> None:
    site = load(VPR, rules({"ADVOCATE_1": ONE})).site
    stretch = DAY, DAY + timedelta(hours=2)
    with pytest.raises(OverrideError, match="'Second advocate' has no phone that could be rung; confirm one"):
        read_cover(site, "First advocate", "Second advocate", stretch, DAY)
    assert read_cover(site, "Second advocate", "First advocate", stretch, DAY).cover
