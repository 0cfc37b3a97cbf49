"""The fields of a request, read once: the signature is over all of them, a turn needs a few.

As werkzeug reads them (the tests hold it to that), which takes several times as long.
"""

from urllib.parse import unquote

import werkzeug.urls  # noqa: F401 -- registers how bytes that are no UTF-8 are read

Fields = list[tuple[str, str]]
"""By name and value, in order; a name may be repeated."""

_BAD_BYTES = "werkzeug.url_quote"


def is_form(content_type: str) -> bool:
    """Whether a body of this type has fields."""
    return _kind(content_type) == "application/x-www-form-urlencoded"


def is_multipart(content_type: str) -> bool:
    """Whether a body of this type has fields in another form, which the provider does not use."""
    return _kind(content_type) == "multipart/form-data"


def fields_in(form: bytes) -> Fields:
    """The fields of a form or a query. Raises UnicodeDecodeError when it is not even text."""
    pairs = [pair.partition("=") for pair in form.decode().replace("+", " ").split("&") if pair]
    return [
        (unquote(name, errors=_BAD_BYTES), unquote(value, errors=_BAD_BYTES))
        if "%" in value or "%" in name
        else (name, value)
        for name, _, value in pairs
    ]


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
