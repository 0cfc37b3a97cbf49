"""Who else saved a draft since a page was opened whose form was sent: that names the version which it showed."""

from flask import request

from phonetree.console.access import staff
from phonetree.console.layout import local
from phonetree.console.readable import number_of
from phonetree.console.services import services
from phonetree.store.drafts import Draft


def saved_meanwhile(draft: Draft) -> str:
    """Who, and when last, in a sentence; "" if nobody did."""
    often = draft.version - _shown(draft)
    if often < 1:
        return ""
    at = local(draft.changed_at)
    if often == 1:
        who = "You, in another tab," if draft.by == staff().name else draft.by
        return f"{who} saved this draft meanwhile ({at})."
    before = [each for each in savers(draft) if each != _called(draft.by)]
    told = f"This draft was saved {often} times meanwhile, the last time by {_called(draft.by)} ({at})"
    return f"{told}, before that by {' and '.join(before)}." if before else f"{told}."


def savers(draft: Draft) -> tuple[str, ...]:
    """Their names, in order; whoever looks is "you, in another tab"."""
    return tuple(dict.fromkeys(map(_called, services().editor.drafts.authors(draft.id, _shown(draft)))))


def _shown(draft: Draft) -> int:
    return number_of(request.form.get("version", "")) or draft.version


def _called(author: str) -> str:
    return "you, in another tab" if author == staff().name else author
