"""How the forms of a draft are saved: edits of its newest version, once, however often and by however many they are
sent.

A form says which version it showed, and a version which form made it. So one that was sent twice is told from one with
which a colleague, or the same person later, asks for the same anew.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from json import dumps

from flask import request
from werkzeug.wrappers import Response

from phonetree.config.document import Value
from phonetree.config.edits import FormEdit, edited
from phonetree.config.site import HOURS, ROUTING, Contents
from phonetree.config.steps import value_of
from phonetree.console.access import staff
from phonetree.console.drafts import draft_of
from phonetree.console.form_fields import Languages
from phonetree.console.labels import in_words
from phonetree.console.layout import Page, render
from phonetree.console.readable import number_of
from phonetree.console.services import services
from phonetree.errors import DraftOutdatedError, EditError
from phonetree.store.drafts import MOST_VERSIONS, Draft

TIMES = 3
"""How often a form is saved anew because somebody saved the same draft at the same moment."""

_LONG_AGO = (
    f"This draft was saved {MOST_VERSIONS} times or more since this page was opened. Look whether what you want is "
    "there already; if not, save again"
)

SAVED = "Saved. Callers hear nothing of it until the draft is published."
SENT_BEFORE = (
    "This form was sent before, and was saved then; the draft was changed since. Look whether it says what you want."
)
NOTHING_NEW = "Nothing was changed."

_UNSENT = ("csrf_token",)
"""Fields that differ where a form was loaded again, although it says the same."""

Answer = str | Page | Response


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


def save(id_: str, asked: Callable[[Parts], Iterable[FormEdit]]) -> str:
    """Makes edits to the newest version of a draft; what to tell of it. Raises EditError and DraftError."""
    for _ in range(TIMES - 1):
        with suppress(DraftOutdatedError):
            return _saved_once(id_, asked)
    return _saved_once(id_, asked)


def refuse_wrong(id_: str, asked: Callable[[Parts], Iterable[FormEdit]]) -> None:
    """Raises EditError if edits of the newest version of a draft cannot be made. Nothing is saved."""
    _after(draft_of(id_)[1], asked)


def _saved_once(id_: str, asked: Callable[[Parts], Iterable[FormEdit]]) -> str:
    running = services()
    draft, files = draft_of(id_)
    sent = _sent()
    if made := running.editor.drafts.made_by(id_, sent):
        if earlier := running.editor.drafts.files(id_, made - 1):
            tuple(asked(Parts.of(earlier)))  # what they made then is named by the next page
        return SAVED if made == draft.version else SENT_BEFORE
    shown = number_of(request.form.get("version", ""))
    if shown is not None and draft.version - shown > MOST_VERSIONS:  # the one that it made may not be kept any more
        raise EditError({"": _LONG_AGO})
    after = _after(files, asked)
    if after == files:
        return NOTHING_NEW
    running.editor.drafts.save(id_, draft.version, after, staff().name, running.seconds(), sent=sent)
    return SAVED


def _sent() -> str:
    """A hash of the form that was sent: by whom, where to, and what it says, the version that it showed included."""
    fields = sorted(each for each in request.form.items(multi=True) if each[0] not in _UNSENT)
    return sha256(dumps([staff().name, request.path, fields]).encode()).hexdigest()


def _after(files: Contents, asked: Callable[[Parts], Iterable[FormEdit]]) -> Contents:
    running = services()
    completed = running.publishing.completed(files)
    after = edited(completed, asked(Parts.of(files)), running.settings.config, running.live.rules())
    return files if after == completed else after


def unreadable(draft: Draft, error: EditError) -> str:
    """A page for what has no form, since a file is no YAML, or a node has no kind: where to put that right, and what
    was typed."""
    return render(
        "console/edit_form.html",
        draft=draft,
        page=None,
        problem=str(error),
        where=error.where,
        typed=[*in_words(request.form)],
    )


def today() -> date:
    """The day on which a number is dialled."""
    return services().live.known().site.schedule.today(services().now())
