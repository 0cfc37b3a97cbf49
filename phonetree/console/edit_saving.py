"""How the forms of a draft are saved: edits of its newest version, once, however often and by however many they are
sent.

A form says which version it showed. What it asks for has been done if it makes one of the versions since then of the
one before it: then it was sent twice, whoever saved in between. A form that shows a newer version asks for it anew.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from flask import request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from phonetree.config.document import Value
from phonetree.config.edits import FormEdit, edited
from phonetree.config.site import HOURS, ROUTING, Contents
from phonetree.config.steps import value_of
from phonetree.console.access import staff
from phonetree.console.drafting import has_marks
from phonetree.console.drafts import draft_of
from phonetree.console.form_fields import Languages
from phonetree.console.layout import render
from phonetree.console.readable import number_of
from phonetree.console.services import services
from phonetree.errors import DraftOutdatedError, EditError
from phonetree.store.drafts import BASE, MOST_VERSIONS, Draft

TIMES = 3
"""How often a form is saved anew because somebody saved the same draft at the same moment."""

_LONG_AGO = (
    f"This draft was saved {MOST_VERSIONS} times or more since this page was opened. Look whether what you want is "
    "there already; if not, save again"
)

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


def refuse_wrong(id_: str, asked: Callable[[Parts], Iterable[FormEdit]]) -> None:
    """Raises EditError if edits of the newest version of a draft cannot be made. Nothing is saved."""
    _after(draft_of(id_)[1], asked)


def _saved_once(id_: str, asked: Callable[[Parts], Iterable[FormEdit]]) -> bool:
    running = services()
    draft, files = draft_of(id_)
    if _was_saved(draft, files, asked):
        return True
    after = _after(files, asked)
    if after == files:
        return False
    running.editor.drafts.save(id_, draft.version, after, staff().name, running.seconds())
    return True


def _was_saved(draft: Draft, files: Contents, asked: Callable[[Parts], Iterable[FormEdit]]) -> bool:
    """Whether these very edits made a version of a draft, since the one that the form showed. Raises EditError when
    nobody knows, since that one is not kept any more."""
    newer = files
    for version in range(draft.version - 1, _shown(draft) - 1, -1):
        earlier = services().editor.drafts.files(draft.id, version)
        if not earlier:
            raise EditError({"": _LONG_AGO})
        if _makes(newer, earlier, asked):
            return True
        newer = earlier
    return False


def _shown(draft: Draft) -> int:
    """The version that the form showed. One that does not say is taken for one of the version before."""
    shown = number_of(request.form.get("version", ""))
    return max(draft.version - 1 if shown is None else shown, BASE + 1)


def _makes(files: Contents, earlier: Contents, asked: Callable[[Parts], Iterable[FormEdit]]) -> bool:
    try:
        return earlier != files and _after(earlier, asked) == files
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
    return services().live.known().site.schedule.today(services().now())
