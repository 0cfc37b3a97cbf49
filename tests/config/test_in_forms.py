"""What a form says in place of the compiler's sentences about a file."""

import pytest

from phonetree.config.in_forms import in_form


@pytest.mark.parametrize(
    ("field", "text", "at", "told"),
    [
        ("helpline.number", "helpline: 'name' is missing; write what the helpline is called", "helpline.name",
         "write what the helpline is called"),
        ("days.new.", "closures, entry 2: 'name' is missing; say what the day is, such as name: snow day",
         "days.new.name", "say what the day is, such as snow day"),
        ("languages.new.fallback", "language 'fr': 'voice' is missing; write the provider's voice",
         "languages.new.voice", "write the provider's voice"),
        ("go", "voicemail 'voicemail': 'say' is missing; ask how", "say", "ask how"),
        ("choices.new.go", "menu 'welcome', key '7': 'go' is empty; write the node that the key leads to",
         "choices.new.go", "choose the node that the key leads to"),
        ("choices.new.label.en", "menu 'a', key '7': 'label' needs a text for each language; write {en: \"...\"}",
         "choices.new.label.en", "write it in each language"),
        ("choices.2.key", "menu 'a': key '8' has a meaning in every menu ('always'); use another key",
         "choices.2.key", "key 8 works in every menu; choose another key"),
        ("say", "message 'a': 'say' lacks its text in 'en'; add en: \"...\"", "say",
         "the text in the language en is missing"),
        ("alike.0", "'alike': write each group of nodes in brackets, such as [advocate, night_line]", "alike.0",
         "write two nodes or more on each line, with commas between, such as advocate, night_line"),
        (".", "'go' is missing; write where it leads", "go", "write where it leads"),
        ("budgets.silent", "budgets: 'silent' is '5'; give a whole number", "budgets.silent",
         "this is '5'; give a whole number"),
        ("member.name", "team 'desk', member 1: 'name' has 120 characters", "member.name", "this has 120 characters"),
        ("calendars.1", "holidays: 'US' has no calendar for 'XX'", "calendars.1", "'US' has no calendar for 'XX'"),
    ],
)  # fmt: skip
def test_a_problem_of_the_file_is_told_in_the_words_of_a_form(field: str, text: str, at: str, told: str) -> None:
    assert in_form(field, text) == (at, told)
