"""Changed hours are told, with the reasons that callers hear, in every language."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
import yaml

from phonetree.config import document
from phonetree.config.hours import read_schedule
from phonetree.config.reader import Findings
from phonetree.config.site import HOURS, load
from phonetree.core import engine
from phonetree.core.tree import Site
from phonetree.core.verbs import Verbs
from phonetree.diff.changes import changes
from phonetree.diff.hours import changed_hours
from phonetree.errors import ConfigError
from phonetree.proof.budgets import question
from phonetree.proof.moments import DAYS
from tests.support.lines import RULES, VPR

SINCE = date(2026, 11, 22)
SITE = load(VPR, RULES).site
TEXT = (VPR / HOURS).read_text(encoding="utf-8")
BREAK = '{en: winter break, es: "el receso de invierno"}'
THEN = "Thursday 24 December 2026 to Friday 1 January 2027"
IN_OTHER_WORDS = "the day when nobody is here", "12:34", "Memorial Day", "US-NY", "2027-01-03"
"""What takes the place of a value: the first of them with which the file has no problem."""


def _site(text: str = TEXT) -> Site:
    """The shipped site with other hours. Raises ConfigError."""
    findings = Findings()
    schedule = read_schedule(document.parse(text.encode(), HOURS), tuple(SITE.languages), findings)
    if findings.problems:
        raise ConfigError(findings.problems)
    return replace(SITE, schedule=schedule)


def _told(reason: str, before: str = BREAK) -> list[str]:
    assert BREAK in TEXT
    old, new = (_site(TEXT.replace(BREAK, each)) for each in (before, reason))
    return list(changed_hours(old, new, SINCE))


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            '{en: winter break, es: "una fiesta"}',
            [f'{THEN}: the reason in español is "una fiesta", was "el receso de invierno".'],
        ),
        ("{en: winter break}", [f'{THEN}: the reason in español is "un día feriado", was "el receso de invierno".']),
        (
            "{en: Winter break!, es: el receso de invierno}",
            [f"{THEN}: closed (Winter break!), was closed (winter break)."],
        ),
        (
            "{es: una fiesta, en: summer break}",
            [
                f"{THEN}: closed (summer break), was closed (winter break).",
                f'{THEN}: the reason in español is "una fiesta", was "el receso de invierno".',
            ],
        ),
        ("{es: el receso de invierno, en: winter break}", []),
    ],
)
def test_the_reason_for_a_closed_day_counts_in_every_language_in_whatever_order(reason: str, told: list[str]) -> None:
    assert _told(reason) == told


def test_the_reason_for_a_holiday_is_told_of_each_day_that_has_it() -> None:
    new = _site(TEXT.replace('es: "la Navidad"', 'es: "la Pascua"'))
    other = 'the reason in español is "la Pascua", was "la Navidad".'
    assert list(changed_hours(SITE, new, date(2027, 12, 1))) == [
        f"Friday 24 December 2027 to Saturday 25 December 2027: {other}",
        f"Monday 25 December 2028: {other}",
    ]


# -- every value


def _values(text: str) -> Iterator[tuple[int, int]]:
    """Where each value of the file begins and ends."""
    waiting = [yaml.compose(text)]
    while waiting:
        node = waiting.pop()
        match node:
            case yaml.MappingNode():
                waiting += [part for pair in node.value for part in pair]
            case yaml.SequenceNode():
                waiting += node.value
            case yaml.ScalarNode():
                yield node.start_mark.index, node.end_mark.index


def _edited(begins: int, ends: int) -> Site | None:
    for other in IN_OTHER_WORDS:
        try:
            return _site(TEXT[:begins] + other + TEXT[ends:])
        except ConfigError:
            continue
    return None


def _heard(site: Site, days: list[date]) -> list[Verbs]:
    """What calls begin with by day and by night, in every language."""
    found = []
    for at in (datetime.combine(day, time(hour)) for day in days for hour in (12, 20)):
        now = site.schedule.zone.localize(at)
        first = engine.start(site, now).verbs
        asked = question(first)
        assert asked
        found.append(first)
        found += [engine.change_language(site, asked.then.node, each, now).verbs for each in site.languages]
    return found


@pytest.mark.slow
def test_any_value_of_the_hours_that_callers_hear_of_is_told() -> None:
    old = SITE
    days = [SINCE + timedelta(days=n) for n in range(7)]
    days += [day.date for day in old.schedule.days(SINCE, DAYS) if day.special]
    before, differ, silent = _heard(old, days), 0, []
    for begins, ends in _values(TEXT):
        new = _edited(begins, ends)
        if new and _heard(new, days) != before:
            differ += 1
            if not changes(old, new, SINCE):
                silent.append(TEXT[begins:ends])
    assert silent == []
    assert differ >= 25
