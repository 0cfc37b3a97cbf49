"""The public page: the same tree to read, for those who cannot or prefer not to listen.

It reveals nothing about the visitor and stores nothing: no cookie, no script, nothing from other sites, and an
exit that leaves no trace of the page in the next site's log.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import assert_never

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup
from phonenumbers import PhoneNumberFormat, format_number, parse

from phonetree.core.tree import AGAIN_KEY, GoTo, Language, NodeKind, Site
from phonetree.core.wording import Piece, Speaker, sentence
from phonetree.view.outline import outline
from phonetree.web.context import context
from phonetree.web.words import WORDS

blueprint = Blueprint("public", __name__, template_folder="templates")

EXIT = "https://www.weather.gov/"
"""Where the exit leads: a page that anybody might have open."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"


@blueprint.app_template_filter("phone")
def phone(number: str) -> str:
    """A number (E.164) as it is written."""
    return format_number(parse(number), PhoneNumberFormat.INTERNATIONAL)


@blueprint.app_template_filter("linked")
def linked(pieces: Iterable[Piece]) -> Markup:
    """A text, with links where it leads somewhere."""
    link = Markup('<a href="{}">{}</a>')
    return Markup().join(link.format(piece.href, piece.text) if piece.href else piece.text for piece in pieces)


@blueprint.app_template_filter("happens")
def happens(kind: NodeKind, words: Mapping[str, str]) -> str:
    """What happens at a node in addition to its prompt."""
    match kind:
        case NodeKind.CONNECT:
            return words["connect"]
        case NodeKind.VOICEMAIL:
            return f"{words['voicemail']} {words['recorded']}"
        case NodeKind.GOODBYE:
            return words["goodbye"]
        case NodeKind.MENU | NodeKind.MESSAGE | NodeKind.TRANSFER | NodeKind.HOURS:
            return ""
        case _:
            assert_never(kind)


@blueprint.get("/")
def index() -> Response:
    """The tree as it is at this moment, in one of the site's languages."""
    running, pages = context().services, context().pages
    site = running.sites.current
    language = site.known_language(request.args.get("language", ""))
    page = pages.page(site, language, running.now())
    return Response(page, headers={"Content-Security-Policy": _POLICY}, content_type="text/html; charset=utf-8")


def make(site: Site, language: Language, now: datetime) -> bytes:
    """The page in one language, at a moment."""
    words = WORDS.get(language, WORDS["en"])
    status = site.schedule.status(now)
    speak = Speaker(site, language, now)
    return render_template(
        "public.html",
        site=site,
        language=language,
        words=words,
        always=_always(speak, words),
        sections=outline(site, language, now),
        is_open=status.kind == "open",
        short_notice=site.schedule.words(now).get(language, ""),
        next_opening=speak.moment(status.next_opening) if status.next_opening else "",
        exit=EXIT,
    ).encode()


def _always(speak: Speaker, words: Mapping[str, str]) -> list[tuple[str, str]]:
    """The keys that work everywhere, except the change of language: the page has a link for that."""
    keys = [
        (key, sentence(speak.text(choice.label)))
        for key, choice in speak.site.always.items()
        if isinstance(choice.target, GoTo)
    ]
    return [*keys, (AGAIN_KEY, words["again"])]
