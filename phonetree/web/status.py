"""Whether somebody is there now, in words for the page, and as data for the helpline's own pages."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from phonetree.core.schedule import Kind, Status
from phonetree.core.tree import Language, Site
from phonetree.core.wording import Speaker, sentence
from phonetree.web.hours import time_in_words

NAME = "status.json"

SECONDS = 60
"""How long others may keep the answer."""


def in_words(site: Site, language: Language, now: datetime) -> str:
    """Whether somebody is on the line, why not, and until when."""
    status = site.schedule.status(now)
    speak, words = Speaker(site, language, now), site.page_words[language]
    closure = status.names.get(language, "")
    told = (
        [_open(status, now, words)]
        if status.kind is Kind.OPEN
        else [_closed(status, closure or speak.words("a_closure"), words)]
    )
    if closure and status.kind is not Kind.HOLIDAY:
        told.append(words["other_hours"].format(closure=closure))
    if status.kind is not Kind.OPEN and status.next_opening:
        told.append(words["next"].format(opening=speak.moment(status.next_opening)))
    return " ".join(told)


def _open(status: Status, now: datetime, words: Mapping[str, str]) -> str:
    if status.until and status.until - now < timedelta(days=1):
        return words["open_until"].format(time=time_in_words(status.until, words))
    return words["open"]


def _closed(status: Status, closure: str, words: Mapping[str, str]) -> str:
    return words["closed_for"].format(closure=closure) if status.kind is Kind.HOLIDAY else words["closed"]


def as_json(site: Site, now: datetime, public_url: str) -> bytes:
    """The same for programs. Times are in ISO 8601 with their offset; texts are by language."""
    status, line = site.schedule.status(now), site.resources[site.last_resort]
    return json.dumps(
        {
            "open": status.kind is Kind.OPEN,
            "reason": status.kind,
            "closure": dict(status.names),
            "until": _moment(status.until),
            "next_opening": _moment(status.next_opening),
            "number": site.helpline.number,
            "crisis_line": {
                "name": {
                    language: sentence(Speaker(site, language, now).resource(line.id)) for language in site.languages
                },
                "number": line.number,
            },
            "text": {language: in_words(site, language, now) for language in site.languages},
            "notice": dict(site.schedule.words(now)),
            "page": {language: f"{public_url}/{language}" for language in site.languages},
        },
        ensure_ascii=False,
    ).encode()


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="minutes") if moment else None
