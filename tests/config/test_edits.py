"""Edits by form: exactly which lines each may change, what is refused at which field, and who changed it meanwhile."""

import difflib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path as FilePath
from random import Random

import pytest

from phonetree.config import splicing
from phonetree.config.document import Value
from phonetree.config.edit_hours import AddDay, SetCalendars, SetHolidayName, SetWeek, SetZone
from phonetree.config.edit_languages import AddLanguage, RemoveLanguage, SetLanguage
from phonetree.config.edit_lines import AddLine, RemoveLine, SetLine, Verify
from phonetree.config.edit_nodes import (
    AddChoice,
    AddLanguageKey,
    AddNode,
    MoveChoice,
    RemoveChoice,
    RemoveNode,
    SetEnd,
    SetField,
    SetKeys,
    SetLanguageKey,
    SetLead,
    SetStart,
)
from phonetree.config.edit_page import AddPassage, SetPassage, SetPoint
from phonetree.config.edit_places import table
from phonetree.config.edit_prompts import SetPhrase, SetPrompt
from phonetree.config.edit_rules import SetAlike, SetBudget, SetHelpline, SetLink
from phonetree.config.edit_teams import AddMember, AddTeam, RemoveTeam, SetMember, SetTeam
from phonetree.config.edits import FormEdit, edited
from phonetree.config.positions import BOM, Path, read
from phonetree.config.site import HOURS, ROUTING, Contents
from phonetree.config.splicing import put
from phonetree.config.steps import Put, Said, taken, value_at
from phonetree.core.tree import NodeKind
from phonetree.errors import EditError
from tests.support.form_edits import EDITS, HARBOUR, LINE, MIT, Now
from tests.support.lines import ROOT, RULES

_RULES = replace(RULES, phones={})
"""A member whose phone nobody confirmed yet is no problem."""
EXPECTED = FilePath(__file__).parent / "form_edits.txt"


def _contents(site: str) -> Contents:
    return {name: (ROOT / site / name).read_bytes() for name in (HOURS, ROUTING)}


def now_of(contents: Contents) -> Now:
    """What the files say: the key tells which of the two is meant."""
    said = dict[str, Value]()
    for name in (HOURS, ROUTING):
        said |= table(Said.of(contents[name], name).value)
    return lambda *path: value_at(said, path)


def _lines(before: Contents, after: Contents) -> str:
    """The lines that are different, each with its number in the old file or the new one."""
    told = []
    for name in (HOURS, ROUTING):
        one, two = (each[name].decode().splitlines() for each in (before, after))
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
            if tag != "equal":
                told += [f"  {i1 + 1 + number:>4} - {line}" for number, line in enumerate(one[i1:i2])]
                told += [f"  {j1 + 1 + number:>4} + {line}" for number, line in enumerate(two[j1:j2])]
    return "\n".join(line.rstrip() for line in told)


@pytest.mark.slow
def test_every_edit_changes_exactly_its_lines_and_cannot_be_saved_twice(*, rewrite: bool) -> None:
    """What an edit replaces is gone by then: only members are found by what they say, and can be added again."""
    told = []
    for name, site, edits in EDITS:
        before = _contents(site)
        asked = edits(_of(site))
        after = edited(before, asked, ROOT / site, _RULES)
        told.append(f"{name} ({site.rpartition('/')[2]})\n{_lines(before, after)}\n")
        if not isinstance(asked[0], AddMember):
            assert _problems(asked, after, site), name
    if rewrite:
        EXPECTED.write_text("\n".join(told), encoding="utf-8")
    assert "\n".join(told) == EXPECTED.read_text(encoding="utf-8")


# -- every value of the files, as they are written


SITES = sorted(
    path.parent.relative_to(ROOT).as_posix()
    for pattern in ("config", "examples/*", "tests/sites/*")
    for path in ROOT.glob(f"{pattern}/{ROUTING}")
)


def _paths(value: Value, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every single value with its path."""
    match value:
        case str():
            yield path, value
        case tuple():
            for number, each in enumerate(value):
                yield from _paths(each, (*path, number))
        case _:
            for key, each in value.items():
                yield from _paths(each, (*path, key))


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("name", [HOURS, ROUTING])
def test_a_value_that_is_changed_and_changed_back_brings_the_bytes_back(site: str, name: str) -> None:
    """A sample of the values of each file; only folded texts may be wrapped differently."""
    said = Said.of((ROOT / site / name).read_bytes(), name)
    file = said.text
    values = [each for each in _paths(said.value) if file.at(each[0]).style not in (">", "|")]
    some = Random(len(values)).sample(values, min(12, len(values)))  # noqa: S311 -- the same ones each time
    for path, value in some:
        other = put(file, path, value, "another value")
        assert other.text != file.text
        assert put(other, path, "another value", value).text == file.text, path


def test_nothing_is_written_when_nothing_is_asked() -> None:
    contents = _contents(MIT)
    now = now_of(contents)
    say = now("nodes", "welcome", "menu", "say")
    edits: list[FormEdit] = [
        SetPrompt("welcome", "say", say, say),
        SetField("welcome", "tries", "2", "2"),
        SetKeys("about", {}, tuple("12345")),
    ]
    assert edited(contents, edits, ROOT / MIT, _RULES) == contents


@pytest.mark.parametrize("now", ["", "budgets: {silent: 90}\nlinks: {form: https://www.example.org/form}\n"])
def test_what_nobody_touched_stays_as_it_is_by_now(now: str) -> None:
    """Whether there is a table for it or not, and whatever somebody else wrote there since."""
    said = _contents(HARBOUR)
    said = {**said, ROUTING: said[ROUTING] + now.encode()}
    edits: list[FormEdit] = [
        SetBudget("silent", None, None),
        SetBudget("silent", "60", "60"),
        SetLink("form", "https://www.example.org", "https://www.example.org"),
        SetHelpline("email", None, None),
        SetEnd("ended", None, None),
        SetPhrase("en", "thanks", None, None),
        SetPhrase("en", "thanks", "Thanks.", "Thanks."),
        SetAlike((), ()),
        SetKeys(None, {}, ("0", "9")),
        SetWeek({"daily": "9:00-17:00"}, {"daily": "9:00-17:00"}),
        SetZone("UTC", "UTC"),
    ]
    for edit in edits:
        assert edited(said, [edit], ROOT / HARBOUR, _RULES) == said, edit


@pytest.mark.slow
@pytest.mark.parametrize("crlf", [False, True])
@pytest.mark.parametrize("bom", [False, True])
def test_line_ends_and_a_byte_order_mark_stay(*, crlf: bool, bom: bool) -> None:
    contents = _contents(MIT)
    for name, edits in {edit[0]: edit[2] for edit in EDITS if edit[1] == MIT}.items():
        if name not in (
            "a folded text, in the middle",
            "a message added",
            "a choice up",
            "a member added",
            "a line added",
        ):
            continue

        def written(data: bytes) -> bytes:
            return (BOM.encode() if bom else b"") + (data.replace(b"\n", b"\r\n") if crlf else data)

        made = edits(now_of(contents))
        plain = edited(contents, made, ROOT / MIT, _RULES)
        other = edited({key: written(data) for key, data in contents.items()}, made, ROOT / MIT, _RULES)
        assert other == {key: written(data) for key, data in plain.items()}, name


# -- what is refused


def _problems(edits: list[FormEdit], contents: Contents | None = None, site: str = MIT) -> dict[str, str]:
    with pytest.raises(EditError) as error:
        edited(contents or _contents(site), edits, ROOT / site, _RULES)
    return error.value.problems


@cache
def _of(site: str) -> Now:
    return now_of(_contents(site))


NOW = _of(MIT)
SAY = NOW("nodes", "welcome", "menu", "say")
FIRST = NOW("teams", "advocates", "members", 0)

BAD: list[tuple[list[FormEdit], str, str]] = [
    ([SetPrompt("welcome", "say", SAY, {**SAY, "es": "Una {llave"})], "say.es", "a brace without its partner"),
    (
        [SetPrompt("welcome", "say", SAY, {**SAY, "en": "Call {nobody.name}."})],
        "say.en",
        "{nobody.name} is not a field",
    ),
    ([SetPrompt("welcome", "say", SAY, {**SAY, "en": "a\u200bb"})], "say.en", "cannot be seen or spoken"),
    ([SetPrompt("welcome", "say", SAY, {**SAY, "xx": "Hello."})], "say.xx", "not one of the languages"),
    ([SetPrompt("nowhere", "say", None, SAY)], "", "'nowhere' is not there any more"),
    (
        [SetPhrase("en", "no_key", NOW("phrases", "en", "no_key"), "{key} is wrong")],
        "phrases.en.no_key",
        "no fields in braces",
    ),
    ([SetField("welcome", "tries", "2", "9")], "tries", "This is '9'; give a whole number from 1 to 5"),
    ([SetField("welcome", "mention", ("8",), ("8", "7"))], "mention.1", "'7' is not one of the keys of 'always'"),
    (
        [SetField("just_closed", "go", "instead", "insted")],
        "go",
        "This is 'insted', which is not defined; did you mean",
    ),
    ([SetField("line_smhc", "resource", "smhc", "smch")], "resource", "Outside line 'smch' is not defined"),
    ([SetLead("welcome", "2", "crisis", "crysis")], "choices.2.go", "did you mean 'crisis'?"),
    ([SetLead("welcome", "7", "crisis", "about")], "choices.7.go", "Key 7 is not there any more"),
    ([SetKeys("welcome", {"1": "2"}, tuple("1234"))], "choices.1.key", "key 2 is there twice"),
    ([SetKeys("welcome", {"1": "8"}, tuple("1234"))], "choices.1.key", "Key 8 works in every menu"),
    ([SetKeys("welcome", {"1": "x"}, tuple("1234"))], "choices.1.key", "A caller presses a single key"),
    ([SetKeys("welcome", {"1": "7"}, tuple("4321"))], "choices", "it was “4”, “3”, “2”, “1”, and is now “1”"),
    ([AddChoice("welcome", "1", SAY, "about", "4")], "choices.new.key", "key 1 is there already"),
    ([AddChoice("welcome", "", SAY, "about", "4")], "choices.new.key", "Choose the key"),
    ([AddChoice("welcome", "9", SAY, "about", "4")], "choices.new", "Key 9 works in every menu"),
    ([AddChoice("goodbye", "1", SAY, "about", None)], "", "'goodbye' is no menu any more"),
    (
        [RemoveChoice("more_lines", key, NOW("nodes", "more_lines", "menu", "choices", key)) for key in "12345"],
        "choices.5.remove",
        "A menu needs a choice",
    ),
    ([RemoveChoice(None, "0", NOW("always", "0"))], "choices.0.remove", "reaches a person in every menu"),
    ([SetKeys(None, {"0": "7"}, tuple("089"))], "choices.0.key", "reaches a person in every menu"),
    ([SetKeys(None, {"9": "8"}, tuple("089"))], "choices.9.key", "key 8 is there twice"),
    ([AddChoice(None, "star", SAY, "about", "9")], "choices.new", "the star always says the menu again"),
    ([AddLanguageKey(None, "7", "pt", "9")], "choices.new.language", "'pt' is not one of the languages"),
    ([SetLanguageKey(None, "8", "es", "fr")], "choices.8.language", "'fr' is not one of the languages"),
    (
        [SetPassage(0, "heading", NOW("page", 0, "heading"), None)],
        "page.0.heading",
        "Write a heading, or remove the passage",
    ),
    (
        [SetPassage(0, "text", NOW("page", 0, "text"), {"en": "{x}", "es": "X."})],
        "page.0.text.en",
        "{x} is not a field",
    ),
    (
        [SetPoint(2, 1, NOW("page", 2, "points", 1), {"en": "{"})],
        "page.2.points.1.en",
        "without its partner",
    ),
    ([SetPoint(2, 9, None, SAY)], "page.2.points.9", "Somebody else changed the points meanwhile"),
    ([AddPassage({"heading": SAY})], "page.new.heading", "says nothing; write 'text' or 'points'"),
    ([AddPassage(NOW("page", 0))], "page.new", "is there already"),
    ([SetLanguage("en", "voice", "Polly.Joanna-Neural", "Joanna")], "languages.en.voice", "is no voice"),
    ([SetLanguage("fr", "voice", None, "man")], "", "'fr' is not there any more"),
    (
        [SetLanguage("en", "spoken", was := NOW("languages", "en", "spoken"), {**was, "x": "ex"})],
        "languages.en.spoken.x",
        "write one of two or more characters",
    ),
    ([AddLanguage("es", {"voice": "man"})], "languages.new.language", "'es' is there already"),
    (
        [AddLanguage("fr", {"voice": "man", "code": "fr-CA", "name": "x"})],
        "languages.new",
        "no text is written in 'fr'",
    ),
    (
        [RemoveLanguage("es", NOW("languages", "es"))],
        "languages.es.remove",
        "used by phrases; always; page; resources; welcome, after_hours, holiday and 2",
    ),
    ([SetZone("America/New_York", "Boston")], "timezone", "is not a time zone"),
    ([AddNode("crisis", NodeKind.GOODBYE, None, {})], "node", "'crisis' is there already"),
    ([AddNode("New Node", NodeKind.GOODBYE, None, {})], "", "'New Node' cannot be a node's name"),
    ([AddNode("new", NodeKind.TRANSFER, None, {"resource": ""})], "transfer.resource", "rite the name of a resource"),
    (
        [AddNode("new", NodeKind.MESSAGE, SAY, {"go": "nowhere"})],
        "message.go",
        "'nowhere', which is not defined",
    ),
    (
        [RemoveNode("crisis", NOW("nodes", "crisis"))],
        "",
        "used by welcome, key 2; instead, key 2; conversation_ended, key 2",
    ),
    ([RemoveNode("holiday", NOW("nodes", "holiday"))], "", "used by the start when holiday"),
    ([RemoveNode("after_hours", NOW("nodes", "after_hours"))], "", "the start when closed; holiday (like)"),
    ([SetLine("barcc", "number", "+1 800 841 8371", "911")], "number", "an emergency number is never bridged"),
    ([SetLine("barcc", "number", "+1 800 841 8371", "+1 900 234 5678")], "number", "a premium-rate number"),
    ([SetLine("barcc", "open", "always", {"daily": "9-5pm"})], "open.daily", "is not a span of time"),
    ([SetLine("barcc", "open", "always", "sometimes")], "open", "which are not hours"),
    ([SetLine("barcc", "web", None, "http://example.org")], "web", "does not begin with https://"),
    (
        [Verify("barcc", "+1 800 000 0000", "2026-11-22", date(2026, 11, 29))],
        "verified",
        "it is now +1 800 841 8371; dial that one",
    ),
    ([AddLine("new", {**LINE, "number": "0800"})], "number", "a short number"),
    ([AddLine("new", {**LINE, "confidential": "maybe"})], "confidential", "which means nothing here"),
    ([AddLine("barcc", LINE)], "line", "'barcc' is there already"),
    (
        [RemoveLine("barcc", NOW("resources", "barcc"))],
        "",
        "used by the last resort; barcc_now; line_barcc; a text of instead; a text of crisis",
    ),
    ([RemoveLine("gone", {})], "", "'gone' is not there any more"),
    ([SetTeam("advocates", "seconds", "20", "2")], "seconds", "give a whole number from 5 to 60"),
    ([SetTeam("advocates", "ring", "together", "loudly")], "ring", "which means nothing here"),
    ([RemoveTeam("advocates", NOW("teams", "advocates"))], "", "used by advocate"),
    (
        [AddMember("advocates", {"name": "Desk", "number": "+1 617 555 0123"})],
        "members.new.number",
        "Write the name of the phone",
    ),
    ([SetMember("advocates", FIRST, {**FIRST, "number": "617"})], "member.number", "Write the name of the phone"),
    ([AddMember("advocates", {"name": "Ada", "number": "$ADA", "shifts": "daily"})], "members.new.shifts", "not hours"),
    ([AddMember("advocates", {"name": "", "number": "$ADA"})], "members.new.name", "Write the name"),
    (
        [AddMember("advocates", {"name": "Ana 617-555-0144", "number": "$ANA"})],
        "members.new.name",
        "This has a phone number in it, which everybody would see; write the name alone",
    ),
    ([SetMember("advocates", FIRST, {**FIRST, "name": "+1 617 555 0199"})], "member.name", "has a phone number in it"),
    (
        [SetMember("advocates", FIRST, {**FIRST, "number": "$ANA_6175550144"})],
        "member.number",
        "name of the phone has a phone number in it",
    ),
    (
        [AddMember("advocates", FIRST)],
        "members.new.name",
        "'First advocate' is in this team twice; remove one",
    ),
    (
        [AddMember("advocates", {**FIRST, "name": "Third"})],
        "members.new.number",
        "'First advocate' and 'Third' have the same phone; remove one, or give it another phone",
    ),
    (
        [SetMember("advocates", FIRST, {**FIRST, "number": "$ADVOCATE_2"})],
        "member.number",
        "'First advocate' and 'Second advocate' have the same phone",
    ),
    (
        [AddDay({"date": "2026-12-28", "name": "snow day"})],
        "days.new",
        "2026-12-28 is already closed, by 'winter break' (2026-12-24 to 2027-01-01); give each day one entry",
    ),
    (
        [AddDay({"from": "2026-12-20", "to": "2026-12-24", "name": "snow day"})],
        "days.new",
        "2026-12-24 is already closed, by 'winter break' (2026-12-24 to 2027-01-01); give each day one entry",
    ),
    ([AddTeam("desk-617-555-0144", {"ring": "together"})], "", "name of a team has a phone number in it"),
    ([AddNode("ana_6175550144", NodeKind.GOODBYE, None, {})], "", "name of a node has a phone number in it"),
    (
        [AddDay({"date": "2027-03-05", "name": {"en": "training", "es": "call 555-0144"}})],
        "days.new.name.es",
        "This has a phone number in it",
    ),
    (
        [AddDay({"date": "2027-03-05", "name": "training", "note": "ask Ana, 555-0144"})],
        "days.new.note",
        "This has a phone number in it, which stays in History; say whose number it is instead",
    ),
    (
        [SetHolidayName("Columbus Day", NOW("holidays", "names", "Columbus Day"), "6175550144")],
        "names.Columbus Day",
        "number in it",
    ),
    (
        [SetLine("barcc", "note", NOW("resources", "barcc", "note"), "ask Ana, 617 555 0144")],
        "note",
        "has a phone number in it",
    ),
    (
        [SetMember("advocates", {**FIRST, "name": "Another"}, FIRST)],
        "member",
        "Another is not there any more, or was changed",
    ),
    ([SetWeek(NOW("open"), {"monday": "9:00-5:00"})], "open.monday", "write 9:00-17:00 if the afternoon is meant"),
    ([SetCalendars(("US", "US-MA"), ("US", "US-XX"))], "calendars.1", "'US' has no calendar for 'XX'"),
    ([SetLink("form", "", "www.example.org")], "links.form", "does not begin with https://"),
    ([SetBudget("silent", "63", "5")], "budgets.silent", "give a whole number from 20 to 300"),
    ([SetAlike(NOW("alike"), (("advocate",),))], "alike.0", "Write two nodes or more on each line"),
    ([SetHelpline("email", NOW("helpline", "email"), "no address")], "helpline.email", "is not an e-mail address"),
]


@pytest.mark.parametrize(("edits", "field", "text"), BAD, ids=lambda each: str(each)[:60])
def test_a_bad_value_is_refused_at_its_field(edits: list[FormEdit], field: str, text: str) -> None:
    problems = _problems(edits)
    assert list(problems) == [field]
    assert text in problems[field]


def test_all_bad_fields_of_a_form_are_told_at_once() -> None:
    problems = _problems([BAD[0][0][0], SetField("welcome", "tries", "2", "9"), SetField("welcome", "wait", "8", "99")])
    assert set(problems) == {"say.es", "tries", "wait"}


# -- others who edit at the same time


@pytest.mark.slow
def test_an_edit_applies_to_a_newer_text_whose_value_still_stands() -> None:
    ours: list[FormEdit] = [
        SetPrompt("welcome", "say", SAY, {**SAY, "es": "Hola."}),
        SetField("welcome", "tries", "2", "3"),
    ]
    newer = edited(_contents(MIT), [SetPrompt("welcome", "say", SAY, {**SAY, "en": "Hello."})], ROOT / MIT, _RULES)
    both = now_of(edited(newer, ours, ROOT / MIT, _RULES))
    assert both("nodes", "welcome", "menu", "say") == {"en": "Hello.", "es": "Hola."}
    assert both("nodes", "welcome", "menu", "tries") == "3"


def test_a_value_that_somebody_else_changed_is_told_with_both() -> None:
    newer = edited(_contents(MIT), [SetPrompt("welcome", "say", SAY, {**SAY, "en": "Hello."})], ROOT / MIT, _RULES)
    problems = _problems([SetPrompt("welcome", "say", SAY, {**SAY, "en": "Hi."})], newer)
    assert list(problems) == ["say.en"]
    assert f"it was “{SAY['en']}”, and is now “Hello.”" in problems["say.en"]


def test_the_first_value_behind_a_dash_can_go() -> None:
    before = Said.of(b"page:\n  - text: a\n    heading: b  # c\n  - heading: d\n", ROUTING)
    after = taken(before, Put(("page", 0, "text"), "a", None))
    assert after.data == b"page:\n  - heading: b  # c\n  - heading: d\n"


# -- what only a hand can do


@pytest.mark.parametrize(
    ("old", "new", "edits", "told"),
    [
        (
            "goodbye: {}",
            "goodbye: {  # nothing\n    }",
            [SetPrompt("leave", "say", None, SAY)],
            "a comment between the brackets",
        ),
        ("tries: 2  ", "tries: &x 2  ", [SetField("welcome", "wait", "8", "9")], "uses & or * to repeat a part"),
        ("{open: welcome, closed", "{open: welcome,  # so\n  closed", [SetStart("holiday", "holiday", "welcome")], ""),
        (
            "  - [advocate, barcc_now]",
            "  - [advocate,  # 1\n     barcc_now]",
            [SetAlike((("advocate", "barcc_now"),), (("barcc_now",),))],
            "by hand at line 50",
        ),
        ("    en: {no_key", "    en: {<<: x, no_key", [SetPhrase("en", "no_key", "I heard no key.", "Nothing.")], ""),
    ],
)
def test_what_cannot_be_done_safely_is_left_to_the_editor(old: str, new: str, edits: list[FormEdit], told: str) -> None:
    contents = {**_contents(MIT)}
    text = contents[ROUTING].decode()
    assert old in text or not told
    contents[ROUTING] = text.replace(old, new).encode()
    if not told:
        after = edited(contents, edits, ROOT / MIT, _RULES)[ROUTING].decode()
        assert len(after.splitlines()) == len(contents[ROUTING].decode().splitlines())
        return
    (problem,) = _problems(edits, contents).values()
    assert told in problem


def test_a_bug_that_loses_the_comment_beside_a_value_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    done = splicing.put
    monkeypatch.setattr(
        splicing,
        "put",
        lambda *given: read(
            done(*given).text.replace(
                "# a caller who cannot press keys reaches a person after hearing the menu twice", ""
            )
        ),
    )
    (told,) = _problems([SetField("welcome", "tries", "2", "3")]).values()
    assert "without changing something else" in told


@pytest.mark.parametrize("name", ["put", "insert", "drop", "move", "rename"])
def test_a_bug_of_splicing_changes_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes out is compared: a comment lost, another line changed, or another value."""
    steps: dict[str, list[FormEdit]] = {
        "put": [SetField("welcome", "tries", "2", "3")],
        "insert": [AddNode("new", NodeKind.GOODBYE, None, {})],
        "drop": [SetEnd("ended", "conversation_ended", None)],
        "move": [MoveChoice("welcome", "1", "2", tuple("1234"))],
        "rename": [SetKeys("welcome", {"1": "5"}, tuple("1234"))],
    }
    done = getattr(splicing, name)
    for old, new in (("# -- a person", "# -- people"), ("# -- a person", "#"), ("  instead:\n", "  instead: \n")):
        monkeypatch.setattr(splicing, name, lambda *given, old=old, new=new: read(done(*given).text.replace(old, new)))
        assert "without changing something else" in "".join(_problems(steps[name]).values())
