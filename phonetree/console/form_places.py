"""The forms of a draft that belong to what is said of it: to places in its files, and to nodes in sentences."""

import re
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from phonetree.config.positions import Path, Text
from phonetree.config.site import HOURS, ROUTING, Contents
from phonetree.config.steps import Said
from phonetree.errors import EditError, Where

_PARTS = {"nodes": "node", "resources": "line", "teams": "team"}
_CALLED = {
    "phrases": "sentences",
    "helpline": "the helpline",
    "page": "the public page",
    "always": "keys that work in every menu",
}
_OF_THE_HELPLINE = ("helpline", "links", "start", "ended", "last_resort", "budgets")


@dataclass(frozen=True, slots=True)
class FormPlace:
    """A page of the forms: which one (`node`, `line`, `team`, `hours` and so on), of what ("": the page is about all),
    and the field there, as far as it is known, or else the `part` with several; `called` names it in a list."""

    page: str
    name: str = ""
    field: str = ""
    part: str = ""

    @property
    def called(self) -> str:
        """The words of a link to it."""
        return self.name or _CALLED.get(self.page, self.page)

    @property
    def anchor(self) -> str:
        """The id of the field or part; "" if none is known."""
        return f"part-{self.part}" if self.part else f"field-{self.field}" if self.field else ""


def forms_at(files: Contents, wheres: Iterable[Where]) -> dict[Where, FormPlace]:
    """The forms for places, without those that have none, or whose file cannot be read. A file is read once."""
    found: dict[Where, FormPlace] = {}
    by_file: dict[str, set[Where]] = {}
    for where in wheres:
        if where.file in (HOURS, ROUTING) and where.file in files and where.line:
            by_file.setdefault(where.file, set()).add(where)
    for name, its in by_file.items():
        with suppress(EditError):
            text = Said.of(files[name], name).text
            found |= {where: form for where in its if (form := _form_at(text, where))}
    return found


def _form_at(text: Text, where: Where) -> FormPlace | None:
    if where.file == HOURS:
        return FormPlace("hours")
    return _of(tuple(text.root.way_to(text.index_of(where.line, where.column))))


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


def _of(way: Path) -> FormPlace | None:
    match way:
        case ("nodes", str(name), str(), *rest):
            return FormPlace("node", name, _field(rest))
        case (("nodes" | "resources" | "teams") as kind, str(name), *rest):
            return FormPlace(_PARTS[kind], name, _field(rest) if kind == "resources" else "")
        case (("phrases" | "languages") as page, *_):
            return FormPlace(page, field=_field(way))
        case ("always", *rest):
            return FormPlace("always", field=_field(["choices", *rest]))
        case ("page", *_):
            return FormPlace("page")
        case ("promises", *_):  # what one says has no field: it is taken away, and another one written
            return FormPlace("helpline", part="promises")
        case ("alike", *_):
            return FormPlace("helpline", field="alike")
        case (str(key), *_) if key in _OF_THE_HELPLINE:
            return FormPlace("helpline", field=_field(way))
        case _:
            return None


def _field(way: Path | list[str | int]) -> str:
    return ".".join(map(str, way))
