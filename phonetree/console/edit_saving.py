"""How the forms of a draft are saved: edits of its newest version, once, however often and by however many they are
sent."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from phonetree.config.document import Value
from phonetree.config.edits import FormEdit, edited
from phonetree.config.site import HOURS, ROUTING, Contents
from phonetree.config.steps import value_of
from phonetree.console.access import staff
from phonetree.console.drafting import has_marks
from phonetree.console.drafts import draft_of
from phonetree.console.form_fields import (
    Languages,
)
from phonetree.console.layout import render
from phonetree.console.services import services
from phonetree.errors import DraftOutdatedError, EditError
from phonetree.store.drafts import Draft

TIMES = 3
"""How often a form is saved anew because somebody saved the same draft at the same moment."""

SAVED = "Saved. Callers hear nothing of it until the draft is published."

Answer = str | tuple[str, int] | Response


@dataclass(frozen=True, slots=True)
class Parts:
    """The files of a draft as forms see them."""

    hours: Value
    routing: Value
    languages: Languages

    @classmethod
    def of(cls, files: Contents) -> "Parts":
        """Raises EditError when a file is no YAML."""
        hours, routing = (value_of(files[name], name) for name in (HOURS, ROUTING))
        known = {name: info.name for name, info in services().live.known().site.languages.items()}
        return cls(hours, routing, Languages.of(routing, known))


def save(id_: str, asked: Callable[[Parts], Iterable[FormEdit]]) -> bool:
    """Makes edits to the newest version of a draft. Whether anything is different. Raises EditError and DraftError."""
    for _ in range(TIMES - 1):
        with suppress(DraftOutdatedError):
            return _saved_once(id_, asked)
    return _saved_once(id_, asked)


def _saved_once(id_: str, asked: Callable[[Parts], Iterable[FormEdit]]) -> bool:
    running = services()
    draft, files = draft_of(id_)
    if _is_sent_twice(draft, files, asked):
        return True
    after = _after(files, asked)
    if after == files:
        return False
    running.editor.drafts.save(id_, draft.version, after, staff().name, running.seconds())
    return True


def _is_sent_twice(draft: Draft, files: Contents, asked: Callable[[Parts], Iterable[FormEdit]]) -> bool:
    """Whether these very edits made the newest version of a draft, by the same account."""
    if draft.by != staff().name:
        return False
    try:
        earlier = services().editor.drafts.files(draft.id, draft.version - 1)
        return bool(earlier) and earlier != files and _after(earlier, asked) == files
    except (EditError, NotFound):  # what is edited was not there yet
        return False


def _after(files: Contents, asked: Callable[[Parts], Iterable[FormEdit]]) -> Contents:
    running = services()
    return edited(files, asked(Parts.of(files)), running.settings.config, running.live.rules())


def unreadable(draft: Draft, files: Contents, error: EditError) -> str:
    return render(
        "console/edit_form.html", draft=draft, page=None, groups=(), problem=str(error), marked=has_marks(files)
    )


def today() -> date:
    """The day on which a number is dialled."""
    return services().now().astimezone(services().live.known().site.schedule.zone).date()
