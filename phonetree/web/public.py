"""The public page: whether somebody is there, every way to help, and the same tree to read.

It reveals nothing about the visitor and stores nothing: no cookie, nothing from other sites, and a Quick Exit that
leaves no trace of the page in the next site's log. What Quick Exit does is in static/quick_exit.js and docs/page.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header
from werkzeug.routing import BaseConverter, ValidationError

from phonetree.core.schedule import Kind
from phonetree.core.tree import AGAIN_KEY, GoTo, Hours, Language, NodeKind, Resource, Site, Speak
from phonetree.core.wording import Piece, Speaker, sentence, written
from phonetree.view.outline import outline
from phonetree.view.words import RIGHT_TO_LEFT
from phonetree.web import hours, status
from phonetree.web.assets import SCRIPT, SCRIPT_SOURCE
from phonetree.web.context import context
from phonetree.web.limits import MOST_LANGUAGE_CHARACTERS
from phonetree.web.reading import line_anchor, reading

blueprint = Blueprint("public", __name__, template_folder="templates")

_POLICY = (
    f"default-src 'none'; script-src {SCRIPT_SOURCE}; style-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


@blueprint.app_template_filter("linked")
def linked(pieces: Iterable[Piece]) -> Markup:
    """A text, with links where it leads somewhere; words in another language are marked (WCAG 2.2, 3.1.2)."""
    return Markup().join(map(_shown, pieces))


def _shown(piece: Piece) -> Markup | str:
    shown = Markup('<a href="{}">{}</a>').format(piece.href, piece.text) if piece.href else piece.text
    return Markup('<span lang="{}">{}</span>').format(piece.language, shown) if piece.language else shown


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


class SiteLanguage(BaseConverter):
    """One of the site's languages, in an address; a phone's keyboard may have written it large. Others match no route,
    like any address that there is not."""

    regex = "[A-Za-z]{2,3}(?:-[A-Za-z]{2})?"

    def to_python(self, value: str) -> str:
        if value.lower() not in context().services.sites.current.languages:
            raise ValidationError
        return value.lower()


@blueprint.get("/")
def index() -> Response:
    """The page in the visitor's language, if the site has it."""
    site = context().services.sites.current
    asked = request.args.get("language", "")
    response = _answer(asked if asked in site.languages else _preferred(site))
    response.headers["Vary"] = "Accept-Language"
    return response


@blueprint.get("/<language:language>/", strict_slashes=False)
def in_language(language: Language) -> Response:
    """The page in one of the site's languages."""
    return _answer(language)


@blueprint.get(f"/{status.NAME}")
def status_json() -> Response:
    """Whether somebody is there now, for pages on other sites."""
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": f"public, max-age={status.SECONDS}"}
    return Response(_page(status.NAME), headers=headers, content_type="application/json")


def _answer(language: Language) -> Response:
    headers = {"Content-Security-Policy": _POLICY, "Content-Language": language}
    return Response(_page(language), headers=headers, content_type="text/html; charset=utf-8")


def _page(name: str) -> bytes:
    running, pages = context().services, context().pages
    return pages.page(running.sites.current, name, running.now())


def _preferred(site: Site) -> Language:
    """The site's language that the visitor's browser asks for, or the first one."""
    asked = request.headers.get("Accept-Language", "")
    if len(asked) > MOST_LANGUAGE_CHARACTERS:
        return site.first_language
    for wanted, quality in parse_accept_header(asked, LanguageAccept):
        alike = [each for each in site.languages if quality and _main(each) == _main(wanted)]
        if alike:
            return wanted.lower() if wanted.lower() in alike else alike[0]
    return site.first_language


def _main(language: str) -> str:
    """A language without its country: "es" of "es-MX"."""
    return language.lower().partition("-")[0]


def is_page(site: Site, path: str) -> bool:
    """Whether an address shows one of the pages that `make` makes."""
    name = path.removeprefix("/")
    return name in ("", status.NAME) or name.removesuffix("/").lower() in site.languages


def make(site: Site, now: datetime, public_url: str) -> Mapping[str, bytes]:
    """Everything that is shown at a moment: the page by language, and the status as data."""
    pages = {language: _render(site, language, now, public_url) for language in site.languages}
    return {**pages, status.NAME: status.as_json(site, now, public_url)}


def _render(site: Site, language: Language, now: datetime, public_url: str) -> bytes:
    words, speak = site.page_words[language], Speaker(site, language, now)
    weekdays = speak.names("weekdays")
    read = reading(outline(site, language, now), language)
    notice = site.schedule.words(now)

    def in_words(line_hours: Hours) -> str:
        return hours.in_words(line_hours, words, weekdays)

    return render_template(
        "public.html",
        site=site,
        without_speaking=_without_speaking(site),
        phone=lambda number: written(number, site.dialling),
        language=language,
        public_url=public_url,
        right_to_left=language.partition("-")[0] in RIGHT_TO_LEFT,
        script=SCRIPT,
        words=words,
        speak=speak,
        status=status.in_words(site, language, now),
        is_open=site.schedule.kind(now) is Kind.OPEN,
        crisis_line=site.resources[site.last_resort],
        short_notice=[speak.name(notice)] if speak.of(notice).language in notice else [],
        partly=speak.partly,
        our_hours=hours.week_in_words(site.schedule.week, words, weekdays),
        always=_always(speak, words),
        reading=read,
        lines=_lines(site, read.lines),
        line_anchor=line_anchor,
        in_words=in_words,
        is_open_now=lambda line: line.hours.is_open(site.schedule, now),
        sentence=sentence,
        named=lambda names: linked(_titled([speak.name(names)])),
    ).encode()


def _without_speaking(site: Site) -> bool:
    """Whether there is any way to reach somebody without speaking."""
    ways = any(line.ways.any for line in site.resources.values())
    return bool(ways or site.helpline.email or site.helpline.relay)


def _lines(site: Site, first: tuple[Resource, ...]) -> list[Resource]:
    """The site's outside lines, those that the choices come to first, in their order."""
    order = {line.id: number for number, line in enumerate(first)}
    return sorted(site.resources.values(), key=lambda line: order.get(line.id, len(order)))


def _titled(pieces: Iterable[Piece]) -> list[Piece]:
    """A text with a capital first letter."""
    first, *others = pieces
    return [replace(first, text=sentence(first.text)), *others]


def _always(speak: Speaker, words: Mapping[str, str]) -> list[tuple[str, Markup]]:
    """The keys that work everywhere. One that changes the language is told in that language, or in the first one."""
    site = speak.site
    keys: list[tuple[str, Markup]] = []
    for key, choice in site.always.items():
        match choice.target:
            case GoTo():
                keys.append((key, linked(_titled(speak.pieces(choice.label)))))
            case Speak(language):
                there = site.languages[site.first_language if language == speak.language else language]
                keys.append((key, linked([Piece(sentence(there.name), language=there.id)])))
    return [*keys, (AGAIN_KEY, Markup.escape(words["again"]))]
