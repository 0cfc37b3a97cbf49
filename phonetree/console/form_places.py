"""The forms of a draft that belong to what is said of it: to places in its files, and to nodes in sentences."""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from phonetree.config.in_forms import settings_in
from phonetree.config.positions import Path, Text
from phonetree.config.site import HOURS, ROUTING, Contents
from phonetree.config.steps import Said
from phonetree.console.form_fields import Group
from phonetree.console.forms import Forms
from phonetree.errors import Where

_PARTS = {"nodes": "node", "resources": "line", "teams": "team"}
_CALLED = {
    "phrases": "sentences",
    "helpline": "the helpline",
    "page": "the public page",
    "always": "keys that work in every menu",
}
_OF_THE_HELPLINE = ("helpline", "links", "start", "ended", "last_resort", "budgets", "alike", "promises")


Told = tuple[Where, str]
"""A sentence about a place in the files."""


@dataclass(frozen=True, slots=True)
class FormPlace:
    """A page of the forms: which one (`node`, `line`, `team`, `hours` and so on), of what ("": the page is about all),
    and the `anchor` there: the id of a field or of a part; "" for the whole page."""

    page: str
    name: str = ""
    anchor: str = ""

    @property
    def called(self) -> str:
        """The words of a link to it."""
        return self.name or _CALLED.get(self.page, self.page)


def places_of(forms: Forms, files: Contents, told: Iterable[Told]) -> dict[Told, FormPlace]:
    """The forms for sentences about places, without those that have none. A file is read once."""

    @cache
    def text(name: str) -> Text:
        return Said.of(files[name], name).text

    found = {}
    for each in told:
        where, sentence = each
        if where.file in (HOURS, ROUTING) and where.line and (form := _place(forms, text(where.file), where, sentence)):
            found[each] = form
    return found


def _place(forms: Forms, text: Text, where: Where, sentence: str) -> FormPlace | None:
    at, names = text.index_of(where.line, where.column), settings_in(sentence)
    way = whole = tuple(text.root.way_to(at))
    ways = [(*way, each) for each in names]
    if way and text.at(way[:-1]).begin == at and f"'{way[-1]}'" not in sentence:
        way = way[:-1]  # of the table, which begins with its first key: what is missing is told there
        ways += [(*way, each) for each in names]
    for each in (*ways, way, whole):
        page = ("hours", "") if where.file == HOURS else _page(each)
        if page and (found := forms.of(*page)):
            form, groups = found
            field = form.field_at(each)
            if each in (way, whole) or _has(groups, field):
                return FormPlace(*page, anchor_of(groups, field))
    return None


def _has(groups: Iterable[Group], field: str) -> bool:
    return any(f"{each.name}.".startswith(f"{field}.") for group in groups for each in group.inputs)


def anchor_of(groups: Iterable[Group], field: str) -> str:
    """The id of the deepest field of a form, or else part, that holds what is called like this; of texts in several
    languages, the first that is missing. "" if no field or part does."""
    inputs = [(group, each) for group in groups for each in group.inputs]
    if holding := [each for _, each in inputs if f"{field}.".startswith(f"{each.name}.")]:
        return max(holding, key=lambda each: len(each.name)).id
    while field:
        if part := next((group for group in groups if group.about == field), None):
            return part.id
        below = [(group, each) for group, each in inputs if each.name.startswith(f"{field}.")]
        if below:
            several = len({group.id for group, _ in below}) > 1
            return "" if several else next((each for _, each in below if each.missing), below[0][1]).id
        field = field.rpartition(".")[0]
    return ""


_PLACES = re.compile(
    r"(?:.*?\b)?[Ii]n ([\w, -]+): |The words of (.+) were changed in |Th\w+ texts? names? hours: (.+); do"
)
_NAME = re.compile(r"[\w-]+")


def pieces(sentence: str, nodes: Container[str]) -> Iterator[tuple[str, str]]:
    """A sentence that says where something is ("In welcome and night: ...", "The words of welcome were changed in ...")
    in pieces: each with the node that it names, or ""."""
    at = 0
    if found := _PLACES.match(sentence):
        for name in _NAME.finditer(sentence, *found.span(found.lastindex or 0)):
            if name[0] in nodes:
                yield sentence[at : name.start()], ""
                yield name[0], name[0]
                at = name.end()
    yield sentence[at:], ""


def _page(way: Path) -> tuple[str, str] | None:
    """The page of a place in routing.yaml, and the name of what it is about; None if it has none."""
    match way:
        case (("nodes" | "resources" | "teams") as kind, str(name), *_):
            return _PARTS[kind], name
        case (("phrases" | "languages" | "always" | "page") as page, *_):
            return page, ""
        case (str(key), *_) if key in _OF_THE_HELPLINE:
            return "helpline", ""
        case _:
            return None
