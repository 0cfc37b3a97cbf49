"""The forms of a draft: one for each thing that its files say, and the fields that each has on its page."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from phonetree.config.document import Value
from phonetree.config.edits import FormEdit
from phonetree.config.positions import Path
from phonetree.config.site import HOURS, ROUTING, Contents
from phonetree.config.steps import value_of
from phonetree.console.edit_choices_form import AlwaysForm
from phonetree.console.edit_general_forms import HelplineForm, HoursForm, PhrasesForm
from phonetree.console.edit_languages_form import LanguagesForm
from phonetree.console.edit_node_form import NodeForm
from phonetree.console.edit_page_form import PageForm
from phonetree.console.edit_people_forms import LineForm, TeamForm
from phonetree.console.form_fields import Group, Languages, Typed
from phonetree.errors import EditError


class Form(Protocol):
    """What a page edits."""

    def now(self) -> Value: ...

    def field_at(self, way: Path) -> str: ...

    def groups(self, said: Value) -> Iterable[Group]: ...

    def edits(self, before: Value, typed: Typed) -> Iterable[FormEdit]: ...


def form_of(page: str, name: str, hours: Value, routing: Value, languages: Languages, today: date) -> Form:
    """The form of a page (`node`, `line`, `team`, `hours` and so on), with what the files say of what has the name."""
    match page:
        case "hours":
            return HoursForm(hours, languages)
        case "node":
            return NodeForm(routing, name, languages)
        case "line":
            return LineForm(routing, name, languages, today)
        case "team":
            return TeamForm(routing, name)
        case "phrases":
            return PhrasesForm(routing, languages)
        case "languages":
            return LanguagesForm(routing, languages)
        case "always":
            return AlwaysForm(routing, languages)
        case "page":
            return PageForm(routing, languages)
        case "helpline":
            return HelplineForm(routing, languages)
        case _:
            raise ValueError(page)


class Forms:
    """The forms of files, each read once."""

    def __init__(self, files: Contents, today: date) -> None:
        """Raises EditError when a file cannot be read: then no page has a form."""
        self._hours, self._routing = (value_of(files[name], name) for name in (HOURS, ROUTING))
        self._languages, self._today = Languages.of(self._routing, {}), today
        self._read: dict[tuple[str, str], tuple[Form, tuple[Group, ...]] | None] = {}

    def of(self, page: str, name: str) -> tuple[Form, tuple[Group, ...]] | None:
        """The form of a page, and its fields; None if it has none, such as a node of no kind."""
        if (page, name) not in self._read:
            form = form_of(page, name, self._hours, self._routing, self._languages, self._today)
            try:
                self._read[page, name] = form, tuple(form.groups(form.now()))
            except EditError:
                self._read[page, name] = None
        return self._read[page, name]
