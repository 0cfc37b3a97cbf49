"""Verifies requests, before anything else: in Flask, or before it where a server does so at its edge."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from phonetree.provider.signature import HEADER, Verifier, could_be
from phonetree.web.form import Fields, fields_in, is_form, is_multipart
from phonetree.web.limits import MOST_ADDRESS_BYTES, MOST_FIELDS, MOST_HEADER_CHARACTERS

FORM = "phonetree.form"
"""Where the edge leaves what it has found: the fields, or None if the provider has not signed the request. Clients
cannot write there: the names of their headers begin with HTTP_ (PEP 3333)."""

_SIGNATURE = f"HTTP_{HEADER.upper().replace('-', '_')}"


def signed_form(verifier: Verifier, environ: Mapping[str, Any], body: Callable[[], bytes]) -> Fields | None:
    """The fields of a request's body (PEP 3333); None unless the provider has signed it.

    The body of one larger than any of the provider's requests is not even read. Raises ValueError for what is no text,
    and whatever `body` raises.
    """
    signature, query = environ.get(_SIGNATURE, ""), environ.get("QUERY_STRING", "")
    kind, host = environ.get("CONTENT_TYPE", ""), environ.get("HTTP_HOST", "")
    if not could_be(signature) or len(query) > MOST_ADDRESS_BYTES:
        return None
    if len(kind) + len(host) > MOST_HEADER_CHARACTERS or is_multipart(kind):
        return None
    sent = body()
    if max(query.count("&"), sent.count(b"&")) >= MOST_FIELDS:
        return None
    form = fields_in(sent) if is_form(kind) else []
    path = quote(b"/" + environ["PATH_INFO"].encode("latin-1").lstrip(b"/"))
    return form if verifier.accepts(signature, path, query, form, sent) else None
