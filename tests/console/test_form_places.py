"""Links from what is said of a draft to its forms: whatever is wrong, each leads to what the page has."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import chain, cycle
from pathlib import Path

import pytest

from phonetree.config.positions import Node, read
from phonetree.config.site import HOURS, ROUTING, Contents, made_of
from phonetree.console.form_places import FormPlace, Told, places_of
from phonetree.console.form_words import in_form_words
from phonetree.console.forms import Forms
from phonetree.errors import ConfigError, EditError, Where
from tests.support.each_kind import HOURS_FILE, ROUTING_FILE
from tests.support.lines import ROOT, RULES, VPR

TODAY = date(2026, 12, 1)
BROKEN = ROOT / "tests" / "broken"
BASE = {name: (BROKEN / "base" / name).read_bytes() for name in (HOURS, ROUTING)}
OTHERS = ("", "x", "{}", "[]", "{en: x}")
"""What may stand where something else belongs."""


def _broken() -> Iterator[Contents]:
    """Files with each problem that there is a test of."""
    for path in BROKEN.glob("*.yaml"):
        yield {**BASE, f"{path.stem.partition('-')[0]}.yaml": path.read_bytes()}


def _slips() -> Iterator[Contents]:
    """Files in which one thing is called otherwise, or something else stands in its place."""
    files, others = {HOURS: HOURS_FILE, ROUTING: ROUTING_FILE}, cycle(OTHERS)
    for name, data in files.items():
        text = data.decode()
        for key, value in _entries(read(text).root):
            yield {**files, name: f"{text[: value.begin]}{next(others)}{text[value.end :]}".encode()}
            if key != value:
                yield {**files, name: f"{text[: key.begin]}zzz{text[key.end :]}".encode()}


def _entries(node: Node) -> Iterator[tuple[Node, Node]]:
    for number in range(node.length):
        yield node.entry(number)
        yield from _entries(node.entry(number)[1])


def _told(files: Contents) -> list[Told]:
    """What is wrong with files."""
    try:
        made_of(files, Path("site"), RULES)
    except ConfigError as error:
        return [(replace(each.where, file=Path(each.where.file).name), each.text) for each in error.problems]
    return []


def test_each_link_leads_to_a_field_or_a_part_of_its_form() -> None:
    found = 0
    for files in chain(_broken(), _slips()):
        told = _told(files)
        try:
            forms = Forms(files, TODAY)
        except EditError:
            continue
        places = places_of(forms, files, told)
        assert in_form_words(forms, places, told, {}).keys() == {text for _, text in told}
        for (_, text), place in places.items():
            form = forms.of(place.page, place.name)
            assert form
            ids = {id_ for group in form[1] for id_ in (group.id, *(each.id for each in group.inputs))}
            assert place.anchor in ids | {""}, text
            found += bool(place.anchor)
    assert found > 800


LABEL = "label: {en: to speak with an advocate, es: para hablar con una consejera}, "


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        (ROUTING, LABEL, "label: , ", FormPlace("node", "welcome", "field-choices.1.label.en")),
        (ROUTING, LABEL, "label: {en: for you}, ", FormPlace("node", "welcome", "field-choices.1.label.es")),
        (ROUTING, "go: advocate}", "goto: advocate}", FormPlace("node", "welcome", "part-choices.1")),
        (ROUTING, f"1: {{{LABEL}", f"12: {{{LABEL}", FormPlace("node", "welcome", "part-choices.12")),
        (ROUTING, "mention: [8, 0, star]", "mention: star", FormPlace("node", "welcome", "field-mention")),
        (ROUTING, "        en: MIT Viol", "        eng: MIT Viol", FormPlace("node", "welcome", "field-say.en")),
        (ROUTING, "number: +1 800 841 8371", "note: a", FormPlace("line", "barcc", "field-number")),
        (ROUTING, "{MIT: M I T, ", "{MIT: , ", FormPlace("languages", "", "field-languages.en.spoken")),
        (ROUTING, "  0: ", "  7: ", FormPlace("always")),
        (ROUTING, "\nlast_resort:", "\nlast:", FormPlace("helpline", "", "field-last_resort")),
        (ROUTING, "    message:\n", "    mesage:\n", None),
        (HOURS, "9:00-17:00", "9:00-1700", FormPlace("hours", "", "field-open")),
    ],
)
def test_a_slip_leads_to_the_field_where_it_is_put_right(
    name: str, old: str, new: str, place: FormPlace | None
) -> None:
    files = {each: (VPR / each).read_bytes() for each in (HOURS, ROUTING)}
    text = files[name].decode()
    assert old in text
    files[name] = text.replace(old, new, 1).encode()
    told = _told(files)
    assert place in map(places_of(Forms(files, TODAY), files, told).get, told)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        (HOURS, "monday", FormPlace("hours", "", "field-open")),
        (HOURS, "2026-11-27", FormPlace("hours", "", "field-days.2026-11-27.remove")),
        (ROUTING, "welcome:\n", FormPlace("node", "welcome")),
        (ROUTING, "tries:", FormPlace("node", "welcome", "field-tries")),
        (ROUTING, "$ADVOCATE_2", FormPlace("team", "advocates", "field-member.Second_advocate.number")),
        (ROUTING, "+1 800 841 8371", FormPlace("line", "barcc", "field-number")),
        (ROUTING, "last_resort", FormPlace("helpline", "", "field-last_resort")),
        (ROUTING, "alike:", FormPlace("helpline", "", "field-alike")),
        (ROUTING, "Polly", FormPlace("languages", "", "field-languages.en.voice")),
        (ROUTING, "language: es", FormPlace("always", "", "field-choices.8.language")),
        (ROUTING, "# What", None),
        ("phrases.yaml", "", None),
    ],
)
def test_a_place_of_the_files_has_its_form(name: str, text: str, place: FormPlace | None) -> None:
    files = {each: (VPR / each).read_bytes() for each in (HOURS, ROUTING)}
    before = files.get(name, b"").decode().partition(text)[0] if text else ""
    told = Where(name, before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1), "This is wrong"
    assert places_of(Forms(files, TODAY), files, [told]).get(told) == place


@pytest.mark.parametrize("name", [HOURS, ROUTING])
def test_no_link_leads_to_a_form_when_a_file_cannot_be_read(name: str) -> None:
    files = {HOURS: HOURS_FILE, ROUTING: ROUTING_FILE, name: b"a: ["}
    with pytest.raises(EditError):
        Forms(files, TODAY)
