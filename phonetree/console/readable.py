"""What a request may hold: text that can be stored and shown, and numbers that a database takes.

A character NUL is taken by no database; half of a surrogate pair by neither a database nor a page. No browser sends
either, so a request with one is refused at the edge, and nothing behind it has to think of that.
"""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from flask import Flask, abort, request
from werkzeug.routing import IntegerConverter

MOST_DIGITS = 9
"""Of a number that every database takes."""

_NOWHERE = urlsplit("")

_UNREADABLE = re.compile("[\0\ud800-\udfff]")


class Number(IntegerConverter):
    """A number in an address, of which every database takes any."""

    regex = f"[0-9]{{1,{MOST_DIGITS}}}"


def put_on(app: Flask) -> None:
    """Refuses what cannot be read."""
    app.url_map.converters["int"] = Number

    @app.before_request
    def refuse() -> None:
        if not all(map(readable, _texts())):
            abort(400)


def number_of(text: str) -> int | None:
    """The number in a text of an address or a form, with as many digits; None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def readable(text: str) -> bool:
    """Whether a text can be stored and shown."""
    return not _UNREADABLE.search(text)


def parts_of(address: str) -> SplitResult:
    """The parts of an address that somebody else wrote; of none when it is malformed."""
    try:
        return urlsplit(address)
    except ValueError:
        return _NOWHERE


def _texts() -> Iterator[str]:
    """What a request says, but for its headers, which are compared and never kept."""
    yield request.path
    for fields in (request.args, request.form):
        for name, values in fields.lists():
            yield name
            yield from values
