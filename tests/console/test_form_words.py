"""What is said of a draft in its forms: their labels instead of the settings of the files."""

from datetime import date

import pytest

from phonetree.config.site import HOURS, ROUTING
from phonetree.config.steps import value_of
from phonetree.console.form_fields import Languages
from phonetree.console.form_words import in_words, labels_of
from phonetree.console.forms import form_of
from tests.support.lines import VPR

SOON = "Until an advocate's phone rings, with one key"


@pytest.mark.parametrize(
    ("page", "name", "text", "told"),
    [
        ("line", "barcc", "resource 'barcc': 'number' is missing; write the number with its country code",
         "line 'barcc': 'Number' is missing; write the number with its country code"),
        ("line", "barcc", "resource 'barcc': 'name' lacks its text in 'es'; add es: \"...\"",
         "line 'barcc': 'What the line is called': the text in the language es is missing"),
        ("team", "advocates", "team 'advocates', member 1, shifts: 'x' is not a day of the week",
         "team 'advocates', member 1, Shifts: 'x' is not a day of the week"),
        ("team", "advocates", "team 'advocates', member 1: 'name' is missing; say whose, such as name: Desk",
         "team 'advocates', member 1: 'Name' is missing; say whose, such as Desk"),
        ("node", "welcome", "menu 'welcome', key '3': 'go' is empty; write the node that the key leads to",
         "menu 'welcome', key '3': 'Leads to': choose the node that the key leads to"),
        ("node", "welcome", "menu 'welcome': 'silence' is 'crisys', which is not defined",
         "menu 'welcome': 'After silence' is 'crisys', which is not defined"),
        ("node", "welcome", "an advocate is rung after 30 s; allow more seconds: budgets, advocate",
         f"an advocate is rung after 30 s; allow more seconds: The helpline, '{SOON}'"),
        ("helpline", "", "budgets: 'advocate' is '5'; give a whole number",
         f"budgets: '{SOON}' is '5'; give a whole number"),
        ("hours", "", "'timezone' is missing; write the zone", "'Time zone' is missing; write the zone"),
        ("helpline", "", "promises, entry 1: 'reaches' is 'us', which is the name of a resource and of a team",
         "promises, entry 1: 'Callers reach' is 'us', which is the name of an outside line and of a team"),
        ("helpline", "", "resource 'us' is not defined", "outside line 'us' is not defined"),
        ("node", "welcome", "node 'welcome' speaks for 30 s", "node 'welcome' speaks for 30 s"),
    ],
)  # fmt: skip
def test_settings_are_called_as_their_fields_are(page: str, name: str, text: str, told: str) -> None:
    hours, routing = (value_of((VPR / each).read_bytes(), each) for each in (HOURS, ROUTING))
    form = form_of(page, name, hours, routing, Languages.of(routing, {}), date(2026, 12, 1))
    assert in_words(text, labels_of(form.groups(form.now())), {}) == told


def test_languages_and_moments_are_told_as_everywhere() -> None:
    told = in_words("no key when open (2026-11-23 09:30), in 'es', and more (in 'xx')", {}, {"es": "español"})
    assert told == "no key when open (such as Mon 23 Nov 2026 9:30), in español, and more (in 'xx')"
